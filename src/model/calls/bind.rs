//! `bind`: what is looked at, and in which order.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ports::{Choice, choose};
use super::{also, reply};
use crate::model::address::{as_v4, ip, is_link_local, is_wildcard, wildcard};
use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::conflict::{Newcomer, Ruling, grounds, rule_on, took_port};
use crate::model::evidence::Confidence;
use crate::model::fact::Fact;
use crate::model::machine::{Ipv6, Machine};
use crate::model::platform::{Law, LowPorts, Reply};
use crate::model::world::{Local, Phase, Port, Socket, SocketId, World};
use crate::script::{self, Address, Family, Host, Name, Scope};

/// `bind NAME ADDRESS`.
pub(super) fn bind(machine: &Machine, world: &World, name: &Name, address: &Address) -> Allowed {
    let Some((id, socket)) = world.named(name) else {
        return Allowed::Unmodelled("no such socket");
    };
    if matches!(socket.phase, Phase::Unsettled) {
        return Allowed::Unmodelled("a connection that is not settled");
    }
    let script::Port::Number(port) = address.port else {
        return Allowed::Unmodelled("a port without a number");
    };
    bind_to(machine, world, id, &address.host, Port::Number(port))
}

/// The same for a socket and a port of the world.
pub(in crate::model) fn bind_to(
    machine: &Machine,
    world: &World,
    id: SocketId,
    host: &Host,
    port: Port,
) -> Allowed {
    let bind = Bind {
        machine,
        world,
        id,
        socket: &world.sockets[&id],
        ip: ip(host),
        port,
        passed: RefCell::default(),
    };
    let answer = bind.refused(scope(host)).unwrap_or_else(|| bind.decide());
    bind.remembering_device(scope(host), bind.with_grounds(answer))
}

fn scope(host: &Host) -> Option<Scope> {
    match host {
        Host::V6(_, scope) => scope.clone(),
        Host::V4(_) => None,
    }
}

/// A `bind` that succeeded, whatever the rules say.
pub(super) fn forced(
    machine: &Machine,
    id: SocketId,
    socket: &Socket,
    ip: IpAddr,
    port: Port,
) -> Allowed {
    let world = World::new();
    let bind = Bind { machine, world: &world, id, socket, ip, port, passed: RefCell::default() };
    let newcomer = Newcomer::new(id, socket, ip, port);
    Allowed::one(bind.done(newcomer, (port != Port::Number(0)).then_some(port), "script.forced"))
}

/// The first of the refusals; where there are several, their order decides.
fn first(refusals: [Option<Allowed>; 3]) -> Option<Allowed> {
    let mut refusals = refusals.into_iter().flatten();
    let first = refusals.next()?;
    let several = refusals.next().is_some();
    Some(if several { first.each(|branch| branch.resting_on("bind.order")) } else { first })
}

struct Bind<'a> {
    machine: &'a Machine,
    world: &'a World,
    id: SocketId,
    socket: &'a Socket,
    ip: IpAddr,
    port: Port,
    /// What let the address pass that some platforms refuse, and how sure that is.
    passed: RefCell<Vec<(&'static str, Option<Confidence>)>>,
}

