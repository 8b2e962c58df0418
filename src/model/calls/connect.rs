//! `connect`: who is reached, from which address, and who waits to be accepted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ports::every_port_has_an_owner;
use super::socket::fresh;
use super::{also, reply};
use crate::model::address::{as_v4, in_family, ip, is_wildcard, wildcard};
use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::conflict::wildcard_reaches;
use crate::model::connections::send_fin;
use crate::model::machine::{Ipv6, Machine};
use crate::model::platform::{Delivery, Law};
use crate::model::world::{End, Local, Phase, Port, Socket, SocketId, World};
use crate::script::{self, Address, Family, Host, Name};

const ELSEWHERE: &str = "an address that is not this machine's loopback";

/// `NAME = connect ADDRESS`.
pub(super) fn connect_new(
    machine: &Machine,
    world: &World,
    name: &Name,
    address: &Address,
) -> Allowed {
    let family = match address.host {
        Host::V4(_) => Family::Inet,
        Host::V6(..) => Family::Inet6,
    };
    if family == Family::Inet6 && machine.ipv6 == Ipv6::Off {
        return Allowed::error("EAFNOSUPPORT", "socket.family");
    }
    let client = Client { id: None, socket: fresh(machine, family) };
    attempt(machine, world, client, Some(name.clone()), address)
}

/// `connect NAME ADDRESS`.
pub(super) fn connect(machine: &Machine, world: &World, name: &Name, address: &Address) -> Allowed {
    let Some((id, socket)) = world.named(name) else {
        return Allowed::Unmodelled("no such socket");
    };
    match &socket.phase {
        Phase::Unsettled => return Allowed::Unmodelled("a connection that is not settled"),
        Phase::Connected(_) | Phase::Over(_) | Phase::TimeWait { .. } => {
            return Allowed::error("EISCONN", "connect.connected");
        }
        Phase::Listening { .. } => {
            return reply(&machine.record.connect_listener, || {
                Allowed::Unmodelled("a listener that connects")
            });
        }
        Phase::Idle => {}
    }
    let client = Client { id: Some(id), socket: socket.clone() };
    attempt(machine, world, client, None, address)
}

struct Client {
    id: Option<SocketId>,
    socket: Socket,
}

fn attempt(
    machine: &Machine,
    world: &World,
    client: Client,
    name: Option<Name>,
    address: &Address,
) -> Allowed {
    let script::Port::Number(port) = address.port else {
        return Allowed::Unmodelled("a port without a number");
    };
    let target = match target(machine, &client.socket, ip(&address.host)) {
        Ok(target) => target,
        Err(answer) => return answer,
    };
    let source = client
        .socket
        .local
        .map(|local| local.ip)
        .filter(|ip| is_source(*ip))
        .unwrap_or(source(client.socket.family, target));
    let bound = client.socket.local.filter(|_| client.socket.holds_port);
    if let (Some(local), Some(id)) = (bound, client.id)
        && world.seen(local.port) == Port::Number(port)
        && source == target
    {
        return to_itself(machine, id, &client.socket, (source, local.port));
    }
    if let Some(local) = bound
        && let Some(other) = same_connection(world, client.id, (source, local.port), (target, port))
    {
        return if machine.record.law.value != Law::Linux {
            Allowed::Unmodelled("a second connection with the same addresses and ports")
        } else if matches!(other.phase, Phase::TimeWait { .. }) {
            Allowed::Unmodelled("a connection over the TIME_WAIT of the same one")
        } else {
            Allowed::error("EADDRNOTAVAIL", "connect.same-connection")
        };
    }
    if bound.is_none() && every_port_has_an_owner(world, machine) {
        return Allowed::Unmodelled("which ports a connection may share when each has an owner");
    }
    let listeners = listeners(machine, world, target, port);
    let answer = if listeners.is_empty() {
        refused(machine, client.id, source)
    } else {
        let branches = listeners
            .into_iter()
            .flat_map(|listener| queue(world, &client, name.as_ref(), listener, (source, target)));
        Allowed::Branches(branches.collect())
    };
    let answer =
        if is_wildcard(ip(&address.host)) { also(answer, &["connect.wildcard"]) } else { answer };
    match client.id {
        Some(id) if client.socket.family == Family::Inet6 && as_v4(target).is_some() => {
            answer.and_then(move |world| world.socket_mut(id).spoke_v4 = true)
        }
        _ => answer,
    }
}

