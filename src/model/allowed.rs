//! What a step may answer, and what each answer makes of the world.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::evidence::Confidence;
use super::machine::Machine;
use super::world::{Port, World};
use crate::script::Platform;
use crate::trace::{Outcome, SocketFacts, Value};

/// An answer that is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Success without a value.
    Done,
    /// `on` or `off`.
    Switch(bool),
    /// A number.
    Number(i64),
    /// `yes` or `no`.
    Word(&'static str),
    /// The address of `getsockname`.
    Name(IpAddr, Port),
    /// The local address of a new connection.
    LocalName(IpAddr, Port),
    /// The address of a peer.
    Peer(IpAddr, Port),
    /// What `getaddrinfo` answers.
    Records {
        /// The addresses.
        addresses: Vec<SocketAddr>,
        /// The order is the platform's secret.
        any_order: bool,
    },
    /// The sockets of `bind_sockets`.
    Sockets(Vec<ExpectedSocket>),
    /// This error.
    Error(Cow<'static, str>),
    /// Some error.
    SomeError,
    /// Success, with a value that is not known.
    SomeValue,
    /// No answer within the deadline.
    Blocks,
}

/// A socket that `bind_sockets` returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedSocket {
    /// Its address.
    pub ip: IpAddr,
    /// Its port.
    pub port: Port,
    /// `SO_REUSEADDR`.
    pub reuseaddr: bool,
    /// `SO_REUSEPORT`.
    pub reuseport: bool,
    /// `IPV6_V6ONLY`, on IPv6 sockets.
    pub v6only: Option<bool>,
}

/// A change of the world.
pub type Effect = Box<dyn FnOnce(&mut World)>;

/// One thing that may happen.
pub struct Branch {
    /// The answer.
    pub expected: Expected,
    /// The rule that says so.
    pub rule: &'static str,
    /// Further rules that it rests on.
    pub also: Vec<&'static str>,
    /// How sure it is, where that is less than its rules are.
    pub doubt: Option<Confidence>,
    /// What becomes of the world.
    pub effect: Effect,
}

impl fmt::Debug for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} by {}", self.expected, self.rule)
    }
}

/// Everything that a step may answer.
#[derive(Debug)]
pub enum Allowed {
    /// One of these.
    Branches(Vec<Branch>),
    /// The model does not say: why.
    Unmodelled(&'static str),
}

impl Branch {
    /// An answer that changes nothing.
    pub(super) fn only(expected: Expected, rule: &'static str) -> Self {
        Self::with(expected, rule, |_| {})
    }

    /// An error that changes nothing.
    pub(super) fn error(name: &'static str, rule: &'static str) -> Self {
        Self::only(Expected::Error(Cow::Borrowed(name)), rule)
    }

    /// An answer with its effect.
    pub(super) fn with(
        expected: Expected,
        rule: &'static str,
        effect: impl FnOnce(&mut World) + 'static,
    ) -> Self {
        Self { expected, rule, also: Vec::new(), doubt: None, effect: Box::new(effect) }
    }

    /// The branch, resting on a further rule.
    pub(super) fn resting_on(mut self, rule: &'static str) -> Self {
        if self.rule != rule && !self.also.contains(&rule) {
            self.also.push(rule);
        }
        self
    }

    /// The branch, no surer than this.
    pub(super) fn doubted(mut self, doubt: Option<Confidence>) -> Self {
        self.doubt = self.doubt.max(doubt);
        self
    }

    /// Every rule that it rests on, its own first.
    pub fn rules(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.rule).chain(self.also.iter().copied())
    }
}

impl Allowed {
    /// Exactly one thing.
    pub(super) fn one(branch: Branch) -> Self {
        Self::Branches(vec![branch])
    }

    /// Exactly this error, and nothing changes.
    pub(super) fn error(name: &'static str, rule: &'static str) -> Self {
        Self::one(Branch::error(name, rule))
    }

    /// Exactly this answer, and nothing changes.
    pub(super) fn answer(expected: Expected, rule: &'static str) -> Self {
        Self::one(Branch::only(expected, rule))
    }

    /// Every branch changed in the same way.
    pub(super) fn each(self, change: impl Fn(Branch) -> Branch) -> Self {
        match self {
            Self::Branches(branches) => Self::Branches(branches.into_iter().map(change).collect()),
            unmodelled @ Self::Unmodelled(_) => unmodelled,
        }
    }

    /// The same answers, each of which changes the world in one more way.
    pub(super) fn and_then(self, more: impl Fn(&mut World) + Clone + 'static) -> Self {
        self.each(|mut branch| {
            let (effect, more) = (branch.effect, more.clone());
            branch.effect = Box::new(move |world| {
                effect(world);
                more(world);
            });
            branch
        })
    }

    /// The branches, if the step is modelled.
    #[must_use]
    pub fn branches(self) -> Option<Vec<Branch>> {
        match self {
            Self::Branches(branches) => Some(branches),
            Self::Unmodelled(_) => None,
        }
    }
}

