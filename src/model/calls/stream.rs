//! `send`, `recv` and `shutdown`.

use super::reply;
use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::connections::{reset, send_fin};
use crate::model::machine::Machine;
use crate::model::world::{End, Phase, Socket, SocketId, World};
use crate::script::{Half, Name};

const ONLY_LINUX: &str = "the end of a connection is modelled on Linux alone";
/// What one `recv` of the harness takes.
const RECV_MAX: usize = 65_536;
/// What surely fits into the buffers of a connection.
const BUFFER_MAX: usize = 65_536;

/// Would `poll` call a connected socket readable?
pub(super) fn is_readable(socket: &Socket, end: &End) -> bool {
    !end.unread.is_empty() || end.fin_received || end.error.is_some() || socket.shut_read
}

/// `send NAME COUNT`.
pub(super) fn send(machine: &Machine, world: &World, name: &Name, count: usize) -> Allowed {
    let Some((id, socket)) = world.named(name) else {
        return Allowed::Unmodelled("no such socket");
    };
    let everything = machine.record.streams.value;
    match &socket.phase {
        Phase::Unsettled => Allowed::Unmodelled("a connection that is not settled"),
        Phase::Connected(end) if end.error.is_none() && !socket.shut_write => {
            let peer = world.sockets.get(&end.peer);
            let read = peer.is_some_and(|peer| {
                matches!(peer.phase, Phase::Connected(_))
                    && (!peer.is_orphan() || !end.fin_received)
            });
            if !everything && !read {
                return Allowed::Unmodelled(ONLY_LINUX);
            }
            let waiting = peer.and_then(Socket::end).map_or(0, End::unread_bytes);
            if waiting + count > BUFFER_MAX {
                return Allowed::Unmodelled("how much a connection buffers");
            }
            let sent = i64::try_from(count).unwrap_or(i64::MAX);
            Allowed::one(Branch::with(Expected::Number(sent), "send.bytes", move |world| {
                deliver(world, id, count);
            }))
        }
        _ if !everything => Allowed::Unmodelled(ONLY_LINUX),
        Phase::Connected(end) | Phase::Over(end) => {
            let error = end.error.unwrap_or("EPIPE");
            let failed = Branch::with(Expected::Error(error.into()), "send.error", move |world| {
                take_error(world, id);
            });
            Allowed::one(failed.resting_on("stream.states"))
        }
        Phase::Idle | Phase::Listening { .. } | Phase::TimeWait { .. } => {
            Allowed::error("EPIPE", "send.unconnected")
        }
    }
}

pub(super) fn deliver(world: &mut World, id: SocketId, count: usize) {
    let Some(peer) = world.sockets[&id].end().map(|end| end.peer) else { return };
    let Some(other) = world.sockets.get_mut(&peer).filter(|_| count > 0) else { return };
    let is_orphan = other.is_orphan();
    match &mut other.phase {
        // It has sent its FIN and will not be read any more (tcp_rcv_state_process, FIN_WAIT2).
        Phase::Connected(end) if end.fin_sent && (is_orphan || other.shut_read) => {
            reset(world, peer);
            reset(world, id);
        }
        Phase::Connected(end) => end.unread.push(count),
        _ => {}
    }
}

fn take_error(world: &mut World, id: SocketId) {
    if let Phase::Connected(end) | Phase::Over(end) = &mut world.socket_mut(id).phase {
        end.error = None;
    }
}

