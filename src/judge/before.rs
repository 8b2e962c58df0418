//! What might have been done before a call, so that another answer would be right.

use std::net::IpAddr;

use crate::model::{Expected, Machine, Port as WorldPort, Socket, World, step};
use crate::script::{Address, Call, Family, Host, Name, Port, Setting, SocketOption};

/// Worlds that differ from this one by few calls, the smallest changes first, each with those calls.
pub(super) fn other_worlds<'a>(
    machine: &'a Machine,
    world: &'a World,
    call: &Call,
) -> impl Iterator<Item = (World, Vec<Call>)> + 'a {
    sequences(world, call).into_iter().filter_map(move |calls| {
        let mut world = world.clone();
        calls.iter().all(|call| succeeds(machine, &mut world, call)).then_some((world, calls))
    })
}

/// Makes a call that may succeed; false if it may not.
fn succeeds(machine: &Machine, world: &mut World, call: &Call) -> bool {
    let branches = step(machine, world, call).branches();
    let done = branches.into_iter().flatten().find(|branch| branch.expected == Expected::Done);
    done.map(|branch| (branch.effect)(world)).is_some()
}

fn sequences(world: &World, call: &Call) -> Vec<Vec<Call>> {
    let names: Vec<&Name> = world.descriptors.iter().map(|one| &one.name).collect();
    let own = call.sockets_used().first().copied().filter(|name| names.contains(name));
    let socket = own.and_then(|name| world.named(name)).map(|(_, socket)| socket);
    let mut found = Vec::new();
    // An option of one of the sockets is another one.
    for name in &names {
        for option in [
            SocketOption::ReuseAddr,
            SocketOption::ReusePort,
            SocketOption::V6Only,
            SocketOption::ExclusiveAddrUse,
        ] {
            for value in [Setting::On, Setting::Off] {
                found.push(vec![Call::Set { name: (*name).clone(), option, value }]);
            }
        }
    }
    // Another socket is not there.
    for name in names.iter().filter(|name| Some(**name) != own) {
        found.push(vec![Call::Close { name: (*name).clone() }]);
    }
    let address = call.address().cloned().or_else(|| socket.and_then(|one| address(world, one)));
    if let (Some(name), Some(socket)) = (own, socket) {
        // The socket itself is fresh, bound, or listens.
        let close = Call::Close { name: name.clone() };
        let fresh = Call::Socket { name: name.clone(), family: socket.family };
        let listen = Call::Listen { name: name.clone(), backlog: 1 };
        found.push(vec![close.clone(), fresh.clone()]);
        found.push(vec![listen.clone()]);
        if let Some(address) = &address {
            let bind = Call::Bind { name: name.clone(), address: address.clone() };
            found.push(vec![bind.clone()]);
            found.push(vec![bind.clone(), listen.clone()]);
            found.push(vec![close, fresh, bind]);
        }
    }
    let name = Name { word: "another".to_string(), index: None };
    if let Some(address) = address.filter(|_| !names.contains(&&name)) {
        // Another socket has the address, or listens there; also where both have an option.
        let family = match address.host {
            Host::V4(_) => Family::Inet,
            Host::V6(..) => Family::Inet6,
        };
        let on = |name: &Name, option| Call::Set { name: name.clone(), option, value: Setting::On };
        for option in [None, Some(SocketOption::ReuseAddr), Some(SocketOption::ReusePort)] {
            let mut calls = Vec::new();
            calls.extend(own.zip(option).map(|(own, option)| on(own, option)));
            calls.push(Call::Socket { name: name.clone(), family });
            calls.extend(option.map(|option| on(&name, option)));
            calls.push(Call::Bind { name: name.clone(), address: address.clone() });
            found.push(calls.clone());
            calls.push(Call::Listen { name: name.clone(), backlog: 1 });
            found.push(calls);
        }
    }
    found
}

/// The address of a socket, where its port has been seen.
fn address(world: &World, socket: &Socket) -> Option<Address> {
    let local = socket.local?;
    let WorldPort::Number(port) = world.seen(local.port) else { return None };
    let host = match local.ip {
        IpAddr::V4(ip) => Host::V4(ip),
        IpAddr::V6(ip) => Host::V6(ip, None),
    };
    Some(Address { host, port: Port::Number(port) })
}
