//! An implementation in Rust, held to the contract by `cargo test`.
//!
//! Implement [`Implementation`] and write one test that runs a [`Check`]:
//!
//! ```
//! use bindproof::conform::{Asked, Check, Implementation, Refusal};
//! use std::net::{SocketAddr, TcpListener};
//!
//! struct Std;
//!
//! impl Implementation for Std {
//!     type Listeners = TcpListener;
//!     const NAME: &str = "std";
//!     const OPTIONS: &[&str] = &["port", "address"];
//!
//!     fn bind_sockets(&mut self, asked: &Asked) -> Result<TcpListener, Refusal> {
//!         let address = asked.address.as_deref().ok_or(Refusal::not_supported("address"))?;
//!         Ok(TcpListener::bind((address, asked.port_number()?))?)
//!     }
//!
//!     fn local_addrs(&self, listener: &TcpListener) -> Vec<Option<SocketAddr>> {
//!         vec![listener.local_addr().ok()]
//!     }
//! }
//!
//! // In a test crate this is the body of a function with #[test].
//! fn conforms() {
//!     Check::new(|| Std)
//!         .known("bind_sockets.nonblocking", "std's listeners are blocking")
//!         .run();
//! }
//! ```
//!
//! The test runs its own test binary again, in every environment that the system can provide. What
//! a library does otherwise on purpose is named by `known`, with the reason; an entry that nothing
//! matches fails, too.

mod check;
mod serve;

use std::net::SocketAddr;

pub use check::Check;
#[cfg(feature = "testing")]
pub(crate) use serve::Server;
pub use serve::serve;

use super::protocol::ErrorReply;
use crate::run::local_platform;
use crate::script::{Call, errors};
use crate::sys;
use crate::trace::Outcome;

/// A library that opens listening sockets.
pub trait Implementation {
    /// What one call opens; dropping it closes the sockets.
    type Listeners;

    /// The library's name.
    const NAME: &str;
    /// Its version.
    const VERSION: &str = "0";
    /// The keys of [`Asked`] that it looks at; a request with another one is refused by name.
    const OPTIONS: &[&str];
    /// Does it serve ([`Implementation::answer`])?
    const ANSWERS: bool = false;
    /// Does it offer the system calls themselves ([`Implementation::raw`])?
    const RAW: bool = false;

    /// `getaddrinfo`, `socket`, `setsockopt`, `bind` and `listen`, as the library makes them. A key
    /// that is absent shall not be handed on: the library's default holds.
    ///
    /// # Errors
    /// The system's or the library's, or what it cannot be asked.
    fn bind_sockets(&mut self, asked: &Asked) -> Result<Self::Listeners, Refusal>;

    /// The addresses of the sockets, in the library's order; `None` for one that it cannot tell.
    fn local_addrs(&self, listeners: &Self::Listeners) -> Vec<Option<SocketAddr>>;

    /// Accepts on these sockets from now on, and sends back each line.
    ///
    /// # Errors
    /// As [`Implementation::bind_sockets`].
    fn answer(&mut self, listeners: &Self::Listeners) -> Result<(), Refusal> {
        let _ = listeners;
        Err(Refusal::not_supported("answer"))
    }

    /// One call of the script language, with concrete ports. Names live until they are closed.
    fn raw(&mut self, call: &Call) -> Outcome {
        Outcome::NotSupported(call.verb().to_string())
    }
}

/// A port as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedPort {
    /// A number, of any size.
    Number(i64),
    /// A text, such as a service name.
    Text(String),
}

/// A family as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedFamily {
    /// `AF_UNSPEC`.
    Unspec,
    /// `AF_INET`.
    Inet,
    /// `AF_INET6`.
    Inet6,
}

/// What is asked for. `None` is "not said".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// `port`.
    pub port: Option<AskedPort>,
    /// `address`.
    pub address: Option<String>,
    /// `family`.
    pub family: Option<AskedFamily>,
    /// `backlog`.
    pub backlog: Option<i32>,
    /// `flags`: AI_* bits of this platform; the inner `None` is "none given".
    pub flags: Option<Option<i32>>,
    /// `reuse_port`.
    pub reuse_port: Option<bool>,
}

impl Asked {
    /// The port for a library that takes a `u16`; 0 if none is said.
    ///
    /// # Errors
    /// A port that is no `u16` cannot be asked for.
    pub fn port_number(&self) -> Result<u16, Refusal> {
        match &self.port {
            None => Ok(0),
            Some(AskedPort::Number(number)) => {
                u16::try_from(*number).map_err(|_| Refusal::not_supported("port"))
            }
            Some(AskedPort::Text(_)) => Err(Refusal::not_supported("port")),
        }
    }
}

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The library cannot be asked this: the key, or the call.
    NotSupported(String),
    /// It refused, or the system did.
    Failed {
        /// The POSIX or EAI name, if there is one.
        name: Option<String>,
        /// The system call, if it is known.
        call: Option<String>,
        /// In words.
        message: String,
    },
}

impl Refusal {
    /// The library cannot be asked this.
    #[must_use]
    pub fn not_supported(key: &str) -> Self {
        Self::NotSupported(key.to_string())
    }

    /// The error of a call of the system.
    #[must_use]
    pub fn of_call(call: &str, error: &std::io::Error) -> Self {
        match Self::from_error(error) {
            Self::Failed { name, message, .. } => {
                Self::Failed { name, call: Some(call.to_string()), message }
            }
            other => other,
        }
    }

    fn from_error(error: &std::io::Error) -> Self {
        let name = error
            .raw_os_error()
            .map(|_| sys::raw_error(error))
            .and_then(|code| local_platform().map(|platform| errors::name(platform, code)));
        Self::Failed { name, call: None, message: error.to_string() }
    }

    fn reply(self) -> Result<ErrorReply, String> {
        match self {
            Self::NotSupported(what) => Err(what),
            Self::Failed { name, call, message } => {
                Ok(ErrorReply { name, code: None, call, message: Some(message) })
            }
        }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::from_error(&error)
    }
}
