//! Following what happened, whatever the rules say of it, so that one surprise does not drown the
//! steps after it.

use super::calls;
use super::machine::Machine;
use super::world::World;
use crate::script::Call;
use crate::trace::{Outcome, Value};

/// Makes the world one in which the call answered so; false if that cannot be done.
#[must_use]
pub fn force(machine: &Machine, world: &mut World, call: &Call, outcome: &Outcome) -> bool {
    // Nobody knows how many of its calls were counted.
    let counted = world.injected.iter().any(|(fail, _)| fail.nth.is_some());
    if counted && matches!(call, Call::BindSockets { .. }) {
        return false;
    }
    match outcome {
        // A call that fails changes nothing that can be known.
        Outcome::Error { .. } | Outcome::Absent(_) | Outcome::NotSupported(_) => true,
        Outcome::Blocked => !matches!(call, Call::Connect { .. }),
        Outcome::Ok(value) => match call {
            Call::Get { .. }
            | Call::GetName { .. }
            | Call::Inherited { .. }
            | Call::Resolve { .. } => true,
            Call::BindSockets { name, args } => {
                let Value::Sockets(sockets) = value else { return false };
                let exclusive = args.exclusive == Some(true);
                calls::force_sockets(machine, world, name, sockets, exclusive);
                true
            }
            Call::Recv { name } => {
                let Value::Number(count) = value else { return false };
                calls::force_received(world, name, usize::try_from(*count).unwrap_or(0))
            }
            _ => calls::force(machine, world, call),
        },
    }
}
