//! Ports numbered in the order in which they appear.
//!
//! Which port a script was given, and which one the system chose, changes with every run and says
//! nothing. Which ports are the same, and which lie in the ephemeral range, is kept. Numbers that
//! the script itself names are kept, too.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::matrix::bindings::Bindings;
use crate::script::{Call, Port, PortArg, Script, parse_call_text};
use crate::trace::{Outcome, Trace, Value};

/// The first number of a named port.
const NAMED_FIRST: u16 = 2_000;
/// The first number of a port that the system chose although it is outside the ephemeral range.
const OUTSIDE_FIRST: u16 = 10_000;
/// The ephemeral range where it is not known: IANA's.
const EPHEMERAL_UNKNOWN: (u16, u16) = (49_152, 65_535);

/// The same trace with other numbers.
pub(super) fn renumber(script: &Script, trace: &Trace) -> Trace {
    let mut numbers = Numbers::of(script, trace);
    let mut trace = trace.clone();
    for step in &mut trace.steps {
        if let Ok(mut call) = parse_call_text(&step.call) {
            numbers.call(&mut call);
            step.call = call.to_string();
        }
        numbers.outcome(&mut step.outcome);
    }
    trace
}

struct Numbers {
    kept: BTreeSet<u16>,
    new: BTreeMap<u16, u16>,
    next_inside: u16,
    next_outside: u16,
    ephemeral: (u16, u16),
}

impl Numbers {
    fn of(script: &Script, trace: &Trace) -> Self {
        let mut kept: BTreeSet<u16> =
            script.steps.iter().filter_map(|s| literal(&s.call)).collect();
        kept.insert(0);
        let ephemeral = trace.header.environment.ephemeral.unwrap_or(EPHEMERAL_UNKNOWN);
        let mut numbers = Self {
            kept,
            new: BTreeMap::new(),
            next_inside: ephemeral.0,
            next_outside: if ephemeral.0 > OUTSIDE_FIRST { OUTSIDE_FIRST } else { ephemeral.1 },
            ephemeral,
        };
        let bindings = Bindings::of(script, trace);
        let mut next = NAMED_FIRST;
        for name in script.named_ports() {
            let Some(number) = bindings.named(&name) else { continue };
            while numbers.kept.contains(&next) {
                next += 1;
            }
            numbers.new.insert(number, next);
            next += 1;
        }
        numbers
    }

    /// The new number of a port, which is one that the system chose if it was not seen before.
    fn port(&mut self, port: u16) -> u16 {
        // Below 1024 no system chooses: such a port has the name of a service.
        if port < 1_024 || self.kept.contains(&port) {
            return port;
        }
        if let Some(new) = self.new.get(&port) {
            return *new;
        }
        let inside = (self.ephemeral.0..=self.ephemeral.1).contains(&port);
        let next = if inside { &mut self.next_inside } else { &mut self.next_outside };
        while self.kept.contains(next) {
            *next = next.saturating_add(1);
        }
        let new = *next;
        *next = next.saturating_add(1);
        self.new.insert(port, new);
        new
    }

    fn call(&mut self, call: &mut Call) {
        let address = match call {
            Call::Bind { address, .. }
            | Call::ConnectNew { address, .. }
            | Call::Connect { address, .. } => address,
            Call::BindSockets { args, .. } => {
                if let Some(PortArg::Text(text)) = &mut args.port
                    && let Ok(number) = text.parse::<u16>()
                    && number.to_string() == *text
                {
                    *text = self.port(number).to_string();
                }
                return;
            }
            _ => return,
        };
        if let Port::Number(number) = &mut address.port {
            *number = self.port(*number);
        }
    }

    fn outcome(&mut self, outcome: &mut Outcome) {
        let Outcome::Ok(value) = outcome else { return };
        match value {
            Value::Address(address) | Value::Local(address) | Value::Peer(address) => {
                self.address(address);
            }
            Value::Sockets(sockets) => {
                sockets.iter_mut().for_each(|socket| self.address(&mut socket.address));
            }
            // The port of a record is the service that was asked for.
            Value::Records(_)
            | Value::Done
            | Value::Switch(_)
            | Value::Number(_)
            | Value::Word(_) => {}
        }
    }

    fn address(&mut self, address: &mut SocketAddr) {
        address.set_port(self.port(address.port()));
    }
}

/// A port that the script names by its number.
fn literal(call: &Call) -> Option<u16> {
    match call {
        Call::BindSockets { args, .. } => match &args.port {
            Some(PortArg::Text(text)) => text.parse().ok(),
            _ => None,
        },
        call => match call.address()?.port {
            Port::Number(number) => Some(number),
            Port::Named(_) | Port::Of(_) => None,
        },
    }
}
