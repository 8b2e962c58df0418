//! A child process that is spoken to in lines, within limits.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::sys;

/// How much of the end of stderr is kept, in bytes.
const STDERR_TAIL_MAX: usize = 2_000;
/// How many batches of lines may wait; a child that writes more waits itself. A batch is what one read
/// brings, so that a thread is not woken for each line.
const BATCHES_WAITING_MAX: usize = 64;
/// How long the threads that read a dead child's pipes are waited for, in milliseconds.
const DRAIN_TIMEOUT_MS: u64 = 200;

/// What was heard of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A line, without its newline.
    Line(String),
    /// The beginning of a line that is longer than allowed.
    TooLong(String),
    /// It closed its stdout.
    Closed,
    /// Nothing, in time.
    Nothing,
}

enum Read1 {
    Line(String),
    TooLong(String),
}

/// A child process. Dropping it kills it with all that descend from it, and reaps them.
pub(crate) struct LineProcess {
    process: std::process::Child,
    input: Option<ChildStdin>,
    batches: Receiver<Vec<Read1>>,
    lines: VecDeque<Read1>,
    tail: Arc<Mutex<Vec<u8>>>,
    stderr: Option<JoinHandle<()>>,
}

impl LineProcess {
    /// Starts a child whose lines have at most `line_max` bytes.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(command: &mut Command, line_max: usize) -> std::io::Result<Self> {
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (Some(input), Some(stdout), Some(stderr)) =
            (process.stdin.take(), process.stdout.take(), process.stderr.take())
        else {
            unreachable!("all three are piped")
        };
        let (sender, batches) = sync_channel(BATCHES_WAITING_MAX);
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            loop {
                let batch = read_batch(&mut reader, line_max);
                let last = !matches!(batch.last(), Some(Read1::Line(_)));
                if batch.is_empty() || sender.send(batch).is_err() || last {
                    break;
                }
            }
        });
        let tail = Arc::default();
        let kept = Arc::clone(&tail);
        let stderr = std::thread::spawn(move || keep_tail(stderr, &kept));
        Ok(Self {
            process,
            input: Some(input),
            batches,
            lines: VecDeque::new(),
            tail,
            stderr: Some(stderr),
        })
    }

    /// The child's id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Writes lines. A child that is gone shows at the next [`Self::hear`].
    pub(crate) fn say(&mut self, text: &str) {
        if let Some(input) = &mut self.input {
            let _ = input.write_all(text.as_bytes()).and_then(|()| input.flush());
        }
    }

    /// Waits for a line.
    pub(crate) fn hear(&mut self, deadline: Instant) -> Heard {
        if self.lines.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.batches.recv_timeout(left) {
                Ok(batch) => self.lines.extend(batch),
                Err(RecvTimeoutError::Timeout) => return Heard::Nothing,
                Err(RecvTimeoutError::Disconnected) => return Heard::Closed,
            }
        }
        match self.lines.pop_front() {
            Some(Read1::Line(text)) => Heard::Line(text),
            Some(Read1::TooLong(text)) => Heard::TooLong(text),
            None => Heard::Closed,
        }
    }

    /// How it ended, if it does before the deadline.
    pub(crate) fn ended(&mut self, deadline: Instant) -> Option<ExitStatus> {
        loop {
            match self.process.try_wait() {
                Ok(None) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(status) => return status,
                Err(_) => return None,
            }
        }
    }

    /// The end of what it wrote to stderr.
    pub(crate) fn stderr_tail(&mut self) -> String {
        if let Ok(Some(_)) = self.process.try_wait() {
            // What it wrote before it ended is on its way; a child of its own may keep the pipe.
            let deadline = Instant::now() + Duration::from_millis(DRAIN_TIMEOUT_MS);
            while self.stderr.as_ref().is_some_and(|thread| !thread.is_finished())
                && Instant::now() < deadline
            {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        let tail = self.tail.lock().map(|tail| tail.clone()).unwrap_or_default();
        String::from_utf8_lossy(&tail).trim().to_string()
    }

    /// Lets it end by itself, if it does in time.
    pub(crate) fn finish(&mut self, timeout_ms: u64) -> Option<ExitStatus> {
        self.input = None;
        self.ended(Instant::now() + Duration::from_millis(timeout_ms))
    }

    /// Kills it with all that descend from it, and reaps them.
    pub(crate) fn kill(&mut self) {
        let below = sys::descendants(self.id());
        for process in &below {
            if let Ok(process) = i32::try_from(*process) {
                sys::end_process(process, true);
            }
        }
        // Both fail only when the process is gone and reaped.
        let _ = self.process.kill();
        let _ = self.process.wait();
        for process in below {
            sys::reap(process);
        }
    }
}

impl Drop for LineProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The lines that have come, at least one unless the child closed its stdout. What is too long ends them.
fn read_batch(reader: &mut BufReader<impl Read>, line_max: usize) -> Vec<Read1> {
    let mut batch = Vec::new();
    while batch.is_empty() || reader.buffer().contains(&b'\n') {
        let mut text = Vec::new();
        match reader.by_ref().take(line_max as u64 + 1).read_until(b'\n', &mut text) {
            Ok(1..) => {}
            _ => break,
        }
        let too_long = text.len() > line_max && !text.ends_with(b"\n");
        let text = String::from_utf8_lossy(&text);
        let text = text.trim_end_matches('\n').to_string();
        if too_long {
            batch.push(Read1::TooLong(text));
            break;
        }
        batch.push(Read1::Line(text));
    }
    batch
}

fn keep_tail(mut stderr: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4_096];
    // What cannot be read is no reason to fail: it is only shown.
    while let Ok(count @ 1..) = stderr.read(&mut buffer) {
        let Ok(mut tail) = kept.lock() else { return };
        tail.extend_from_slice(&buffer[..count]);
        let over = tail.len().saturating_sub(STDERR_TAIL_MAX);
        tail.drain(..over);
    }
}
