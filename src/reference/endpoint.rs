//! The address of one end of a connection.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use socket2::SockAddr;

use crate::sys::{self, LocalName};

/// Where a listener listens, or where a client comes from, as `getsockname` or `accept` gave it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// An IPv4 or IPv6 address with its port; flow information and scope id are kept (T11).
    Inet(SocketAddr),
    /// A Unix-domain socket that is bound to a path.
    Path(PathBuf),
    /// A name of Linux' abstract space, without its leading NUL.
    Abstract(Vec<u8>),
    /// A Unix-domain client without a name, or an address of a family unknown here.
    Unnamed,
}

impl Endpoint {
    /// The internet address, if it is one.
    ///
    /// ```
    /// use bindproof::reference::Endpoint;
    /// assert_eq!(Endpoint::Unnamed.as_inet(), None);
    /// ```
    #[must_use]
    pub const fn as_inet(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(address) => Some(*address),
            _ => None,
        }
    }
}

impl From<SockAddr> for Endpoint {
    fn from(address: SockAddr) -> Self {
        if let Some(inet) = address.as_socket() {
            return Self::Inet(inet);
        }
        match sys::local_name(&address) {
            Some(LocalName::Path(path)) => Self::Path(path),
            Some(LocalName::Abstract(name)) => Self::Abstract(name),
            Some(LocalName::Unnamed) | None => Self::Unnamed,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => write!(f, "{address}"),
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Abstract(name) => write!(f, "@{}", name.escape_ascii()),
            Self::Unnamed => f.write_str("an unnamed socket"),
        }
    }
}
