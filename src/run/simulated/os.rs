//! The simulated kernel as the [`Os`] under `bind_sockets`.

use std::net::SocketAddr;

use super::{SharedKernel, code};
use crate::model::Machine;
use crate::reference::{OptionName, Os, OsFacts, Query, RawError, Record, ResolveFailure};
use crate::script::{
    Address, Call, Family, FamilyArg, FlagsArg, Host, Name, Platform, Port, ResolveArgs, Scope,
    Setting, SocketOption, errors,
};
use crate::trace::{Outcome, Value};

/// `SOCK_STREAM`, as every platform numbers it.
const STREAM: i32 = 1;
/// `IPPROTO_TCP`, as every platform numbers it.
const TCP: i32 = 6;

/// The reference's operating system, played by the model.
#[derive(Debug)]
pub struct SimulatedOs {
    kernel: SharedKernel,
    facts: OsFacts,
    next: usize,
    word: String,
}

/// A socket of the simulated kernel: the name that it has there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedSocket {
    /// Its name.
    pub name: Name,
    family: Family,
}

impl SimulatedOs {
    /// An operating system whose sockets are called `WORD.0`, `WORD.1` and so on.
    #[must_use]
    pub fn new(kernel: SharedKernel, word: &str) -> Self {
        let facts = os_facts(&kernel.borrow().machine);
        let next = unnamed(&kernel, word).max().map_or(0, |last| last + 1);
        Self { kernel, facts, next, word: word.to_string() }
    }

    /// The kernel behind it.
    #[must_use]
    pub fn kernel(&self) -> &SharedKernel {
        &self.kernel
    }

    fn call(&self, call: &Call) -> Result<Value, RawError> {
        match self.kernel.borrow_mut().call(call) {
            Outcome::Ok(value) => Ok(value),
            Outcome::Error { code, .. } => Err(code.unwrap_or(i32::MAX)),
            // What the model does not say is no error of any platform.
            _ => Err(i32::MAX),
        }
    }

    fn flags(&self, bits: i32) -> FlagsArg {
        FlagsArg::Bits(bits)
    }
}

/// The numbers of the sockets that still have a name of this system.
pub(super) fn unnamed(kernel: &SharedKernel, word: &str) -> impl Iterator<Item = usize> + use<> {
    let kernel = kernel.borrow();
    let names = kernel.world.descriptors.iter().map(|descriptor| &descriptor.name);
    let numbers: Vec<_> =
        names.filter(|name| name.word == word).filter_map(|name| name.index).collect();
    numbers.into_iter()
}

/// What the reference must know of a platform.
#[must_use]
pub fn os_facts(machine: &Machine) -> OsFacts {
    let platform = machine.platform();
    let error = |name| code(machine, name).unwrap_or(i32::MAX);
    OsFacts {
        windows: platform == Platform::Windows,
        macos: platform == Platform::Macos,
        has_ipv6: true,
        has_reuse_port: machine.record.has_reuse_port.value,
        inet: 2,
        inet6: inet6(platform),
        passive: errors::flag_bits(platform, crate::script::Flag::Passive),
        eafnosupport: error("EAFNOSUPPORT"),
        enoprotoopt: error("ENOPROTOOPT"),
        eaddrnotavail: error("EADDRNOTAVAIL"),
        eaddrinuse: error("EADDRINUSE"),
        eacces: error("EACCES"),
    }
}

/// `AF_INET6`.
fn inet6(platform: Platform) -> i32 {
    match platform {
        Platform::Linux => 10,
        Platform::Macos => 30,
        Platform::Freebsd => 28,
        Platform::Windows => 23,
    }
}

impl Os for SimulatedOs {
    type Socket = SimulatedSocket;

    fn facts(&self) -> &OsFacts {
        &self.facts
    }

    fn resolve(&mut self, query: &Query) -> Result<Vec<Record>, ResolveFailure> {
        let family = match query.family {
            0 => FamilyArg::Unspec,
            number if number == self.facts.inet => FamilyArg::Inet,
            number if number == self.facts.inet6 => FamilyArg::Inet6,
            number => FamilyArg::Other(number),
        };
        let args = ResolveArgs {
            host: query.host.clone(),
            service: query.service.clone(),
            family: Some(family),
            flags: Some(self.flags(query.flags)),
        };
        let failure = |code| ResolveFailure { code, message: "by the simulated resolver".into() };
        let records = match self.kernel.borrow_mut().call(&Call::Resolve { args }) {
            // No resolver answers none: nobody knows which they are.
            Outcome::Ok(Value::Records(records)) if !records.is_empty() => records,
            Outcome::Error { code, .. } => return Err(failure(code.unwrap_or(i32::MAX))),
            _ => return Err(failure(i32::MAX)),
        };
        let record = |address: SocketAddr| Record {
            family: if address.is_ipv4() { self.facts.inet } else { self.facts.inet6 },
            socktype: STREAM,
            protocol: TCP,
            address,
            canonical: None,
        };
        Ok(records.iter().map(|found| record(found.address)).collect())
    }

    fn socket(
        &mut self,
        family: i32,
        _socktype: i32,
        _protocol: i32,
    ) -> Result<Self::Socket, RawError> {
        let family = if family == self.facts.inet { Family::Inet } else { Family::Inet6 };
        let name = Name { word: self.word.clone(), index: Some(self.next) };
        self.call(&Call::Socket { name: name.clone(), family })?;
        self.next += 1;
        let mut kernel = self.kernel.borrow_mut();
        if let Some(one) = kernel.world.descriptors.iter_mut().find(|one| one.name == name) {
            one.cloexec = Some(true);
        }
        Ok(SimulatedSocket { name, family })
    }

    fn set_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError> {
        let option = match option {
            OptionName::ReuseAddr => SocketOption::ReuseAddr,
            OptionName::ReusePort => SocketOption::ReusePort,
            OptionName::V6Only => SocketOption::V6Only,
            OptionName::ExclusiveAddrUse => SocketOption::ExclusiveAddrUse,
        };
        let name = socket.name.clone();
        self.call(&Call::Set { name, option, value: Setting::On }).map(drop)
    }

    fn set_nonblocking(&mut self, socket: &Self::Socket) -> Result<(), RawError> {
        let (name, option) = (socket.name.clone(), SocketOption::Nonblocking);
        self.call(&Call::Set { name, option, value: Setting::On }).map(drop)
    }

    fn bind(&mut self, socket: &Self::Socket, address: SocketAddr) -> Result<(), RawError> {
        let host = match address {
            SocketAddr::V4(v4) => Host::V4(*v4.ip()),
            SocketAddr::V6(v6) => {
                Host::V6(*v6.ip(), (v6.scope_id() != 0).then(|| Scope::Index(v6.scope_id())))
            }
        };
        let address = Address { host, port: Port::Number(address.port()) };
        self.call(&Call::Bind { name: socket.name.clone(), address }).map(drop)
    }

    fn local_addr(&mut self, socket: &Self::Socket) -> Result<SocketAddr, RawError> {
        match self.call(&Call::GetName { name: socket.name.clone() })? {
            Value::Address(address) => Ok(address),
            _ => Err(i32::MAX),
        }
    }

    fn listen(&mut self, socket: &Self::Socket, backlog: i32) -> Result<(), RawError> {
        self.call(&Call::Listen { name: socket.name.clone(), backlog }).map(drop)
    }

    fn close(&mut self, socket: Self::Socket) {
        let closed = self.call(&Call::Close { name: socket.name });
        debug_assert!(closed.is_ok(), "closing a socket that is there succeeds");
        let _ = socket.family;
    }
}
