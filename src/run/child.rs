//! One worker process, seen from its parent.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::pool::{Launcher, PoolOptions, ScriptJob, ScriptRun};
use super::protocol::{Job, Ready, Start, line};
use crate::script::Env;
use crate::trace::{EndReason, Header, TRACE_LINE_MAX, Trace, TraceLine, TraceStep, read_line};

/// How long a worker may take to enter its environment, in milliseconds.
const START_TIMEOUT_MS: u64 = 20_000;
/// What a worker gets beyond its script's own limit before it is killed, in milliseconds.
const GRACE_MS: u64 = 6_000;
/// How much of a dead worker's stderr is kept, in bytes.
const STDERR_TAIL_MAX: usize = 2_000;

/// Is the worker still there after a script?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChildEnd {
    Alive,
    Gone,
}

/// A worker process. Dropping it kills and reaps it.
pub(super) struct Child {
    process: std::process::Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Child {
    /// Starts a worker. The inner error is its refusal, the outer one says what is broken.
    pub(super) fn start(
        launcher: &Launcher,
        env: &[Env],
        private_network: bool,
        options: &PoolOptions,
    ) -> Result<Result<Self, String>, String> {
        let mut process = Command::new(&launcher.program)
            .args(&launcher.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", launcher.program.display()))?;
        let (Some(input), Some(stdout), Some(mut stderr)) =
            (process.stdin.take(), process.stdout.take(), process.stderr.take())
        else {
            unreachable!("all three are piped")
        };
        let (sender, lines) = sync_channel(64);
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            loop {
                let mut text = Vec::new();
                let limit = TRACE_LINE_MAX as u64 + 1;
                match reader.by_ref().take(limit).read_until(b'\n', &mut text) {
                    Ok(1..) if sender.send(String::from_utf8_lossy(&text).into_owned()).is_ok() => {
                    }
                    _ => break,
                }
            }
        });
        let stderr = std::thread::spawn(move || {
            let mut text = Vec::new();
            // What a reader cannot read is no reason to fail: it is only shown.
            let _ = stderr.read_to_end(&mut text);
            let tail = text.len().saturating_sub(STDERR_TAIL_MAX);
            String::from_utf8_lossy(&text[tail..]).trim().to_string()
        });
        let mut child = Self { process, input: Some(input), lines, stderr: Some(stderr) };
        let start = Start {
            env: env.iter().map(ToString::to_string).collect(),
            private_network,
            subject: options.subject.to_string(),
            script_timeout_ms: options.script_timeout_ms,
        };
        child.say(&line(&start));
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

    /// Runs one script. A worker that does not answer in time is killed.
    pub(super) fn run(&mut self, job: &ScriptJob, timeout_ms: u64) -> (ScriptRun, ChildEnd) {
        let message = Job { script: job.parsed.source.clone(), seed: job.seed };
        self.say(&line(&message));
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

    /// Lets the worker end by itself.
    pub(super) fn finish(mut self) {
        self.input = None;
        // It has nothing left to do; its end is awaited so that it is reaped.
        let _ = self.process.wait();
    }

    fn say(&mut self, text: &str) {
        // A worker that is gone shows at the next `hear`.
        if let Some(input) = &mut self.input {
            let _ = input.write_all(text.as_bytes()).and_then(|()| input.flush());
        }
    }

    fn hear(&mut self, deadline: Instant) -> Result<String, String> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.lines.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => TIMEOUT.to_string(),
            RecvTimeoutError::Disconnected => self.last_words(),
        })
    }

    /// How a worker that closed its stdout ended, and the tail of its stderr.
    fn last_words(&mut self) -> String {
        let status = match self.process.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let said = self.stderr.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        format!("{status} {said}").trim_end().to_string()
    }
}

const TIMEOUT: &str = "it did not answer in time";

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only when the process is gone and reaped.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