impl Expected {
    /// Whether an outcome is this answer in a world.
    #[must_use]
    pub fn fits(&self, world: &World, machine: &Machine, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Error(name), Outcome::Error { name: found, code }) => {
                name == found && code_fits(machine.platform(), found, *code)
            }
            (Self::SomeError, Outcome::Error { .. })
            | (Self::Blocks, Outcome::Blocked)
            | (Self::SomeValue, Outcome::Ok(_)) => true,
            (_, Outcome::Ok(value)) => {
                let mut ports = Vec::new();
                self.fits_value(value, &mut ports)
                    && ports.iter().enumerate().all(|(index, (port, found))| {
                        port_fits(world, machine, *port, *found)
                            && ports[..index].iter().all(|one| one.0 != *port || one.1 == *found)
                    })
            }
            _ => false,
        }
    }

    /// Learns the ports that an outcome reveals; it must fit.
    pub fn learn(&self, world: &mut World, outcome: &Outcome) {
        let mut ports = Vec::new();
        if let Outcome::Ok(value) = outcome
            && self.fits_value(value, &mut ports)
        {
            for (port, found) in ports {
                world.learn(port, found);
            }
        }
    }

    /// Everything but the ports, which are collected.
    fn fits_value(&self, value: &Value, ports: &mut Vec<(Port, u16)>) -> bool {
        match (self, value) {
            (Self::Done, Value::Done) => true,
            (Self::Switch(on), Value::Switch(found)) => on == found,
            (Self::Number(number), Value::Number(found)) => number == found,
            (Self::Word(word), Value::Word(found)) => word == found,
            (Self::Name(ip, port), Value::Address(found))
            | (Self::LocalName(ip, port), Value::Local(found))
            | (Self::Peer(ip, port), Value::Peer(found)) => {
                ports.push((*port, found.port()));
                *ip == found.ip()
            }
            (Self::Records { addresses, any_order }, Value::Records(found)) => {
                let found: Vec<_> = found.iter().map(|record| record.address).collect();
                same_addresses(addresses, &found, *any_order)
            }
            (Self::Sockets(sockets), Value::Sockets(found)) => {
                sockets.len() == found.len()
                    && sockets.iter().zip(found).all(|(socket, found)| {
                        ports.push((socket.port, found.address.port()));
                        socket.ip == found.address.ip() && socket.has_options_of(found)
                    })
            }
            _ => false,
        }
    }
}

impl ExpectedSocket {
    /// Whether the options that could be read are the expected ones.
    #[must_use]
    pub fn has_options_of(&self, found: &SocketFacts) -> bool {
        let is = |wanted: bool, found: Option<bool>| found.is_none_or(|found| found == wanted);
        is(self.reuseaddr, found.reuseaddr)
            && is(self.reuseport, found.reuseport)
            && self.v6only.is_none_or(|wanted| is(wanted, found.v6only))
            && is(true, found.nonblocking)
            && is(true, found.cloexec)
            && is(true, found.listening)
    }
}

impl fmt::Display for Expected {
    /// As expectations are written: `ok`, `ok=VALUE`, an error, `blocks`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done | Self::SomeValue => f.write_str("ok"),
            Self::Switch(on) => write!(f, "ok={}", if *on { "on" } else { "off" }),
            Self::Number(number) => write!(f, "ok={number}"),
            Self::Word(word) => write!(f, "ok={word}"),
            Self::Name(ip, Port::Number(port))
            | Self::LocalName(ip, Port::Number(port))
            | Self::Peer(ip, Port::Number(port)) => {
                write!(f, "ok={}", SocketAddr::new(*ip, *port))
            }
            Self::Name(..) | Self::LocalName(..) | Self::Peer(..) => f.write_str("ok"),
            Self::Records { addresses, .. } => write!(f, "ok={}", addresses.len()),
            Self::Sockets(sockets) => write!(f, "ok={}", sockets.len()),
            Self::Error(name) => f.write_str(name),
            Self::SomeError => f.write_str("error"),
            Self::Blocks => f.write_str("blocks"),
        }
    }
}

/// The name is what a platform calls the code; a code that a trace lacks says nothing.
fn code_fits(platform: Platform, name: &str, code: Option<i32>) -> bool {
    use crate::script::errors;
    let Some(code) = code else { return errors::REFERENCE.contains(&name) };
    if name.starts_with("EAI_") {
        return errors::resolver_name(platform, code) == name;
    }
    errors::name(platform, code) == name
}

fn port_fits(world: &World, machine: &Machine, port: Port, found: u16) -> bool {
    let (low, high) = machine.ephemeral;
    match world.seen(port) {
        Port::Number(number) => number == found,
        Port::Chosen(_) => (low..=high).contains(&found),
    }
}

fn same_addresses(wanted: &[SocketAddr], found: &[SocketAddr], any_order: bool) -> bool {
    if !any_order {
        return wanted == found;
    }
    let sorted = |addresses: &[SocketAddr]| {
        let mut addresses = addresses.to_vec();
        addresses.sort();
        addresses
    };
    sorted(wanted) == sorted(found)
}
