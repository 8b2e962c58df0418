//! The subject `simulated:PLATFORM`.

use std::fmt;
use std::rc::Rc;

use super::os::unnamed;
use super::{SharedKernel, SimulatedKernel, SimulatedOs, SimulatedSocket};
use crate::model::{Machine, Socket};
use crate::reference::{BindError, BindOptions, Bound, Faulty, FaultySocket, bind_sockets_on};
use crate::run::faults::Faults;
use crate::run::reference::{bind_options, error_outcome};
use crate::run::subject::Subject;
use crate::script::{BindSocketsArgs, Call, Family, Host, Name, SocketOption};
use crate::trace::{Outcome, SocketFacts, SubjectFacts, Value};

/// What `bind_sockets` answers on the simulated kernel.
pub type SimulatedAnswer = Result<Bound<FaultySocket<SimulatedSocket>>, BindError>;

/// A `bind_sockets` on the simulated kernel.
pub type SimulatedBind = Rc<dyn Fn(&mut Faulty<SimulatedOs>, &BindOptions) -> SimulatedAnswer>;

/// The word in the names of sockets that `bind_sockets` has not returned.
const UNNAMED: &str = "__reference";

/// The model plays the kernel; `bind_sockets` is the reference on top of it, or another one in its
/// place.
pub struct SimulatedSubject {
    kernel: SharedKernel,
    faults: Faults,
    bind: SimulatedBind,
}

impl fmt::Debug for SimulatedSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kernel, faults, bind: _ } = self;
        f.debug_struct("SimulatedSubject").field("kernel", kernel).field("faults", faults).finish()
    }
}

impl SimulatedSubject {
    /// A subject without sockets on a machine.
    #[must_use]
    pub fn new(machine: Machine, faults: Faults) -> Self {
        Self::calling(machine, faults, Rc::new(bind_sockets_on))
    }

    /// The same with another `bind_sockets` than the reference.
    #[must_use]
    pub fn calling(machine: Machine, faults: Faults, bind: SimulatedBind) -> Self {
        Self { kernel: SimulatedKernel::shared(machine), faults, bind }
    }

    /// How many sockets are open that no script can name: what `bind_sockets` neither returned
    /// nor closed.
    #[must_use]
    pub fn leaked(&self) -> usize {
        unnamed(&self.kernel, UNNAMED).count()
    }

    fn bind_sockets(&mut self, name: &Name, args: &BindSocketsArgs) -> Outcome {
        let platform = self.kernel.borrow().machine.platform();
        let options = bind_options(args, platform);
        let os = SimulatedOs::new(self.kernel.clone(), UNNAMED);
        let mut os = Faulty::new(os, self.faults.plan());
        let bound = match (self.bind)(&mut os, &options) {
            Ok(bound) => bound,
            Err(error) if error.code() == Some(i32::MAX) => {
                let why = self.kernel.borrow_mut().unmodelled.take();
                let why = why.unwrap_or_else(|| "a call of bind_sockets".into());
                return Outcome::NotSupported(format!("not modelled: {why}"));
            }
            Err(error) => return error_outcome(&error, platform),
        };
        let mut kernel = self.kernel.borrow_mut();
        let mut facts = Vec::new();
        for (index, socket) in bound.sockets.into_iter().map(FaultySocket::into_inner).enumerate() {
            facts.push(read_back(&kernel, &socket));
            let mine = kernel.world.descriptors.iter_mut().find(|one| one.name == socket.name);
            if let Some(one) = mine {
                one.name = Name { word: name.word.clone(), index: Some(index) };
            }
        }
        Outcome::Ok(Value::Sockets(facts))
    }

    fn family_of(&self, call: &Call) -> Option<Family> {
        match call {
            Call::Socket { family, .. } => Some(*family),
            Call::ConnectNew { address, .. } => Some(match address.host {
                Host::V4(_) => Family::Inet,
                Host::V6(..) => Family::Inet6,
            }),
            _ => {
                let kernel = self.kernel.borrow();
                let name = *call.sockets_used().first()?;
                kernel.world.named(name).map(|(_, socket): (_, &Socket)| socket.family)
            }
        }
    }
}

/// What can be read of a socket.
fn read_back(kernel: &SimulatedKernel, socket: &SimulatedSocket) -> SocketFacts {
    let mut kernel = kernel.clone();
    let mut switch = |option| {
        let name = socket.name.clone();
        match kernel.call(&Call::Get { name, option }) {
            Outcome::Ok(Value::Switch(on)) => Some(on),
            _ => None,
        }
    };
    let (reuseaddr, reuseport) = (switch(SocketOption::ReuseAddr), switch(SocketOption::ReusePort));
    let v6only = switch(SocketOption::V6Only);
    let (nonblocking, cloexec) = (switch(SocketOption::Nonblocking), switch(SocketOption::Cloexec));
    let listening = switch(SocketOption::Accepting);
    let address = match kernel.call(&Call::GetName { name: socket.name.clone() }) {
        Outcome::Ok(Value::Address(address)) => address,
        other => unreachable!("a bound socket has a name, not {other:?}"),
    };
    let v6only = v6only.filter(|_| address.is_ipv6());
    SocketFacts { address, reuseaddr, reuseport, v6only, nonblocking, cloexec, listening }
}

impl Subject for SimulatedSubject {
    fn facts(&self) -> SubjectFacts {
        let platform = self.kernel.borrow().machine.platform();
        SubjectFacts {
            name: format!("simulated:{platform}"),
            version: env!("CARGO_PKG_VERSION").to_string(),
        }
    }

    fn call(&mut self, call: &Call, _timeout_ms: u64) -> Outcome {
        let option = match call {
            Call::Set { option, .. } | Call::Get { option, .. } => Some(*option),
            _ => None,
        };
        // As for the kernel: a fault of `resolve` is counted where the resolver is asked.
        if !matches!(call, Call::Resolve { .. })
            && let Some(failed) = self.faults.decide(call.verb(), option, self.family_of(call))
        {
            return failed;
        }
        match call {
            Call::BindSockets { name, args } => self.bind_sockets(name, args),
            Call::Resolve { args } => {
                let family = match args.family {
                    Some(crate::script::FamilyArg::Inet) => Some(Family::Inet),
                    Some(crate::script::FamilyArg::Inet6) => Some(Family::Inet6),
                    _ => None,
                };
                match self.faults.decide(call.verb(), None, family) {
                    Some(failed) => failed,
                    None => self.kernel.borrow_mut().call(call),
                }
            }
            _ => self.kernel.borrow_mut().call(call),
        }
    }

    fn port_of(&mut self, name: &Name) -> Option<u16> {
        let kernel = self.kernel.borrow();
        let (_, socket) = kernel.world.named(name)?;
        socket.local.and_then(|local| kernel.world.number(local.port)).filter(|port| *port != 0)
    }
}
