//! The child process that enters an environment, starts the adapter there and runs scripts on it.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use super::contract;
use super::fault::Fault;
use super::filters;
use super::launch::Launch;
use super::notice::{Notice, Oddity, Said, Seen};
use super::protocol::About;
use super::session::{Session, SessionLimits};
use super::sight::{self, Sight};
use super::subject::AdapterSubject;
use crate::run::{
    Faults, Limits, Made, Ports, Subject, drive, environment_facts, local_platform, platform_facts,
    private_ports, wanted,
};
use crate::sandbox::{self, Entered};
use crate::script::{Env, Fail, Platform, Script, parse, parse_env_text};
use crate::sys;
use crate::trace::{EndReason, Header, SubjectFacts, Trace, TraceStep, write};

/// The hidden verb of [`worker_main`].
pub const WORKER_VERB: &str = "__conform";

/// The first line to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Start {
    pub(super) env: Vec<String>,
    pub(super) private_network: bool,
    pub(super) launch: Launch,
    pub(super) limits: SessionLimits,
    /// How to look; `None` is the best way that there is.
    pub(super) sight: Option<Sight>,
    /// The command that the subject spawns to look for descriptors.
    pub(super) finder: Vec<String>,
}

/// A worker's first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ready {
    /// Why the environment cannot be had; the worker ends then.
    pub(super) refused: Option<String>,
}

/// A further line to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Job {
    /// One script. The adapter is a fresh one if asked for.
    Script { text: String, fresh: bool },
    /// What nobody can know is asked.
    Honesty,
    /// The adapter's input ends, and the worker.
    End,
}

/// What came of a job.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Report {
    /// The trace, as a text; empty if there is none.
    pub(super) trace: String,
    pub(super) notices: Vec<Notice>,
    pub(super) seen: Vec<Seen>,
    pub(super) said: Vec<Said>,
    pub(super) about: Option<About>,
    /// How was looked, and why not better.
    pub(super) sight: Option<(Sight, String)>,
}

/// Serves its parent on stdin and stdout until it is told to end. Must be called in a process that
/// has one thread, before anything else.
///
/// # Errors
/// Of stdin or stdout, or a line that the parent did not write.
pub fn worker_main() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let start: Start = read(&mut input)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    sys::adopt_orphans();
    let mut worker = match Worker::enter(start) {
        Ok(worker) => worker,
        Err(reason) => return say(&mut output, &Ready { refused: Some(reason) }),
    };
    say(&mut output, &Ready { refused: None })?;
    while let Some(job) = read::<Job>(&mut input)? {
        let ends = matches!(job, Job::End);
        let report = worker.run(&job)?;
        say(&mut output, &report)?;
        if ends {
            break;
        }
    }
    Ok(())
}

fn say(output: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    writeln!(output, "{}", serde_json::to_string(message)?)?;
    output.flush()
}

fn read<T: serde::de::DeserializeOwned>(input: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut text = String::new();
    if input.read_line(&mut text)? == 0 {
        return Ok(None);
    }
    serde_json::from_str(&text).map(Some).map_err(io::Error::from)
}

struct Worker {
    start: Start,
    refused: Vec<String>,
    entered: Entered,
    ports: Ports,
    session: Option<Session>,
    sight: Option<(Sight, String)>,
    /// What no further attempt can mend.
    hopeless: Option<Box<Fault>>,
}

impl Worker {
    fn enter(start: Start) -> Result<Self, String> {
        let env = start
            .env
            .iter()
            .map(|text| parse_env_text(text).map_err(|error| error.to_string()))
            .collect::<Result<Vec<_>, _>>()?;
        let refused = filters::refused(&env)?;
        if env.contains(&Env::Ipv6Off) && !sandbox::HAS_FILTER {
            return Err("only Linux can take IPv6 away from another program".into());
        }
        let entered = sandbox::enter(&wanted(&env, start.private_network))
            .map_err(|refusal| refusal.reason)?;
        sys::prepare();
        let ports = if entered.private_network { private_ports() } else { Ports::host() };
        Ok(Self { start, refused, entered, ports, session: None, sight: None, hopeless: None })
    }

    fn run(&mut self, job: &Job) -> io::Result<Report> {
        match job {
            Job::Script { text, fresh } => {
                let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
                let mut parsed = parse(text).map_err(|error| invalid(error.to_string()))?;
                let script = parsed.pop().ok_or_else(|| invalid("no script".into()))?.script;
                if *fresh {
                    self.session = None;
                }
                Ok(self.script(text, &script))
            }
            Job::Honesty => Ok(self.honesty()),
            Job::End => {
                let mut report = Report::default();
                if let Some(session) = self.session.take()
                    && let Err(fault) = session.finish()
                {
                    report.notices.push(Notice { step: 0, oddity: Oddity::Fault(*fault) });
                }
                Ok(report)
            }
        }
    }

