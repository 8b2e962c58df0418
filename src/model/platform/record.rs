//! The facts that a platform is made of.

use super::{freebsd::FREEBSD, linux::LINUX, macos::MACOS, windows::WINDOWS};
use crate::model::evidence::Confidence;
use crate::model::fact::{Fact, Release};
use crate::script::Platform;

/// Which of the three laws decides whether two sockets may share a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// Overlap, with options on both sides, and again at `listen`.
    Linux,
    /// The newcomer's options alone. The number is how far a dual-stack socket ranks behind an
    /// IPv4 one when the best match is looked for.
    Bsd {
        /// Added to the cost of a dual-stack socket.
        dual_cost: u32,
    },
    /// Ranks of claims on each stack.
    Windows,
}

/// What a call answers in a case that the platforms treat differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It succeeds.
    Works,
    /// It fails with one of these.
    Fails(&'static [&'static str]),
    /// It fails, with an error that nobody has seen.
    FailsSomehow,
    /// Nobody knows.
    Unknown,
}

/// Who needs a privilege for a low port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LowPorts {
    /// Every address.
    All,
    /// Specific addresses; wildcards are free.
    SpecificOnly,
    /// Nobody.
    Free,
}

/// How many completed connections wait for `accept`, by the backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// The backlog, as an unsigned number and at most somaxconn, and one more.
    LinuxPlusOne,
    /// A backlog below 0 or above somaxconn is somaxconn; half as many again, and one more.
    HalfAgainPlusOne,
    /// A backlog below 1 or above somaxconn is somaxconn; at least that many.
    AtLeast,
    /// At least one.
    ProviderValue,
}

/// Which of several listeners that fit equally well gets a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Any of them.
    Any,
    /// The one that listened last.
    Newest,
    /// The one that listened first.
    Oldest,
}

