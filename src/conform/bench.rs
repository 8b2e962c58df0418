//! A worker and its adapter, seen from the harness: scripts go in, runs come out.

use std::process::Command;
use std::time::{Duration, Instant};

use super::fault::{Breach, Fault};
use super::launch::{self, Launch};
use super::notice::{Notice, Oddity, Said, Seen};
use super::protocol::About;
use super::session::SessionLimits;
use super::sight::Sight;
use super::worker::{Job, Ready, Report, Start, WORKER_VERB};
use crate::run::{Heard, LineProcess, wanted};
use crate::sandbox;
use crate::script::{Env, Script};
use crate::trace::{self, Trace};

/// How long a worker may take to enter its environment, in milliseconds.
const START_TIMEOUT_MS: u64 = 20_000;
/// How long a worker may take for a script, beyond what its adapter may, in milliseconds.
const SCRIPT_TIMEOUT_MS: u64 = 60_000;
/// The longest line of a worker, in bytes: it holds a whole trace.
const LINE_MAX: usize = 16 << 20;

/// How the processes of a conformance run are started, and how long they may take.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The adapter.
    pub launch: Launch,
    /// How long it may take.
    pub limits: SessionLimits,
    /// How to look at it; `None` is the best way that there is.
    pub sight: Option<Sight>,
    /// May private networks be used?
    pub sandbox: bool,
}

/// What came of one script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// What happened; `None` if the adapter could not be started.
    pub trace: Option<Trace>,
    /// What was noticed besides.
    pub notices: Vec<Notice>,
    /// What is known of the sockets besides.
    pub seen: Vec<Seen>,
    /// Errors in the adapter's own words.
    pub said: Vec<Said>,
}

/// A worker in one environment.
pub struct Bench {
    setup: Setup,
    env: Vec<Env>,
    private: bool,
    process: Option<LineProcess>,
    /// What the adapter says of itself, once it has.
    pub about: Option<About>,
    /// How it is looked at, and why not better.
    pub sight: Option<(Sight, String)>,
}

impl Bench {
    /// A worker inside this environment; on a private network if there can be one.
    ///
    /// # Errors
    /// Why the environment cannot be had.
    pub fn new(setup: &Setup, env: &[Env]) -> Result<Self, String> {
        let mut bench = Self {
            setup: setup.clone(),
            env: env.to_vec(),
            private: setup.sandbox && sandbox::HAS_NAMESPACES,
            process: None,
            about: None,
            sight: None,
        };
        if !bench.private {
            return bench.start().map(|()| bench);
        }
        match bench.start() {
            Ok(()) => Ok(bench),
            Err(why) if wanted(env, false).needs_private_network() => Err(why),
            Err(_) => {
                bench.private = false;
                bench.start().map(|()| bench)
            }
        }
    }

    fn start(&mut self) -> Result<(), String> {
        let setup = &self.setup;
        let mut command = match &setup.launch {
            Launch::Command { this, .. } => {
                let mut command = Command::new(this);
                command.arg(WORKER_VERB);
                command
            }
            Launch::Test { binary, name } => launch::test_command(binary, name, "worker"),
        };
        let mut process = LineProcess::start(&mut command, LINE_MAX)
            .map_err(|error| format!("cannot start a worker: {error}"))?;
        let deadline = Instant::now() + Duration::from_millis(START_TIMEOUT_MS);
        if let Some(marker) = setup.launch.preamble() {
            loop {
                match process.hear(deadline) {
                    Heard::Line(text) if text == marker => break,
                    Heard::Line(_) => {}
                    _ => return Err(format!("a worker did not start: {}", last_words(process))),
                }
            }
        }
        let start = Start {
            env: self.env.iter().map(ToString::to_string).collect(),
            private_network: self.private,
            launch: setup.launch.clone(),
            limits: setup.limits,
            sight: setup.sight,
            finder: setup.launch.finder(),
        };
        process.say(&line(&start));
        let Heard::Line(text) = process.hear(deadline) else {
            return Err(format!("a worker did not start: {}", last_words(process)));
        };
        match serde_json::from_str::<Ready>(&text) {
            Ok(Ready { refused: None }) => {
                self.process = Some(process);
                Ok(())
            }
            Ok(Ready { refused: Some(why) }) => Err(why),
            Err(error) => Err(format!("a worker did not start: {error}: {text}")),
        }
    }

    /// Runs a script on the adapter, or on a fresh one.
    pub fn run(&mut self, script: &Script, fresh: bool) -> Run {
        let report = self.ask(&Job::Script { text: script.to_string(), fresh });
        let mut notices = report.notices;
        let trace = match trace::read(&report.trace) {
            Ok(mut traces) => traces.pop(),
            Err(error) => {
                notices.extend(died(format!("it wrote no trace: {error}")).notices);
                None
            }
        };
        Run { trace, notices, seen: report.seen, said: report.said }
    }

    /// Asks the adapter what nobody can know.
    pub fn probe_honesty(&mut self) -> Vec<Notice> {
        self.ask(&Job::Honesty).notices
    }

    /// Lets the adapter end by itself, and the worker.
    pub fn finish(mut self) -> Vec<Notice> {
        self.ask(&Job::End).notices
    }

    fn ask(&mut self, job: &Job) -> Report {
        if self.process.is_none()
            && let Err(why) = self.start()
        {
            return died(why);
        }
        let limits = self.setup.limits;
        let timeout_ms = SCRIPT_TIMEOUT_MS + limits.hello_timeout_ms + limits.reply_timeout_ms;
        let deadline = Instant::now() + Duration::from_millis(timeout_ms);
        let Some(process) = &mut self.process else { return died("it is gone".into()) };
        process.say(&line(job));
        let heard = process.hear(deadline);
        let report = match &heard {
            Heard::Line(text) => serde_json::from_str::<Report>(text).ok(),
            _ => None,
        };
        match report {
            Some(report) => {
                self.about = report.about.clone().or(self.about.take());
                self.sight = report.sight.clone().or(self.sight.take());
                report
            }
            None => {
                let words = match heard {
                    Heard::Nothing => format!("it did not answer within {timeout_ms} ms"),
                    Heard::Closed => String::new(),
                    Heard::Line(text) | Heard::TooLong(text) => text,
                };
                let ended = self.process.take().map(last_words).unwrap_or_default();
                died(format!("{ended} {words}").trim().to_string())
            }
        }
    }
}

fn died(how: String) -> Report {
    let fault =
        Fault { breach: Breach::HarnessDied(how), request: String::new(), stderr: String::new() };
    let notice = Notice { step: 0, oddity: Oddity::Fault(fault) };
    Report { notices: vec![notice], ..Report::default() }
}

/// How a worker ended, and the end of its stderr.
fn last_words(mut process: LineProcess) -> String {
    let deadline = Instant::now() + Duration::from_millis(1_000);
    let status = process.ended(deadline).map(|status| status.to_string());
    format!("{} {}", status.unwrap_or_default(), process.stderr_tail()).trim().to_string()
}

fn line(message: &impl serde::Serialize) -> String {
    format!("{}\n", serde_json::to_string(message).expect("strings and numbers always serialise"))
}
