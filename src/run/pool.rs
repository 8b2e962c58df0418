//! The parent of the workers: groups scripts by environment, starts a worker for each group,
//! watches deadlines and reaps.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Mutex;

use super::child::{Child, ChildEnd};
use super::simulated::simulate;
use super::subject::SubjectName;
use crate::sandbox;
use crate::script::{Call, Env, Parsed, Script};
use crate::trace::Trace;

/// A worker is given at least so many scripts of an environment, if there are as many.
const CHUNK_MIN: usize = 16;
/// A worker is given at most so many scripts at once, so that neither process is woken for each of them.
const BATCH_MAX: usize = 32;
/// How much text those have at most, in bytes: both pipes hold what is said before anybody listens.
const BATCH_BYTES_MAX: usize = 8 * 1024;
/// How many chunks of a large group each worker gets, so that all cores have work to the end.
const CHUNKS_PER_WORKER: usize = 4;

/// How to start a worker: this program, with its hidden verb.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Launcher {
    /// The running program, which must call [`super::worker_main`] for [`super::WORKER_VERB`].
    ///
    /// # Errors
    /// If the program's path cannot be found out.
    pub fn this_program() -> std::io::Result<Self> {
        Ok(Self::program(std::env::current_exe()?))
    }

    /// A program that calls [`super::worker_main`] for [`super::WORKER_VERB`], as `bindproof` does.
    #[must_use]
    pub fn program(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), arguments: vec![super::worker::WORKER_VERB.into()] }
    }
}

/// How scripts are run.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// What answers.
    pub subject: SubjectName,
    /// Workers at once.
    pub jobs: usize,
    /// How long one script may take, in milliseconds.
    pub script_timeout_ms: u64,
    /// May a private network be used?
    pub sandbox: bool,
}

/// A script to run.
#[derive(Debug, Clone)]
pub struct ScriptJob {
    /// The script and its text.
    pub parsed: Parsed,
    /// The seed that made it, if one did.
    pub seed: Option<u64>,
}

/// What came of one script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptRun {
    /// It was run.
    Ran(Box<Trace>),
    /// Its environment cannot be had here, or the subject cannot make its calls.
    Skipped(String),
    /// The harness could not work.
    Broken(String),
}

/// What happens during a run, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEvent {
    /// The script with this index is done.
    Finished(usize),
}

/// Runs scripts in worker processes.
#[derive(Debug, Clone)]
pub struct Pool {
    launcher: Launcher,
    options: PoolOptions,
}

/// Scripts that share an environment.
struct Group {
    env: Vec<Env>,
    members: VecDeque<usize>,
    /// The script that a worker did not survive, which is told step by step when it is run again.
    by_steps: Option<usize>,
    /// How many scripts a worker is given at once, where none of them waits.
    batch_max: usize,
}

/// Is there a call that may wait for another one?
fn can_wait(script: &Script) -> bool {
    let at_once = |call: &Call| {
        matches!(
            call,
            Call::Socket { .. }
                | Call::Set { .. }
                | Call::Get { .. }
                | Call::Bind { .. }
                | Call::Listen { .. }
                | Call::GetName { .. }
                | Call::Dup { .. }
                | Call::Close { .. }
        )
    };
    !script.steps.iter().all(|step| at_once(&step.call))
}

impl Pool {
    /// A pool that starts workers with `launcher`.
    #[must_use]
    pub fn new(launcher: Launcher, options: PoolOptions) -> Self {
        Self { launcher, options }
    }

