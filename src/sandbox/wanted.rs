//! What is asked for, and what was given.

use std::str::FromStr;

/// What a run asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// A network of its own: user, network and mount namespace, `lo` up, and a hosts file with
    /// `127.0.0.1 localhost` and `::1 localhost` unless `hosts` says otherwise.
    pub private_network: bool,
    /// `socket(AF_INET6)` answers EAFNOSUPPORT, by a seccomp filter.
    pub ipv6_off: bool,
    /// No interface has an IPv6 address (`disable_ipv6=1`).
    pub ipv6_no_address: bool,
    /// The default of `IPV6_V6ONLY`.
    pub bindv6only: Option<bool>,
    /// The lines of the hosts file.
    pub hosts: Option<Vec<String>>,
    /// The ephemeral range, both ends included.
    pub ephemeral: Option<(u16, u16)>,
    /// The upper limit of a backlog.
    pub somaxconn: Option<u32>,
    /// No privilege: ports below 1024 are refused.
    pub unprivileged: bool,
    /// More system calls that fail, by a seccomp filter.
    pub refuse: Vec<RefusedCall>,
}

impl Wanted {
    /// Does this need a private network?
    #[must_use]
    pub fn needs_private_network(&self) -> bool {
        self.ipv6_no_address
            || self.bindv6only.is_some()
            || self.hosts.is_some()
            || self.ephemeral.is_some()
            || self.somaxconn.is_some()
            || self.unprivileged
    }
}

/// A system call that a filter refuses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefusedCall {
    /// Which calls.
    pub site: RefusedSite,
    /// The errno they answer.
    pub code: i32,
}

/// Which system calls a filter refuses. A filter sees numbers, no memory: neither one address of
/// `bind` nor the n-th call can be told apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusedSite {
    /// `socket` of this address family.
    Socket {
        /// `AF_INET` or `AF_INET6`.
        family: i32,
    },
    /// `setsockopt` of the option with this name: `reuseaddr`, `reuseport` or `v6only`.
    SetOption(String),
    /// Every `bind`, those of netlink sockets included.
    Bind,
    /// Every `listen`.
    Listen,
    /// Every `getsockname`.
    Name,
    /// Every `accept` and `accept4`.
    Accept,
}

impl FromStr for RefusedSite {
    type Err = String;

    /// `socket:inet`, `socket:inet6`, `setsockopt:v6only`, `bind`, `listen`, `name`, `accept`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "socket:inet" => Ok(Self::Socket { family: crate::sys::AF_INET }),
            "socket:inet6" => Ok(Self::Socket { family: crate::sys::AF_INET6 }),
            "setsockopt:reuseaddr" | "setsockopt:reuseport" | "setsockopt:v6only" => {
                Ok(Self::SetOption(text["setsockopt:".len()..].to_string()))
            }
            "bind" => Ok(Self::Bind),
            "listen" => Ok(Self::Listen),
            "name" => Ok(Self::Name),
            "accept" => Ok(Self::Accept),
            _ => Err(format!(
                "unknown call {text:?}: expected socket:inet, socket:inet6, setsockopt:OPTION, \
                 bind, listen, name or accept"
            )),
        }
    }
}

/// What the process got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entered {
    /// The network is private.
    pub private_network: bool,
    /// What refuses IPv6: `seccomp`, or `kernel` where the kernel itself has none.
    pub ipv6_off_by: Option<&'static str>,
    /// The lines of the hosts file that was put in place.
    pub hosts: Option<Vec<String>>,
}

/// Why a machine cannot provide what was asked for: one line that names the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// What was refused and what to do about it.
    pub reason: String,
}

impl Refusal {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}
