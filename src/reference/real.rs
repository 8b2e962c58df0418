//! The real kernel: [`Os`] on `socket2`, `dns-lookup` and the platform room.

use std::io;
use std::net::SocketAddr;
use std::panic::catch_unwind;

use dns_lookup::{AddrInfoHints, LookupError, getaddrinfo};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::os::{OptionName, Os, OsFacts, Query, RawError, Record, ResolveFailure};
use crate::sys;

static FACTS: OsFacts = OsFacts {
    windows: sys::WINDOWS,
    macos: sys::MACOS,
    // As in every Rust program: the standard library has no build without IPv6.
    has_ipv6: true,
    has_reuse_port: sys::HAS_REUSE_PORT,
    inet: sys::AF_INET,
    inet6: sys::AF_INET6,
    passive: sys::AI_PASSIVE,
    eafnosupport: sys::EAFNOSUPPORT,
    enoprotoopt: sys::ENOPROTOOPT,
    eaddrnotavail: sys::EADDRNOTAVAIL,
    eaddrinuse: sys::EADDRINUSE,
    eacces: sys::EACCES,
};

/// The kernel and the resolver of this machine.
///
/// # Platforms
/// Sockets are close-on-exec (Windows: not inheritable) from birth where the kernel can do that,
/// else directly after `socket`. On Apple systems `SO_NOSIGPIPE` is set there, too.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealOs;

impl RealOs {
    /// Costs nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Os for RealOs {
    type Socket = Socket;

    fn facts(&self) -> &OsFacts {
        &FACTS
    }

    fn resolve(&mut self, query: &Query) -> Result<Vec<Record>, ResolveFailure> {
        // `dns-lookup` panics on a canonical name that is not UTF-8, which a hosts file can hold.
        // The list is freed on the way out, and nothing of ours is half done.
        catch_unwind(|| lookup(query)).unwrap_or_else(|_| {
            Err(ResolveFailure { code: 0, message: "the canonical name is not UTF-8".to_owned() })
        })
    }

    fn socket(
        &mut self,
        family: i32,
        socktype: i32,
        protocol: i32,
    ) -> Result<Self::Socket, RawError> {
        let protocol = Some(Protocol::from(protocol));
        Socket::new(Domain::from(family), Type::from(socktype), protocol).map_err(raw)
    }

    fn set_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError> {
        match option {
            OptionName::ReuseAddr => socket.set_reuse_address(true),
            OptionName::ReusePort => sys::set_reuse_port(socket, true),
            OptionName::V6Only => socket.set_only_v6(true),
            OptionName::ExclusiveAddrUse => sys::set_exclusive_addr_use(socket, true),
        }
        .map_err(raw)
    }

    fn set_nonblocking(&mut self, socket: &Self::Socket) -> Result<(), RawError> {
        sys::set_nonblocking(socket).map_err(raw)
    }

    fn bind(&mut self, socket: &Self::Socket, address: SocketAddr) -> Result<(), RawError> {
        socket.bind(&SockAddr::from(address)).map_err(raw)
    }

    fn local_addr(&mut self, socket: &Self::Socket) -> Result<SocketAddr, RawError> {
        let name = socket.local_addr().map_err(raw)?;
        // Only a socket of another family has a name of another family.
        name.as_socket().ok_or(FACTS.eafnosupport)
    }

    fn listen(&mut self, socket: &Self::Socket, backlog: i32) -> Result<(), RawError> {
        socket.listen(backlog).map_err(raw)
    }

    fn close(&mut self, socket: Self::Socket) {
        drop(socket);
    }
}

/// `getaddrinfo`. A failure of `dns-lookup` itself has the code 0.
fn lookup(query: &Query) -> Result<Vec<Record>, ResolveFailure> {
    let hints = AddrInfoHints {
        flags: query.flags,
        address: query.family,
        socktype: Type::STREAM.into(),
        protocol: 0,
    };
    let answers = getaddrinfo(query.host.as_deref(), query.service.as_deref(), Some(hints))
        .map_err(failure)?;
    answers
        .map(|answer| {
            let answer = answer.map_err(|error| failure(error.into()))?;
            Ok(Record {
                // `dns-lookup` calls the family `address`.
                family: answer.address,
                socktype: answer.socktype,
                protocol: answer.protocol,
                address: answer.sockaddr,
                canonical: answer.canonname,
            })
        })
        .collect()
}

fn failure(error: LookupError) -> ResolveFailure {
    let code = error.error_num();
    let text = io::Error::from(error).to_string();
    let message = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
    ResolveFailure { code, message: message.to_owned() }
}

/// Every error of a system call has a code; 0 stands for the impossible rest.
fn raw(error: io::Error) -> RawError {
    error.raw_os_error().unwrap_or(0)
}