/// A socket that connects to its own address meets its own SYN: a simultaneous open.
fn to_itself(machine: &Machine, id: SocketId, socket: &Socket, own: (IpAddr, Port)) -> Allowed {
    if machine.record.law.value != Law::Linux {
        return Allowed::Unmodelled("a socket that connects to itself");
    }
    if socket.shut_write {
        // A `shutdown` that failed before takes effect now: both FINs pass, and what is left is
        // in TIME_WAIT before `connect` is back.
        let local = socket.local.map(|local| Local { ip: own.0, ..local });
        let remnant = Socket { local, ..socket.remnant(own) };
        return Allowed::one(Branch::with(
            Expected::Error("ECONNABORTED".into()),
            "connect.itself",
            move |world| {
                world.add(remnant);
                disconnect(world, id, own.0);
            },
        ));
    }
    Allowed::one(Branch::with(Expected::LocalName(own.0, own.1), "connect.itself", move |world| {
        let socket = world.socket_mut(id);
        if let Some(local) = &mut socket.local {
            local.ip = own.0;
        }
        socket.phase = Phase::Connected(end(id, own));
    }))
}

/// The address that is really connected to.
fn target(machine: &Machine, socket: &Socket, wanted: IpAddr) -> Result<IpAddr, Allowed> {
    let facts = machine.record;
    let linux = facts.law.value == Law::Linux;
    match (socket.family, wanted) {
        (Family::Inet, IpAddr::V6(_)) | (Family::Inet6, IpAddr::V4(_)) if !linux => {
            return Err(Allowed::Unmodelled("an address of the other family"));
        }
        (Family::Inet, IpAddr::V6(_)) => {
            return Err(Allowed::error("EAFNOSUPPORT", "connect.family"));
        }
        (Family::Inet6, IpAddr::V4(_)) => return Err(Allowed::error("EINVAL", "connect.family")),
        _ => {}
    }
    let wanted = if is_wildcard(wanted) {
        let own = socket.local.map(|local| local.ip).filter(|ip| is_source(*ip));
        let reply = reply(&facts.connect_wildcard, || Allowed::Unmodelled(""));
        if matches!(&reply, Allowed::Branches(_)) {
            return Err(reply);
        }
        match (wanted, own) {
            (IpAddr::V4(_), Some(own)) => own,
            (IpAddr::V4(_), None) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            (IpAddr::V6(v6), _) if v6.is_unspecified() => {
                if socket.local.is_some_and(|local| as_v4(local.ip).is_some()) {
                    in_family(Family::Inet6, Ipv4Addr::LOCALHOST)
                } else {
                    IpAddr::V6(Ipv6Addr::LOCALHOST)
                }
            }
            _ => return Err(Allowed::Unmodelled("the mapped wildcard as a target")),
        }
    } else {
        wanted
    };
    if let Some(v4) = as_v4(wanted) {
        if socket.family == Family::Inet6 && socket.v6only != Some(false) {
            return Err(if linux {
                Allowed::error("ENETUNREACH", "connect.v6only")
            } else {
                Allowed::Unmodelled("an IPV6_V6ONLY socket and a mapped address")
            });
        }
        let host = v4.is_loopback() && !matches!(v4.octets()[3], 0 | 255);
        let here = host && (facts.whole_loopback_net.value || v4 == Ipv4Addr::LOCALHOST);
        return if here { Ok(wanted) } else { Err(Allowed::Unmodelled(ELSEWHERE)) };
    }
    if wanted != IpAddr::V6(Ipv6Addr::LOCALHOST) {
        return Err(Allowed::Unmodelled(ELSEWHERE));
    }
    if machine.ipv6 == Ipv6::NoAddress {
        return Err(Allowed::error("EADDRNOTAVAIL", "connect.no-v6-address"));
    }
    if socket.local.is_some_and(|local| as_v4(local.ip).is_some()) {
        return Err(Allowed::Unmodelled("from a mapped address to an IPv6 one"));
    }
    if socket.spoke_v4 {
        return Err(Allowed::Unmodelled("over IPv6, from an IPv6 socket that has spoken IPv4"));
    }
    Ok(wanted)
}

