//! The small scope: every program of two or three sockets on one port.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::script::{
    Address, Call, Expectation, Family, Host, Name, Port, Script, Setting, SocketOption, Step,
};

/// How many kinds of socket there are.
pub const KINDS: usize = 64;

/// A kind of socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// Which of the eight addresses.
    pub address: usize,
    /// `SO_REUSEADDR` is set.
    pub reuseaddr: bool,
    /// `SO_REUSEPORT` is set.
    pub reuseport: bool,
    /// It listens.
    pub listens: bool,
}

/// Every kind, in order.
pub fn kinds() -> impl Iterator<Item = Kind> {
    (0..KINDS).map(kind)
}

fn kind(number: usize) -> Kind {
    Kind {
        address: number / 8 % 8,
        reuseaddr: number & 4 != 0,
        reuseport: number & 2 != 0,
        listens: number & 1 != 0,
    }
}

/// How many programs of so many sockets there are.
#[must_use]
pub fn programs(sockets: u32) -> usize {
    KINDS.pow(sockets)
}

/// The `number`-th program of so many sockets, all on port `p`.
///
/// ```
/// use bindproof::search::{program, programs};
/// assert_eq!(programs(2), 4_096);
/// assert_eq!(program(2, 9).to_string(), "\
/// a = socket inet
/// bind a 0.0.0.0:p
/// b = socket inet
/// bind b 127.0.0.1:p
/// listen b 16
/// ");
/// ```
#[must_use]
pub fn program(sockets: u32, number: usize) -> Script {
    let mut steps = Vec::new();
    for index in 0..sockets {
        let place = sockets - 1 - index;
        let kind = kind(number / KINDS.pow(place) % KINDS);
        let word = ["a", "b", "c", "d"][index as usize % 4].to_string();
        calls(kind, &Name { word, index: None }, &mut steps);
    }
    let steps =
        steps.into_iter().map(|call| Step { call, expectation: Expectation::Unwritten }).collect();
    Script { title: None, env: Vec::new(), steps }
}

fn calls(kind: Kind, name: &Name, calls: &mut Vec<Call>) {
    let v6 = |ip| Host::V6(ip, None);
    let (host, v6only) = match kind.address {
        0 => (Host::V4(Ipv4Addr::UNSPECIFIED), None),
        1 => (Host::V4(Ipv4Addr::LOCALHOST), None),
        2 => (Host::V4(Ipv4Addr::new(127, 0, 0, 2)), None),
        3 => (v6(Ipv6Addr::UNSPECIFIED), Some(Setting::On)),
        4 => (v6(Ipv6Addr::UNSPECIFIED), Some(Setting::Off)),
        5 => (v6(Ipv6Addr::LOCALHOST), Some(Setting::On)),
        6 => (v6(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped()), Some(Setting::Off)),
        _ => (v6(Ipv4Addr::LOCALHOST.to_ipv6_mapped()), Some(Setting::Off)),
    };
    let family = if v6only.is_some() { Family::Inet6 } else { Family::Inet };
    let name = || name.clone();
    calls.push(Call::Socket { name: name(), family });
    let mut set = |option, value| calls.push(Call::Set { name: name(), option, value });
    if let Some(value) = v6only {
        set(SocketOption::V6Only, value);
    }
    if kind.reuseaddr {
        set(SocketOption::ReuseAddr, Setting::On);
    }
    if kind.reuseport {
        set(SocketOption::ReusePort, Setting::On);
    }
    calls.push(Call::Bind {
        name: name(),
        address: Address { host, port: Port::Named("p".into()) },
    });
    if kind.listens {
        calls.push(Call::Listen { name: name(), backlog: 16 });
    }
}