    /// Runs every job and answers in the order of the jobs. A simulated kernel needs no worker.
    pub fn run(&self, jobs: &[ScriptJob], event: &(dyn Fn(RunEvent) + Sync)) -> Vec<ScriptRun> {
        if let SubjectName::Simulated(platform) = self.options.subject {
            let run = |(index, job)| {
                let run = simulate(platform, job, self.options.script_timeout_ms);
                event(RunEvent::Finished(index));
                run
            };
            return jobs.iter().enumerate().map(run).collect();
        }
        let groups = Mutex::new(groups(jobs, self.options.jobs.max(1)));
        let results: Mutex<BTreeMap<usize, ScriptRun>> = Mutex::default();
        let finish = |index: usize, run: ScriptRun| {
            results.lock().expect("no holder panics").insert(index, run);
            event(RunEvent::Finished(index));
        };
        std::thread::scope(|scope| {
            for _ in 0..self.options.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let group = groups.lock().expect("no holder panics").pop_front();
                        let Some(group) = group else { break };
                        self.run_group(group, jobs, &finish);
                    }
                });
            }
        });
        results.into_inner().expect("no holder panics").into_values().collect()
    }

    /// Runs the members of a group; a worker that died or hung is replaced for the rest.
    fn run_group(&self, mut group: Group, jobs: &[ScriptJob], finish: &dyn Fn(usize, ScriptRun)) {
        while !group.members.is_empty() {
            match self.start(&group.env) {
                Ok(child) => self.feed(child, &mut group, jobs, finish),
                Err(run) => {
                    for index in std::mem::take(&mut group.members) {
                        finish(index, run.clone());
                    }
                }
            }
        }
    }

    fn feed(
        &self,
        mut child: Child,
        group: &mut Group,
        jobs: &[ScriptJob],
        finish: &dyn Fn(usize, ScriptRun),
    ) {
        while let Some(index) = group.members.pop_front() {
            if self.cannot_call(&jobs[index]) {
                let reason =
                    "the subject kernel has no bind_sockets and no server; use --subject reference";
                finish(index, ScriptRun::Skipped(reason.into()));
                continue;
            }
            // Telling takes longer than a call that does not wait.
            let at_its_end = !can_wait(&jobs[index].parsed.script) && group.by_steps != Some(index);
            let mut batch = VecDeque::from([index]);
            let mut bytes = jobs[index].parsed.source.len();
            while at_its_end
                && batch.len() < group.batch_max
                && let Some(next) = group.members.front().copied()
            {
                let job = &jobs[next];
                bytes += job.parsed.source.len();
                if can_wait(&job.parsed.script) || self.cannot_call(job) || bytes > BATCH_BYTES_MAX
                {
                    break;
                }
                group.members.pop_front();
                batch.push_back(next);
            }
            child.give(&batch.iter().map(|index| &jobs[*index]).collect::<Vec<_>>(), at_its_end);
            while let Some(index) = batch.pop_front() {
                let (run, end) = child.answer(self.options.script_timeout_ms);
                if end == ChildEnd::Alive {
                    finish(index, run);
                    continue;
                }
                if at_its_end {
                    // Where it hung or died is known after another run, step by step; in which script,
                    // if the others come alone.
                    group.by_steps = (group.batch_max == 1).then_some(index);
                    group.batch_max = 1;
                    batch.push_front(index);
                } else {
                    finish(index, run);
                }
                batch.append(&mut group.members);
                group.members = batch;
                return;
            }
        }
        child.finish();
    }

    /// Does the subject lack a call of a script?
    fn cannot_call(&self, job: &ScriptJob) -> bool {
        self.options.subject == SubjectName::Kernel && job.parsed.calls_reference()
    }

    /// A worker inside the environment; on a private network if there can be one.
    fn start(&self, env: &[Env]) -> Result<Child, ScriptRun> {
        let start = |private| {
            Child::start(&self.launcher, env, private, &self.options)
                .map_err(ScriptRun::Broken)?
                .map_err(ScriptRun::Skipped)
        };
        let needs = super::worker::wanted(env, false).needs_private_network();
        if self.options.sandbox && sandbox::HAS_NAMESPACES {
            let private = start(true);
            if needs || private.is_ok() {
                return private;
            }
        }
        start(false)
    }
}

