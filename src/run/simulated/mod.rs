//! The simulated kernel: the model plays the operating system, for scripts and for the reference.

mod os;
mod runs;
mod subject;

pub use os::{SimulatedOs, SimulatedSocket, os_facts};
pub(in crate::run) use runs::platform_facts;
pub use runs::{simulate, simulate_calling};
pub use subject::{SimulatedAnswer, SimulatedBind, SimulatedSubject};

use std::cell::RefCell;
use std::rc::Rc;

use crate::model::{Allowed, Expected, Machine, Port, World, step};
use crate::script::{Call, errors};
use crate::trace::{Outcome, ResolvedRecord, SocketFacts, Value};

/// A machine and its sockets, shared by everything that makes calls on it.
pub type SharedKernel = Rc<RefCell<SimulatedKernel>>;

/// A machine with its sockets, where of several allowed things the first one happens.
#[derive(Debug, Clone)]
pub struct SimulatedKernel {
    /// The machine.
    pub machine: Machine,
    /// Its sockets.
    pub world: World,
    next_ephemeral: u16,
    /// Why the last call that is not modelled is not.
    unmodelled: Option<String>,
}

impl SimulatedKernel {
    /// A machine without sockets.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        let next_ephemeral = machine.ephemeral.0;
        Self { machine, world: World::new(), next_ephemeral, unmodelled: None }
    }

    /// The same, to be shared.
    #[must_use]
    pub fn shared(machine: Machine) -> SharedKernel {
        Rc::new(RefCell::new(Self::new(machine)))
    }

    /// Makes a call whose sockets are there.
    pub fn call(&mut self, call: &Call) -> Outcome {
        let branch = match step(&self.machine, &self.world, call) {
            Allowed::Unmodelled(why) => {
                self.unmodelled = Some(why.to_string());
                return Outcome::NotSupported(format!("not modelled: {why}"));
            }
            Allowed::Branches(branches) => branches.into_iter().next(),
        };
        let Some(branch) = branch else {
            return Outcome::NotSupported("not modelled: nothing is allowed".into());
        };
        (branch.effect)(&mut self.world);
        self.give_ports();
        match (call, &branch.expected) {
            // Some addresses, and nobody has seen which: none is made up.
            (Call::Resolve { .. }, Expected::SomeValue) => Outcome::Ok(Value::Records(Vec::new())),
            (_, expected) => self.outcome(expected),
        }
    }

    /// Every port that was left open gets a number that nobody has.
    fn give_ports(&mut self) {
        for index in 0..self.world.chosen.len() {
            if self.world.chosen[index].is_some() {
                continue;
            }
            let (low, high) = self.machine.ephemeral;
            let taken = |port| {
                self.world.sockets.values().any(|socket| {
                    socket.local.is_some_and(|l| self.world.seen(l.port) == Port::Number(port))
                })
            };
            let free = (self.next_ephemeral..=high).chain(low..=high).find(|port| !taken(*port));
            let port = free.unwrap_or(low);
            self.next_ephemeral = if port == high { low } else { port + 1 };
            self.world.learn(Port::Chosen(index), port);
        }
    }

    fn outcome(&self, expected: &Expected) -> Outcome {
        let number = |port: Port| self.world.number(port).unwrap_or(0);
        let address = |ip, port| std::net::SocketAddr::new(ip, number(port));
        Outcome::Ok(match expected {
            Expected::Done => Value::Done,
            Expected::Switch(on) => Value::Switch(*on),
            Expected::SomeValue => Value::Switch(false),
            Expected::Number(number) => Value::Number(*number),
            Expected::Word(word) => Value::Word((*word).to_string()),
            Expected::Name(ip, port) => Value::Address(address(*ip, *port)),
            Expected::LocalName(ip, port) => Value::Local(address(*ip, *port)),
            Expected::Peer(ip, port) => Value::Peer(address(*ip, *port)),
            Expected::Records { addresses, .. } => Value::Records(
                addresses.iter().map(|address| ResolvedRecord { address: *address }).collect(),
            ),
            Expected::Sockets(sockets) => Value::Sockets(
                sockets
                    .iter()
                    .map(|socket| SocketFacts {
                        address: address(socket.ip, socket.port),
                        reuseaddr: Some(socket.reuseaddr),
                        reuseport: Some(socket.reuseport),
                        v6only: socket.v6only,
                        nonblocking: Some(true),
                        cloexec: Some(true),
                        listening: Some(true),
                    })
                    .collect(),
            ),
            Expected::Error(name) => return self.error(name),
            // Some error, and nobody has seen which: a plausible one.
            Expected::SomeError => return self.error("EINVAL"),
            Expected::Blocks => return Outcome::Blocked,
        })
    }

    fn error(&self, name: &str) -> Outcome {
        Outcome::Error { name: name.to_string(), code: code(&self.machine, name) }
    }
}

/// The number of an error on a machine.
fn code(machine: &Machine, name: &str) -> Option<i32> {
    let platform = machine.platform();
    errors::code(platform, name)
        .or_else(|| errors::resolver_code(platform, name))
        .or_else(|| name.strip_prefix("E#")?.parse().ok())
}
