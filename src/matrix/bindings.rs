//! Which numbers the symbolic ports of a script had in a run.

use std::collections::BTreeMap;

use crate::script::{Address, Call, Host, Name, Port, PortArg, Script, parse_call_text};
use crate::trace::{Outcome, Trace, Value};

/// The ports of a run.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    named: BTreeMap<String, u16>,
    of: BTreeMap<Name, u16>,
}

impl Bindings {
    /// Reads them off a trace of `script`.
    pub(super) fn of(script: &Script, trace: &Trace) -> Self {
        let mut bindings = Self::default();
        for (step, made) in script.steps.iter().zip(&trace.steps) {
            let Ok(call) = parse_call_text(&made.call) else { continue };
            bindings.learn(&step.call, &call, &made.outcome);
        }
        bindings
    }

    /// The number of a named port.
    pub(super) fn named(&self, name: &str) -> Option<u16> {
        self.named.get(name).copied()
    }

    fn learn(&mut self, symbolic: &Call, concrete: &Call, outcome: &Outcome) {
        if let (Some(symbolic), Some(Address { port: Port::Number(number), .. })) =
            (symbolic.address(), concrete.address())
            && let Port::Named(name) = &symbolic.port
        {
            self.named.insert(name.clone(), *number);
        }
        match (symbolic, concrete, outcome) {
            (Call::BindSockets { args, .. }, Call::BindSockets { args: made, .. }, _)
                if matches!((&args.port, &made.port), (Some(PortArg::Named(_)), Some(_))) =>
            {
                if let (Some(PortArg::Named(name)), Some(PortArg::Text(text))) =
                    (&args.port, &made.port)
                {
                    self.named.extend(text.parse().ok().map(|number| (name.clone(), number)));
                }
                self.learn_sockets(symbolic, outcome);
            }
            (Call::BindSockets { .. }, ..) => self.learn_sockets(symbolic, outcome),
            (
                Call::Bind { name, .. },
                Call::Bind { address: Address { port: Port::Number(number), .. }, .. },
                Outcome::Ok(_),
            ) if *number != 0 => {
                self.of.insert(name.clone(), *number);
            }
            (Call::GetName { name }, _, Outcome::Ok(Value::Address(address))) => {
                self.of.entry(name.clone()).or_insert(address.port());
            }
            (
                Call::ConnectNew { name, .. } | Call::Connect { name, .. },
                _,
                Outcome::Ok(Value::Local(local)),
            ) => {
                self.of.insert(name.clone(), local.port());
            }
            _ => {}
        }
    }

    fn learn_sockets(&mut self, call: &Call, outcome: &Outcome) {
        let (Call::BindSockets { name, .. }, Outcome::Ok(Value::Sockets(sockets))) =
            (call, outcome)
        else {
            return;
        };
        for (index, socket) in sockets.iter().enumerate() {
            let name = Name { word: name.word.clone(), index: Some(index) };
            self.of.insert(name, socket.address.port());
        }
    }

    /// Is `address`, with its symbolic port, the address `found`? A `%lo` fits any interface.
    pub(super) fn matches(&self, address: &Address, found: std::net::SocketAddr) -> bool {
        let port = match &address.port {
            Port::Number(number) => Some(*number),
            Port::Named(name) => self.named.get(name).copied(),
            Port::Of(name) => self.of.get(name).copied(),
        };
        let host = match (&address.host, found) {
            (Host::V4(ip), std::net::SocketAddr::V4(found)) => ip == found.ip(),
            (Host::V6(ip, _), std::net::SocketAddr::V6(found)) => ip == found.ip(),
            _ => false,
        };
        host && port == Some(found.port())
    }
}
