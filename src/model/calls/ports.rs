//! Port 0: the kernel chooses.

use crate::model::conflict::{Newcomer, Ruling, rule_on};
use crate::model::machine::Machine;
use crate::model::world::{Port, World};

/// Up to this many ports every choice is a branch of its own; beyond, the choice is a port that
/// nobody has seen yet and that no other socket has.
const EVERY_PORT_MAX: usize = 16;

/// Which port the kernel may choose.
pub(super) enum Choice {
    /// One that is not known.
    Unseen,
    /// One of these; none is left if there are none.
    OneOf(Vec<u16>),
}

/// Is no port of a small range left that nobody has?
pub(super) fn every_port_has_an_owner(world: &World, machine: &Machine) -> bool {
    let (low, high) = machine.ephemeral;
    usize::from(high.saturating_sub(low)) < EVERY_PORT_MAX
        && (low..=high).all(|port| world.owners(Port::Number(port)).next().is_some())
}

/// The ports that the kernel may choose for a newcomer; reuse options do not widen the choice.
pub(super) fn choose(world: &World, machine: &Machine, newcomer: &Newcomer) -> Choice {
    let (low, high) = machine.ephemeral;
    if usize::from(high.saturating_sub(low)) >= EVERY_PORT_MAX {
        return Choice::Unseen;
    }
    let strict = Newcomer { reuseaddr: false, reuseport: false, ..*newcomer };
    let free = |port: &u16| {
        let newcomer = Newcomer { port: Port::Number(*port), ..strict };
        rule_on(world, machine, &newcomer) == Ruling::Free
    };
    Choice::OneOf((low..=high).filter(free).collect())
}
