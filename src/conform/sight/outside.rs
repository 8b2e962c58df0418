//! What connections prove of a listener that nobody can look into.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use super::{SeenSocket, endpoint};
use crate::conform::protocol::ToldSocket;
use crate::run::local_platform;
use crate::script::errors;
use crate::sys;
use crate::trace::SocketFacts;

/// How long a connection over loopback may take, in milliseconds.
const CONNECT_TIMEOUT_MS: u64 = 2_500;

/// What a library tells of its sockets, with what connections prove: that it listens, and, of an
/// IPv6 wildcard without an IPv4 one beside it (of this call, or `had_ipv4` before it), whether
/// IPv4 clients are let in. An address that is none is left out.
pub(in crate::conform) fn facts(told: &[ToldSocket], had_ipv4: bool) -> Vec<SeenSocket> {
    let addresses: Vec<SocketAddr> = told.iter().filter_map(endpoint).collect();
    addresses
        .iter()
        .map(|address| {
            let others = addresses.iter().filter(|other| *other != address);
            let v4_beside = others.clone().any(|o| o.is_ipv4() && o.port() == address.port());
            let v6only = match address.ip() {
                IpAddr::V6(ip) if ip.is_unspecified() && !v4_beside && !had_ipv4 => {
                    let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()));
                    connects(v4).map(|connected| !connected)
                }
                _ => None,
            };
            let facts = SocketFacts {
                address: *address,
                reuseaddr: None,
                reuseport: None,
                v6only,
                nonblocking: None,
                cloexec: None,
                listening: connects(reachable(*address)),
            };
            SeenSocket {
                facts,
                copy: None,
                inode: None,
                fd: None,
                backlog: None,
                by_descendant: false,
            }
        })
        .collect()
}

/// Where a client finds it.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Does a client get in? `None` where no client gets that far.
fn connects(address: SocketAddr) -> Option<bool> {
    let client =
        Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP)).ok()?;
    match sys::connect(&client, address, CONNECT_TIMEOUT_MS) {
        Ok(connected) => Some(connected),
        Err(code) => {
            let refused = errors::name(local_platform()?, code) == "ECONNREFUSED";
            refused.then_some(false)
        }
    }
}

/// Does somebody listen for IPv4 clients on this port?
pub(in crate::conform) fn has_ipv4(port: u16) -> bool {
    connects(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) == Some(true)
}
