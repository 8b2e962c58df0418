//! Where the named ports of a script come from.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

/// No named port is left; take a fresh namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no unused port is left for a named port")]
pub struct PortsExhausted;

/// How often the host is asked for a port that is free in both families.
const HOST_ATTEMPTS_MAX: usize = 64;
/// The first named port of a private network: above every privileged port, and below every
/// platform's ephemeral range.
const PRIVATE_FIRST: u16 = 2_000;

/// A source of free ports.
#[derive(Debug)]
pub enum Ports {
    /// A private network: counted up outside the ephemeral range, never used twice, so that no
    /// script meets the `TIME_WAIT` of another.
    Private {
        /// The next port to give.
        next: Option<u16>,
        /// The ephemeral range, both ends included.
        ephemeral: (u16, u16),
    },
    /// Always this one, for scripts that leave nothing behind on it.
    Always(u16),
    /// The host: chosen by the kernel and seen free in both families; somebody else may still
    /// take it before it is used.
    Host {
        /// What was given already.
        given: BTreeSet<u16>,
    },
}

impl Ports {
    /// Ports of a private network with this ephemeral range.
    #[must_use]
    pub fn private(ephemeral: (u16, u16)) -> Self {
        Self::Private { next: Some(PRIVATE_FIRST), ephemeral }
    }

    /// Ports of the host's network.
    #[must_use]
    pub fn host() -> Self {
        Self::Host { given: BTreeSet::new() }
    }

    /// Gives a port that this source has not given before.
    ///
    /// # Errors
    /// [`PortsExhausted`] when there is none.
    pub fn take(&mut self) -> Result<u16, PortsExhausted> {
        match self {
            Self::Always(port) => Ok(*port),
            Self::Private { next, ephemeral } => loop {
                let port = next.ok_or(PortsExhausted)?;
                *next = port.checked_add(1);
                if !(ephemeral.0..=ephemeral.1).contains(&port) {
                    return Ok(port);
                }
            },
            Self::Host { given } => (0..HOST_ATTEMPTS_MAX)
                .find_map(|_| free_on_host().filter(|port| given.insert(*port)))
                .ok_or(PortsExhausted),
        }
    }
}

/// A port that a wildcard of each family could be bound to a moment ago.
fn free_on_host() -> Option<u16> {
    let v4 = bound(Domain::IPV4, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))?;
    let port = v4.local_addr().ok()?.as_socket()?.port();
    match Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP)) {
        // Without IPv6 there is nothing to collide with.
        Err(_) => Some(port),
        Ok(v6) => {
            v6.set_only_v6(true).ok()?;
            let address = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
            v6.bind(&address.into()).ok().map(|()| port)
        }
    }
}

fn bound(domain: Domain, address: SocketAddr) -> Option<Socket> {
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP)).ok()?;
    socket.bind(&address.into()).ok()?;
    Some(socket)
}

#[cfg(test)]
mod tests {
    use super::{Ports, PortsExhausted};

    #[test]
    fn private_ports_leave_out_the_ephemeral_range_and_end() {
        let mut ports = Ports::private((2_002, 65_533));
        let all: Vec<_> = std::iter::from_fn(|| ports.take().ok()).collect();
        assert_eq!(all, [2_000, 2_001, 65_534, 65_535]);
        assert_eq!(ports.take(), Err(PortsExhausted));
    }

    #[test]
    fn host_ports_are_never_given_twice() {
        let mut ports = Ports::host();
        let mut all: Vec<_> = (0..32).map(|_| ports.take().expect("a free port")).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 32);
    }
}
