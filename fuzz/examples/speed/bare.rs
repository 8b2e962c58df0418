//! The calls of a history and nothing else: no generator, no model, no names, no text.

use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr};

use bindproof::run::{Faults, KernelSubject, Limits, Ports, SubjectName, drive, local_platform};
use bindproof::script::{
    Address, Call, Choices, Family, Half, HistorySize, Host, Name, Port, Scope, Setting,
    SocketOption, history,
};
use bindproof::sys::{self, OptionId};
use bindproof::trace::Outcome;
use socket2::{Domain, Protocol, Socket, Type};

/// The wait for what the model says will not come, as in `search::Runner`, in milliseconds.
const IN_VAIN_MS: u64 = 1;
const WAIT_MS: u64 = 1_000;
const BUFFER: usize = 65_536;

/// A call, and how long it may wait.
pub(crate) struct Bare {
    call: Call,
    wait_ms: u64,
}

/// The calls of an input, each with the wait that it needs here.
pub(crate) fn calls(data: &[u8], ports: &mut Ports) -> Vec<Bare> {
    let script = history(&mut Choices::of_bytes(data), HistorySize::default());
    let platform = local_platform().expect("a platform");
    let faults = Faults::new(platform, &[]);
    let mut subject = KernelSubject::new(SubjectName::Kernel, platform, faults, None);
    let limits = Limits { call_timeout_ms: 5, ..Limits::default() };
    let mut all = Vec::new();
    drive(&script, &mut subject, ports, None, &limits, &mut |made| {
        let wait_ms = if made.outcome == Outcome::Blocked { IN_VAIN_MS } else { WAIT_MS };
        all.push(Bare { call: made.written.clone(), wait_ms });
    })
    .expect("ports enough");
    all
}

/// Makes them. A socket is found by its letter.
pub(crate) fn make(calls: &[Bare], ports: &mut Ports) {
    let named = [ports.take().expect("a port"), ports.take().expect("a port")];
    let mut sockets: [Option<Socket>; 8] = Default::default();
    for Bare { call, wait_ms } in calls {
        one(call, *wait_ms, &named, &mut sockets);
    }
}

fn index(name: &Name) -> usize {
    usize::from(name.word.as_bytes()[0] - b'a')
}

fn one(
    call: &Call,
    wait_ms: u64,
    ports: &[u16; 2],
    sockets: &mut [Option<Socket>; 8],
) -> Option<()> {
    match call {
        Call::Socket { name, family } => sockets[index(name)] = open(*family),
        Call::ConnectNew { name, address } => {
            let family =
                if matches!(address.host, Host::V4(_)) { Family::Inet } else { Family::Inet6 };
            let (socket, to) = (open(family)?, concrete(address, ports, sockets)?);
            if matches!(sys::connect(&socket, to, wait_ms), Ok(true)) {
                let _ = socket.local_addr();
                sockets[index(name)] = Some(socket);
            }
        }
        Call::Accept { name, listener } => {
            let listener = sockets[index(listener)].as_ref()?;
            if matches!(sys::wait_readable(listener, wait_ms), Ok(true)) {
                sockets[index(name)] = listener.accept_raw().ok().map(|(stream, _)| stream);
            }
        }
        Call::Dup { name, original } => {
            sockets[index(name)] = sockets[index(original)].as_ref()?.try_clone().ok();
        }
        Call::Close { name } => sockets[index(name)] = None,
        _ => {
            let socket = sockets[index(call.sockets_used().first()?)].as_ref()?;
            match call {
                Call::Set { option, value, .. } => {
                    let value = match (option, value) {
                        (SocketOption::Linger, Setting::Off) => -1,
                        (_, Setting::On) => 1,
                        (_, Setting::Off) => 0,
                        (_, Setting::Number(number)) => i64::from(*number),
                    };
                    let _ = sys::set_option(socket, option_id(*option), value);
                }
                Call::Get { option, .. } => drop(sys::get_option(socket, option_id(*option))),
                Call::Bind { address, .. } => {
                    let _ = socket.bind(&concrete(address, ports, sockets)?.into());
                }
                Call::Listen { backlog, .. } => drop(socket.listen(*backlog)),
                Call::Connect { address, .. } => {
                    let to = concrete(address, ports, sockets)?;
                    if matches!(sys::connect(socket, to, wait_ms), Ok(true)) {
                        let _ = socket.local_addr();
                    }
                }
                Call::GetName { .. } => drop(socket.local_addr()),
                Call::Send { count, .. } => drop(socket.send(&vec![b'x'; *count])),
                Call::Recv { .. } => {
                    if matches!(sys::wait_readable(socket, wait_ms), Ok(true)) {
                        let _ = socket.recv(&mut vec![MaybeUninit::uninit(); BUFFER]);
                    }
                }
                Call::Shutdown { half, .. } => drop(socket.shutdown(match half {
                    Half::Read => std::net::Shutdown::Read,
                    Half::Write => std::net::Shutdown::Write,
                    Half::Both => std::net::Shutdown::Both,
                })),
                other => unreachable!("a history has no {other}"),
            }
        }
    }
    Some(())
}

fn open(family: Family) -> Option<Socket> {
    let domain = if family == Family::Inet { Domain::IPV4 } else { Domain::IPV6 };
    Socket::new_raw(domain, Type::STREAM, Some(Protocol::TCP)).ok()
}

fn concrete(
    address: &Address,
    ports: &[u16; 2],
    sockets: &[Option<Socket>; 8],
) -> Option<SocketAddr> {
    let port = match &address.port {
        Port::Number(number) => *number,
        Port::Named(name) => ports[usize::from(name == "q")],
        Port::Of(name) => sockets[index(name)].as_ref()?.local_addr().ok()?.as_socket()?.port(),
    };
    Some(match &address.host {
        Host::V4(ip) => SocketAddr::new(IpAddr::V4(*ip), port),
        Host::V6(ip, scope) => {
            let scope = match scope {
                None => 0,
                Some(Scope::Index(index)) => *index,
                Some(Scope::Loopback) => sys::loopback_index().unwrap_or(0),
            };
            SocketAddr::V6(std::net::SocketAddrV6::new(*ip, port, 0, scope))
        }
    })
}

fn option_id(option: SocketOption) -> OptionId {
    match option {
        SocketOption::ReuseAddr => OptionId::ReuseAddr,
        SocketOption::ReusePort => OptionId::ReusePort,
        SocketOption::V6Only => OptionId::V6Only,
        SocketOption::ExclusiveAddrUse => OptionId::ExclusiveAddrUse,
        SocketOption::Nonblocking => OptionId::Nonblocking,
        SocketOption::Cloexec => OptionId::Cloexec,
        SocketOption::Accepting => OptionId::Accepting,
        SocketOption::Linger => OptionId::Linger,
    }
}
