//! `listen` and the room for connections that wait.

use std::collections::VecDeque;

use super::bind::take;
use super::ports::{Choice, choose};
use super::{also, reply};
use crate::model::address::wildcard;
use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::conflict::{Newcomer, Ruling, grounds, rule_on, took_port};
use crate::model::machine::Machine;
use crate::model::platform::{Law, Queue};
use crate::model::world::{Phase, Port, SocketId, World};
use crate::script::Name;

/// `listen NAME BACKLOG`.
pub(super) fn listen(machine: &Machine, world: &World, name: &Name, backlog: i32) -> Allowed {
    let Some((id, socket)) = world.named(name) else {
        return Allowed::Unmodelled("no such socket");
    };
    let facts = machine.record;
    let room = room(machine, backlog);
    match socket.phase {
        Phase::Unsettled => return Allowed::Unmodelled("a connection that is not settled"),
        Phase::Connected(_) | Phase::Over(_) | Phase::TimeWait { .. } => {
            return reply(&facts.listen_connected, || {
                Allowed::Unmodelled("a connected socket that listens")
            });
        }
        Phase::Listening { .. } => return again(machine, id, room),
        Phase::Idle => {}
    }
    let Some(local) = socket.local.filter(|_| socket.holds_port) else {
        return unbound(machine, world, id, room);
    };
    let newcomer = Newcomer { listens: true, ..Newcomer::new(id, socket, local.ip, local.port) };
    let mut rests_on = Vec::new();
    if facts.listen_checks.value {
        rests_on = grounds(world, machine, &newcomer);
        match rule_on(world, machine, &newcomer) {
            Ruling::Free => {}
            Ruling::Taken(_) => {
                return also(Allowed::error("EADDRINUSE", "listen.conflict"), &rests_on);
            }
            Ruling::Unknown(why) => return Allowed::Unmodelled(why),
        }
    }
    let rule = if facts.listen_checks.value { "listen.conflict" } else { "listen.backlog" };
    let (law, quirks) = (facts.law.value, machine.quirks);
    if !facts.listen_checks.value {
        rests_on.push("listen.conflict");
    }
    let listens = Branch::with(Expected::Done, rule, move |world| {
        if law == Law::Linux {
            took_port(world, quirks, &newcomer);
        }
        start(world, id, room);
    });
    also(Allowed::one(listens), &rests_on)
}

/// A `listen` that succeeded, whatever the rules say.
pub(super) fn forced(machine: &Machine, id: SocketId, backlog: i32) -> Allowed {
    let room = room(machine, backlog);
    Allowed::one(Branch::with(Expected::Done, "script.forced", move |world| start(world, id, room)))
}

/// A second `listen`.
fn again(machine: &Machine, id: SocketId, new: (usize, usize)) -> Allowed {
    let changes = machine.record.relisten_changes.value;
    Allowed::one(Branch::with(Expected::Done, "listen.again", move |world| {
        if let (Phase::Listening { room, .. }, true) = (&mut world.socket_mut(id).phase, changes) {
            *room = new;
        }
    }))
}

/// `listen` binds a socket that has no address.
fn unbound(machine: &Machine, world: &World, id: SocketId, room: (usize, usize)) -> Allowed {
    let rule = "listen.unbound";
    if !machine.record.listen_binds.value {
        return Allowed::error("EINVAL", rule);
    }
    let socket = &world.sockets[&id];
    // A listener that was shut down has lost a port that it did not name, but not its address.
    let ip = socket.local.filter(|local| local.ip_named).map_or(wildcard(socket.family), |l| l.ip);
    let newcomer = Newcomer { listens: true, ..Newcomer::new(id, socket, ip, Port::Number(0)) };
    let (law, quirks) = (machine.record.law.value, machine.quirks);
    let done = |port: Option<u16>| {
        Branch::with(Expected::Done, rule, move |world| {
            let port = port.map_or_else(|| world.choose_port(), Port::Number);
            let newcomer = Newcomer { port, ..newcomer };
            if law == Law::Linux {
                took_port(world, quirks, &newcomer);
            }
            let ip_named = world.socket_mut(id).local.is_some_and(|local| local.ip_named);
            take(world, &newcomer, false);
            if let Some(local) = &mut world.socket_mut(id).local {
                local.ip_named = ip_named;
            }
            start(world, id, room);
        })
    };
    match choose(world, machine, &newcomer) {
        Choice::Unseen => Allowed::one(done(None)),
        Choice::OneOf(ports) if ports.is_empty() => Allowed::error("EADDRINUSE", rule),
        Choice::OneOf(ports) => {
            Allowed::Branches(ports.into_iter().map(|port| done(Some(port))).collect())
        }
    }
}

pub(super) fn start(world: &mut World, id: SocketId, room: (usize, usize)) {
    world.listens += 1;
    let listened = world.listens;
    let socket = world.socket_mut(id);
    socket.phase = Phase::Listening { room, queue: VecDeque::new() };
    socket.listened = listened;
}

/// How many connections can wait: at least the first number, at most the second.
fn room(machine: &Machine, backlog: i32) -> (usize, usize) {
    let limit = machine.somaxconn.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let unknown = (1, usize::MAX);
    let wanted = usize::try_from(backlog).ok();
    match (machine.record.queue.value, limit) {
        (Queue::ProviderValue, _) => unknown,
        (Queue::LinuxPlusOne, Some(limit)) => {
            let room = wanted.unwrap_or(usize::MAX).min(limit).saturating_add(1);
            (room, room)
        }
        (Queue::LinuxPlusOne, None) => (1, wanted.unwrap_or(usize::MAX).saturating_add(1)),
        (Queue::HalfAgainPlusOne, Some(limit)) => {
            let backlog = wanted.filter(|backlog| *backlog <= limit).unwrap_or(limit);
            let room = backlog.saturating_mul(3) / 2 + 1;
            (room, room)
        }
        (Queue::AtLeast, Some(limit)) => {
            let backlog = wanted.filter(|n| (1..=limit).contains(n)).unwrap_or(limit);
            (backlog, usize::MAX)
        }
        (Queue::HalfAgainPlusOne | Queue::AtLeast, None) => unknown,
    }
}
