//! The words of the language: what a script can ask for.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// The name that a script gives a socket, such as `a`, or `s.0` for the first socket of
/// `s = bind_sockets …`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The word that was assigned.
    pub word: String,
    /// Which socket of a `bind_sockets` result; `None` for every other socket.
    pub index: Option<usize>,
}

/// An interface that an operating system offers to programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// Linux, with any C library.
    Linux,
    /// macOS (XNU).
    Macos,
    /// FreeBSD.
    Freebsd,
    /// Windows (Winsock).
    Windows,
}

/// The address family of a `socket` call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `AF_INET`.
    Inet,
    /// `AF_INET6`.
    Inet6,
}

/// A socket option, or a property of a descriptor that is read and set like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SocketOption {
    /// `SO_REUSEADDR`.
    ReuseAddr,
    /// `SO_REUSEPORT`.
    ReusePort,
    /// `IPV6_V6ONLY`.
    V6Only,
    /// `SO_EXCLUSIVEADDRUSE` (Windows).
    ExclusiveAddrUse,
    /// `O_NONBLOCK` or `FIONBIO`.
    Nonblocking,
    /// `FD_CLOEXEC`; on Windows the handle is not inheritable.
    Cloexec,
    /// `SO_ACCEPTCONN`, read-only.
    Accepting,
    /// `SO_LINGER`; `linger 0` resets the connection on close.
    Linger,
}

/// A value that is set or was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// `on`.
    On,
    /// `off`.
    Off,
    /// A number.
    Number(i32),
}

/// A port as a script writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    /// A number; 0 lets the kernel choose.
    Number(u16),
    /// One free port, the same through the script.
    Named(String),
    /// `@NAME`: the port that this socket is bound to.
    Of(Name),
}

/// The interface part of an IPv6 address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `%lo`: the loopback interface, whatever its real name.
    Loopback,
    /// `%NUMBER`: an interface index.
    Index(u32),
}

/// The host part of an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// `127.0.0.1`.
    V4(Ipv4Addr),
    /// `[::1]`, `[fe80::1%lo]`.
    V6(Ipv6Addr, Option<Scope>),
}

/// Where to bind or connect to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The host part.
    pub host: Host,
    /// The port part.
    pub port: Port,
}

/// Which half of a connection `shutdown` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Half {
    /// `SHUT_RD`.
    Read,
    /// `SHUT_WR`.
    Write,
    /// `SHUT_RDWR`.
    Both,
}

/// The `family=` of `bind_sockets` and `resolve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FamilyArg {
    /// `AF_UNSPEC`.
    Unspec,
    /// `AF_INET`.
    Inet,
    /// `AF_INET6`.
    Inet6,
    /// Any other number, handed on as it is.
    Other(i32),
}

/// One bit of `flags=`, by its name in the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// `AI_PASSIVE`.
    Passive,
    /// `AI_CANONNAME`.
    Canonname,
    /// `AI_NUMERICHOST`.
    Numerichost,
    /// `AI_NUMERICSERV`.
    Numericserv,
    /// `AI_ADDRCONFIG`.
    Addrconfig,
    /// `AI_V4MAPPED`.
    V4mapped,
    /// `AI_ALL`.
    All,
}

/// The `flags=` of `bind_sockets` and `resolve`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlagsArg {
    /// `none`: the argument is absent.
    Absent,
    /// Names joined by commas; empty is `0`. Each platform has its own numbers for them.
    Named(Vec<Flag>),
    /// A number, handed on as it is.
    Bits(i32),
}

/// The `port=` of `bind_sockets`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortArg {
    /// Any text, a number included; the reference judges it.
    Text(String),
    /// A named port of the script.
    Named(String),
}

/// The arguments of `bind_sockets`; what is absent takes the reference's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BindSocketsArgs {
    /// `port=`; absent is port 0.
    pub port: Option<PortArg>,
    /// `address=`.
    pub address: Option<String>,
    /// `family=`.
    pub family: Option<FamilyArg>,
    /// `backlog=`.
    pub backlog: Option<i32>,
    /// `flags=`.
    pub flags: Option<FlagsArg>,
    /// `reuse_port=on|off`.
    pub reuse_port: Option<bool>,
    /// `port_attempts=`.
    pub port_attempts: Option<u32>,
    /// `exclusive=on|off`.
    pub exclusive: Option<bool>,
}

/// The arguments of `resolve` (`getaddrinfo` alone).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResolveArgs {
    /// `host=`.
    pub host: Option<String>,
    /// `service=`.
    pub service: Option<String>,
    /// `family=`.
    pub family: Option<FamilyArg>,
    /// `flags=`; absent is 0.
    pub flags: Option<FlagsArg>,
}

