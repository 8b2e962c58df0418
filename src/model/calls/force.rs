//! The effects of success alone.

use super::bind::take;
use super::socket::fresh;
use super::{bind, close, descriptors, listen, options, serve, socket};
use crate::model::address::ip;
use crate::model::allowed::Allowed;
use crate::model::conflict::Newcomer;
use crate::model::machine::Machine;
use crate::model::world::{Port, World};
use crate::script::{self, Call, Family, Name};
use crate::trace::SocketFacts;

/// Applies what a call does when it succeeds; false where that is not known.
pub(in crate::model) fn force(machine: &Machine, world: &mut World, call: &Call) -> bool {
    let allowed = match call {
        Call::Socket { name, family } => {
            let with_ipv6 = Machine { ipv6: crate::model::Ipv6::On, ..machine.clone() };
            socket::socket(&with_ipv6, name, *family)
        }
        Call::Set { name, option, value } => {
            options::changed(name, "script.forced", *option, *value)
        }
        Call::Dup { name, original } => descriptors::dup(machine, world, name, original),
        Call::Close { name } => close::close(machine, world, name),
        Call::Serve { name, sockets, stop_at } => serve::forced(name, sockets, *stop_at),
        Call::ServeMore { name, sockets } => serve::forced(name, sockets, None),
        Call::Stop { name } => serve::stop(world, name),
        Call::Bind { name, address } => {
            let script::Port::Number(port) = address.port else { return false };
            let Some((id, socket)) = world.named(name) else { return false };
            let ip = ip(&address.host);
            if (socket.family == Family::Inet) != ip.is_ipv4() {
                return false;
            }
            bind::forced(machine, id, socket, ip, Port::Number(port))
        }
        Call::Listen { name, backlog } => match world.named(name) {
            Some((id, socket)) if socket.local.is_some() && socket.holds_port => {
                listen::forced(machine, id, *backlog)
            }
            _ => return false,
        },
        _ => return false,
    };
    let Allowed::Branches(mut branches) = allowed else { return false };
    match branches.pop() {
        Some(branch) => (branch.effect)(world),
        None => return false,
    }
    true
}

/// The sockets that a `bind_sockets` returned; what it does not say of them is supposed to be as it
/// was asked for.
pub(in crate::model) fn force_sockets(
    machine: &Machine,
    world: &mut World,
    name: &Name,
    sockets: &[SocketFacts],
    exclusive: bool,
) {
    for (index, facts) in sockets.iter().enumerate() {
        let v4 = facts.address.is_ipv4();
        let family = if v4 { Family::Inet } else { Family::Inet6 };
        let mut socket = fresh(machine, family);
        socket.reuseaddr = facts.reuseaddr.unwrap_or(false);
        socket.reuseport = facts.reuseport.unwrap_or(false);
        socket.v6only = facts.v6only.or(socket.v6only);
        socket.nonblocking = facts.nonblocking;
        socket.exclusive = exclusive && machine.record.has_exclusive.value;
        let id = world.add(socket);
        let name = Name { word: name.word.clone(), index: Some(index) };
        world.open(&name, id, facts.cloexec);
        let port = Port::Number(facts.address.port());
        let newcomer = Newcomer::new(id, &world.sockets[&id], facts.address.ip(), port);
        take(world, &newcomer, false);
        if facts.listening != Some(false) {
            listen::start(world, id, (1, usize::MAX));
        }
    }
}
