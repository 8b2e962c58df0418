//! The surroundings of a run: a private network, an own hosts file, IPv6 switched off.
//!
//! Everything here acts on the **calling process** and must be called while it has one thread.
//! Linux can do all of it without root; elsewhere every function is there and answers
//! "unsupported".

/// What a run asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// A network of its own: user, network and mount namespace, `lo` up.
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
}

/// Why a machine cannot provide what was asked for: one line that names the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// What was refused and what to do about it.
    pub reason: String,
}
