//! What a call answered.

use std::net::SocketAddr;

use crate::script::{Platform, errors};

/// What happened at one step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The call succeeded with this value.
    Ok(Value),
    /// The call failed.
    Error {
        /// Symbolic name: a POSIX one on every platform (`EADDRINUSE`), `EAI_…` for the
        /// resolver, the reference's own (`PortOutOfRange`), or `E#123` where unknown.
        name: String,
        /// The raw number; `None` for errors of the reference itself.
        code: Option<i32>,
    },
    /// The call did not return within its deadline.
    Blocked,
    /// The call was not made: this socket is not there.
    Absent(String),
    /// The subject cannot make this call.
    NotSupported(String),
}

impl Outcome {
    /// The same with the number that another platform has for the error: names are the same
    /// everywhere, numbers are not.
    #[must_use]
    pub fn numbered_as_on(&self, platform: Platform) -> Self {
        match self {
            Self::Error { name, code: Some(_) } => Self::Error {
                name: name.clone(),
                code: errors::code(platform, name)
                    .or_else(|| errors::resolver_code(platform, name)),
            },
            other => other.clone(),
        }
    }
}

/// The value of a successful call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Success without a value (JSON `true`): socket, set, bind, listen, dup, shutdown, close.
    Done,
    /// `get` of a switch (JSON `"on"`, `"off"`); `inherited` answers `yes` and `no` as
    /// [`Value::Word`].
    Switch(bool),
    /// `get` of a number, the byte counts of `send` and `recv` (0: end of stream).
    Number(i64),
    /// `inherited`: `yes` or `no`.
    Word(String),
    /// `name`: an address.
    Address(SocketAddr),
    /// `connect`: the local address of the new connection.
    Local(SocketAddr),
    /// `accept`: the peer's address.
    Peer(SocketAddr),
    /// `resolve`: what `getaddrinfo` answered, in its order.
    Records(Vec<ResolvedRecord>),
    /// `bind_sockets`: the sockets in order.
    Sockets(Vec<SocketFacts>),
}

/// One record of `getaddrinfo`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResolvedRecord {
    /// Family and address; the port, flow information and scope id stand inside.
    pub address: SocketAddr,
}

/// What can be read back of a socket that `bind_sockets` made. `None`: cannot be read there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketFacts {
    /// `getsockname`.
    pub address: SocketAddr,
    /// `SO_REUSEADDR`.
    pub reuseaddr: Option<bool>,
    /// `SO_REUSEPORT`.
    pub reuseport: Option<bool>,
    /// `IPV6_V6ONLY`; `None` on an IPv4 socket.
    pub v6only: Option<bool>,
    /// `O_NONBLOCK`.
    pub nonblocking: Option<bool>,
    /// `FD_CLOEXEC`.
    pub cloexec: Option<bool>,
    /// `SO_ACCEPTCONN`.
    pub listening: Option<bool>,
}
