//! The subject `kernel`: every call goes straight to this machine's operating system.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use socket2::{Domain, Protocol, Socket, Type};

use super::faults::Faults;
use super::reference::{self, RealBind};
use super::servers::{Refusal, Servers};
use super::subject::{Subject, SubjectName};
use crate::script::errors;
use crate::script::{
    Address, Call, Family, Half, Host, Name, Platform, Port, Scope, Setting, SocketOption,
};
use crate::sys::{self, OptionError, OptionId};
use crate::trace::{Outcome, SubjectFacts, Value};

/// The most bytes that one `send` may ask for: what every system's buffers hold.
const SEND_MAX: usize = 65_536;

/// This machine's kernel, with or without the reference in front of it.
#[derive(Debug)]
pub struct KernelSubject {
    name: SubjectName,
    platform: Platform,
    faults: Faults,
    sockets: BTreeMap<Name, (Socket, Family)>,
    finder: Option<PathBuf>,
    servers: Option<Servers>,
    bind: RealBind,
}

impl KernelSubject {
    /// A subject without sockets. `finder` is the program that `inherited` spawns; it must
    /// answer the hidden verb `__find-descriptor`.
    #[must_use]
    pub fn new(
        name: SubjectName,
        platform: Platform,
        faults: Faults,
        finder: Option<PathBuf>,
    ) -> Self {
        sys::prepare();
        let (sockets, bind) = (BTreeMap::new(), RealBind::default());
        Self { name, platform, faults, sockets, finder, servers: None, bind }
    }

    /// The same with another `bind_sockets` than the reference.
    #[must_use]
    pub fn calling(self, bind: RealBind) -> Self {
        Self { bind, ..self }
    }

    /// Takes a socket that somebody else made under a name of the script.
    pub(crate) fn adopt(&mut self, name: Name, socket: Socket) {
        let v4 = local(&socket).is_ok_and(|address| address.is_ipv4());
        let family = if v4 { Family::Inet } else { Family::Inet6 };
        self.sockets.insert(name, (socket, family));
    }

    /// The socket of this name, if it is there.
    pub(crate) fn borrow(&self, name: &Name) -> Option<&Socket> {
        self.sockets.get(name).map(|(socket, _)| socket)
    }

    /// Closes a socket; not a call of the script.
    pub(crate) fn discard(&mut self, name: &Name) {
        self.sockets.remove(name);
    }

    fn error(&self, code: i32) -> Outcome {
        Outcome::Error { name: errors::name(self.platform, code), code: Some(code) }
    }

    fn os<T>(&self, result: std::io::Result<T>, value: impl FnOnce(T) -> Value) -> Outcome {
        match result {
            Ok(answer) => Outcome::Ok(value(answer)),
            Err(error) => self.error(sys::raw_error(&error)),
        }
    }

    fn open(&mut self, name: &Name, family: Family) -> Outcome {
        // `new` would set close-on-exec and more: a script's socket starts as the kernel makes it.
        match Socket::new_raw(domain(family), Type::STREAM, Some(Protocol::TCP)) {
            Ok(socket) => {
                self.sockets.insert(name.clone(), (socket, family));
                Outcome::Ok(Value::Done)
            }
            Err(error) => self.error(sys::raw_error(&error)),
        }
    }

    fn set(&self, socket: &Socket, option: SocketOption, value: Setting) -> Outcome {
        let value = match (option, value) {
            (SocketOption::Linger, Setting::Off) => -1,
            (_, Setting::On) => 1,
            (_, Setting::Off) => 0,
            (_, Setting::Number(number)) => i64::from(number),
        };
        match sys::set_option(socket, option_id(option), value) {
            Ok(()) => Outcome::Ok(Value::Done),
            Err(error) => self.option_error(error),
        }
    }

    fn get(&self, socket: &Socket, option: SocketOption) -> Outcome {
        match sys::get_option(socket, option_id(option)) {
            Ok(-1) if option == SocketOption::Linger => Outcome::Ok(Value::Switch(false)),
            Ok(seconds) if option == SocketOption::Linger => Outcome::Ok(Value::Number(seconds)),
            Ok(number) => Outcome::Ok(Value::Switch(number != 0)),
            Err(error) => self.option_error(error),
        }
    }

    fn option_error(&self, error: OptionError) -> Outcome {
        match error {
            OptionError::Os(code) => self.error(code),
            OptionError::Unsupported(why) => Outcome::NotSupported(why.to_string()),
        }
    }

    fn connect(&self, socket: &Socket, address: &Address, timeout_ms: u64) -> Outcome {
        match sys::connect(socket, socket_address(address), timeout_ms) {
            Ok(true) => self.os(local(socket), Value::Local),
            Ok(false) => Outcome::Blocked,
            Err(code) => self.error(code),
        }
    }

