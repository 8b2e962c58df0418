//! Mistakes with single calls: the reference on a system that makes them wrongly.

use std::net::SocketAddr;

use super::bare::Bare;
use crate::reference::{
    BindError, BindOptions, Bound, OptionName, Os, OsFacts, Query, RawError, Record,
    ResolveFailure, bind_sockets_on,
};

/// What is wrong with the calls.
#[expect(missing_docs, reason = "the table of variants says each in words")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallMistake {
    EmptyHostPassedOn,
    ResolvesAgainOnFailure,
    FirstRecordOnly,
    SkipsOnEprotonosupport,
    SkipsOnEacces,
    SkipsOnAnyError,
    Inheritable,
    NoReuseAddr,
    ReuseAddrOnWindows,
    ReuseAddrBesideExclusive,
    ReuseAddrErrorsIgnored,
    ReusePortUnasked,
    NoReusePort,
    ReusePortEnoprotooptIgnored,
    NoV6Only,
    V6OnlyOff,
    V6OnlyOnlyForWildcards,
    V6OnlyErrorsIgnored,
    Blocking,
    NonblockingErrorsIgnored,
    ScopeLost,
    ListensBeforeBind,
    NameErrorsIgnored,
    NoListen,
    ListenErrorsIgnored,
}

use CallMistake as M;

pub(super) fn bind_sockets<O: Bare>(
    os: &mut O,
    options: &BindOptions,
    mistake: CallMistake,
) -> Result<Bound<O::Socket>, BindError> {
    bind_sockets_on(&mut Wrong { os, options, mistake }, options)
}

/// A system whose calls are made wrongly.
struct Wrong<'a, O> {
    os: &'a mut O,
    options: &'a BindOptions,
    mistake: CallMistake,
}

impl<O: Bare> Wrong<'_, O> {
    fn is(&self, mistake: CallMistake) -> bool {
        self.mistake == mistake
    }

    /// An answer whose errors are ignored by one mistake.
    fn unless(&self, mistake: CallMistake, answer: Result<(), RawError>) -> Result<(), RawError> {
        if self.is(mistake) { Ok(()) } else { answer }
    }

    /// What is done to a socket that was just made.
    fn born(&mut self, socket: &O::Socket) -> Result<(), RawError> {
        let facts = self.os.facts();
        let (windows, has_reuse_port) = (facts.windows, facts.has_reuse_port);
        match self.mistake {
            M::Inheritable => self.os.make_inheritable(socket),
            M::ReuseAddrOnWindows if windows => {
                self.os.set_option(socket, OptionName::ReuseAddr)?;
            }
            M::ReusePortUnasked if has_reuse_port && !self.options.reuse_port => {
                self.os.set_option(socket, OptionName::ReusePort)?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl<O: Bare> Os for Wrong<'_, O> {
    type Socket = O::Socket;

    fn facts(&self) -> &OsFacts {
        self.os.facts()
    }

    fn resolve(&mut self, query: &Query) -> Result<Vec<Record>, ResolveFailure> {
        let mut query = query.clone();
        if self.is(M::EmptyHostPassedOn) && self.options.address.as_deref() == Some("") {
            query.host = Some(String::new());
        }
        let mut answer = self.os.resolve(&query);
        if self.is(M::ResolvesAgainOnFailure) && answer.is_err() {
            answer = self.os.resolve(&query);
        }
        if self.is(M::FirstRecordOnly) {
            return answer.map(|records| records.into_iter().take(1).collect());
        }
        answer
    }

    fn socket(
        &mut self,
        family: i32,
        socktype: i32,
        protocol: i32,
    ) -> Result<Self::Socket, RawError> {
        let facts = self.os.facts();
        let (windows, skips, eacces) = (facts.windows, facts.eafnosupport, facts.eacces);
        let eprotonosupport = match (windows, facts.inet6) {
            (true, _) => 10_043,
            (false, 10) => 93,
            (false, _) => 43,
        };
        let socket = self.os.socket(family, socktype, protocol).map_err(|code| {
            let wrong = match self.mistake {
                M::SkipsOnEprotonosupport => code == eprotonosupport,
                M::SkipsOnEacces => code == eacces,
                M::SkipsOnAnyError => true,
                _ => false,
            };
            if wrong { skips } else { code }
        })?;
        match self.born(&socket) {
            Ok(()) => Ok(socket),
            Err(code) => {
                self.os.close(socket);
                Err(code)
            }
        }
    }

    fn set_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError> {
        let forgotten = match option {
            OptionName::ReuseAddr => self.is(M::NoReuseAddr),
            OptionName::ReusePort => self.is(M::NoReusePort),
            // Where it is forgotten for the others, `bind` is the place that knows the address.
            OptionName::V6Only => self.is(M::NoV6Only) || self.is(M::V6OnlyOnlyForWildcards),
            OptionName::ExclusiveAddrUse => false,
        };
        if forgotten {
            return Ok(());
        }
        if option == OptionName::V6Only && self.is(M::V6OnlyOff) {
            return self.os.clear_option(socket, option);
        }
        if option == OptionName::ExclusiveAddrUse && self.is(M::ReuseAddrBesideExclusive) {
            self.os.set_option(socket, OptionName::ReuseAddr)?;
        }
        let answer = self.os.set_option(socket, option);
        match option {
            OptionName::ReuseAddr => self.unless(M::ReuseAddrErrorsIgnored, answer),
            OptionName::ReusePort
                if answer == Err(self.os.facts().enoprotoopt)
                    && self.is(M::ReusePortEnoprotooptIgnored) =>
            {
                Ok(())
            }
            OptionName::V6Only => self.unless(M::V6OnlyErrorsIgnored, answer),
            _ => answer,
        }
    }

    fn set_nonblocking(&mut self, socket: &Self::Socket) -> Result<(), RawError> {
        if self.is(M::Blocking) {
            return Ok(());
        }
        let answer = self.os.set_nonblocking(socket);
        self.unless(M::NonblockingErrorsIgnored, answer)
    }

    fn bind(&mut self, socket: &Self::Socket, mut address: SocketAddr) -> Result<(), RawError> {
        match (&mut address, self.mistake) {
            (SocketAddr::V6(v6), M::ScopeLost) => v6.set_scope_id(0),
            (SocketAddr::V6(v6), M::V6OnlyOnlyForWildcards) if v6.ip().is_unspecified() => {
                self.os.set_option(socket, OptionName::V6Only)?;
            }
            (_, M::ListensBeforeBind) => self.os.listen(socket, self.options.backlog)?,
            _ => {}
        }
        self.os.bind(socket, address)
    }

    fn local_addr(&mut self, socket: &Self::Socket) -> Result<SocketAddr, RawError> {
        match self.os.local_addr(socket) {
            Err(_) if self.is(M::NameErrorsIgnored) => Ok(SocketAddr::from(([0; 4], 0))),
            answer => answer,
        }
    }

    fn listen(&mut self, socket: &Self::Socket, backlog: i32) -> Result<(), RawError> {
        if self.is(M::NoListen) || self.is(M::ListensBeforeBind) {
            return Ok(());
        }
        let answer = self.os.listen(socket, backlog);
        self.unless(M::ListenErrorsIgnored, answer)
    }

    fn close(&mut self, socket: Self::Socket) {
        self.os.close(socket);
    }
}