impl Bind<'_> {
    /// The answer rests on every check that let it pass where some platform refuses.
    fn with_grounds(&self, allowed: Allowed) -> Allowed {
        let mut passed = self.passed.take();
        if as_v4(self.ip).is_some_and(|v4| v4.is_loopback() && v4 != Ipv4Addr::LOCALHOST) {
            let fact = &self.machine.record.whole_loopback_net;
            passed.push(("bind.local-address", fact.doubted()));
        }
        let low = matches!(self.port, Port::Number(n) if n != 0 && n < self.machine.low_port);
        if low && !self.machine.privileged {
            passed.push(("bind.low-port", None));
        }
        allowed.each(|branch| {
            let rest = |branch: Branch, (rule, doubt): &(&'static str, _)| {
                branch.resting_on(rule).doubted(*doubt)
            };
            passed.iter().fold(branch, rest)
        })
    }

    /// Linux ties a socket to the interface of a link-local address, whether the bind succeeds or
    /// not (`af_inet6.c`: `sk_bound_dev_if` is set before the address is looked at).
    fn remembering_device(&self, scope: Option<Scope>, answer: Allowed) -> Allowed {
        let index = match scope {
            Some(Scope::Loopback) => 1,
            Some(Scope::Index(index)) if index != 0 => index,
            _ => return answer,
        };
        let link_local = matches!(self.ip, IpAddr::V6(v6) if is_link_local(v6));
        let law = self.machine.record.law.value;
        let first = self.privilege().is_some() || self.rebind().is_some();
        if law != Law::Linux || self.socket.family == Family::Inet || !link_local || first {
            return answer;
        }
        let id = self.id;
        answer.and_then(move |world| world.socket_mut(id).device = Some(index))
    }

    /// Everything before the conflict test.
    fn refused(&self, scope: Option<Scope>) -> Option<Allowed> {
        match (self.socket.family, self.ip) {
            (Family::Inet, IpAddr::V6(_)) => self.unless(&self.machine.record.bind_v6_on_v4),
            (Family::Inet6, IpAddr::V4(_)) => self.unless(&self.machine.record.bind_v4_on_v6),
            (Family::Inet, IpAddr::V4(v4)) => self.refused_v4(v4),
            (Family::Inet6, IpAddr::V6(v6)) => self.refused_v6(v6, scope),
        }
    }

    fn unless(&self, fact: &'static Fact<Reply>) -> Option<Allowed> {
        if fact.value == Reply::Works {
            self.passed.borrow_mut().push((fact.rule, fact.doubted()));
            return None;
        }
        Some(reply(fact, || Allowed::Unmodelled("")))
    }

    fn refused_v4(&self, v4: Ipv4Addr) -> Option<Allowed> {
        let facts = self.machine.record;
        if v4.is_broadcast() {
            if let refused @ Some(_) = self.unless(&facts.bind_broadcast) {
                return refused;
            }
        } else if v4.is_multicast()
            && let refused @ Some(_) = self.unless(&facts.bind_multicast_v4)
        {
            return refused;
        }
        let local = self.not_local_v4(v4);
        if let (Some(_), true, None) = (&local, self.taken(), facts.rebind_first.value) {
            return Some(Allowed::Unmodelled("which of two errors this platform reports first"));
        }
        let order = match facts.rebind_first.value {
            Some(false) => [local, self.privilege(), self.rebind()],
            _ => [self.rebind(), local, self.privilege()],
        };
        first(order).or_else(|| self.restricted())
    }

    fn refused_v6(&self, v6: Ipv6Addr, scope: Option<Scope>) -> Option<Allowed> {
        let facts = self.machine.record;
        if v6.is_multicast() {
            return self.unless(&facts.bind_multicast_v6);
        }
        if self.machine.ipv6 == Ipv6::NoAddress
            && let refused @ Some(_) = self.unless(&facts.bind_without_v6_address)
        {
            return refused;
        }
        let local = self.not_local_v6(v6, scope);
        if let (Some(_), true, None) = (&local, self.taken(), facts.rebind_first.value) {
            return Some(Allowed::Unmodelled("which of two errors this platform reports first"));
        }
        let order = if facts.privilege_first_v6.value {
            [self.privilege(), self.rebind(), local]
        } else {
            [self.rebind(), local, self.privilege()]
        };
        first(order).or_else(|| self.restricted())
    }

    /// The socket has an address, or is past having one.
    fn taken(&self) -> bool {
        self.socket.holds_port || !matches!(self.socket.phase, Phase::Idle | Phase::Over(_))
    }

    fn rebind(&self) -> Option<Allowed> {
        self.taken().then(|| Allowed::error("EINVAL", "bind.again"))
    }

    fn privilege(&self) -> Option<Allowed> {
        let needed = match self.machine.record.low_ports.value {
            LowPorts::All => true,
            LowPorts::SpecificOnly => !is_wildcard(self.ip),
            LowPorts::Free => false,
        };
        let low = matches!(self.port, Port::Number(n) if n != 0 && n < self.machine.low_port);
        (needed && low && !self.machine.privileged)
            .then(|| Allowed::error("EACCES", "bind.low-port"))
    }

    fn restricted(&self) -> Option<Allowed> {
        let port = self.machine.record.restricted_port.value?;
        (self.port == Port::Number(port))
            .then(|| Allowed::error("EADDRINUSE", "bind.restricted-port"))
    }

    fn not_local_v4(&self, v4: Ipv4Addr) -> Option<Allowed> {
        let facts = self.machine.record;
        if v4 == Ipv4Addr::new(127, 255, 255, 255) {
            return self.unless(&facts.bind_loopback_broadcast);
        }
        let loopback = if facts.whole_loopback_net.value {
            v4.is_loopback()
        } else {
            v4 == Ipv4Addr::LOCALHOST
        };
        let local = v4.is_unspecified() || loopback || v4.is_broadcast() || v4.is_multicast();
        (!local).then(|| Allowed::error("EADDRNOTAVAIL", "bind.local-address"))
    }

    fn not_local_v6(&self, v6: Ipv6Addr, scope: Option<Scope>) -> Option<Allowed> {
        let facts = self.machine.record;
        // Linux looks the interface of an earlier bind up for every address but the IPv6 wildcard.
        let device_is_gone = self.socket.device.is_some_and(|index| index > 1);
        if let Some(v4) = v6.to_ipv4_mapped() {
            if self.socket.v6only != Some(false) {
                return self.unless(&facts.bind_mapped_v6only);
            }
            if device_is_gone {
                return self.unless(&facts.bind_link_local_unknown);
            }
            return self.not_local_v4(v4);
        }
        let scope = scope.filter(|scope| *scope != Scope::Index(0));
        let scope = scope.or(self.socket.device.map(Scope::Index));
        if is_link_local(v6) {
            return self.unless(match scope {
                None | Some(Scope::Index(0)) => &facts.bind_link_local,
                Some(Scope::Loopback | Scope::Index(1)) => &facts.bind_link_local_lo,
                Some(Scope::Index(_)) => &facts.bind_link_local_unknown,
            });
        }
        if !v6.is_unspecified() && device_is_gone {
            return self.unless(&facts.bind_link_local_unknown);
        }
        if v6.is_loopback() {
            if scope.is_some()
                && self.socket.device.is_none()
                && let refused @ Some(_) = self.unless(&facts.bind_loopback_scope)
            {
                return refused;
            }
            return (self.machine.ipv6 == Ipv6::NoAddress)
                .then(|| Allowed::error("EADDRNOTAVAIL", "bind.no-v6-address"));
        }
        (!v6.is_unspecified()).then(|| Allowed::error("EADDRNOTAVAIL", "bind.local-address"))
    }

    /// The conflict test, and what follows from it.
    fn decide(&self) -> Allowed {
        let mut newcomer = Newcomer::new(self.id, self.socket, self.ip, self.port);
        // A specific IPv6 address sets IPV6_V6ONLY before the test.
        if is_specific_v6(self.ip) && self.machine.record.specific_sets_v6only.value == Some(true) {
            newcomer.v6only = true;
        }
        if self.port == Port::Number(0) {
            return match choose(self.world, self.machine, &newcomer) {
                Choice::Unseen => Allowed::one(self.done(newcomer, None, "bind.port-zero")),
                Choice::OneOf(ports) if ports.is_empty() => {
                    Allowed::error("EADDRINUSE", "bind.port-zero")
                }
                Choice::OneOf(ports) => Allowed::Branches(
                    ports
                        .into_iter()
                        .map(|port| self.done(newcomer, Some(Port::Number(port)), "bind.port-zero"))
                        .collect(),
                ),
            };
        }
        let allowed = match rule_on(self.world, self.machine, &newcomer) {
            Ruling::Free => Allowed::one(self.done(newcomer, Some(self.port), "bind.conflict")),
            Ruling::Taken(errors) => {
                let taken = Allowed::Branches(
                    errors.into_iter().map(|error| Branch::error(error, "bind.conflict")).collect(),
                );
                // The address of an earlier connection is forgotten, its port is still named.
                let (linux, id) = (self.machine.record.law.value == Law::Linux, self.id);
                taken.and_then(move |world| {
                    let socket = world.socket_mut(id);
                    let any = wildcard(socket.family);
                    if let Some(local) = socket.local.as_mut().filter(|_| linux) {
                        local.ip = any;
                    }
                })
            }
            Ruling::Unknown(why) => return Allowed::Unmodelled(why),
        };
        also(allowed, &grounds(self.world, self.machine, &newcomer))
    }

    fn done(&self, newcomer: Newcomer, port: Option<Port>, rule: &'static str) -> Branch {
        let named = self.port != Port::Number(0);
        let law = self.machine.record.law.value;
        let quirks = self.machine.quirks;
        let sets_v6only = self.machine.record.specific_sets_v6only.value;
        let sets = sets_v6only == Some(true)
            && is_specific_v6(newcomer.ip)
            && self.socket.v6only == Some(false);
        let branch = Branch::with(Expected::Done, rule, move |world| {
            let port = port.unwrap_or_else(|| world.choose_port());
            let newcomer = Newcomer { port, ..newcomer };
            if law == Law::Linux {
                took_port(world, quirks, &newcomer);
            }
            take(world, &newcomer, named);
            let socket = world.socket_mut(newcomer.id);
            if is_specific_v6(newcomer.ip) && socket.v6only == Some(false) {
                socket.v6only = sets_v6only;
            }
        });
        if sets { branch.resting_on("bind.sets-v6only") } else { branch }
    }
}

fn is_specific_v6(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(v6) if !v6.is_unspecified()) && as_v4(ip).is_none()
}

/// Gives a socket its address.
pub(super) fn take(world: &mut World, newcomer: &Newcomer, named: bool) {
    let any = match newcomer.ip {
        IpAddr::V4(v4) => v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_unspecified(),
    };
    let socket = world.socket_mut(newcomer.id);
    socket.local =
        Some(Local { ip: newcomer.ip, port: newcomer.port, port_named: named, ip_named: !any });
    socket.holds_port = true;
}