    fn connect_new(&mut self, name: &Name, address: &Address, timeout_ms: u64) -> Outcome {
        let family = match address.host {
            Host::V4(_) => Family::Inet,
            Host::V6(..) => Family::Inet6,
        };
        if let failed @ (Outcome::Error { .. } | Outcome::Blocked) = self.open(name, family) {
            return failed;
        }
        let outcome = self.connect(&self.sockets[name].0, address, timeout_ms);
        if !matches!(outcome, Outcome::Ok(_)) {
            self.sockets.remove(name);
        }
        outcome
    }

    fn accept(&mut self, name: &Name, listener: &Name, timeout_ms: u64) -> Outcome {
        let (socket, family) = &self.sockets[listener];
        match sys::wait_readable(socket, timeout_ms) {
            Ok(true) => {}
            Ok(false) => return Outcome::Blocked,
            Err(code) => return self.error(code),
        }
        match socket.accept_raw() {
            Ok((stream, peer)) => {
                let family = *family;
                self.sockets.insert(name.clone(), (stream, family));
                match peer.as_socket() {
                    Some(peer) => Outcome::Ok(Value::Peer(peer)),
                    None => Outcome::NotSupported("the peer has no internet address".into()),
                }
            }
            Err(error) => self.error(sys::raw_error(&error)),
        }
    }

    fn recv(&self, socket: &Socket, timeout_ms: u64) -> Outcome {
        let readable = match &self.servers {
            Some(servers) => servers.until_readable(socket, timeout_ms),
            None => sys::wait_readable(socket, timeout_ms),
        };
        match readable {
            Ok(true) => {}
            Ok(false) => return Outcome::Blocked,
            Err(code) => return self.error(code),
        }
        let mut buffer = vec![std::mem::MaybeUninit::uninit(); SEND_MAX];
        self.os(socket.recv(&mut buffer), count)
    }

    fn send(&self, socket: &Socket, bytes: usize) -> Outcome {
        if bytes > SEND_MAX {
            return Outcome::NotSupported(format!("one send is limited to {SEND_MAX} bytes"));
        }
        // A whole line, for servers that answer lines.
        let mut text = vec![b'x'; bytes];
        if let Some(last) = text.last_mut() {
            *last = b'\n';
        }
        self.os(socket.send(&text), count)
    }

    fn inherited(&self, socket: &Socket) -> Outcome {
        let Some(program) = &self.finder else {
            return Outcome::NotSupported("there is no program to spawn here".into());
        };
        let found = Command::new(program)
            .arg(super::worker::FIND_DESCRIPTOR_VERB)
            .arg(sys::descriptor_id(socket))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output();
        match found.as_ref().map(|output| output.stdout.trim_ascii()) {
            Ok(b"yes") => Outcome::Ok(Value::Word("yes".into())),
            Ok(b"no") => Outcome::Ok(Value::Word("no".into())),
            Ok(_) => Outcome::NotSupported("the spawned program gave no answer".into()),
            Err(error) => Outcome::NotSupported(format!("cannot spawn a program: {error}")),
        }
    }

    /// The call on sockets that are there; the driver has seen to that.
    fn made(&mut self, call: &Call, timeout_ms: u64) -> Outcome {
        match call {
            Call::Socket { name, family } => self.open(name, *family),
            Call::ConnectNew { name, address } => self.connect_new(name, address, timeout_ms),
            Call::Accept { name, listener } => self.accept(name, listener, timeout_ms),
            Call::Dup { name, original } => {
                let (socket, family) = &self.sockets[original];
                match socket.try_clone() {
                    Ok(copy) => {
                        let family = *family;
                        self.sockets.insert(name.clone(), (copy, family));
                        Outcome::Ok(Value::Done)
                    }
                    Err(error) => self.error(sys::raw_error(&error)),
                }
            }
            Call::Close { name } => {
                self.sockets.remove(name);
                Outcome::Ok(Value::Done)
            }
            Call::Set { name, option, value } => self.set(self.socket(name), *option, *value),
            Call::Get { name, option } => self.get(self.socket(name), *option),
            Call::Bind { name, address } => {
                let address = socket_address(address).into();
                self.os(self.socket(name).bind(&address), |()| Value::Done)
            }
            Call::Listen { name, backlog } => {
                self.os(self.socket(name).listen(*backlog), |()| Value::Done)
            }
            Call::Connect { name, address } => self.connect(self.socket(name), address, timeout_ms),
            Call::Inherited { name } => self.inherited(self.socket(name)),
            Call::GetName { name } => self.os(local(self.socket(name)), Value::Address),
            Call::Send { name, count } => self.send(self.socket(name), *count),
            Call::Recv { name } => self.recv(self.socket(name), timeout_ms),
            Call::Shutdown { name, half } => {
                let how = match half {
                    Half::Read => std::net::Shutdown::Read,
                    Half::Write => std::net::Shutdown::Write,
                    Half::Both => std::net::Shutdown::Both,
                };
                self.os(self.socket(name).shutdown(how), |()| Value::Done)
            }
            Call::Resolve { args } => reference::resolve(args, self.platform, &self.faults),
            Call::BindSockets { name, args } => self.bind_sockets(name, args),
            Call::Serve { name, sockets, stop_at } => self.serve(name, sockets, *stop_at),
            Call::ServeMore { name, sockets } => self.serve(name, sockets, None),
            Call::Stop { name } => {
                if let Some(servers) = &self.servers {
                    servers.stop(name);
                }
                Outcome::Ok(Value::Done)
            }
        }
    }

