//! An adapter as the subject of a script: `bind_sockets`, `close` and `serve` of its sockets are
//! its own doing, all other calls are made here, in the same network, on copies of its sockets.

mod calls;
mod looks;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::fault::{Breach, Fault};
use super::notice::{Notice, Oddity, Said, Seen};
use super::protocol::{Answer, ErrorReply, Told, bind_keys};
use super::session::Session;
use super::sight::{self, SeenSocket, Sight};
use crate::run::{Faults, KernelSubject, Subject, SubjectName};
use crate::script::{BindSocketsArgs, Call, Name, Platform, SocketOption, errors};
use crate::trace::{Outcome, SubjectFacts, Value};

/// The name of an error that an adapter has no name for, or none that this program knows.
pub const UNNAMED: &str = "E#0";

/// What one successful `bind_sockets` left.
#[derive(Debug)]
struct Handle {
    handle: String,
    /// The sockets by their names in the script.
    sockets: Vec<(Name, Owned)>,
}

/// A socket of the subject.
#[derive(Debug, Clone)]
struct Owned {
    inode: Option<u64>,
    fd: Option<i32>,
    cloexec: Option<bool>,
    shown: String,
}

/// A subject that is another program.
pub(super) struct AdapterSubject<'a> {
    kernel: KernelSubject,
    session: Option<&'a mut Session>,
    about: SubjectFacts,
    sight: Sight,
    platform: Platform,
    finder: Vec<String>,
    handles: BTreeMap<String, Handle>,
    /// Which handle a server of the script stands for.
    servers: BTreeMap<String, String>,
    step: usize,
    /// Where all calls go to the adapter, which offers them: what it has open.
    raw: Option<BTreeSet<Name>>,
    /// What was noticed.
    pub(super) notices: Vec<Notice>,
    /// What is known of its sockets beside the trace.
    pub(super) seen: Vec<Seen>,
    /// Its errors in its own words.
    pub(super) said: Vec<Said>,
}

impl<'a> AdapterSubject<'a> {
    /// A subject without sockets. `faults` are those of the script's own calls.
    pub(super) fn new(
        session: &'a mut Session,
        sight: Sight,
        platform: Platform,
        faults: Faults,
        finder: Vec<String>,
    ) -> Self {
        let about = SubjectFacts {
            name: session.about.name.clone(),
            version: session.about.version.clone(),
        };
        // The script's own sockets are looked for by the same program, where it is one.
        let program = (finder.len() == 2).then(|| finder[0].clone().into());
        let kernel = KernelSubject::new(SubjectName::Kernel, platform, faults, program);
        Self {
            kernel,
            session: Some(session),
            about,
            sight,
            platform,
            finder,
            handles: BTreeMap::new(),
            servers: BTreeMap::new(),
            step: 0,
            raw: None,
            notices: Vec::new(),
            seen: Vec::new(),
            said: Vec::new(),
        }
    }

    /// The same, with every call of the script made by the adapter.
    pub(super) fn raw(mut self) -> Self {
        self.raw = Some(BTreeSet::new());
        self
    }

    /// Is the adapter still there?
    #[must_use]
    pub(super) fn is_alive(&self) -> bool {
        self.session.is_some()
    }

    /// Closes what the script left open.
    pub(super) fn finish(&mut self) {
        self.step += 1;
        for name in self.raw.clone().unwrap_or_default() {
            self.raw_call(&Call::Close { name });
        }
        let words: Vec<_> = self.handles.keys().cloned().collect();
        for word in words {
            self.close_handle(&word);
        }
    }

    fn notice(&mut self, oddity: Oddity) {
        self.notices.push(Notice { step: self.step, oddity });
    }

    fn gone() -> Outcome {
        Outcome::NotSupported("the adapter is gone".into())
    }

    /// Asks the adapter. A breach ends it; `None` then.
    fn ask(&mut self, call: &str, keys: Map<String, Json>) -> Option<Answer> {
        match self.session.as_mut()?.ask(call, keys) {
            Ok(answer) => Some(answer),
            Err(fault) => {
                self.lose(*fault);
                None
            }
        }
    }

    fn lose(&mut self, fault: Fault) {
        self.session = None;
        self.notice(Oddity::Fault(fault));
    }

    fn breach(&mut self, breach: Breach) {
        if let Some(session) = self.session.take() {
            let fault = session.fault(breach);
            self.notice(Oddity::Fault(*fault));
        }
    }

