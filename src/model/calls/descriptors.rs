//! `dup`, `getsockname` and what a spawned program inherits.

use super::reply;
use crate::model::address::wildcard;
use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::machine::Machine;
use crate::model::world::{Port, World};
use crate::script::{Name, Platform};

/// `NAME = dup ORIGINAL`: the harness makes copies that are close-on-exec.
pub(super) fn dup(machine: &Machine, world: &World, name: &Name, original: &Name) -> Allowed {
    let Some((id, _)) = world.named(original) else { return Allowed::Unmodelled("no such socket") };
    let cloexec = (machine.platform() != Platform::Windows).then_some(true);
    let name = name.clone();
    Allowed::one(Branch::with(Expected::Done, "dup.copy", move |world| {
        world.open(&name, id, cloexec);
    }))
}

/// `inherited NAME`.
pub(super) fn inherited(world: &World, name: &Name) -> Allowed {
    match world.descriptor(name).and_then(|one| one.cloexec) {
        Some(cloexec) => {
            let word = if cloexec { "no" } else { "yes" };
            Allowed::answer(Expected::Word(word), "inherited.cloexec")
        }
        None => Allowed::Unmodelled("whether this descriptor is inherited is not known"),
    }
}

/// `name NAME`.
pub(super) fn name(machine: &Machine, world: &World, name: &Name) -> Allowed {
    let Some((_, socket)) = world.named(name) else { return Allowed::Unmodelled("no such socket") };
    match socket.local {
        Some(local) => Allowed::answer(Expected::Name(local.ip, local.port), "name.bound"),
        None => reply(&machine.record.name_unbound, || {
            let any = wildcard(socket.family);
            Allowed::answer(Expected::Name(any, Port::Number(0)), "name.unbound")
        }),
    }
}
