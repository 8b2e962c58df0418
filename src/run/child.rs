//! One worker process, seen from its parent.

use std::process::Command;
use std::time::{Duration, Instant};

use super::lines::{Heard, LineProcess};
use super::pool::{Launcher, PoolOptions, ScriptJob, ScriptRun};
use super::protocol::{Job, Ready, Start, line};
use crate::script::Env;
use crate::trace::{EndReason, Header, TRACE_LINE_MAX, Trace, TraceLine, TraceStep, read_line};

/// How long a worker may take to enter its environment, in milliseconds.
const START_TIMEOUT_MS: u64 = 20_000;
/// What a worker gets beyond its script's own limit before it is killed, in milliseconds.
const GRACE_MS: u64 = 6_000;

/// Is the worker still there after a script?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChildEnd {
    Alive,
    Gone,
}

/// A worker process. Dropping it kills and reaps it.
pub(super) struct Child {
    process: LineProcess,
}

impl Child {
    /// Starts a worker. The inner error is its refusal, the outer one says what is broken.
    pub(super) fn start(
        launcher: &Launcher,
        env: &[Env],
        private_network: bool,
        options: &PoolOptions,
    ) -> Result<Result<Self, String>, String> {
        let mut command = Command::new(&launcher.program);
        let process = LineProcess::start(command.args(&launcher.arguments), TRACE_LINE_MAX)
            .map_err(|error| format!("cannot start {}: {error}", launcher.program.display()))?;
        let mut child = Self { process };
        let start = Start {
            env: env.iter().map(ToString::to_string).collect(),
            private_network,
            subject: options.subject.to_string(),
            script_timeout_ms: options.script_timeout_ms,
        };
        child.process.say(&line(&start));
        let deadline = Instant::now() + Duration::from_millis(START_TIMEOUT_MS);
        let ready = child.hear(deadline).and_then(|text| {
            serde_json::from_str::<Ready>(&text).map_err(|error| error.to_string())
        });
        match ready {
            Ok(Ready { refused: None }) => Ok(Ok(child)),
            Ok(Ready { refused: Some(reason) }) => Ok(Err(reason)),
            Err(why) => Err(format!("a worker did not start: {why}")),
        }
    }

    /// Gives the worker scripts to run, one after the other. Their steps are told as they are made, or all
    /// at the end.
    pub(super) fn give(&mut self, jobs: &[&ScriptJob], at_its_end: bool) {
        let message = |(index, job): (usize, &&ScriptJob)| {
            let more = index + 1 < jobs.len();
            line(&Job { script: job.parsed.source.clone(), seed: job.seed, at_its_end, more })
        };
        self.process.say(&jobs.iter().enumerate().map(message).collect::<String>());
    }

    /// What came of the next script that it was given. A worker that does not answer in time is killed.
    pub(super) fn answer(&mut self, timeout_ms: u64) -> (ScriptRun, ChildEnd) {
        let deadline = Instant::now() + Duration::from_millis(timeout_ms + GRACE_MS);
        let mut header: Option<Header> = None;
        let mut steps: Vec<TraceStep> = Vec::new();
        loop {
            let text = match self.hear(deadline) {
                Ok(text) => text,
                Err(why) => {
                    let end = if why == TIMEOUT { EndReason::Limit } else { EndReason::Died };
                    let run = match header {
                        Some(header) => ScriptRun::Ran(Box::new(Trace { header, steps, end })),
                        None => {
                            ScriptRun::Broken(format!("a worker ended before its script: {why}"))
                        }
                    };
                    return (run, ChildEnd::Gone);
                }
            };
            match read_line(text.trim_end()) {
                Ok(TraceLine::Header(first)) => header = Some(*first),
                Ok(TraceLine::Step(step)) => steps.push(step),
                Ok(TraceLine::End { why: end, .. }) => {
                    let Some(header) = header else {
                        let why = "a worker wrote a trace without a header";
                        return (ScriptRun::Broken(why.into()), ChildEnd::Gone);
                    };
                    return (
                        ScriptRun::Ran(Box::new(Trace { header, steps, end })),
                        ChildEnd::Alive,
                    );
                }
                Err(error) => {
                    let why = format!("a worker wrote no trace: {error}");
                    return (ScriptRun::Broken(why), ChildEnd::Gone);
                }
            }
        }
    }

    /// Lets the worker end by itself: it has nothing left to do.
    pub(super) fn finish(mut self) {
        self.process.finish(GRACE_MS);
    }

    fn hear(&mut self, deadline: Instant) -> Result<String, String> {
        match self.process.hear(deadline) {
            // A line that is too long is no line of a trace: its reader says so.
            Heard::Line(text) | Heard::TooLong(text) => Ok(text),
            Heard::Nothing => Err(TIMEOUT.to_string()),
            Heard::Closed => Err(self.last_words()),
        }
    }

    /// How a worker that closed its stdout ended, and the tail of its stderr.
    fn last_words(&mut self) -> String {
        let deadline = Instant::now() + Duration::from_millis(GRACE_MS);
        let status = self.process.ended(deadline).map(|status| status.to_string());
        let said = self.process.stderr_tail();
        format!("{} {said}", status.unwrap_or_default()).trim().to_string()
    }
}

const TIMEOUT: &str = "it did not answer in time";
