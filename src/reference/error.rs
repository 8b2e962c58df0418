//! Why `bind_sockets` failed: which call, on which address, with which raw code.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::os::{OptionName, RawError, ResolveFailure};

/// A call on one socket, as scripts name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SocketCall {
    /// `socket`.
    Socket,
    /// `setsockopt`.
    Set(OptionName),
    /// `ioctl(FIONBIO)` or `fcntl(O_NONBLOCK)`.
    SetNonblocking,
    /// `bind`.
    Bind,
    /// `getsockname`.
    Name,
    /// `listen`.
    Listen,
}

impl SocketCall {
    /// The call in the words of the script language.
    ///
    /// ```
    /// use bindproof::reference::{OptionName, SocketCall};
    /// assert_eq!(SocketCall::Set(OptionName::V6Only).as_str(), "set v6only");
    /// assert_eq!(SocketCall::Name.as_str(), "name");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Set(OptionName::ReuseAddr) => "set reuseaddr",
            Self::Set(OptionName::ReusePort) => "set reuseport",
            Self::Set(OptionName::V6Only) => "set v6only",
            Self::Set(OptionName::ExclusiveAddrUse) => "set exclusiveaddruse",
            Self::SetNonblocking => "set nonblocking",
            Self::Bind => "bind",
            Self::Name => "name",
            Self::Listen => "listen",
        }
    }
}

impl fmt::Display for SocketCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A call on a socket that answered an error which is not swallowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The call.
    pub call: SocketCall,
    /// The raw code it answered.
    pub code: RawError,
    /// The address of the record; with port 0 and a port already chosen, the port is that one.
    pub address: SocketAddr,
    /// How many attempts were made, this one included (D4); 1 without a retry.
    pub attempts: u32,
    /// What the caller can do about it, where that is known.
    pub remedy: Option<&'static str>,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let says = io::Error::from_raw_os_error(self.code);
        write!(f, "{} for {}: {says}", self.call, self.address)?;
        if self.attempts > 1 {
            write!(f, ", after {} attempts", self.attempts)?;
        }
        if let Some(remedy) = self.remedy {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CallError {}

/// Why [`bind_sockets`](super::bind_sockets) returned no sockets. None is open then (D1).
///
/// Codes are raw, as the platform gave them (D8): `errno` numbers, `WSA…` codes, `EAI_…` numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// `reuse_port` was asked for on a platform without `SO_REUSEPORT` (R2).
    #[error("this platform has no SO_REUSEPORT; ask without reuse_port")]
    ReusePortUnsupported,
    /// A port above 65535 (D3).
    #[error("port {service} is out of range; the highest port is 65535")]
    PortOutOfRange {
        /// The service as given.
        service: String,
    },
    /// A service that is no port and cannot be a name (D3).
    #[error("{service:?} is neither a port nor a service: {problem}")]
    InvalidService {
        /// The service as given.
        service: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A host with a NUL byte (D3).
    #[error("{host:?} is not a host: it holds a NUL byte, at which the resolver would cut it off")]
    InvalidHost {
        /// The host as given.
        host: String,
    },
    /// `getaddrinfo` failed (R6).
    #[error(
        "resolve {}: {} (resolver code {})",
        host.as_deref().map_or_else(|| format!("port {service}"), |host| format!("{host:?}, port {service}")),
        failure.message,
        failure.code
    )]
    Resolve {
        /// The host that was asked for; `None` is every interface.
        host: Option<String>,
        /// The port or service that was asked for.
        service: String,
        /// What the resolver answered.
        failure: ResolveFailure,
    },
    /// The resolver answered an address that is neither IPv4 nor IPv6 (R6).
    #[error(
        "the resolver gave {address} the address family {family}; only AF_INET and AF_INET6 can listen here"
    )]
    UnexpectedFamily {
        /// The raw family.
        family: i32,
        /// The address beside it.
        address: SocketAddr,
    },
    /// A call on a socket failed.
    #[error(transparent)]
    Call(CallError),
}

impl BindError {
    /// The call that failed, in the words of the script language: `resolve`, `socket`,
    /// `set reuseaddr`, `bind`, …; `None` if the arguments were refused before any call.
    #[must_use]
    pub const fn call(&self) -> Option<&'static str> {
        match self {
            Self::ReusePortUnsupported
            | Self::PortOutOfRange { .. }
            | Self::InvalidService { .. }
            | Self::InvalidHost { .. } => None,
            Self::Resolve { .. } | Self::UnexpectedFamily { .. } => Some("resolve"),
            Self::Call(error) => Some(error.call.as_str()),
        }
    }

    /// The raw code; `None` for errors of the reference itself, which have a [name](Self::name).
    #[must_use]
    pub const fn code(&self) -> Option<RawError> {
        match self {
            Self::Resolve { failure, .. } => Some(failure.code),
            Self::Call(error) => Some(error.code),
            _ => None,
        }
    }

    /// The reference's own name for an error without a code. For the others the code has a name,
    /// which depends on the platform: see [`crate::trace`].
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        match self {
            Self::ReusePortUnsupported => Some("ReusePortUnsupported"),
            Self::PortOutOfRange { .. } => Some("PortOutOfRange"),
            Self::InvalidService { .. } => Some("InvalidService"),
            Self::InvalidHost { .. } => Some("InvalidHost"),
            Self::UnexpectedFamily { .. } => Some("UnexpectedFamily"),
            Self::Resolve { .. } | Self::Call(_) => None,
        }
    }

    /// The address of the record that it failed on.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::UnexpectedFamily { address, .. } => Some(*address),
            Self::Call(error) => Some(error.address),
            _ => None,
        }
    }

    /// How many attempts were made (D4): 0 if no socket was asked for, 1 without a retry.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        match self {
            Self::Call(error) => error.attempts,
            _ => 0,
        }
    }
}
