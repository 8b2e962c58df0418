//! Whether a socket may have an address that others have, by the law of each platform.

mod bsd;
mod linux;
mod windows;

use std::net::IpAddr;

use super::machine::Machine;
use super::platform::Law;
use super::world::{Phase, Port, Socket, SocketId, World};
use crate::script::Family;

pub(super) use linux::{took_port, wildcard_reaches};

/// The socket that wants an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newcomer {
    pub(super) id: SocketId,
    pub(super) family: Family,
    pub(super) ip: IpAddr,
    pub(super) port: Port,
    pub(super) v6only: bool,
    pub(super) reuseaddr: bool,
    pub(super) reuseport: bool,
    pub(super) exclusive: bool,
    pub(super) uid: u32,
    /// It asks as a listener (Linux).
    pub(super) listens: bool,
}

impl Newcomer {
    /// A socket that asks for an address.
    pub(super) fn new(id: SocketId, socket: &Socket, ip: IpAddr, port: Port) -> Self {
        Self {
            id,
            family: socket.family,
            ip,
            port,
            v6only: socket.is_v6only(),
            reuseaddr: socket.reuseaddr,
            reuseport: socket.reuseport,
            exclusive: socket.exclusive,
            uid: socket.uid,
            listens: false,
        }
    }
}

/// What a law says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ruling {
    /// The address can be had.
    Free,
    /// It cannot: with one of these errors.
    Taken(Vec<&'static str>),
    /// Nobody knows.
    Unknown(&'static str),
}

impl Ruling {
    fn taken_if(taken: bool) -> Self {
        if taken { Self::Taken(vec!["EADDRINUSE"]) } else { Self::Free }
    }
}

/// Asks the law of the machine.
pub(super) fn rule_on(world: &World, machine: &Machine, newcomer: &Newcomer) -> Ruling {
    match machine.record.law.value {
        Law::Linux => Ruling::taken_if(linux::conflict(world, machine.quirks, newcomer)),
        Law::Bsd { dual_cost } => Ruling::taken_if(bsd::conflict(world, dual_cost, newcomer)),
        Law::Windows => windows::rule_on(world, newcomer),
    }
}

/// What a ruling rests on besides the law of two sockets that were only bound or listen.
pub(super) fn grounds(world: &World, machine: &Machine, newcomer: &Newcomer) -> Vec<&'static str> {
    let mut grounds = Vec::new();
    if world.owners(newcomer.port).any(|(id, owner)| id != newcomer.id && is_connected(owner)) {
        grounds.push("bind.connections");
    }
    match machine.record.law.value {
        Law::Linux if linux::cache_covers(world, newcomer, world.seen(newcomer.port)) => {
            grounds.push("bind.reuseport-cache");
        }
        Law::Windows if windows::meets_half_of_dual(world, newcomer) => {
            grounds.push("bind.half-of-dual");
        }
        _ => {}
    }
    grounds
}

/// The remnant of a connection that nobody can read or write any more.
fn is_time_wait(socket: &Socket) -> bool {
    matches!(socket.phase, Phase::TimeWait { .. })
}

fn is_connected(socket: &Socket) -> bool {
    matches!(socket.phase, Phase::Connected(_) | Phase::Over(_) | Phase::TimeWait { .. })
}
