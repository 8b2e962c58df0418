//! `env fail`: calls that fail on purpose, in this process, in front of the operating system.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::reference::{OptionName, Os, OsFacts, Query, RawError, Record, ResolveFailure};
use crate::script::{Fail, FailOnly, Family, Platform, SocketOption, Verb};
use crate::script::errors;
use crate::trace::Outcome;

/// The `fail` lines of a script, and how often each has matched.
#[derive(Debug, Clone)]
pub struct Faults {
    platform: Platform,
    rules: Vec<(Fail, u32)>,
}

impl Faults {
    /// Faults with the error numbers of `platform`.
    #[must_use]
    pub fn new(platform: Platform, rules: &[Fail]) -> Self {
        Self { platform, rules: rules.iter().map(|rule| (rule.clone(), 0)).collect() }
    }

    /// The error that this call must answer, if it must fail. Counts the call.
    pub fn decide(
        &mut self,
        verb: Verb,
        option: Option<SocketOption>,
        family: Option<Family>,
    ) -> Option<Outcome> {
        let mut answer = None;
        for (rule, seen) in &mut self.rules {
            let matches = rule.verb == verb
                && match rule.only {
                    None => true,
                    Some(FailOnly::Option(only)) => option == Some(only),
                    Some(FailOnly::Family(only)) => family == Some(only),
                };
            if matches {
                *seen += 1;
                if rule.nth.is_none_or(|nth| nth == *seen) && answer.is_none() {
                    answer = Some(rule.error.clone());
                }
            }
        }
        answer.map(|name| self.outcome(name))
    }

    fn outcome(&self, name: String) -> Outcome {
        let code = errors::code(self.platform, &name)
            .or_else(|| errors::resolver_code(self.platform, &name))
            .or_else(|| name.strip_prefix("E#").and_then(|number| number.parse().ok()));
        Outcome::Error { name, code }
    }
}

/// An [`Os`] whose calls fail as `faults` say.
///
/// The faults are shared with the raw calls of the same script, so that `#2` counts over both.
#[derive(Debug)]
pub struct FaultyOs<O> {
    inner: O,
    faults: Rc<RefCell<Faults>>,
}

impl<O: Os> FaultyOs<O> {
    /// Puts `faults` in front of `inner`.
    pub fn new(inner: O, faults: Rc<RefCell<Faults>>) -> Self {
        Self { inner, faults }
    }

    fn check(
        &self,
        verb: Verb,
        option: Option<SocketOption>,
        family: Option<Family>,
    ) -> Result<(), RawError> {
        match self.faults.borrow_mut().decide(verb, option, family) {
            // A name without a number on this platform still has to be an error.
            Some(Outcome::Error { code, .. }) => Err(code.unwrap_or(RawError::MAX)),
            _ => Ok(()),
        }
    }

    fn family(&self, number: i32) -> Option<Family> {
        let facts = self.inner.facts();
        if number == facts.inet {
            Some(Family::Inet)
        } else if number == facts.inet6 {
            Some(Family::Inet6)
        } else {
            None
        }
    }
}

/// A socket together with its family, which `env fail …:inet6` asks for.
#[derive(Debug)]
pub struct FamilySocket<S> {
    /// The socket itself.
    pub socket: S,
    family: Option<Family>,
}

impl<O: Os> Os for FaultyOs<O> {
    type Socket = FamilySocket<O::Socket>;

    fn facts(&self) -> &OsFacts {
        self.inner.facts()
    }

    fn resolve(&mut self, query: &Query) -> Result<Vec<Record>, ResolveFailure> {
        self.check(Verb::Resolve, None, self.family(query.family))
            .map_err(|code| ResolveFailure { code, message: "made to fail by the script".into() })?;
        self.inner.resolve(query)
    }

    fn socket(
        &mut self,
        family: i32,
        socktype: i32,
        protocol: i32,
    ) -> Result<Self::Socket, RawError> {
        let name = self.family(family);
        self.check(Verb::Socket, None, name)?;
        let socket = self.inner.socket(family, socktype, protocol)?;
        Ok(FamilySocket { socket, family: name })
    }

    fn set_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError> {
        let name = match option {
            OptionName::ReuseAddr => SocketOption::ReuseAddr,
            OptionName::ReusePort => SocketOption::ReusePort,
            OptionName::V6Only => SocketOption::V6Only,
            OptionName::ExclusiveAddrUse => SocketOption::ExclusiveAddrUse,
        };
        self.check(Verb::Set, Some(name), socket.family)?;
        self.inner.set_option(&socket.socket, option)
    }

    fn set_nonblocking(&mut self, socket: &Self::Socket) -> Result<(), RawError> {
        self.check(Verb::Set, Some(SocketOption::Nonblocking), socket.family)?;
        self.inner.set_nonblocking(&socket.socket)
    }

    fn bind(&mut self, socket: &Self::Socket, address: SocketAddr) -> Result<(), RawError> {
        self.check(Verb::Bind, None, socket.family)?;
        self.inner.bind(&socket.socket, address)
    }

    fn local_addr(&mut self, socket: &Self::Socket) -> Result<SocketAddr, RawError> {
        self.check(Verb::Name, None, socket.family)?;
        self.inner.local_addr(&socket.socket)
    }

    fn listen(&mut self, socket: &Self::Socket, backlog: i32) -> Result<(), RawError> {
        self.check(Verb::Listen, None, socket.family)?;
        self.inner.listen(&socket.socket, backlog)
    }

    fn close(&mut self, socket: Self::Socket) {
        self.inner.close(socket.socket);
    }
}
