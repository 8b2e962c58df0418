//! The protocol's other side: an implementation in this process as an adapter.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::process::{Command, Stdio};

use serde_json::{Map, Value as Json, json};

use super::{Asked, AskedFamily, AskedPort, Implementation, Refusal};
use crate::conform::protocol::{About, FORMAT};
use crate::script::parse_call_text;
use crate::trace::{Outcome, outcome_json};

/// Serves a harness on stdin and stdout until stdin ends.
///
/// # Errors
/// stdin's or stdout's.
pub fn serve<I: Implementation>(implementation: I) -> io::Result<()> {
    let mut server = Server::new(implementation);
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let Some(reply) = server.reply(&line?) else { continue };
        writeln!(output, "{reply}")?;
        output.flush()?;
    }
    Ok(())
}

/// An implementation and what it has open.
pub(crate) struct Server<I: Implementation> {
    pub(crate) implementation: I,
    open: BTreeMap<String, I::Listeners>,
    handles: u64,
}

impl<I: Implementation> Server<I> {
    /// With nothing open.
    pub(crate) fn new(implementation: I) -> Self {
        Self { implementation, open: BTreeMap::new(), handles: 0 }
    }

    /// The reply to a line; none to what is no request.
    pub(crate) fn reply(&mut self, line: &str) -> Option<Json> {
        let Ok(Json::Object(mut keys)) = serde_json::from_str(line) else { return None };
        let id = keys.remove("id").unwrap_or(Json::Null);
        let call = keys.remove("call");
        let call = call.as_ref().and_then(Json::as_str).unwrap_or_default();
        Some(match self.call(call, keys) {
            Ok(value) => json!({ "id": id, "ok": value }),
            Err(refusal) => match refusal.reply() {
                Ok(error) => json!({ "id": id, "error": error }),
                Err(what) => json!({ "id": id, "not_supported": what }),
            },
        })
    }

    fn call(&mut self, call: &str, keys: Map<String, Json>) -> Result<Json, Refusal> {
        match call {
            "hello" => {
                if keys.get("format") != Some(&json!(FORMAT)) {
                    return Err(Refusal::not_supported("format"));
                }
                Ok(json!(about::<I>()))
            }
            "bind_sockets" => {
                let asked = asked(keys, I::OPTIONS)?;
                let listeners = self.implementation.bind_sockets(&asked)?;
                let sockets = self.implementation.local_addrs(&listeners);
                let sockets = sockets.iter().map(|address| {
                    let ip = address.map(|address| address.ip().to_string());
                    json!({ "address": ip, "port": address.map(|address| address.port()) })
                });
                let sockets: Vec<_> = sockets.collect();
                self.handles += 1;
                let handle = format!("h{}", self.handles);
                self.open.insert(handle.clone(), listeners);
                Ok(json!({ "handle": handle, "sockets": sockets }))
            }
            "answer" if I::ANSWERS => {
                let handle = handle(&keys)?;
                let listeners = self.open.get(&handle).ok_or_else(no_such_handle)?;
                self.implementation.answer(listeners)?;
                Ok(json!(true))
            }
            "close" => {
                let handle = handle(&keys)?;
                drop(self.open.remove(&handle).ok_or_else(no_such_handle)?);
                Ok(json!(true))
            }
            "raw" if I::RAW => self.raw(&keys),
            "spawn" => spawn(&keys),
            other => Err(Refusal::not_supported(other)),
        }
    }
}

impl<I: Implementation> Server<I> {
    fn raw(&mut self, keys: &Map<String, Json>) -> Result<Json, Refusal> {
        let line = keys.get("line").and_then(Json::as_str);
        let call = line.and_then(|line| parse_call_text(line).ok());
        let call = call.ok_or_else(|| Refusal::not_supported("line"))?;
        let failed = |name: String| Refusal::Failed {
            name: Some(name),
            call: Some(call.verb().to_string()),
            message: String::new(),
        };
        match self.implementation.raw(&call) {
            Outcome::Error { name, .. } => Err(failed(name)),
            Outcome::Blocked => Ok(json!({ "blocked": true })),
            Outcome::Absent(what) | Outcome::NotSupported(what) => Err(Refusal::NotSupported(what)),
            done @ Outcome::Ok(_) => Ok(outcome_json(&done)["ok"].take()),
        }
    }
}

fn about<I: Implementation>() -> About {
    let calls = ["bind_sockets", "close", "spawn"]
        .into_iter()
        .chain(I::ANSWERS.then_some("answer"))
        .chain(I::RAW.then_some("raw"));
    About {
        name: I::NAME.into(),
        version: I::VERSION.into(),
        runtime: "Rust".into(),
        format: FORMAT,
        calls: calls.map(Into::into).collect(),
        options: I::OPTIONS.iter().map(|key| (*key).to_string()).collect(),
    }
}

fn no_such_handle() -> Refusal {
    Refusal::Failed { name: None, call: None, message: "no such handle".into() }
}

fn handle(keys: &Map<String, Json>) -> Result<String, Refusal> {
    keys.get("handle").and_then(Json::as_str).map(Into::into).ok_or_else(no_such_handle)
}

/// The keys, each of which the library must know.
fn asked(keys: Map<String, Json>, options: &[&str]) -> Result<Asked, Refusal> {
    let mut asked = Asked::default();
    for (key, value) in keys {
        let refused = || Refusal::not_supported(&key);
        if !options.contains(&key.as_str()) {
            return Err(refused());
        }
        match key.as_str() {
            "port" => {
                asked.port = Some(match value {
                    Json::String(text) => AskedPort::Text(text),
                    value => AskedPort::Number(value.as_i64().ok_or_else(refused)?),
                });
            }
            "address" if value.is_null() => {}
            "address" => asked.address = Some(value.as_str().ok_or_else(refused)?.to_string()),
            "family" => {
                asked.family = Some(match value.as_str() {
                    Some("unspec") => AskedFamily::Unspec,
                    Some("inet") => AskedFamily::Inet,
                    Some("inet6") => AskedFamily::Inet6,
                    _ => return Err(refused()),
                });
            }
            "backlog" => asked.backlog = Some(number(&value).ok_or_else(refused)?),
            "flags" if value.is_null() => asked.flags = Some(None),
            "flags" => asked.flags = Some(Some(number(&value).ok_or_else(refused)?)),
            "reuse_port" => asked.reuse_port = Some(value.as_bool().ok_or_else(refused)?),
            _ => return Err(refused()),
        }
    }
    Ok(asked)
}

fn number(value: &Json) -> Option<i32> {
    value.as_i64().and_then(|number| number.try_into().ok())
}

/// As std starts programs by default.
fn spawn(keys: &Map<String, Json>) -> Result<Json, Refusal> {
    let words: Vec<_> = keys
        .get("command")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let (program, rest) = words.split_first().ok_or_else(|| Refusal::not_supported("command"))?;
    let done = Command::new(program).args(rest).stdin(Stdio::null()).output()?;
    Ok(json!({ "output": String::from_utf8_lossy(&done.stdout) }))
}
