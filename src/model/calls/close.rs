//! `close`.

use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::connections::{abort, send_fin};
use crate::model::machine::Machine;
use crate::model::world::{Phase, SocketId, World};
use crate::script::Name;

/// `close NAME`.
pub(super) fn close(_machine: &Machine, world: &World, name: &Name) -> Allowed {
    if world.descriptor(name).is_none() {
        return Allowed::Unmodelled("no such socket");
    }
    let name = name.clone();
    Allowed::one(Branch::with(Expected::Done, "close.descriptor", move |world| {
        close_name(world, &name)
    }))
}

/// Takes a descriptor away, and with the last one the socket.
pub(in crate::model) fn close_name(world: &mut World, name: &Name) {
    let Some(index) = world.descriptors.iter().position(|one| one.name == *name) else { return };
    let id = world.descriptors.remove(index).socket;
    let socket = world.socket_mut(id);
    socket.descriptors -= 1;
    if socket.descriptors == 0 {
        last_close(world, id);
    }
}

fn last_close(world: &mut World, id: SocketId) {
    let socket = &world.sockets[&id];
    match &socket.phase {
        Phase::Connected(end) => {
            if socket.linger == Some(0) || !end.unread.is_empty() {
                abort(world, id);
            } else if end.fin_sent {
                // FIN_WAIT2 without a descriptor: it stays until the other side is done.
            } else {
                send_fin(world, id);
            }
        }
        Phase::Listening { queue, .. } => {
            for child in queue.clone() {
                abort(world, child);
            }
            world.forget(id);
        }
        _ => world.forget(id),
    }
}
