//! Drives one script on a subject, call by call.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::limits::Limits;
use super::ports::{Ports, PortsExhausted};
use super::subject::Subject;
use crate::script::{Address, Answer, Call, Name, Platform, Port, PortArg, Script};
use crate::trace::{EndReason, Outcome, Value};

/// A step that was made.
#[derive(Debug)]
pub struct Made<'a> {
    /// The call as the script writes it.
    pub written: &'a Call,
    /// The call with its concrete ports.
    pub call: Call,
    /// What it answered.
    pub outcome: Outcome,
}

/// Runs `script` on `subject` and hands every step to `sink` as it happens.
///
/// Named ports come from `ports`, one for each name. `platform` selects the expectations that
/// say which steps are meant to block.
///
/// # Errors
/// [`PortsExhausted`] before the first call, when there are not enough ports for the names.
pub fn drive(
    script: &Script,
    subject: &mut dyn Subject,
    ports: &mut Ports,
    platform: Option<Platform>,
    limits: &Limits,
    sink: &mut dyn FnMut(Made<'_>),
) -> Result<EndReason, PortsExhausted> {
    let mut named = BTreeMap::new();
    for name in script.named_ports() {
        named.insert(name, ports.take()?);
    }
    let mut driver = Driver { subject, named, open: BTreeSet::new() };
    let deadline = Instant::now() + Duration::from_millis(limits.script_timeout_ms);
    for (index, step) in script.steps.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now()).as_millis();
        let left_ms = u64::try_from(left).unwrap_or(u64::MAX);
        if index >= limits.steps_max || driver.open.len() >= limits.sockets_max || left_ms == 0 {
            return Ok(EndReason::Limit);
        }
        let blocks = platform
            .and_then(|platform| step.expectation.for_platform(platform))
            .is_some_and(|answers| answers.contains(&Answer::Blocks));
        let timeout_ms = if blocks { limits.blocks_timeout_ms } else { limits.call_timeout_ms };
        let timeout_ms = timeout_ms.min(left_ms);
        let (call, outcome) = driver.step(&step.call, timeout_ms);
        sink(Made { written: &step.call, call, outcome });
    }
    Ok(EndReason::Complete)
}

struct Driver<'a> {
    subject: &'a mut dyn Subject,
    named: BTreeMap<String, u16>,
    open: BTreeSet<Name>,
}

impl Driver<'_> {
    fn step(&mut self, call: &Call, timeout_ms: u64) -> (Call, Outcome) {
        let mut used = call.sockets_used().into_iter().chain(call.server_used());
        if let Some(missing) = used.find(|name| !self.open.contains(name)) {
            // The call is not made, so a port that nobody holds stays symbolic in the trace.
            let call = self.concrete(call).unwrap_or_else(|_| call.clone());
            return (call, Outcome::Absent(missing.to_string()));
        }
        let call = match self.concrete(call) {
            Ok(call) => call,
            Err(missing) => return (call.clone(), Outcome::Absent(missing.to_string())),
        };
        let outcome = self.subject.call(&call, timeout_ms);
        self.remember(&call, &outcome);
        (call, outcome)
    }

    /// The call with every port as a number; an error names the socket that holds none.
    fn concrete(&mut self, call: &Call) -> Result<Call, Name> {
        let mut call = call.clone();
        match &mut call {
            Call::Bind { address, .. }
            | Call::ConnectNew { address, .. }
            | Call::Connect { address, .. } => self.concrete_address(address)?,
            Call::BindSockets { args, .. } => {
                if let Some(PortArg::Named(name)) = &args.port {
                    args.port = Some(PortArg::Text(self.named[name].to_string()));
                }
            }
            _ => {}
        }
        Ok(call)
    }

    fn concrete_address(&mut self, address: &mut Address) -> Result<(), Name> {
        let number = match &address.port {
            Port::Number(number) => *number,
            Port::Named(name) => self.named[name],
            Port::Of(name) => self
                .open
                .contains(name)
                .then(|| self.subject.port_of(name))
                .flatten()
                .ok_or_else(|| name.clone())?,
        };
        address.port = Port::Number(number);
        Ok(())
    }

    fn remember(&mut self, call: &Call, outcome: &Outcome) {
        // A server keeps what it was given, or, when it refuses, closes it.
        if let (Call::Serve { sockets, .. } | Call::ServeMore { sockets, .. }, made) =
            (call, outcome)
            && matches!(made, Outcome::Ok(_) | Outcome::Error { .. })
        {
            self.open.retain(|name| !sockets.contains(name));
        }
        let Outcome::Ok(value) = outcome else { return };
        match (call, value) {
            (Call::Close { name }, _) => {
                self.open.remove(name);
            }
            (Call::BindSockets { name, .. }, Value::Sockets(sockets)) => {
                for index in 0..sockets.len() {
                    self.open.insert(Name { word: name.word.clone(), index: Some(index) });
                }
            }
            _ => {
                if let Some(name) = call.socket_assigned() {
                    self.open.insert(name.clone());
                }
            }
        }
    }
}