fn groups(jobs: &[ScriptJob], workers: usize) -> VecDeque<Group> {
    let mut by_env: BTreeMap<Vec<Env>, Vec<usize>> = BTreeMap::new();
    for (index, job) in jobs.iter().enumerate() {
        let mut env = job.parsed.script.env.clone();
        env.retain(|line| !matches!(line, Env::Records(_) | Env::Fail(_)));
        env.sort();
        by_env.entry(env).or_default().push(index);
    }
    by_env
        .into_iter()
        .flat_map(|(env, members)| {
            let chunk = members.len().div_ceil(workers * CHUNKS_PER_WORKER).max(CHUNK_MIN);
            members
                .chunks(chunk)
                .map(|chunk| Group {
                    env: env.clone(),
                    members: chunk.iter().copied().collect(),
                    by_steps: None,
                    batch_max: BATCH_MAX,
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Launcher, Pool, PoolOptions, ScriptJob, ScriptRun};
    use crate::run::{SubjectName, local_platform};
    use crate::script::{Platform, parse};
    use crate::trace::{EndReason, Header, write_end, write_header};

    /// One worker, on the host's network.
    fn alone(launcher: Launcher) -> Pool {
        let options = PoolOptions {
            subject: SubjectName::Reference,
            jobs: 1,
            script_timeout_ms: 5_000,
            sandbox: false,
        };
        Pool::new(launcher, options)
    }

    /// A worker that dies in the second call of a script, and says of the first only if it is asked to
    /// tell each step.
    fn dying() -> Launcher {
        let header =
            write_header(&Header { script: "a = socket inet\n".into(), ..Header::default() });
        let program = format!(
            r#"read start; echo '{{"refused":null}}'; read job
               case $job in *'"at_its_end":true'*) exit 3 ;; esac
               printf '%s\n' '{header}'
               echo '{{"step":1,"call":"a = socket inet","outcome":{{"ok":true}}}}'
               exit 3"#
        );
        Launcher { program: "sh".into(), arguments: vec!["-c".into(), program] }
    }

    #[test]
    fn where_a_worker_died_is_known_although_nothing_waits() {
        if local_platform() != Some(Platform::Linux) {
            eprintln!("SKIPPED: the worker is a shell's script");
            return;
        }
        let text = "a = socket inet\nset a reuseaddr on\n";
        let job = ScriptJob { parsed: parse(text).expect("a script").remove(0), seed: None };
        let runs = alone(dying()).run(&[job.clone(), job], &|_| ());
        assert_eq!(runs.len(), 2);
        for run in runs {
            let ScriptRun::Ran(trace) = run else { panic!("{run:?}") };
            assert_eq!((trace.steps.len(), trace.end), (1, EndReason::Died));
        }
    }

    /// A worker that keeps what it has told as long as more is on its way, and dies in every script that
    /// sets reuseaddr.
    fn dying_at_one() -> Launcher {
        let header =
            write_header(&Header { script: "a = socket inet\n".into(), ..Header::default() });
        let end = write_end(0, EndReason::Complete);
        let program = format!(
            r#"read start; echo '{{"refused":null}}'; told=
               while read -r job; do
                   case $job in *reuseaddr*) exit 3 ;; esac
                   told="$told"'{header}
{end}
'
                   case $job in *'"more":false'*) printf %s "$told"; told= ;; esac
               done"#
        );
        Launcher { program: "sh".into(), arguments: vec!["-c".into(), program] }
    }

    #[test]
    fn one_that_dies_among_others_is_the_only_one_to_die() {
        if local_platform() != Some(Platform::Linux) {
            eprintln!("SKIPPED: the worker is a shell's script");
            return;
        }
        let job = |text| ScriptJob { parsed: parse(text).expect("a script").remove(0), seed: None };
        let (fine, bad) = ("a = socket inet\n", "a = socket inet\nset a reuseaddr on\n");
        let jobs = [fine, fine, bad, fine, bad, fine].map(job);
        let runs = alone(dying_at_one()).run(&jobs, &|_| ());
        let fits = |run: &ScriptRun| matches!(run, ScriptRun::Ran(_));
        assert_eq!(
            runs.iter().map(fits).collect::<Vec<_>>(),
            [true, true, false, true, false, true]
        );
    }
}
