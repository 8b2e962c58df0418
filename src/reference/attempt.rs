//! One attempt: every record becomes a listening socket, in order, one finished before the next
//! begins (R9 to R22).

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::error::{CallError, SocketCall};
use super::options::BindOptions;
use super::os::{OptionName, Os, OsFacts, RawError, Record};

/// A record that has no socket, and why that is no error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The address of the record.
    pub address: SocketAddr,
    /// The rule that skipped it.
    pub reason: SkipReason,
}

/// The rules that skip a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// R9: a link-local address of `localhost` on macOS; nothing was called.
    LinkLocalLocalhost,
    /// R10: `socket` answered `EAFNOSUPPORT`.
    FamilyUnsupported {
        /// The raw code.
        code: RawError,
    },
    /// R18: `localhost` resolved to `::1`, and `bind` answered `EADDRNOTAVAIL`.
    LoopbackMissing {
        /// The raw code.
        code: RawError,
    },
}

impl SkipReason {
    /// The id of the rule.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::LinkLocalLocalhost => "R9",
            Self::FamilyUnsupported { .. } => "R10",
            Self::LoopbackMissing { .. } => "R18",
        }
    }

    /// The raw code of the call that led to the skip, if one was made.
    #[must_use]
    pub const fn code(self) -> Option<RawError> {
        match self {
            Self::LinkLocalLocalhost => None,
            Self::FamilyUnsupported { code } | Self::LoopbackMissing { code } => Some(code),
        }
    }
}

/// What an attempt has opened so far. A socket stands here from its creation on, so that no
/// error path can forget it.
pub(super) struct Opened<S> {
    pub(super) sockets: Vec<S>,
    pub(super) skipped: Vec<Skipped>,
}

/// A call that ends the attempt.
pub(super) struct Failure {
    call: SocketCall,
    code: RawError,
    address: SocketAddr,
    /// The port was chosen by this attempt and turned out to be taken: a new attempt, with a new
    /// port, can succeed (D4).
    pub(super) port_lost: bool,
}

impl Failure {
    pub(super) fn into_error(self, facts: &OsFacts, attempts: u32) -> CallError {
        let Self { call, code, address, .. } = self;
        let remedy = remedy(facts, call, code, address.port(), self.port_lost);
        CallError { call, code, address, attempts, remedy }
    }
}

/// Walks over the records. On success every socket in `opened` is finished (R23).
pub(super) fn attempt<O: Os>(
    os: &mut O,
    facts: &OsFacts,
    options: &BindOptions,
    records: &[Record],
    opened: &mut Opened<O::Socket>,
) -> Result<(), Failure> {
    let localhost = options.address.as_deref() == Some("localhost");
    let mut port = None;
    for record in records {
        let mut skip = |reason| {
            opened.skipped.push(Skipped { address: record.address, reason });
        };
        if facts.macos && localhost && has_scope(record.address) {
            skip(SkipReason::LinkLocalLocalhost);
            continue;
        }
        let address = with_port(record.address, port);
        let failed = |call, code| Failure { call, code, address, port_lost: false };

        let socket = match os.socket(record.family, record.socktype, record.protocol) {
            Ok(socket) => socket,
            Err(code) if code == facts.eafnosupport => {
                skip(SkipReason::FamilyUnsupported { code });
                continue;
            }
            Err(code) => return Err(failed(SocketCall::Socket, code)),
        };
        let socket = {
            opened.sockets.push(socket);
            &opened.sockets[opened.sockets.len() - 1]
        };

        set_options(os, facts, options, record.family, socket)
            .map_err(|(call, code)| failed(call, code))?;

        // The caller asked for any port, so one that is taken is bad luck, not an answer (D4).
        let any_port = record.address.port() == 0;
        if let Err(code) = os.bind(socket, address) {
            if code == facts.eaddrnotavail && localhost && is_loopback_v6(address) {
                if let Some(socket) = opened.sockets.pop() {
                    os.close(socket);
                }
                skip(SkipReason::LoopbackMissing { code });
                continue;
            }
            // A port that another Windows program holds exclusively, or that lies in an excluded
            // range, may answer EACCES instead (wasmtime #7429).
            let taken = code == facts.eaddrinuse || (facts.windows && code == facts.eacces);
            let port_lost = any_port && port.is_some() && taken;
            return Err(Failure { call: SocketCall::Bind, code, address, port_lost });
        }
        let name = os.local_addr(socket).map_err(|code| failed(SocketCall::Name, code))?;
        port = Some(name.port());
        if let Err(code) = os.listen(socket, options.backlog) {
            let port_lost = any_port && code == facts.eaddrinuse;
            return Err(Failure { call: SocketCall::Listen, code, address: name, port_lost });
        }
    }
    Ok(())
}

