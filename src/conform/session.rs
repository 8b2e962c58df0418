//! One adapter process: it is asked, within limits, and none of its mistakes is waited for twice.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Map, Value as Json, json};

use super::fault::{Breach, Fault};
use super::launch::{self, Launch};
use super::protocol::{self, About, Answer, FORMAT, LINE_MAX};
use crate::run::{Heard, LineProcess};
use crate::sys;

/// How long an adapter may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SessionLimits {
    /// For the first reply, in milliseconds: runtimes are slow to start.
    pub hello_timeout_ms: u64,
    /// For each further reply, in milliseconds.
    pub reply_timeout_ms: u64,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { hello_timeout_ms: 15_000, reply_timeout_ms: 5_000 }
    }
}

/// How long after it closed its stdout an adapter may take to end, in milliseconds.
const END_TIMEOUT_MS: u64 = 500;

/// An adapter that has said hello.
pub(super) struct Session {
    process: LineProcess,
    limits: SessionLimits,
    next_id: u64,
    request: String,
    network: Option<String>,
    /// What it says of itself.
    pub(super) about: About,
}

impl Session {
    /// Starts an adapter and greets it. These calls of it are refused by a filter.
    ///
    /// # Errors
    /// What it did wrong.
    pub(super) fn start(
        launch: &Launch,
        refused: &[String],
        limits: SessionLimits,
    ) -> Result<Self, Box<Fault>> {
        let failed =
            |breach| Box::new(Fault { breach, request: String::new(), stderr: String::new() });
        let mut command: Command = launch.command(refused);
        sys::own_group(&mut command);
        let process = LineProcess::start(&mut command, LINE_MAX)
            .map_err(|error| failed(launch::breach(&error, launch.program())))?;
        let mut session = Self {
            process,
            limits,
            next_id: 1,
            request: String::new(),
            network: sys::network_of(std::process::id()),
            about: About::default(),
        };
        let deadline = Instant::now() + Duration::from_millis(limits.hello_timeout_ms);
        if let Some(marker) = launch.preamble() {
            session.skip_to(marker, deadline)?;
        }
        let keys = Map::from_iter([("format".to_string(), Json::from(FORMAT))]);
        let answer = session.ask_until("hello", keys, limits.hello_timeout_ms)?;
        session.about = match answer {
            Answer::Ok(value) => match serde_json::from_value::<About>(value.clone()) {
                Ok(about) if about.format == FORMAT => about,
                Ok(about) => {
                    let what = format!("it speaks format {}", about.format);
                    return Err(session.fault(Breach::WrongFormat(what)));
                }
                Err(error) => {
                    return Err(session.fault(Breach::WrongFormat(format!("{error} in {value}"))));
                }
            },
            Answer::NotSupported(what) => {
                return Err(session.fault(Breach::WrongFormat(format!("{what} is not supported"))));
            }
            Answer::Error(error) => {
                let what = serde_json::to_string(&error).unwrap_or_default();
                return Err(session.fault(Breach::WrongFormat(what)));
            }
        };
        Ok(session)
    }

    /// The process of the adapter.
    #[must_use]
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Makes a request and waits for its reply.
    ///
    /// # Errors
    /// What it did wrong; it is dead then.
    pub(super) fn ask(
        &mut self,
        call: &str,
        keys: Map<String, Json>,
    ) -> Result<Answer, Box<Fault>> {
        self.ask_until(call, keys, self.limits.reply_timeout_ms)
    }

    fn ask_until(
        &mut self,
        call: &str,
        keys: Map<String, Json>,
        timeout_ms: u64,
    ) -> Result<Answer, Box<Fault>> {
        let id = self.next_id;
        self.next_id += 1;
        let line = protocol::request(id, call, keys);
        self.request = line.trim_end().to_string();
        self.process.say(&line);
        let deadline = Instant::now() + Duration::from_millis(timeout_ms);
        let text = match self.process.hear(deadline) {
            Heard::Line(text) => text,
            other => return Err(self.silence(other, timeout_ms)),
        };
        if let Some(why) = text.strip_prefix(launch::FAILED) {
            return Err(self.fault(launch::failed(why)));
        }
        let (found, answer) = match protocol::reply(&text) {
            Ok(reply) => reply,
            Err(expected) => return Err(self.fault(Breach::NotAReply(text, expected))),
        };
        if found != id {
            let breach = if found < id && found > 0 {
                Breach::OutOfOrder(found, id)
            } else {
                Breach::UnknownId(found)
            };
            return Err(self.fault(breach));
        }
        if self.network != sys::network_of(self.id()) {
            return Err(self.fault(Breach::LeftTheNetwork));
        }
        Ok(answer)
    }

