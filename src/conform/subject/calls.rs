//! Calls that the adapter makes, `bind_sockets` left out.

use serde_json::{Map, Value as Json, json};

use super::AdapterSubject;
use crate::conform::fault::Breach;
use crate::conform::launch;
use crate::conform::notice::Said;
use crate::conform::protocol::Answer;
use crate::run::{BOUND_TO, Subject};
use crate::script::{Call, Name};
use crate::sys;
use crate::trace::{Outcome, TraceLine, Value, read_line};

impl AdapterSubject<'_> {
    pub(super) fn close(&mut self, name: &Name) -> Outcome {
        if self.handles[&name.word].sockets.len() > 1 {
            return Outcome::NotSupported("an adapter closes all sockets of a call at once".into());
        }
        self.close_handle(&name.word.clone())
    }

    pub(super) fn close_handle(&mut self, word: &str) -> Outcome {
        let Some(handle) = self.handles.remove(word) else { return Outcome::Ok(Value::Done) };
        for (name, _) in &handle.sockets {
            self.kernel.discard(name);
        }
        let keys = json!({ "handle": handle.handle });
        let Json::Object(keys) = keys else { unreachable!("it is an object") };
        let outcome = match self.ask("close", keys) {
            None => return Self::gone(),
            Some(Answer::Ok(_)) => Outcome::Ok(Value::Done),
            Some(Answer::Error(error)) => {
                let outcome = self.error(&error);
                self.said.push(Said { step: self.step, error });
                outcome
            }
            Some(Answer::NotSupported(what)) => return Outcome::NotSupported(what),
        };
        self.still_open(&handle);
        outcome
    }

    /// How a program that the subject spawns finds the socket: by the number that it has in the
    /// subject, else, from outside, by its port.
    pub(super) fn id_in_subject(&mut self, name: &Name) -> Option<String> {
        let copy = self.kernel.borrow(name);
        if let Some((fd, copy)) = self.owned(name).and_then(|owned| owned.fd).zip(copy) {
            let id = sys::descriptor_id(copy);
            return Some(id.split_once(':').map_or(id.clone(), |(_, rest)| format!("{fd}:{rest}")));
        }
        let port = self.port_of(name).filter(|_| !sys::WINDOWS)?;
        Some(format!("{BOUND_TO}{port}"))
    }

    /// A program that the subject spawns looks for the socket.
    pub(super) fn inherited(&mut self, name: &Name) -> Outcome {
        let Some(id) = self.id_in_subject(name) else {
            return Outcome::NotSupported("the descriptors of a process cannot be listed".into());
        };
        let mut command = self.finder.clone();
        // A test binary takes it as one more filter.
        match command.last_mut() {
            Some(last) if last == launch::FIND => *last = format!("{}{id}", launch::FIND),
            _ => command.push(id),
        }
        let keys = Map::from_iter([("command".to_string(), json!(command))]);
        let answer = self.ask("spawn", keys);
        match answer {
            None => Self::gone(),
            Some(Answer::NotSupported(what)) => Outcome::NotSupported(what),
            Some(Answer::Error(error)) => self.error(&error),
            Some(Answer::Ok(value)) => match found_word(&value) {
                Some(word) => Outcome::Ok(Value::Word(word)),
                None => {
                    let expected = "the output of a program that says yes or no".to_string();
                    self.breach(Breach::WrongValue(value.to_string(), expected));
                    Self::gone()
                }
            },
        }
    }

    /// Any call, made by the adapter.
    pub(super) fn raw_call(&mut self, call: &Call) -> Outcome {
        let keys = Map::from_iter([("line".to_string(), json!(call.to_string()))]);
        match self.ask("raw", keys) {
            None => Self::gone(),
            Some(Answer::NotSupported(what)) => Outcome::NotSupported(what),
            Some(Answer::Error(error)) => {
                let outcome = self.error(&error);
                self.said.push(Said { step: self.step, error });
                outcome
            }
            Some(Answer::Ok(value)) if value == json!({ "blocked": true }) => Outcome::Blocked,
            Some(Answer::Ok(value)) => {
                // The reader of traces knows which values a call can have.
                let outcome = json!({ "ok": value });
                let line = json!({ "step": 1, "call": call.to_string(), "outcome": outcome });
                match read_line(&line.to_string()) {
                    Ok(TraceLine::Step(step)) => {
                        self.remember_raw(call);
                        step.outcome
                    }
                    Ok(_) => unreachable!("an object with a step is a step"),
                    Err(expected) => {
                        self.breach(Breach::WrongValue(value.to_string(), expected));
                        Self::gone()
                    }
                }
            }
        }
    }

    /// What is open after a call that succeeded.
    fn remember_raw(&mut self, call: &Call) {
        let Some(open) = &mut self.raw else { return };
        match (call, call.socket_assigned()) {
            (Call::Close { name }, _) => {
                open.remove(name);
            }
            (_, Some(name)) => {
                open.insert(name.clone());
            }
            _ => {}
        }
    }

    /// The library serves on all sockets of one call.
    pub(super) fn serve(&mut self, server: &Name, sockets: &[Name]) -> Outcome {
        let Some(word) = sockets.first().map(|name| name.word.clone()) else {
            return Outcome::NotSupported("a server without sockets".into());
        };
        let all = sockets.iter().all(|name| name.word == word)
            && self.handles.get(&word).is_some_and(|one| one.sockets.len() == sockets.len());
        if !all {
            return Outcome::NotSupported("an adapter serves all sockets of one call".into());
        }
        let handle = json!(self.handles[&word].handle);
        match self.ask("answer", Map::from_iter([("handle".to_string(), handle)])) {
            None => Self::gone(),
            Some(Answer::NotSupported(what)) => Outcome::NotSupported(what),
            Some(Answer::Error(error)) => {
                let outcome = self.error(&error);
                self.said.push(Said { step: self.step, error });
                outcome
            }
            Some(Answer::Ok(_)) => {
                for name in sockets {
                    self.kernel.discard(name);
                }
                self.servers.insert(server.word.clone(), word);
                Outcome::Ok(Value::Done)
            }
        }
    }
}

/// The line of the finder in the output of `spawn`.
fn found_word(value: &Json) -> Option<String> {
    let output = value["output"].as_str()?;
    let word = |line: &&str| matches!(*line, "yes" | "no");
    output.lines().map(str::trim).rev().find(word).map(Into::into)
}
