//! The table "which code is swallowed where", read off the contract and not off the code.

use std::net::SocketAddr;

use bindproof::BindOptions;
use bindproof::reference::{Fault, FaultSite, OptionName, OsFacts, SocketCall};

/// IPv4 first, the order inside a family kept, each address once; written down a second time, by
/// another method than the reference's.
pub(crate) fn in_order(records: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut sorted = Vec::new();
    for v4 in [true, false] {
        for record in records.iter().filter(|record| record.is_ipv4() == v4) {
            if !sorted.contains(record) {
                sorted.push(*record);
            }
        }
    }
    sorted
}

/// Every call that the reference makes.
pub(crate) const SITES: [FaultSite; 10] = [
    FaultSite::Resolve,
    FaultSite::Socket,
    FaultSite::SetOption(OptionName::ReuseAddr),
    FaultSite::SetOption(OptionName::ReusePort),
    FaultSite::SetOption(OptionName::V6Only),
    FaultSite::SetOption(OptionName::ExclusiveAddrUse),
    FaultSite::SetNonblocking,
    FaultSite::Bind,
    FaultSite::LocalAddr,
    FaultSite::Listen,
];

/// The call that the fault hits, as the error names it.
pub(crate) fn call_of(site: FaultSite) -> Option<SocketCall> {
    Some(match site {
        FaultSite::Socket => SocketCall::Socket,
        FaultSite::SetOption(option) => SocketCall::Set(option),
        FaultSite::SetNonblocking => SocketCall::SetNonblocking,
        FaultSite::Bind => SocketCall::Bind,
        FaultSite::LocalAddr => SocketCall::Name,
        FaultSite::Listen => SocketCall::Listen,
        FaultSite::Resolve | FaultSite::AnySet | FaultSite::Other(_) => return None,
    })
}

/// A case of the property about single failures.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) facts: OsFacts,
    pub(crate) records: Vec<SocketAddr>,
    pub(crate) options: BindOptions,
    pub(crate) fault: Fault,
}

/// What one failing call must lead to.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// As if nothing had failed.
    Unharmed,
    /// The record with this index has no socket.
    Without(usize),
    /// Every record has a socket, on another port.
    NewPort,
    /// The failed call is the error; the record with this index is what it failed on.
    Error(usize),
    /// The resolver's answer is the error.
    Unresolved,
}

/// What the contract says of a case.
pub(crate) fn expected(case: &Case, records: &[SocketAddr]) -> Outcome {
    let Case { facts, options, fault, .. } = case;
    let Fault { site, code, nth, .. } = fault;
    let nth = usize::try_from(nth.unwrap()).unwrap() - 1;
    let host = options.address.as_deref();
    // The records on which the call is made at all, in order.
    let called: Vec<usize> = (0..records.len())
        .filter(|&index| match site {
            FaultSite::SetOption(OptionName::V6Only) => records[index].is_ipv6(),
            FaultSite::SetOption(OptionName::ReuseAddr) => !facts.windows,
            FaultSite::SetOption(OptionName::ReusePort) => options.reuse_port,
            FaultSite::SetOption(OptionName::ExclusiveAddrUse) => {
                facts.windows && options.exclusive
            }
            _ => true,
        })
        .collect();
    if *site == FaultSite::Resolve {
        return if nth == 0 { Outcome::Unresolved } else { Outcome::Unharmed };
    }
    let Some(&hit) = called.get(nth) else { return Outcome::Unharmed };
    let any_port = records[hit].port() == 0;
    let taken = *code == facts.eaddrinuse;
    let retries = options.port_attempts > 0;
    match site {
        FaultSite::Socket if *code == facts.eafnosupport => Outcome::Without(hit),
        FaultSite::SetOption(OptionName::ReuseAddr) if *code == facts.enoprotoopt => {
            Outcome::Unharmed
        }
        FaultSite::Bind
            if *code == facts.eaddrnotavail
                && host == Some("localhost")
                && records[hit].ip().to_string() == "::1" =>
        {
            Outcome::Without(hit)
        }
        FaultSite::Bind
            if any_port
                && hit > 0
                && retries
                && (taken || facts.windows && *code == facts.eacces) =>
        {
            Outcome::NewPort
        }
        FaultSite::Listen if any_port && retries && taken => Outcome::NewPort,
        _ => Outcome::Error(hit),
    }
}

/// The records that `bind_sockets` uses on this platform for this host.
pub(crate) fn usable(case: &Case) -> Vec<SocketAddr> {
    let mut records = in_order(&case.records);
    if case.facts.macos && case.options.address.as_deref() == Some("localhost") {
        records.retain(|record| !matches!(record, SocketAddr::V6(v6) if v6.scope_id() != 0));
    }
    records
}
