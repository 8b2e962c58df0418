//! Mistakes with the walk over the records: a copy of the reference's, which can make them.
//!
//! Without a mistake the copy answers as the reference does, which the harness shows of both.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::reference::{
    BindError, BindOptions, Bound, CallError, OptionName, Os, OsFacts, Query, RawError, Record,
    SkipReason, Skipped, SocketCall, arguments,
};

/// What is wrong with the walk.
#[expect(missing_docs, reason = "the table of variants says each in words")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WalkMistake {
    DuplicatesKept,
    NeighboursOnlyDeduplicated,
    ScopeNotCompared,
    Unsorted,
    Ipv6First,
    FamilyReversed,
    SortedByAddress,
    LinkLocalKept,
    LinkLocalSkippedEverywhere,
    LinkLocalSkippedForAnyCase,
    LinkLocalSkippedForAnyHost,
    NeverSkipsFamily,
    EafnosupportOfOptionSkips,
    EafnosupportOfBindSkips,
    EafnosupportOfListenSkips,
    EnoprotooptOfReuseAddrIsError,
    EnoprotooptOfReuseAddrSkips,
    PortOfEachFamily,
    PortOnlyAcrossFamilies,
    EaddrnotavailSkipsForAnyHost,
    EaddrnotavailSkipsForAnyAddress,
    EaddrnotavailNeverSkips,
    SkippedLeaks,
    EmptyIsError,
    LaterErrorsIgnored,
    FailureLeaks,
    FirstBindRetried,
    NamedPortRetried,
    ListenNotRetried,
    EaccesRetriedEverywhere,
    EaccesNeverRetried,
    GivenUpClosedAtOnce,
    GivenUpLeak,
    ResolvesForEveryAttempt,
}

use WalkMistake as M;

/// `bind_sockets`, with one mistake or none.
///
/// # Errors
/// As the reference, where the mistake does not change that.
pub(super) fn walk<O: Os>(
    os: &mut O,
    options: &BindOptions,
    mistake: Option<WalkMistake>,
) -> Result<Bound<O::Socket>, BindError> {
    let facts = os.facts().clone();
    let query = arguments::check(&facts, options)?;
    Walk { os, facts, options, query, mistake }.run()
}

struct Walk<'a, O> {
    os: &'a mut O,
    facts: OsFacts,
    options: &'a BindOptions,
    query: Query,
    mistake: Option<WalkMistake>,
}

/// What an attempt has opened.
struct Opened<S> {
    sockets: Vec<S>,
    skipped: Vec<Skipped>,
}

/// Why an attempt ended.
struct Failure {
    call: SocketCall,
    code: RawError,
    address: SocketAddr,
    port_lost: bool,
}

