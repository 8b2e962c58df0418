//! What FIN and RST do to the two ends of a connection on one machine, where every segment
//! arrives at once.

use super::world::{Phase, SocketId, World};

/// Sends a FIN from an end, once.
pub(super) fn send_fin(world: &mut World, id: SocketId) {
    let Some(socket) = world.sockets.get_mut(&id) else { return };
    let Phase::Connected(end) = &mut socket.phase else { return };
    if end.fin_sent {
        return;
    }
    end.fin_sent = true;
    end.closes_first = !end.fin_received;
    let peer = end.peer;
    if let Some(Phase::Connected(other)) = world.sockets.get_mut(&peer).map(|s| &mut s.phase) {
        other.fin_received = true;
    }
    // The passive side is done first; its last ACK ends the active one.
    settle(world, id);
    settle(world, peer);
}

/// Both sides have said that they are done.
fn settle(world: &mut World, id: SocketId) {
    let Some(socket) = world.sockets.get(&id) else { return };
    let Phase::Connected(end) = &socket.phase else { return };
    if !(end.fin_sent && end.fin_received) {
        return;
    }
    let (remote, waits, open) = (end.remote, end.closes_first, !socket.is_orphan());
    if waits {
        // What waits is a remnant of its own.
        world.add(socket.remnant(remote));
    }
    if open {
        over(world, id);
    } else {
        world.forget(id);
    }
}

/// A socket that is past its connection keeps a port only if the script named it.
fn over(world: &mut World, id: SocketId) {
    let socket = world.socket_mut(id);
    if let Phase::Connected(end) = &socket.phase {
        socket.phase = Phase::Over(end.clone());
    }
    if !socket.local.is_some_and(|local| local.port_named) {
        world.release_port(id);
    }
}

/// An RST arrives at an end.
pub(super) fn reset(world: &mut World, id: SocketId) {
    let Some(socket) = world.sockets.get_mut(&id) else { return };
    let Phase::Connected(end) = &mut socket.phase else { return };
    end.error = Some(if end.fin_received && !end.fin_sent { "EPIPE" } else { "ECONNRESET" });
    if socket.is_orphan() {
        world.forget(id);
    } else {
        socket.shut_read = true;
        socket.shut_write = true;
        over(world, id);
    }
}

/// Ends a connection with an RST to the other side; this end is gone.
pub(super) fn abort(world: &mut World, id: SocketId) {
    let peer = world.sockets[&id].end().map(|end| end.peer);
    world.forget(id);
    if let Some(peer) = peer {
        reset(world, peer);
    }
}
