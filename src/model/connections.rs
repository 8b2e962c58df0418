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
    if let Some(peer) = peer
        && let Some(Phase::Connected(other)) = world.sockets.get_mut(&peer).map(|s| &mut s.phase)
    {
        other.fin_received = true;
    }
    // The passive side is done first; its last ACK ends the active one.
    for id in [Some(id), peer].into_iter().flatten() {
        settle(world, id);
    }
}

/// Both sides have said that they are done.
fn settle(world: &mut World, id: SocketId) {
    let Some(socket) = world.sockets.get(&id) else { return };
    let Phase::Connected(end) = &socket.phase else { return };
    if !(end.fin_sent && end.fin_received) {
        return;
    }
    let (end, waits, open) = (end.clone(), end.closes_first, !socket.is_orphan());
    if waits {
        if open {
            // The socket is over; what waits is a remnant of its own.
            let mut remnant = socket.clone();
            remnant.phase = Phase::TimeWait(end.clone());
            remnant.descriptors = 0;
            remnant.queued = false;
            let remnant = world.add(remnant);
            point_peer_at(world, &end.peer, id, remnant);
            over(world, id);
        } else {
            world.socket_mut(id).phase = Phase::TimeWait(end);
        }
    } else if open {
        over(world, id);
    } else {
        gone(world, id);
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

/// An end that nobody can name is gone.
fn gone(world: &mut World, id: SocketId) {
    let peer = world.sockets[&id].end().and_then(|end| end.peer);
    point_peer_away(world, peer, id);
    world.forget(id);
}

fn point_peer_at(world: &mut World, peer: &Option<SocketId>, from: SocketId, to: SocketId) {
    let Some(socket) = peer.and_then(|peer| world.sockets.get_mut(&peer)) else { return };
    if let Phase::Connected(end) | Phase::Over(end) | Phase::TimeWait(end) = &mut socket.phase
        && end.peer == Some(from)
    {
        end.peer = Some(to);
    }
}

fn point_peer_away(world: &mut World, peer: Option<SocketId>, from: SocketId) {
    let Some(socket) = peer.and_then(|peer| world.sockets.get_mut(&peer)) else { return };
    if let Phase::Connected(end) | Phase::Over(end) | Phase::TimeWait(end) = &mut socket.phase
        && end.peer == Some(from)
    {
        end.peer = None;
    }
}

/// An RST arrives at an end.
pub(super) fn reset(world: &mut World, id: SocketId) {
    let Some(socket) = world.sockets.get_mut(&id) else { return };
    match &mut socket.phase {
        Phase::TimeWait(_) => gone(world, id),
        Phase::Connected(end) => {
            end.error =
                Some(if end.fin_received && !end.fin_sent { "EPIPE" } else { "ECONNRESET" });
            if socket.is_orphan() {
                gone(world, id);
            } else {
                let socket = world.socket_mut(id);
                socket.shut_read = true;
                socket.shut_write = true;
                over(world, id);
            }
        }
        _ => {}
    }
}

/// Ends a connection with an RST to the other side; this end is gone.
pub(super) fn abort(world: &mut World, id: SocketId) {
    let peer = match &world.sockets[&id].phase {
        Phase::Connected(end) => end.peer,
        _ => None,
    };
    gone(world, id);
    if let Some(peer) = peer {
        reset(world, peer);
    }
}