impl<O: Os> Walk<'_, O> {
    fn is(&self, mistake: WalkMistake) -> bool {
        self.mistake == Some(mistake)
    }

    fn run(mut self) -> Result<Bound<O::Socket>, BindError> {
        let mut records = self.records()?;
        let mut held = Vec::new();
        let mut attempts = 1_u32;
        let result = loop {
            let mut opened = Opened { sockets: Vec::new(), skipped: Vec::new() };
            let failure = match self.attempt(&records, &mut opened) {
                Ok(()) if opened.sockets.is_empty() && self.is(M::EmptyIsError) => Failure {
                    call: SocketCall::Bind,
                    code: self.facts.eaddrnotavail,
                    address: SocketAddr::from(([0; 4], 0)),
                    port_lost: false,
                },
                Ok(()) => break Ok(opened),
                Err(failure) => failure,
            };
            // Where `socket` failed, the newest socket is not the one that did.
            let broken = usize::from(failure.call != SocketCall::Socket);
            if self.is(M::LaterErrorsIgnored) && opened.sockets.len() > broken {
                held.extend(opened.sockets.split_off(opened.sockets.len() - broken));
                break Ok(opened);
            }
            if !failure.port_lost || attempts > self.options.port_attempts {
                if self.is(M::FailureLeaks) {
                    opened.sockets.drain(..).for_each(std::mem::forget);
                }
                held.append(&mut opened.sockets);
                let Failure { call, code, address, .. } = failure;
                let remedy = None;
                break Err(BindError::Call(CallError { call, code, address, attempts, remedy }));
            }
            held.append(&mut opened.sockets);
            if self.is(M::GivenUpClosedAtOnce) {
                held.drain(..).for_each(|socket| self.os.close(socket));
            }
            if self.is(M::ResolvesForEveryAttempt) {
                match self.records() {
                    Ok(again) => records = again,
                    Err(error) => break Err(error),
                }
            }
            attempts += 1;
        };
        for socket in held {
            if self.is(M::GivenUpLeak) {
                std::mem::forget(socket);
            } else {
                self.os.close(socket);
            }
        }
        result.map(|Opened { sockets, skipped }| Bound { sockets, skipped })
    }

    fn records(&mut self) -> Result<Vec<Record>, BindError> {
        let mut records = self.os.resolve(&self.query).map_err(|failure| BindError::Resolve {
            host: self.query.host.clone(),
            service: self.query.service.clone().unwrap_or_default(),
            failure,
        })?;
        match self.mistake {
            Some(M::Unsorted) => {}
            Some(M::Ipv6First) => records.sort_by_key(|record| -record.family),
            Some(M::SortedByAddress) => records.sort_by_key(|record| record.address),
            Some(M::FamilyReversed) => {
                records.reverse();
                records.sort_by_key(|record| record.family);
            }
            _ => records.sort_by_key(|record| record.family),
        }
        let mut kept: Vec<Record> = Vec::new();
        for record in records {
            let known = match self.mistake {
                Some(M::DuplicatesKept) => false,
                Some(M::NeighboursOnlyDeduplicated) => {
                    kept.last().is_some_and(|last| last.address == record.address)
                }
                Some(M::ScopeNotCompared) => {
                    kept.iter().any(|earlier| earlier.address.ip() == record.address.ip())
                }
                _ => kept.iter().any(|earlier| earlier.address == record.address),
            };
            if !known {
                kept.push(record);
            }
        }
        Ok(kept)
    }

    fn attempt(
        &mut self,
        records: &[Record],
        opened: &mut Opened<O::Socket>,
    ) -> Result<(), Failure> {
        let mut port = None;
        let mut port_family = 0;
        for record in records {
            let skip = |reason| Skipped { address: record.address, reason };
            if self.skips_link_local(record.address) {
                opened.skipped.push(skip(SkipReason::LinkLocalLocalhost));
                continue;
            }
            let borrows = match self.mistake {
                Some(M::PortOfEachFamily) => port_family == record.family,
                Some(M::PortOnlyAcrossFamilies) => port_family != record.family,
                _ => true,
            };
            let mut address = record.address;
            if let (0, Some(port), true) = (address.port(), port, borrows) {
                address.set_port(port);
            }
            let failed = |call, code| Failure { call, code, address, port_lost: false };

            let socket = match self.os.socket(record.family, record.socktype, record.protocol) {
                Ok(socket) => socket,
                Err(code) if code == self.facts.eafnosupport && !self.is(M::NeverSkipsFamily) => {
                    opened.skipped.push(skip(SkipReason::FamilyUnsupported { code }));
                    continue;
                }
                Err(code) => return Err(failed(SocketCall::Socket, code)),
            };
            opened.sockets.push(socket);

            if let Err((call, code)) = self.set_options(record.family, &opened.sockets) {
                let reuse = call == SocketCall::Set(OptionName::ReuseAddr);
                let unsupported = self.is(M::EafnosupportOfOptionSkips)
                    && code == self.facts.eafnosupport
                    || self.is(M::EnoprotooptOfReuseAddrSkips)
                        && reuse
                        && code == self.facts.enoprotoopt;
                if !unsupported {
                    return Err(failed(call, code));
                }
                self.give_up(opened, skip(SkipReason::FamilyUnsupported { code }));
                continue;
            }

            let any_port = record.address.port() == 0;
            let last = opened.sockets.len() - 1;
            if let Err(code) = self.os.bind(&opened.sockets[last], address) {
                if self.skips_bind(address, code) {
                    self.give_up(opened, skip(SkipReason::LoopbackMissing { code }));
                    continue;
                }
                let taken = code == self.facts.eaddrinuse || self.eacces_is_taken(code);
                let chosen = port.is_some() || self.is(M::FirstBindRetried);
                let retried = any_port || self.is(M::NamedPortRetried);
                let port_lost = taken && (chosen || !any_port) && retried;
                return Err(Failure { call: SocketCall::Bind, code, address, port_lost });
            }
            let name = self.os.local_addr(&opened.sockets[last]);
            let name = name.map_err(|code| failed(SocketCall::Name, code))?;
            port = Some(name.port());
            port_family = record.family;
            if let Err(code) = self.os.listen(&opened.sockets[last], self.options.backlog) {
                if self.is(M::EafnosupportOfListenSkips) && code == self.facts.eafnosupport {
                    self.give_up(opened, skip(SkipReason::FamilyUnsupported { code }));
                    continue;
                }
                let retried =
                    (any_port || self.is(M::NamedPortRetried)) && !self.is(M::ListenNotRetried);
                let port_lost = retried && code == self.facts.eaddrinuse;
                return Err(Failure { call: SocketCall::Listen, code, address: name, port_lost });
            }
        }
        Ok(())
    }

    /// Closes the newest socket, whose record is skipped.
    fn give_up(&mut self, opened: &mut Opened<O::Socket>, skipped: Skipped) {
        if let Some(socket) = opened.sockets.pop() {
            if self.is(M::SkippedLeaks) {
                std::mem::forget(socket);
            } else {
                self.os.close(socket);
            }
        }
        opened.skipped.push(skipped);
    }

    fn skips_link_local(&self, address: SocketAddr) -> bool {
        let host = self.options.address.as_deref().unwrap_or_default();
        let scoped = matches!(address, SocketAddr::V6(v6) if v6.scope_id() != 0);
        let platform = self.facts.macos || self.is(M::LinkLocalSkippedEverywhere);
        let named = match self.mistake {
            Some(M::LinkLocalSkippedForAnyHost) => true,
            Some(M::LinkLocalSkippedForAnyCase) => host.eq_ignore_ascii_case("localhost"),
            _ => host == "localhost",
        };
        scoped && platform && named && !self.is(M::LinkLocalKept)
    }

    fn skips_bind(&self, address: SocketAddr, code: RawError) -> bool {
        if code == self.facts.eafnosupport {
            return self.is(M::EafnosupportOfBindSkips);
        }
        let localhost = self.options.address.as_deref() == Some("localhost")
            || self.is(M::EaddrnotavailSkipsForAnyHost);
        let loopback = address.ip() == IpAddr::V6(Ipv6Addr::LOCALHOST)
            || self.is(M::EaddrnotavailSkipsForAnyAddress);
        code == self.facts.eaddrnotavail
            && localhost
            && loopback
            && !self.is(M::EaddrnotavailNeverSkips)
    }

    /// Whether `EACCES` means that a port is taken.
    fn eacces_is_taken(&self, code: RawError) -> bool {
        let here = match self.mistake {
            Some(M::EaccesRetriedEverywhere) => true,
            Some(M::EaccesNeverRetried) => false,
            _ => self.facts.windows,
        };
        here && code == self.facts.eacces
    }

    fn set_options(
        &mut self,
        family: i32,
        sockets: &[O::Socket],
    ) -> Result<(), (SocketCall, RawError)> {
        let Some(socket) = sockets.last() else { return Ok(()) };
        let swallows = self.mistake != Some(M::EnoprotooptOfReuseAddrIsError)
            && self.mistake != Some(M::EnoprotooptOfReuseAddrSkips);
        let mut set = |option| {
            self.os.set_option(socket, option).map_err(|code| (SocketCall::Set(option), code))
        };
        if self.facts.windows {
            if self.options.exclusive {
                set(OptionName::ExclusiveAddrUse)?;
            }
        } else {
            match set(OptionName::ReuseAddr) {
                Err((_, code)) if code == self.facts.enoprotoopt && swallows => {}
                other => other?,
            }
        }
        if self.options.reuse_port {
            set(OptionName::ReusePort)?;
        }
        if family == self.facts.inet6 {
            set(OptionName::V6Only)?;
        }
        self.os.set_nonblocking(socket).map_err(|code| (SocketCall::SetNonblocking, code))
    }
}