    fn bind_sockets(&mut self, name: &Name, args: &BindSocketsArgs) -> Outcome {
        let keys = match bind_keys(args, self.platform) {
            Ok(keys) => keys,
            Err(key) => return Outcome::NotSupported(format!("the protocol has no {key}")),
        };
        let before = self.look();
        let port = keys["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        let had_ipv4 = self.sight == Sight::Outside
            && port.is_some_and(|port| port != 0 && sight::has_ipv4(port));
        let told = match self.ask("bind_sockets", keys) {
            None => return Self::gone(),
            Some(Answer::NotSupported(key)) => {
                self.leaked(&before);
                return Outcome::NotSupported(key);
            }
            Some(Answer::Error(error)) => {
                let outcome = self.error(&error);
                self.said.push(Said { step: self.step, error });
                self.leaked(&before);
                return outcome;
            }
            Some(Answer::Ok(value)) => match serde_json::from_value::<Told>(value.clone()) {
                Ok(told) => told,
                Err(error) => {
                    self.breach(Breach::WrongValue(value.to_string(), error.to_string()));
                    return Self::gone();
                }
            },
        };
        if self.handles.values().any(|one| one.handle == told.handle) {
            let expected = "a handle that is not in use".to_string();
            self.breach(Breach::WrongValue(told.handle, expected));
            return Self::gone();
        }
        let found = match self.sight {
            Sight::Inside => match self.new_since(&before) {
                Ok(found) => found,
                Err(error) => {
                    self.breach(Breach::Ended(format!("its sockets cannot be read: {error}")));
                    return Self::gone();
                }
            },
            Sight::Outside => sight::facts_from_outside(&told.sockets, had_ipv4),
        };
        let sockets = self.in_told_order(&told, found);
        let facts = sockets.iter().map(|socket| socket.facts.clone()).collect();
        self.adopt(name, told.handle, sockets);
        Outcome::Ok(Value::Sockets(facts))
    }

    fn adopt(&mut self, name: &Name, handle: String, sockets: Vec<SeenSocket>) {
        let mut owned = Vec::new();
        for (index, socket) in sockets.into_iter().enumerate() {
            let name = Name { word: name.word.clone(), index: Some(index) };
            self.seen.push(Seen {
                socket: name.to_string(),
                backlog: socket.backlog,
                by_descendant: socket.by_descendant,
            });
            owned.push((
                name.clone(),
                Owned {
                    inode: socket.inode,
                    fd: socket.fd,
                    cloexec: socket.facts.cloexec,
                    shown: socket.facts.address.to_string(),
                },
            ));
            if let Some(copy) = socket.copy {
                self.kernel.adopt(name, copy);
            }
        }
        self.handles.insert(name.word.clone(), Handle { handle, sockets: owned });
    }

    /// An adapter's error by its name, with the number that this platform has for it. What the
    /// runtime shows as a number counts only for a second name of a number, as `ENOTSUP` is one of
    /// `EOPNOTSUPP` on Linux.
    fn error(&self, error: &ErrorReply) -> Outcome {
        let platform = self.platform;
        let number = |name: &str| {
            errors::code(platform, name).or_else(|| errors::resolver_code(platform, name))
        };
        let Some(name) = error.name.clone() else {
            return Outcome::Error { name: UNNAMED.into(), code: None };
        };
        let shown = error.code.and_then(|code| i32::try_from(code).ok()).filter(|code| *code > 0);
        let other = shown.map(|code| errors::name(platform, code));
        match [Some(name.clone()), other].into_iter().flatten().find(|one| number(one).is_some()) {
            Some(name) => Outcome::Error { code: number(&name), name },
            None if errors::REFERENCE.contains(&name.as_str()) => {
                Outcome::Error { name, code: None }
            }
            None => Outcome::Error { name: UNNAMED.into(), code: None },
        }
    }

    /// Which handle a socket belongs to.
    fn handle_of(&self, name: &Name) -> Option<&Handle> {
        let handle = self.handles.get(&name.word)?;
        handle.sockets.iter().any(|(one, _)| one == name).then_some(handle)
    }

    fn owned(&self, name: &Name) -> Option<&Owned> {
        let handle = self.handle_of(name)?;
        handle.sockets.iter().find(|(one, _)| one == name).map(|(_, owned)| owned)
    }
}

impl Subject for AdapterSubject<'_> {
    fn facts(&self) -> SubjectFacts {
        self.about.clone()
    }

    fn call(&mut self, call: &Call, timeout_ms: u64) -> Outcome {
        self.step += 1;
        if self.raw.is_some() {
            return self.raw_call(call);
        }
        match call {
            Call::BindSockets { name, args } => self.bind_sockets(name, args),
            Call::Close { name } if self.handle_of(name).is_some() => self.close(name),
            Call::Inherited { name } if self.handle_of(name).is_some() => self.inherited(name),
            Call::Get { name, option: SocketOption::Cloexec } if self.owned(name).is_some() => {
                match self.owned(name).and_then(|owned| owned.cloexec) {
                    Some(on) => Outcome::Ok(Value::Switch(on)),
                    None => Outcome::NotSupported("cannot be read from outside".into()),
                }
            }
            Call::Set { name, option: SocketOption::Cloexec, .. } if self.owned(name).is_some() => {
                Outcome::NotSupported("a flag of the subject's own descriptor".into())
            }
            Call::Serve { name, sockets, stop_at: None } => self.serve(name, sockets),
            Call::Serve { .. } | Call::ServeMore { .. } => {
                Outcome::NotSupported("an adapter has no such server".into())
            }
            Call::Stop { name } => match self.servers.remove(&name.word) {
                Some(word) => self.close_handle(&word),
                None => Outcome::NotSupported("an adapter has no such server".into()),
            },
            // From outside there is no copy to make the call on.
            other => {
                let missing = other
                    .sockets_used()
                    .into_iter()
                    .find(|name| self.owned(name).is_some() && self.kernel.borrow(name).is_none());
                match missing {
                    Some(_) => Outcome::NotSupported("cannot be done from outside".into()),
                    None => self.kernel.call(other, timeout_ms),
                }
            }
        }
    }

    fn port_of(&mut self, name: &Name) -> Option<u16> {
        if self.raw.is_some() {
            return match self.raw_call(&Call::GetName { name: name.clone() }) {
                Outcome::Ok(Value::Address(address)) if address.port() != 0 => Some(address.port()),
                _ => None,
            };
        }
        match self.owned(name) {
            Some(owned) => {
                let address: std::net::SocketAddr = owned.shown.parse().ok()?;
                Some(address.port()).filter(|port| *port != 0)
            }
            None => self.kernel.port_of(name),
        }
    }
}
