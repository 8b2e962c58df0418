//! The few calls that the reference makes, as a trait.
//!
//! `bind_sockets` is written once over [`Os`]. The real kernel implements it in
//! [`super::real`]; [`super::faulty`] makes any call fail on purpose; the simulated kernel plays
//! any platform. What a platform *is* comes as a value, [`OsFacts`], never as a `cfg`, so every
//! rule of the reference can be reached on every machine.

use std::net::SocketAddr;

/// The raw number of an error, as the platform gave it (`errno`, or a `WSA…` code).
pub type RawError = i32;

/// A resolver's error: `EAI_…` or a `WSA…` code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResolveFailure {
    /// The raw number; negative on glibc and musl, positive on macOS, a WSA code on Windows.
    pub code: RawError,
    /// What the resolver says in words.
    pub message: String,
}

/// What the reference must know of a platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OsFacts {
    /// The NT kernel's rules for `SO_REUSEADDR` hold.
    pub windows: bool,
    /// macOS' old hosts files name `fe80::1%lo0` as `localhost`.
    pub macos: bool,
    /// The program was built with IPv6; a build-time fact, never a probe.
    pub has_ipv6: bool,
    /// `SO_REUSEPORT` can be set.
    pub has_reuse_port: bool,
    /// `AF_INET`.
    pub inet: i32,
    /// `AF_INET6`.
    pub inet6: i32,
    /// `AI_PASSIVE`.
    pub passive: i32,
    /// `EAFNOSUPPORT`.
    pub eafnosupport: RawError,
    /// `ENOPROTOOPT`.
    pub enoprotoopt: RawError,
    /// `EADDRNOTAVAIL`.
    pub eaddrnotavail: RawError,
    /// `EADDRINUSE`.
    pub eaddrinuse: RawError,
    /// `EACCES`.
    pub eacces: RawError,
}

/// The arguments of `getaddrinfo`; the socket type is always `SOCK_STREAM`, the protocol 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    /// The host; `None` is every interface or loopback, by the flags.
    pub host: Option<String>,
    /// The service or port as text.
    pub service: Option<String>,
    /// The raw address family.
    pub family: i32,
    /// The raw `AI_…` bits.
    pub flags: i32,
}

/// One record of `getaddrinfo`, as far as the reference looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// The raw address family.
    pub family: i32,
    /// The raw socket type.
    pub socktype: i32,
    /// The raw protocol.
    pub protocol: i32,
    /// The address to bind, with flow information and scope id.
    pub address: SocketAddr,
    /// The canonical name, where one was asked for.
    pub canonical: Option<String>,
}

/// The options that the reference sets; each is set to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptionName {
    /// `SO_REUSEADDR`.
    ReuseAddr,
    /// `SO_REUSEPORT`.
    ReusePort,
    /// `IPV6_V6ONLY`.
    V6Only,
    /// `SO_EXCLUSIVEADDRUSE`.
    ExclusiveAddrUse,
}

/// The system calls of `bind_sockets`.
///
/// Each method is one call (the real `socket` may need a second one to set close-on-exec) and
/// answers the raw error code.
pub trait Os {
    /// A socket of this system. The reference gives every one back, by [`Os::close`] or in its
    /// result.
    type Socket;

    /// What this platform is.
    fn facts(&self) -> &OsFacts;

    /// `getaddrinfo(host, service, family, SOCK_STREAM, 0, flags)`.
    ///
    /// # Errors
    /// The resolver's raw code.
    fn resolve(&mut self, query: &Query) -> Result<Vec<Record>, ResolveFailure>;

    /// `socket(family, type, protocol)`, close-on-exec from birth.
    ///
    /// # Errors
    /// The raw code of `socket`.
    fn socket(
        &mut self,
        family: i32,
        socktype: i32,
        protocol: i32,
    ) -> Result<Self::Socket, RawError>;

    /// `setsockopt(…, 1)`.
    ///
    /// # Errors
    /// The raw code of `setsockopt`.
    fn set_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError>;

    /// `ioctl(FIONBIO)` or `fcntl(O_NONBLOCK)`.
    ///
    /// # Errors
    /// The raw code of that call.
    fn set_nonblocking(&mut self, socket: &Self::Socket) -> Result<(), RawError>;

    /// `bind`.
    ///
    /// # Errors
    /// The raw code of `bind`.
    fn bind(&mut self, socket: &Self::Socket, address: SocketAddr) -> Result<(), RawError>;

    /// `getsockname`.
    ///
    /// # Errors
    /// The raw code of `getsockname`.
    fn local_addr(&mut self, socket: &Self::Socket) -> Result<SocketAddr, RawError>;

    /// `listen`, with the number exactly as given.
    ///
    /// # Errors
    /// The raw code of `listen`.
    fn listen(&mut self, socket: &Self::Socket, backlog: i32) -> Result<(), RawError>;

    /// `close`; its error, if there is one, cannot be helped.
    fn close(&mut self, socket: Self::Socket);
}
