//! One step of a script: what a world allows.

use std::borrow::Cow;

use super::allowed::{Allowed, Branch, Expected};
use super::bind_sockets::bind_sockets;
use super::calls;
use super::machine::Machine;
use super::world::World;
use crate::script::{Call, Family, Host};

/// Everything that a call with concrete ports may answer. The sockets that it uses must be there.
#[must_use]
pub fn step(machine: &Machine, world: &World, call: &Call) -> Allowed {
    if world.injected.is_empty() {
        return natural(machine, world, call);
    }
    let option = match call {
        Call::Set { option, .. } | Call::Get { option, .. } => Some(*option),
        _ => None,
    };
    let mut counted = world.clone();
    // The question of a `resolve` is counted once, where it is asked.
    match counted.inject(call.verb(), option, family(world, call)) {
        Some(error) => Allowed::one(Branch::with(
            Expected::Error(Cow::Owned(error)),
            "env.fail",
            move |world| *world = counted,
        )),
        None => after_counting(natural(machine, &counted, call), &counted),
    }
}

fn natural(machine: &Machine, world: &World, call: &Call) -> Allowed {
    match call {
        Call::BindSockets { name, args } => bind_sockets(machine, world, name, args),
        _ => calls::step(machine, world, call),
    }
}

/// The branches start from a world in which the call has been counted.
fn after_counting(allowed: Allowed, counted: &World) -> Allowed {
    allowed.each(|mut branch| {
        let injected = counted.injected.clone();
        let effect = branch.effect;
        branch.effect = Box::new(move |world| {
            world.injected = injected;
            effect(world);
        });
        branch
    })
}

/// The family that `env fail …:inet6` compares.
fn family(world: &World, call: &Call) -> Option<Family> {
    match call {
        Call::Socket { family, .. } => Some(*family),
        Call::ConnectNew { address, .. } => Some(match address.host {
            Host::V4(_) => Family::Inet,
            Host::V6(..) => Family::Inet6,
        }),
        Call::Resolve { args } => match args.family {
            Some(crate::script::FamilyArg::Inet) => Some(Family::Inet),
            Some(crate::script::FamilyArg::Inet6) => Some(Family::Inet6),
            _ => None,
        },
        _ => {
            let name = *call.sockets_used().first()?;
            world.named(name).map(|(_, socket)| socket.family)
        }
    }
}