/// One call of a script.
#[expect(missing_docs, reason = "the line above a variant shows every field in its place")]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// `NAME = socket inet|inet6`.
    Socket { name: Name, family: Family },
    /// `set NAME OPTION VALUE`.
    Set { name: Name, option: SocketOption, value: Setting },
    /// `get NAME OPTION`.
    Get { name: Name, option: SocketOption },
    /// `bind NAME ADDRESS`.
    Bind { name: Name, address: Address },
    /// `listen NAME BACKLOG`.
    Listen { name: Name, backlog: i32 },
    /// `NAME = connect ADDRESS`: a new client socket of the address's family.
    ConnectNew { name: Name, address: Address },
    /// `connect NAME ADDRESS`: an existing socket.
    Connect { name: Name, address: Address },
    /// `NAME = accept LISTENER`.
    Accept { name: Name, listener: Name },
    /// `NAME = dup ORIGINAL`.
    Dup { name: Name, original: Name },
    /// `inherited NAME`: does a spawned program find it.
    Inherited { name: Name },
    /// `name NAME`: `getsockname`.
    GetName { name: Name },
    /// `send NAME COUNT`.
    Send { name: Name, count: usize },
    /// `recv NAME`.
    Recv { name: Name },
    /// `shutdown NAME read|write|both`.
    Shutdown { name: Name, half: Half },
    /// `close NAME`.
    Close { name: Name },
    /// `NAME = bind_sockets KEY=VALUE…`.
    BindSockets { name: Name, args: BindSocketsArgs },
    /// `resolve KEY=VALUE…`.
    Resolve { args: ResolveArgs },
    /// `NAME = serve SOCKET… [stop=N]`: a new `TcpServer` takes these sockets, and stops inside the
    /// handler of its N-th connection.
    Serve { name: Name, sockets: Vec<Name>, stop_at: Option<u32> },
    /// `serve NAME SOCKET…`: an existing server takes these, too.
    ServeMore { name: Name, sockets: Vec<Name> },
    /// `stop NAME`.
    Stop { name: Name },
}

/// The word that a call begins with (after `NAME =`), which `env fail` names too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// `socket`
    Socket,
    /// `set`
    Set,
    /// `get`
    Get,
    /// `bind`
    Bind,
    /// `listen`
    Listen,
    /// `connect`
    Connect,
    /// `accept`
    Accept,
    /// `dup`
    Dup,
    /// `inherited`
    Inherited,
    /// `name`
    Name,
    /// `send`
    Send,
    /// `recv`
    Recv,
    /// `shutdown`
    Shutdown,
    /// `close`
    Close,
    /// `bind_sockets`
    BindSockets,
    /// `resolve`
    Resolve,
    /// `serve`
    Serve,
    /// `stop`
    Stop,
}

/// What narrows an `env fail` line down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailOnly {
    /// `:OPTION`, for `set` and `get`.
    Option(SocketOption),
    /// `:inet` or `:inet6`: sockets of this family.
    Family(Family),
}

/// `env fail CALL[:OPTION|:inet|:inet6][#N] ERROR`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fail {
    /// The call that fails.
    pub verb: Verb,
    /// Only for this option or family.
    pub only: Option<FailOnly>,
    /// Only the N-th matching call, counted from 1; `None` is every one.
    pub nth: Option<u32>,
    /// The error it answers, by its symbolic name.
    pub error: String,
}

/// What a script asks of its surroundings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Env {
    /// `ipv6 off`: `socket(AF_INET6)` answers EAFNOSUPPORT.
    Ipv6Off,
    /// `ipv6 no-address`: no IPv6 address on any interface (`disable_ipv6=1`).
    Ipv6NoAddress,
    /// `bindv6only on|off`.
    BindV6Only(bool),
    /// `hosts "LINE" …`: the whole hosts file.
    Hosts(Vec<String>),
    /// `ephemeral LOW-HIGH`.
    Ephemeral(u16, u16),
    /// `somaxconn N`.
    Somaxconn(u32),
    /// `user unprivileged`.
    Unprivileged,
    /// `records ADDRESS…`: what `getaddrinfo` answers, each with the port that was asked for; made
    /// up, as `fail` is. The ports in here are 0.
    Records(Vec<SocketAddr>),
    /// `fail …`.
    Fail(Fail),
}

/// One acceptable answer of an expectation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// `ok`.
    Ok,
    /// `ok=VALUE`; the value as it is written, an address with its symbolic port.
    OkValue(String),
    /// An error by its symbolic name.
    Error(String),
    /// `error`: any error.
    AnyError,
    /// `blocks`.
    Blocks,
    /// `absent`.
    Absent,
    /// `?`: unknown, shown but not judged.
    Unknown,
}

/// What follows `=>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expectation {
    /// No `=>`. A behaviour expects `ok` then.
    #[default]
    Unwritten,
    /// The same alternatives for every platform.
    All(Vec<Answer>),
    /// Alternatives for some platforms; one that is not named has none.
    Some(Vec<(Platform, Vec<Answer>)>),
}

/// A call with what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The call.
    pub call: Call,
    /// What is expected.
    pub expectation: Expectation,
}

/// A whole script.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Script {
    /// `title …`.
    pub title: Option<String>,
    /// The `env` lines.
    pub env: Vec<Env>,
    /// The calls, in order.
    pub steps: Vec<Step>,
}