    /// What stands before the first request, when a test harness starts the adapter.
    fn skip_to(&mut self, marker: &str, deadline: Instant) -> Result<(), Box<Fault>> {
        loop {
            match self.process.hear(deadline) {
                Heard::Line(text) if text == marker => return Ok(()),
                Heard::Line(_) => {}
                other => {
                    let timeout_ms = self.limits.hello_timeout_ms;
                    return Err(self.silence(other, timeout_ms));
                }
            }
        }
    }

    /// Why there was no line.
    fn silence(&mut self, heard: Heard, timeout_ms: u64) -> Box<Fault> {
        let breach = match heard {
            Heard::TooLong(text) => Breach::LineTooLong(text),
            Heard::Closed => {
                let deadline = Instant::now() + Duration::from_millis(END_TIMEOUT_MS);
                match self.process.ended(deadline) {
                    Some(status) => Breach::Ended(status.to_string()),
                    None => Breach::ClosedOutput,
                }
            }
            Heard::Line(_) | Heard::Nothing => {
                let stderr = self.process.stderr_tail();
                let is_reply =
                    |line: &&str| protocol::reply(line).is_ok_and(|(id, _)| id + 1 == self.next_id);
                match stderr.lines().rev().find(is_reply) {
                    Some(line) => Breach::WrongStream(line.to_string()),
                    None => Breach::NoReply(timeout_ms),
                }
            }
        };
        self.fault(breach)
    }

    /// The fault of a breach. The adapter is killed.
    pub(super) fn fault(&mut self, breach: Breach) -> Box<Fault> {
        let stderr = self.process.stderr_tail();
        self.process.kill();
        Box::new(Fault { breach, request: self.request.clone(), stderr })
    }

    /// Ends its standard input; it must end by itself then.
    ///
    /// # Errors
    /// It does not; it is dead then.
    pub(super) fn finish(mut self) -> Result<(), Box<Fault>> {
        match self.process.finish(self.limits.reply_timeout_ms) {
            Some(status) if status.success() => Ok(()),
            Some(status) => {
                let breach = Breach::Ended(format!("at the end of its input: {status}"));
                Err(self.fault(breach))
            }
            None => Err(self.fault(Breach::DoesNotEnd)),
        }
    }

    /// Asks what nobody can know. An honest adapter supports neither.
    ///
    /// # Errors
    /// What it did wrong; it is dead then.
    pub(super) fn probe_honesty(&mut self) -> Result<Vec<String>, Box<Fault>> {
        /// No library has them.
        const CALL: &str = "paint_sockets";
        const KEY: &str = "colour";
        const BIND: &str = "bind_sockets";
        let mut lies = Vec::new();
        let answer = self.ask(CALL, Map::new())?;
        if answer != Answer::NotSupported(CALL.into()) {
            lies.push(format!("the invented call {CALL} was answered {}", shown(&answer)));
        }
        let keys = json!({ "port": 0, "address": "127.0.0.1", KEY: "blue" });
        let Json::Object(keys) = keys else { unreachable!("it is an object") };
        let answer = self.ask(BIND, keys)?;
        // One that serves raw calls alone need not look at the keys.
        let serves = self.about.calls.iter().any(|call| call == BIND);
        let known = answer == Answer::NotSupported(BIND.into()) && !serves;
        if answer != Answer::NotSupported(KEY.into()) && !known {
            lies.push(format!("the invented key {KEY} was answered {}", shown(&answer)));
        }
        Ok(lies)
    }
}

fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Ok(value) => format!("ok {value}"),
        Answer::Error(error) => {
            format!("error {}", serde_json::to_string(error).unwrap_or_default())
        }
        Answer::NotSupported(what) => format!("not_supported {what:?}"),
    }
}
