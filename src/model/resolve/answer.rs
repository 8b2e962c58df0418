//! Short ways to say an answer.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::{Possible, Resolved, Unmodelled};

/// Everything that may be answered, or why that is not known.
pub(super) type Answer = Result<Vec<Possible>, Unmodelled>;

fn only(answer: Resolved, rule: &'static str) -> Answer {
    Ok(vec![Possible { answer, rule }])
}

/// This error.
pub(super) fn error(name: &'static str, rule: &'static str) -> Answer {
    only(Resolved::Error(name), rule)
}

/// Some error.
pub(super) fn some_error(rule: &'static str) -> Answer {
    only(Resolved::SomeError, rule)
}

/// Addresses that depend on the machine.
pub(super) fn some_records(rule: &'static str) -> Answer {
    only(Resolved::SomeRecords, rule)
}

/// Exactly these, in this order.
pub(super) fn records(addresses: Vec<SocketAddr>, rule: &'static str) -> Answer {
    only(Resolved::Records { addresses, any_order: false }, rule)
}

/// These, in some order.
pub(super) fn unordered(addresses: Vec<SocketAddr>, rule: &'static str) -> Answer {
    let any_order = addresses.iter().any(|one| *one != addresses[0]);
    only(Resolved::Records { addresses, any_order }, rule)
}

/// These, in some order; whether one that several lines have comes once or for each is not known.
pub(super) fn once_or_twice(addresses: &[SocketAddr], rule: &'static str) -> Answer {
    let mut once: Vec<SocketAddr> = Vec::new();
    for address in addresses {
        if !once.contains(address) {
            once.push(*address);
        }
    }
    Ok([unordered(once, rule)?, unordered(addresses.to_vec(), rule)?].concat())
}

/// One address.
pub(super) fn record(ip: impl Into<IpAddr>, port: u16, rule: &'static str) -> Answer {
    records(vec![SocketAddr::new(ip.into(), port)], rule)
}

/// An IPv6 address with its interface.
pub(super) fn scoped(address: Ipv6Addr, scope: u32, port: u16) -> SocketAddr {
    SocketAddrV6::new(address, port, 0, scope).into()
}

/// Each answer once, also where several rules lead to it.
pub(super) fn distinct(all: Vec<Possible>) -> Vec<Possible> {
    let mut kept: Vec<Possible> = Vec::new();
    for one in all {
        if kept.iter().all(|known| known.answer != one.answer) {
            kept.push(one);
        }
    }
    kept
}