    fn bind_sockets(&mut self, name: &Name, args: &crate::script::BindSocketsArgs) -> Outcome {
        if self.name == SubjectName::Kernel {
            return Outcome::NotSupported("the kernel has no bind_sockets".into());
        }
        match reference::bind_sockets(&self.bind, args, self.platform, &self.faults) {
            Ok(sockets) => {
                let facts = sockets.iter().map(reference::socket_facts).collect();
                for (index, socket) in sockets.into_iter().enumerate() {
                    self.adopt(Name { word: name.word.clone(), index: Some(index) }, socket);
                }
                match facts {
                    Ok(facts) => Outcome::Ok(Value::Sockets(facts)),
                    Err(code) => self.error(code),
                }
            }
            Err(outcome) => outcome,
        }
    }

    fn serve(&mut self, name: &Name, sockets: &[Name], stop_at: Option<u32>) -> Outcome {
        if self.name == SubjectName::Kernel {
            return Outcome::NotSupported("the kernel has no server".into());
        }
        if self.servers.is_none() {
            match Servers::new() {
                Ok(servers) => self.servers = Some(servers),
                Err(error) => return Outcome::NotSupported(error.to_string()),
            }
        }
        let given = sockets.iter().filter_map(|name| self.sockets.remove(name));
        let given = given.map(|(socket, _)| socket).collect();
        match self.servers.as_mut().map(|servers| servers.serve(name, given, stop_at)) {
            Some(Ok(())) => Outcome::Ok(Value::Done),
            Some(Err(Refusal::NotListening)) => {
                Outcome::Error { name: "NotListening".into(), code: None }
            }
            Some(Err(Refusal::Os(code))) => self.error(code),
            None => unreachable!("it was made above"),
        }
    }

    fn socket(&self, name: &Name) -> &Socket {
        &self.sockets[name].0
    }

    /// The family that `env fail …:inet6` compares.
    fn family_of(&self, call: &Call) -> Option<Family> {
        match call {
            Call::Socket { family, .. } => Some(*family),
            Call::ConnectNew { address, .. } => Some(match address.host {
                Host::V4(_) => Family::Inet,
                Host::V6(..) => Family::Inet6,
            }),
            _ => call
                .sockets_used()
                .first()
                .and_then(|name| self.sockets.get(name))
                .map(|(_, family)| *family),
        }
    }
}

impl Subject for KernelSubject {
    fn facts(&self) -> SubjectFacts {
        SubjectFacts { name: self.name.to_string(), version: env!("CARGO_PKG_VERSION").to_string() }
    }

    fn call(&mut self, call: &Call, timeout_ms: u64) -> Outcome {
        let option = match call {
            Call::Set { option, .. } | Call::Get { option, .. } => Some(*option),
            _ => None,
        };
        // `resolve` is counted where getaddrinfo is called, once, for bind_sockets too.
        if !matches!(call, Call::Resolve { .. }) {
            let family = self.family_of(call);
            let failed = self.faults.decide(call.verb(), option, family);
            if let Some(outcome) = failed {
                return outcome;
            }
        }
        self.made(call, timeout_ms)
    }

    fn port_of(&mut self, name: &Name) -> Option<u16> {
        let (socket, _) = self.sockets.get(name)?;
        local(socket).ok().map(|address| address.port()).filter(|port| *port != 0)
    }
}

fn count(bytes: usize) -> Value {
    Value::Number(i64::try_from(bytes).unwrap_or(i64::MAX))
}

fn local(socket: &Socket) -> std::io::Result<SocketAddr> {
    let address = socket.local_addr()?;
    address.as_socket().ok_or_else(|| std::io::Error::from_raw_os_error(sys::EAFNOSUPPORT))
}

fn domain(family: Family) -> Domain {
    match family {
        Family::Inet => Domain::IPV4,
        Family::Inet6 => Domain::IPV6,
    }
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

/// The driver has made every port a number.
fn socket_address(address: &Address) -> SocketAddr {
    let Port::Number(port) = address.port else {
        unreachable!("the driver gives concrete ports, not {address}")
    };
    match &address.host {
        Host::V4(ip) => SocketAddr::new(IpAddr::V4(*ip), port),
        Host::V6(ip, scope) => {
            let index = match scope {
                None => 0,
                Some(Scope::Index(index)) => *index,
                Some(Scope::Loopback) => sys::loopback_index().unwrap_or(0),
            };
            SocketAddr::V6(SocketAddrV6::new(*ip, port, 0, index))
        }
    }
}