/// A platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which one.
    pub platform: Platform,
    /// The release that the facts are about.
    pub measured: &'static str,
    /// Releases whose source was read, too; of others nobody knows more than of the measured one.
    pub read: &'static [Release],
    /// The default of `IPV6_V6ONLY`.
    pub v6only_default: Fact<bool>,
    /// The default limit of a backlog.
    pub somaxconn: Fact<u32>,
    /// The default ephemeral range.
    pub ephemeral: Fact<(u16, u16)>,
    /// Who may share a port.
    pub law: Fact<Law>,
    /// `listen` looks for conflicts again.
    pub listen_checks: Fact<bool>,
    /// `listen` on a socket without an address binds it.
    pub listen_binds: Fact<bool>,
    /// `listen` on a connected socket.
    pub listen_connected: Fact<Reply>,
    /// A second `listen` changes the backlog.
    pub relisten_changes: Fact<bool>,
    /// How many connections wait.
    pub queue: Fact<Queue>,
    /// Who gets a connection among equals.
    pub delivery: Fact<Delivery>,
    /// Who needs a privilege.
    pub low_ports: Fact<LowPorts>,
    /// A port that the system keeps for itself.
    pub restricted_port: Fact<Option<u16>>,
    /// Is the privilege looked at before the address on an IPv6 socket?
    pub privilege_first_v6: Fact<bool>,
    /// Is a second bind noticed before an address that is not local (on an IPv4 socket)? `None` is
    /// unknown.
    pub rebind_first: Fact<Option<bool>>,
    /// Every address of 127.0.0.0/8 is local.
    pub whole_loopback_net: Fact<bool>,
    /// `bind` to 127.255.255.255.
    pub bind_loopback_broadcast: Fact<Reply>,
    /// `bind` to 255.255.255.255.
    pub bind_broadcast: Fact<Reply>,
    /// `bind` to an IPv4 multicast address.
    pub bind_multicast_v4: Fact<Reply>,
    /// `bind` to an IPv6 multicast address.
    pub bind_multicast_v6: Fact<Reply>,
    /// `bind` of an `IPV6_V6ONLY` socket to a mapped address.
    pub bind_mapped_v6only: Fact<Reply>,
    /// `bind` of an IPv4 socket to an IPv6 address.
    pub bind_v6_on_v4: Fact<Reply>,
    /// `bind` of an IPv6 socket to an IPv4 address.
    pub bind_v4_on_v6: Fact<Reply>,
    /// `bind` to a link-local address without a scope.
    pub bind_link_local: Fact<Reply>,
    /// `bind` to a link-local address of the loopback interface.
    pub bind_link_local_lo: Fact<Reply>,
    /// `bind` to a link-local address with a scope that is no interface.
    pub bind_link_local_unknown: Fact<Reply>,
    /// `bind` to `::1` with a scope.
    pub bind_loopback_scope: Fact<Reply>,
    /// `bind` to any IPv6 address, the wildcard too, on a host without one.
    pub bind_without_v6_address: Fact<Reply>,
    /// A specific IPv6 address sets `IPV6_V6ONLY`.
    pub specific_sets_v6only: Fact<Option<bool>>,
    /// `set v6only` after `bind`.
    pub v6only_after_bind: Fact<Reply>,
    /// `set v6only` after `bind`, to the value it has.
    pub v6only_after_bind_same: Fact<Reply>,
    /// `set v6only` on an IPv4 socket.
    pub v6only_set_on_v4: Fact<Reply>,
    /// `get v6only` on an IPv4 socket.
    pub v6only_get_on_v4: Fact<Reply>,
    /// `set reuseaddr` or `reuseport` after `bind`.
    pub reuse_after_bind: Fact<Reply>,
    /// `SO_REUSEPORT` exists.
    pub has_reuse_port: Fact<bool>,
    /// `SO_EXCLUSIVEADDRUSE` exists.
    pub has_exclusive: Fact<bool>,
    /// `get accepting`.
    pub accepting_get: Fact<Reply>,
    /// `set accepting`.
    pub accepting_set: Fact<Reply>,
    /// Close-on-exec and non-blocking can be read.
    pub descriptor_flags: Fact<bool>,
    /// An accepted socket is non-blocking if its listener is; `None` is unknown.
    pub accepted_nonblocking: Fact<Option<bool>>,
    /// An accepted socket reads `IPV6_V6ONLY` as its listener; `None` is unknown.
    pub accepted_v6only: Fact<Option<bool>>,
    /// `accept` on a socket that does not listen.
    pub accept_unlistened: Fact<Reply>,
    /// That `accept` may wait for ever instead.
    pub accept_unlistened_waits: Fact<bool>,
    /// `connect` on a listener.
    pub connect_listener: Fact<Reply>,
    /// `connect` to a wildcard address reaches this host.
    pub connect_wildcard: Fact<Reply>,
    /// `getsockname` of a socket without an address.
    pub name_unbound: Fact<Reply>,
    /// `shutdown` of a listener.
    pub shutdown_listener: Fact<Reply>,
    /// That `shutdown` ends listening; `None` is unknown.
    pub shutdown_stops: Fact<Option<bool>>,
    /// The states of a connection, their errors and what they leave behind are modelled.
    pub streams: Fact<bool>,
}

impl Record {
    /// How sure the facts can be at most in a release; `None` is the measured one.
    #[must_use]
    pub fn certainty(&self, release: Option<Release>) -> Confidence {
        let measured = |release: Release| {
            Release::parse(self.measured)
                .is_some_and(|Release(a, b, _)| (release.0, release.1) == (a, b))
        };
        match release {
            None => Confidence::Measured,
            Some(release) if measured(release) => Confidence::Measured,
            Some(release) if self.read.contains(&release) => Confidence::Source,
            Some(_) => Confidence::Inferred,
        }
    }
}

/// The record of a platform.
#[must_use]
pub fn record(platform: Platform) -> &'static Record {
    match platform {
        Platform::Linux => &LINUX,
        Platform::Macos => &MACOS,
        Platform::Freebsd => &FREEBSD,
        Platform::Windows => &WINDOWS,
    }
}