/// Can packets come from the address that a socket is bound to? Others stand for no address
/// (`af_inet.c`: `inet_saddr` is 0 for them).
fn is_source(ip: IpAddr) -> bool {
    let broadcast = |v4: Ipv4Addr| v4.is_broadcast() || v4 == Ipv4Addr::new(127, 255, 255, 255);
    !is_wildcard(ip) && as_v4(ip).is_none_or(|v4| !v4.is_multicast() && !broadcast(v4))
}

/// Linux chooses 127.0.0.1 for every target of the loopback net.
fn source(family: Family, target: IpAddr) -> IpAddr {
    match as_v4(target) {
        Some(_) => in_family(family, Ipv4Addr::LOCALHOST),
        None => target,
    }
}

fn same_connection(
    world: &World,
    own: Option<SocketId>,
    local: (IpAddr, Port),
    remote: (IpAddr, u16),
) -> Option<&Socket> {
    world.owners(local.1).filter(|(id, _)| Some(*id) != own).map(|(_, other)| other).find(|other| {
        other.ip().to_canonical() == local.0.to_canonical()
            && other.remote().is_some_and(|(ip, port)| {
                world.seen(port) == Port::Number(remote.1)
                    && ip.to_canonical() == remote.0.to_canonical()
            })
    })
}

/// The listeners that a connection to this address may reach: the best matches.
fn listeners(machine: &Machine, world: &World, target: IpAddr, port: u16) -> Vec<SocketId> {
    let target_v4 = as_v4(target);
    let rank = |socket: &Socket| -> Option<(bool, bool)> {
        let ip = socket.ip();
        let specific = match target_v4 {
            Some(v4) => as_v4(ip) == Some(v4),
            None => ip == target,
        };
        let reaches = specific || (is_wildcard(ip) && wildcard_reaches(socket, target));
        (reaches && !(target_v4.is_some() && socket.is_v6only()))
            .then_some((specific, target_v4.is_some() && socket.family == Family::Inet))
    };
    let fitting: Vec<_> = world
        .owners(Port::Number(port))
        .filter(|(_, socket)| socket.listens())
        .filter_map(|(id, socket)| rank(socket).map(|rank| (rank, id, socket.listened)))
        .collect();
    let best = fitting.iter().map(|(rank, ..)| *rank).max();
    let mut equals: Vec<_> = fitting.into_iter().filter(|(rank, ..)| Some(*rank) == best).collect();
    equals.sort_by_key(|(_, _, listened)| *listened);
    let chosen = match machine.record.delivery.value {
        Delivery::Any => equals,
        Delivery::Newest => equals.pop().into_iter().collect(),
        Delivery::Oldest => equals.into_iter().take(1).collect(),
    };
    chosen.into_iter().map(|(_, id, _)| id).collect()
}

/// Nobody listens. A port that the kernel chose for the attempt is given back, and Linux goes on
/// naming it. What a refused socket of another system is, nobody has seen.
fn refused(machine: &Machine, client: Option<SocketId>, source: IpAddr) -> Allowed {
    let linux = machine.record.law.value == Law::Linux;
    Allowed::one(Branch::with(
        Expected::Error("ECONNREFUSED".into()),
        "connect.refused",
        move |world| {
            let Some(id) = client else { return };
            if !linux {
                world.socket_mut(id).phase = Phase::Unsettled;
                return;
            }
            if !world.socket_mut(id).holds_port {
                let port = world.choose_port();
                name_port(world.socket_mut(id), port);
            }
            disconnect(world, id, source);
        },
    ))
}

/// A socket without a port is seen to have this one.
fn name_port(socket: &mut Socket, port: Port) {
    let before = socket.local;
    socket.local = Some(Local {
        ip: before.map_or_else(|| wildcard(socket.family), |local| local.ip),
        port,
        port_named: false,
        ip_named: before.is_some_and(|local| local.ip_named),
    });
}

