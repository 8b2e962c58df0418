//! Scripts of a program that is not `bindproof`, such as another project's tests.

use super::pool::{Launcher, Pool, PoolOptions, ScriptJob, ScriptRun};
use super::protocol::Job;
use super::subject::SubjectName;
use super::worker::{Worker, wanted};
use crate::sandbox::Wanted;
use crate::trace;

/// How long one script may take in a worker, in milliseconds.
const SCRIPT_TIMEOUT_MS: u64 = 30_000;

/// Runs every job and answers in the order of the jobs: with workers of `launcher`, or without one in
/// this process and on the host's network. What would change this process is skipped then.
pub fn run_here(jobs: &[ScriptJob], launcher: Option<&Launcher>) -> Vec<ScriptRun> {
    if let Some(launcher) = launcher {
        let options = PoolOptions {
            subject: SubjectName::Reference,
            jobs: std::thread::available_parallelism().map_or(1, Into::into),
            script_timeout_ms: SCRIPT_TIMEOUT_MS,
            sandbox: true,
        };
        return Pool::new(launcher.clone(), options).run(jobs, &|_| {});
    }
    jobs.iter().map(run).collect()
}

fn run(job: &ScriptJob) -> ScriptRun {
    let env = &job.parsed.script.env;
    if wanted(env, false) != Wanted::default() {
        let why = "its environment needs a process of its own; name the program in BINDPROOF";
        return ScriptRun::Skipped(why.into());
    }
    let mut text = Vec::new();
    let script = job.parsed.source.clone();
    let asked = Job { script, seed: job.seed, at_its_end: true, more: false };
    let done = Worker::here(env.clone()).run(&asked, &mut text);
    let text = String::from_utf8_lossy(&text);
    match done
        .map_err(|error| error.to_string())
        .and_then(|()| trace::read(&text).map_err(|error| error.to_string()))
    {
        Ok(mut traces) if traces.len() == 1 => ScriptRun::Ran(Box::new(traces.remove(0))),
        Ok(traces) => ScriptRun::Broken(format!("one script left {} traces", traces.len())),
        Err(why) => ScriptRun::Broken(why),
    }
}
