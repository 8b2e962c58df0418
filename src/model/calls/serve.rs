//! A `TcpServer` that echoes, on the sockets of a script: `serve`, `stop`, and what a server does
//! while `recv` waits.
//!
//! The harness runs servers inside `recv` alone, so between two calls nothing happens. There a
//! server accepts everything that waits and sends back everything that came.

use super::close::close_name;
use super::stream::deliver;
use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::machine::Machine;
use crate::model::world::{Phase, Server, SocketId, World};
use crate::script::{Name, Platform};

/// `NAME = serve SOCKET…` and `serve NAME SOCKET…`.
pub(super) fn serve(
    machine: &Machine,
    world: &World,
    name: &Name,
    sockets: &[Name],
    stop_at: Option<u32>,
) -> Allowed {
    let mut listening = Vec::new();
    for socket in sockets {
        let Some((_, socket)) = world.named(socket) else {
            return Allowed::Unmodelled("no such socket");
        };
        if matches!(socket.phase, Phase::Unsettled) {
            return Allowed::Unmodelled("a connection that is not settled");
        }
        listening.push(socket.listens());
    }
    let (name, sockets) = (name.clone(), sockets.to_vec());
    if listening.contains(&false) {
        if machine.platform() == Platform::Macos {
            return Allowed::Unmodelled("macOS does not tell whether a socket listens");
        }
        let refused = Expected::Error("NotListening".into());
        return Allowed::one(Branch::with(refused, "serve.not-listening", move |world| {
            sockets.iter().for_each(|socket| close_name(world, socket));
        }));
    }
    Allowed::one(Branch::with(Expected::Done, "serve.takes", move |world| {
        take(world, &name, &sockets, stop_at);
    }))
}

/// A `serve` that succeeded, whatever the rules say.
pub(super) fn forced(name: &Name, sockets: &[Name], stop_at: Option<u32>) -> Allowed {
    let (name, sockets) = (name.clone(), sockets.to_vec());
    Allowed::one(Branch::with(Expected::Done, "script.forced", move |world| {
        take(world, &name, &sockets, stop_at);
    }))
}

/// The sockets change hands.
fn take(world: &mut World, name: &Name, sockets: &[Name], stop_at: Option<u32>) {
    if !world.servers.iter().any(|server| server.name == *name) {
        world.servers.push(Server::new(name.clone(), stop_at));
    }
    let Some(place) = world.servers.iter().position(|server| server.name == *name) else { return };
    for socket in sockets {
        let hidden = world.servers[place].next_name();
        let Some(one) = world.descriptors.iter_mut().find(|one| one.name == *socket) else {
            continue;
        };
        one.name = hidden.clone();
        let id = one.socket;
        world.socket_mut(id).nonblocking = Some(true);
        world.servers[place].listeners.push(hidden);
    }
}

/// `stop NAME`.
pub(super) fn stop(world: &World, name: &Name) -> Allowed {
    let Some(place) = world.servers.iter().position(|server| server.name == *name) else {
        return Allowed::Unmodelled("no such server");
    };
    Allowed::one(Branch::with(Expected::Done, "stop.closes", move |world| end(world, place)))
}

fn end(world: &mut World, place: usize) {
    for listener in std::mem::take(&mut world.servers[place].listeners) {
        close_name(world, &listener);
    }
}

/// Everything that the servers do while a call waits; an error names what is not modelled of it.
pub(super) fn run_servers(world: &World) -> Result<World, &'static str> {
    let mut world = world.clone();
    for place in 0..world.servers.len() {
        accept_all(&mut world, place)?;
    }
    for place in 0..world.servers.len() {
        for connection in world.servers[place].connections.clone() {
            if !echo(&mut world, &connection) {
                world.servers[place].connections.retain(|one| *one != connection);
                close_name(&mut world, &connection);
            }
        }
    }
    Ok(world)
}

fn waiting(world: &World, listener: &Name) -> Option<(SocketId, SocketId)> {
    let (id, socket) = world.named(listener)?;
    match &socket.phase {
        Phase::Listening { queue, .. } => queue.front().map(|child| (id, *child)),
        _ => None,
    }
}

fn accept_all(world: &mut World, place: usize) -> Result<(), &'static str> {
    let server = &world.servers[place];
    let busy = |world: &World| {
        let all = &world.servers[place].listeners;
        all.iter().filter(|one| waiting(world, one).is_some()).cloned().collect::<Vec<_>>()
    };
    if server.stop_at.is_some() && busy(world).len() > 1 {
        return Err("which of several listeners a server turns to first");
    }
    while let Some(listener) = busy(world).into_iter().next() {
        let Some((id, child)) = waiting(world, &listener) else { break };
        if world.sockets[&child].end().is_none() {
            return Err("a connection that is not settled");
        }
        if let Phase::Listening { queue, .. } = &mut world.socket_mut(id).phase {
            queue.pop_front();
        }
        let accepted = world.socket_mut(child);
        accepted.queued = false;
        accepted.nonblocking = Some(true);
        let hidden = world.servers[place].next_name();
        world.open(&hidden, child, Some(true));
        let server = &mut world.servers[place];
        server.connections.push(hidden);
        server.handled += 1;
        if server.stop_at == Some(server.handled) {
            end(world, place);
        }
    }
    Ok(())
}

/// Sends back what came; false when the connection has ended, and the handler lets it go.
fn echo(world: &mut World, connection: &Name) -> bool {
    let Some((id, socket)) = world.named(connection) else { return false };
    // It was reset, so its handler lets it go, wherever that shows.
    let Phase::Connected(end) = &socket.phase else { return false };
    let pieces = end.unread.clone();
    if let Phase::Connected(end) = &mut world.socket_mut(id).phase {
        end.unread.clear();
    }
    for piece in pieces {
        deliver(world, id, piece);
    }
    // What it sent may have been answered by a reset.
    let still = world.named(connection).and_then(|(_, socket)| match &socket.phase {
        Phase::Connected(end) => Some(!end.fin_received && end.error.is_none()),
        _ => None,
    });
    still == Some(true)
}