/// Everything between `socket` and `bind` (R13, R14, R15, R17, D7).
fn set_options<O: Os>(
    os: &mut O,
    facts: &OsFacts,
    options: &BindOptions,
    family: i32,
    socket: &O::Socket,
) -> Result<(), (SocketCall, RawError)> {
    let mut set =
        |option| os.set_option(socket, option).map_err(|code| (SocketCall::Set(option), code));
    if facts.windows {
        // SO_REUSEADDR on Windows lets two servers bind one port; the two options exclude each
        // other, so exactly one of them is ever set.
        if options.exclusive {
            set(OptionName::ExclusiveAddrUse)?;
        }
    } else {
        match set(OptionName::ReuseAddr) {
            // A system without the option (Hurd) needs none.
            Err((_, code)) if code == facts.enoprotoopt => {}
            other => other?,
        }
    }
    if options.reuse_port {
        set(OptionName::ReusePort)?;
    }
    if family == facts.inet6 {
        set(OptionName::V6Only)?;
    }
    os.set_nonblocking(socket).map_err(|code| (SocketCall::SetNonblocking, code))
}

/// R16: the record's own port, or the one that an earlier socket of this attempt was given. Flow
/// information and scope stay.
fn with_port(mut address: SocketAddr, chosen: Option<u16>) -> SocketAddr {
    if let (0, Some(port)) = (address.port(), chosen) {
        address.set_port(port);
    }
    address
}

fn has_scope(address: SocketAddr) -> bool {
    matches!(address, SocketAddr::V6(v6) if v6.scope_id() != 0)
}

fn is_loopback_v6(address: SocketAddr) -> bool {
    address.ip() == IpAddr::V6(Ipv6Addr::LOCALHOST)
}

/// What the caller can do, where the code says enough to tell.
fn remedy(
    facts: &OsFacts,
    call: SocketCall,
    code: RawError,
    port: u16,
    port_lost: bool,
) -> Option<&'static str> {
    let binding = matches!(call, SocketCall::Bind | SocketCall::Listen);
    if binding && port_lost {
        Some("the system chose a port that is taken in the other family; raise port_attempts")
    } else if binding && code == facts.eaddrinuse && port == 0 {
        Some("no free port is left; close sockets or widen the range of ephemeral ports")
    } else if binding && code == facts.eaddrinuse {
        Some("another socket has this port; choose another one, or 0 for any free one")
    } else if binding && code == facts.eacces && facts.windows {
        Some("the port is reserved, or another program holds it exclusively; choose another one")
    } else if binding && code == facts.eacces && port < 1024 {
        Some("ports below 1024 need a privilege on this system; choose a higher one")
    } else if call == SocketCall::Bind && code == facts.eaddrnotavail {
        Some("no interface of this machine has this address")
    } else if call == SocketCall::Set(OptionName::ReusePort) && code == facts.enoprotoopt {
        Some("this kernel does not know SO_REUSEPORT; ask without reuse_port")
    } else {
        None
    }
}