    /// The adapter, started if there is none.
    fn session(&mut self) -> Result<&mut Session, Box<Fault>> {
        if let Some(fault) = &self.hopeless {
            return Err(fault.clone());
        }
        if self.session.is_none() {
            match Session::start(&self.start.launch, &self.refused, self.start.limits) {
                Ok(session) => {
                    if self.sight.is_none() {
                        self.sight = Some(choose_sight(self.start.sight, session.id()));
                    }
                    self.session = Some(session);
                }
                Err(fault) => {
                    if fault.breach.is_final() {
                        self.hopeless = Some(fault.clone());
                    }
                    return Err(fault);
                }
            }
        }
        Ok(self.session.as_mut().expect("it is there by now"))
    }

    fn honesty(&mut self) -> Report {
        let asked = self.session().map(|session| (session.probe_honesty(), session.about.clone()));
        let mut report = Report::default();
        let mut notice = |oddity| report.notices.push(Notice { step: 0, oddity });
        match asked {
            Ok((Ok(lies), about)) => {
                if !lies.is_empty() {
                    // What it did with them, nobody knows.
                    self.session = None;
                }
                lies.into_iter().for_each(|lie| notice(Oddity::Dishonest(lie)));
                report.about = Some(about);
            }
            Ok((Err(fault), about)) => {
                self.session = None;
                notice(Oddity::Fault(*fault));
                report.about = Some(about);
            }
            Err(fault) => notice(Oddity::Fault(*fault)),
        }
        report.sight.clone_from(&self.sight);
        report
    }

    fn script(&mut self, text: &str, script: &Script) -> Report {
        if let Err(fault) = self.session() {
            let notice = Notice { step: 0, oddity: Oddity::Fault(*fault) };
            return Report { notices: vec![notice], ..Report::default() };
        }
        let platform = local_platform();
        // Where the platform is none of the four, its numbers are those nearest to it.
        let numbers = platform.unwrap_or(Platform::Freebsd);
        let fails: Vec<Fail> = script
            .env
            .iter()
            .filter_map(|line| match line {
                Env::Fail(fail) => Some(fail.clone()),
                _ => None,
            })
            .collect();
        let faults = Faults::new(numbers, &fails);
        let session = self.session.as_mut().expect("it was started above");
        let about = session.about.clone();
        let sight = self.sight.as_ref().map_or(Sight::Outside, |(sight, _)| *sight);
        let finder = self.start.finder.clone();
        let mut subject = AdapterSubject::new(session, sight, numbers, faults, finder);
        if contract::is_raw(script) && about.calls.iter().any(|call| call == "raw") {
            subject = subject.raw();
        }
        let mut steps = Vec::new();
        let facts = subject.facts();
        let mut sink = |made: Made<'_>| {
            let (call, outcome) = (made.call.to_string(), made.outcome);
            steps.push(TraceStep { step: steps.len() + 1, call, outcome });
        };
        let limits = Limits::default();
        let end = drive(script, &mut subject, &mut self.ports, platform, &limits, &mut sink)
            .unwrap_or(EndReason::Limit);
        subject.finish();
        let left_over = subject.notices.iter().any(|notice| {
            matches!(notice.oddity, Oddity::Leaked(_) | Oddity::StillOpen(_) | Oddity::Untold(_))
        });
        let alive = subject.is_alive();
        let AdapterSubject { notices, seen, said, .. } = subject;
        if left_over || !alive {
            self.session = None;
        }
        let end = if alive { end } else { EndReason::Died };
        let header = self.header(text, &script.env, facts);
        let trace = write(&Trace { header, steps, end });
        let sight = self.sight.clone();
        Report { trace, notices, seen, said, about: Some(about), sight }
    }

    fn header(&self, text: &str, env: &[Env], subject: SubjectFacts) -> Header {
        let mut environment = environment_facts(env);
        environment.network =
            Some(if self.entered.private_network { "private" } else { "host" }.into());
        environment.hosts.clone_from(&self.entered.hosts);
        environment.ipv6_off_by = self.entered.ipv6_off_by.map(Into::into);
        Header {
            script: text.to_string(),
            platform: platform_facts(),
            subject,
            environment,
            seed: None,
        }
    }
}

fn choose_sight(asked: Option<Sight>, child: u32) -> (Sight, String) {
    if asked == Some(Sight::Outside) {
        return (Sight::Outside, "asked for".into());
    }
    match sight::try_inside(child) {
        Ok(()) => (Sight::Inside, String::new()),
        Err(why) => (Sight::Outside, why),
    }
}