/// `recv NAME`: everything that has come, up to 65,536 bytes.
pub(super) fn recv(machine: &Machine, world: &World, name: &Name) -> Allowed {
    let Some((id, socket)) = world.named(name) else {
        return Allowed::Unmodelled("no such socket");
    };
    let everything = machine.record.streams.value;
    match &socket.phase {
        Phase::Unsettled => Allowed::Unmodelled("a connection that is not settled"),
        // Its own segments wait for each other, and for the call that sent them.
        Phase::Connected(end) | Phase::Over(end) if !end.unread.is_empty() && end.peer == id => {
            Allowed::Unmodelled("how much a socket has received from itself")
        }
        Phase::Connected(end) | Phase::Over(end) if !end.unread.is_empty() => received(id, end),
        Phase::Connected(end) | Phase::Over(end) if end.fin_received => {
            Allowed::answer(Expected::Number(0), "recv.end")
        }
        Phase::Connected(End { error: Some(error), .. })
        | Phase::Over(End { error: Some(error), .. }) => Allowed::one(Branch::with(
            Expected::Error((*error).into()),
            "recv.error",
            move |world| take_error(world, id),
        )),
        Phase::Connected(_) if socket.shut_read => {
            if everything {
                Allowed::answer(Expected::Number(0), "recv.end")
            } else {
                Allowed::Unmodelled(ONLY_LINUX)
            }
        }
        Phase::Connected(_) => Allowed::answer(Expected::Blocks, "recv.waits"),
        _ if !everything => Allowed::Unmodelled(ONLY_LINUX),
        Phase::Over(_) => {
            let end = Branch::only(Expected::Number(0), "recv.end");
            Allowed::one(end.resting_on("stream.states"))
        }
        Phase::Idle if socket.shut_read => Allowed::answer(Expected::Number(0), "recv.end"),
        Phase::Listening { queue, .. } if queue.is_empty() => {
            Allowed::answer(Expected::Blocks, "recv.waits")
        }
        Phase::Idle | Phase::Listening { .. } | Phase::TimeWait { .. } => {
            Allowed::error("ENOTCONN", "recv.unconnected")
        }
    }
}

/// Everything that has come; what was sent in several calls may come in several pieces.
fn received(id: SocketId, end: &End) -> Allowed {
    let pieces = (0..end.unread.len()).rev().map(|last| {
        let taken = end.unread[..=last].iter().sum::<usize>().min(RECV_MAX);
        let count = i64::try_from(taken).unwrap_or(i64::MAX);
        Branch::with(Expected::Number(count), "recv.bytes", move |world| {
            if let Phase::Connected(end) | Phase::Over(end) = &mut world.socket_mut(id).phase {
                end.take_bytes(taken);
            }
        })
    });
    Allowed::Branches(pieces.collect())
}

/// So many bytes were read, whatever the rules say; false where none could be.
pub(in crate::model) fn force_received(world: &mut World, name: &Name, count: usize) -> bool {
    let Some((id, _)) = world.named(name) else { return false };
    match &mut world.socket_mut(id).phase {
        Phase::Connected(end) | Phase::Over(end) => {
            end.take_bytes(count);
            true
        }
        _ => count == 0,
    }
}

/// `shutdown NAME read|write|both`.
pub(super) fn shutdown(machine: &Machine, world: &World, name: &Name, half: Half) -> Allowed {
    let Some((id, socket)) = world.named(name) else {
        return Allowed::Unmodelled("no such socket");
    };
    let facts = machine.record;
    let (read, write) = (half != Half::Write, half != Half::Read);
    match &socket.phase {
        Phase::Unsettled => Allowed::Unmodelled("a connection that is not settled"),
        Phase::Idle | Phase::Over(_) | Phase::TimeWait { .. } => Allowed::one(Branch::with(
            Expected::Error("ENOTCONN".into()),
            "shutdown.unconnected",
            move |world| shut(world, id, read, write),
        )),
        Phase::Listening { .. } => {
            let rule = "shutdown.listener";
            let stops = facts.shutdown_stops.value == Some(true);
            reply(&facts.shutdown_listener, || {
                Allowed::one(Branch::with(Expected::Done, rule, move |world| {
                    if stops && read {
                        stop_listening(world, id);
                    }
                }))
            })
        }
        // It may have sent itself more than it has received.
        Phase::Connected(end) if write && end.peer == id && !end.unread.is_empty() => {
            Allowed::Unmodelled("how much a socket has received from itself")
        }
        Phase::Connected(_) => {
            Allowed::one(Branch::with(Expected::Done, "shutdown.connection", move |world| {
                shut(world, id, read, write);
                if write {
                    send_fin(world, id);
                }
            }))
        }
    }
}

fn shut(world: &mut World, id: SocketId, read: bool, write: bool) {
    let socket = world.socket_mut(id);
    socket.shut_read |= read;
    socket.shut_write |= write;
}

/// Linux: `tcp_disconnect`. A port that the script did not name is given back.
fn stop_listening(world: &mut World, id: SocketId) {
    let socket = world.socket_mut(id);
    let Phase::Listening { queue, .. } = std::mem::replace(&mut socket.phase, Phase::Idle) else {
        return;
    };
    socket.shut_read = false;
    socket.shut_write = false;
    if !socket.local.is_some_and(|local| local.port_named) {
        world.release_port(id);
    }
    for child in queue {
        crate::model::connections::abort(world, child);
    }
}