/// Linux: `tcp_disconnect` after an attempt that failed.
fn disconnect(world: &mut World, id: SocketId, source: IpAddr) {
    let socket = world.socket_mut(id);
    socket.shut_read = false;
    socket.shut_write = false;
    let any = wildcard(socket.family);
    if let Some(local) = &mut socket.local {
        // The source is the named address, unless packets cannot come from it.
        local.ip = if local.ip_named { source } else { any };
    }
    if !socket.local.is_some_and(|local| local.port_named) {
        world.release_port(id);
    }
}

/// The connection waits at a listener, if there is room.
fn queue(
    world: &World,
    client: &Client,
    name: Option<&Name>,
    listener: SocketId,
    (source, target): (IpAddr, IpAddr),
) -> Vec<Branch> {
    let Phase::Listening { room, queue } = &world.sockets[&listener].phase else {
        return Vec::new();
    };
    let mut branches = Vec::new();
    if queue.len() < room.1 {
        let (id, fresh, name) = (client.id, client.socket.clone(), name.cloned());
        let bound = client.socket.local.filter(|_| client.socket.holds_port);
        let port = bound.map_or_else(|| Port::Chosen(world.chosen.len()), |local| local.port);
        let expected = Expected::LocalName(source, port);
        branches.push(Branch::with(expected, "connect.delivery", move |world| {
            let port = if bound.is_none() { world.choose_port() } else { port };
            establish(world, id, fresh, name.as_ref(), listener, (source, port), target);
        }));
    }
    if queue.len() >= room.0 {
        let id = client.id;
        let full = Branch::with(Expected::Blocks, "connect.full", move |world| {
            let Some(id) = id else { return };
            if !world.socket_mut(id).holds_port {
                let port = world.choose_port();
                name_port(world.socket_mut(id), port);
            }
            let socket = world.socket_mut(id);
            socket.phase = Phase::Unsettled;
            socket.holds_port = true;
            if let Some(local) = &mut socket.local {
                local.ip = source;
            }
        });
        branches.push(full.resting_on("listen.backlog"));
    }
    branches
}

fn establish(
    world: &mut World,
    id: Option<SocketId>,
    fresh: Socket,
    name: Option<&Name>,
    listener: SocketId,
    (source, port): (IpAddr, Port),
    target: IpAddr,
) {
    let id = id.unwrap_or_else(|| world.add(fresh));
    if let Some(name) = name {
        world.open(name, id, Some(false));
    }
    let listening = world.sockets[&listener].clone();
    let local_port = listening.local.map_or(Port::Number(0), |local| local.port);
    let child_family = listening.family;
    let as_child = |ip: IpAddr| as_v4(ip).map_or(ip, |v4| in_family(child_family, v4));
    // It holds the port, as its listener does.
    let child = world.add(Socket {
        local: Some(Local {
            ip: as_child(target),
            port: local_port,
            port_named: false,
            ip_named: false,
        }),
        phase: Phase::Connected(end(id, (as_child(source), port))),
        descriptors: 0,
        queued: true,
        ..listening
    });
    let client = world.socket_mut(id);
    let before = client.local;
    client.local = Some(Local {
        ip: source,
        port,
        port_named: before.is_some_and(|local| local.port_named),
        ip_named: before.is_some_and(|local| local.ip_named),
    });
    client.holds_port = true;
    client.phase = Phase::Connected(end(child, (target, local_port)));
    if let Phase::Listening { queue, .. } = &mut world.socket_mut(listener).phase {
        queue.push_back(child);
    }
    // A `shutdown` that failed before `listen` is inherited (tcp_rcv_state_process, TCP_SYN_RECV).
    if world.sockets[&child].shut_write {
        send_fin(world, child);
    }
}

fn end(peer: SocketId, remote: (IpAddr, Port)) -> End {
    End {
        peer,
        remote,
        fin_sent: false,
        fin_received: false,
        closes_first: false,
        unread: Vec::new(),
        error: None,
    }
}
