//! One attempt after another: every record's socket, its options, `bind`, `getsockname`, `listen`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::history::{Basis, Ended, Sub, followed, injected, is};
use crate::model::address::{ip, wildcard};
use crate::model::allowed::{Expected, ExpectedSocket};
use crate::model::calls;
use crate::model::machine::Machine;
use crate::model::world::{Port, World};
use crate::script::{
    BindSocketsArgs, Call, Family, Host, Name, Platform, Scope, Setting, SocketOption, Verb,
};

/// How many histories of one call are followed.
const HISTORIES_MAX: usize = 4_096;
/// The backlog where none is asked for.
const BACKLOG: i32 = 128;
/// The attempts where none are asked for.
const PORT_ATTEMPTS: u32 = 10;
/// What the sockets of given-up attempts are called, all of them.
const HELD: usize = usize::MAX;

pub(super) struct Job<'a> {
    pub(super) machine: &'a Machine,
    pub(super) name: &'a Name,
    pub(super) args: &'a BindSocketsArgs,
    pub(super) records: Vec<SocketAddr>,
}

/// One attempt under way.
struct State {
    world: World,
    opened: Vec<ExpectedSocket>,
    /// The last port that a socket of this attempt was bound to.
    port: Option<Port>,
    retries: u32,
    basis: Basis,
}

impl State {
    /// After a call that went one way: in a world of its own, so the one before is not copied.
    fn after(&self, world: World, way: &Basis) -> Self {
        let Self { world: _, opened, port, retries, basis } = self;
        let basis = basis.clone().and(way);
        Self { world, opened: opened.clone(), port: *port, retries: *retries, basis }
    }

    /// After a decision that a rule of its own makes.
    fn by(mut self, rule: &'static str) -> Self {
        self.basis.rules.push(rule);
        self
    }
}

/// Why an attempt ended.
struct Failure {
    state: State,
    error: Expected,
    rule: &'static str,
    /// The rule that says of which call it is an error.
    about: &'static str,
    port_lost: bool,
}

type Ends = Result<(), &'static str>;

impl Job<'_> {
    pub(super) fn order_matters(&self) -> bool {
        let v4 = self.records.iter().filter(|one| one.is_ipv4()).count();
        v4 > 1 || self.records.len() - v4 > 1
    }

    pub(super) fn attempt(
        &self,
        world: World,
        retries: u32,
        basis: Basis,
        ended: &mut Vec<Ended>,
    ) -> Ends {
        let state = State { world, opened: Vec::new(), port: None, retries, basis };
        self.records_from(state, 0, ended)
    }

    /// Opens the records from the `index`-th on, in every way that is possible.
    fn records_from(&self, state: State, index: usize, ended: &mut Vec<Ended>) -> Ends {
        if ended.len() > HISTORIES_MAX {
            return Err("too many histories of one bind_sockets");
        }
        let Some(address) = self.records.get(index).copied() else {
            ended.push(self.success(state));
            return Ok(());
        };
        let localhost = self.args.address.as_deref() == Some("localhost");
        let scoped = matches!(address, SocketAddr::V6(v6) if v6.scope_id() != 0);
        if self.machine.platform() == Platform::Macos && localhost && scoped {
            return self.records_from(state.by("bind_sockets.link-local"), index + 1, ended);
        }
        let family = if address.is_ipv4() { Family::Inet } else { Family::Inet6 };
        let name = self.socket_name(state.opened.len());
        let create = Call::Socket { name: name.clone(), family };
        for (world, sub, way) in self.sub(&state.world, Verb::Socket, None, family, &create)? {
            let state = state.after(world, &way);
            match sub {
                Sub::Ok => self.prepared(state, index, family, &name, ended)?,
                Sub::Error(error) if is(&error, "EAFNOSUPPORT") => {
                    self.records_from(state.by("bind_sockets.family"), index + 1, ended)?;
                }
                Sub::Error(error) => {
                    let (rule, about) = (way.rules[0], "bind_sockets.family");
                    self.failed(Failure { state, error, rule, about, port_lost: false }, ended)?;
                }
            }
        }
        Ok(())
    }

    /// The options, then `bind`.
    fn prepared(
        &self,
        mut state: State,
        index: usize,
        family: Family,
        name: &Name,
        ended: &mut Vec<Ended>,
    ) -> Ends {
        let windows = self.machine.platform() == Platform::Windows;
        let mut wanted = Vec::new();
        if !windows {
            wanted.push((SocketOption::ReuseAddr, "bind_sockets.reuseaddr"));
        } else if self.args.exclusive == Some(true) {
            wanted.push((SocketOption::ExclusiveAddrUse, "bind_sockets.exclusive"));
        }
        if self.args.reuse_port == Some(true) {
            wanted.push((SocketOption::ReusePort, "bind_sockets.reuseport"));
        }
        if family == Family::Inet6 {
            wanted.push((SocketOption::V6Only, "bind_sockets.v6only"));
        }
        wanted.push((SocketOption::Nonblocking, "bind_sockets.nonblocking"));
        for (option, about) in wanted {
            let may_lack = option == SocketOption::ReuseAddr;
            let set = Call::Set { name: name.clone(), option, value: Setting::On };
            let mut ways = self.sub(&state.world, Verb::Set, Some(option), family, &set)?;
            let Some((world, sub, way)) = ways.pop().filter(|_| ways.is_empty()) else {
                return Err("an option with several answers");
            };
            state = state.after(world, &way);
            match sub {
                Sub::Ok => {}
                Sub::Error(error) if may_lack && is(&error, "ENOPROTOOPT") => {
                    state = state.by(about);
                }
                Sub::Error(error) => {
                    let rule = way.rules[0];
                    let failure = Failure { state, error, rule, about, port_lost: false };
                    return self.failed(failure, ended);
                }
            }
        }
        // Close-on-exec from birth, which no script can ask for.
        if let Some(one) = state.world.descriptors.iter_mut().find(|one| one.name == *name) {
            one.cloexec = Some(true);
        }
        self.bound(state, index, family, name, ended)
    }

    fn bound(
        &self,
        state: State,
        index: usize,
        family: Family,
        name: &Name,
        ended: &mut Vec<Ended>,
    ) -> Ends {
        let address = self.records[index];
        let any_port = address.port() == 0;
        // Every record has the port that was asked for: the one found, where that was any.
        let port = state.port.unwrap_or(Port::Number(address.port()));
        for (world, sub, way) in self.bind(&state.world, family, name, address, port)? {
            let state = state.after(world, &way);
            let error = match sub {
                Sub::Ok => {
                    self.named(state, index, family, name, ended)?;
                    continue;
                }
                Sub::Error(error) => error,
            };
            let localhost = self.args.address.as_deref() == Some("localhost");
            let loopback = address.ip() == IpAddr::V6(Ipv6Addr::LOCALHOST);
            if is(&error, "EADDRNOTAVAIL") && localhost && loopback {
                let mut state = state;
                calls::close_name(&mut state.world, name);
                self.records_from(state.by("bind_sockets.localhost"), index + 1, ended)?;
                continue;
            }
            let windows = self.machine.platform() == Platform::Windows;
            let taken = is(&error, "EADDRINUSE") || (windows && is(&error, "EACCES"));
            let port_lost = any_port && state.port.is_some() && taken;
            let (rule, about) = (way.rules[0], "bind_sockets.bind");
            self.failed(Failure { state, error, rule, about, port_lost }, ended)?;
        }
        Ok(())
    }

    /// `getsockname`, then `listen`.
    fn named(
        &self,
        mut state: State,
        index: usize,
        family: Family,
        name: &Name,
        ended: &mut Vec<Ended>,
    ) -> Ends {
        let any_port = self.records[index].port() == 0;
        if let Some(error) = state.world.inject(Verb::Name, None, Some(family)) {
            let (error, rule, about) = (injected(error), "env.fail", "bind_sockets.port");
            return self.failed(Failure { state, error, rule, about, port_lost: false }, ended);
        }
        state.port = state.world.named(name).and_then(|(_, socket)| socket.local).map(|l| l.port);
        let backlog = self.args.backlog.unwrap_or(BACKLOG);
        let listen = Call::Listen { name: name.clone(), backlog };
        for (world, sub, way) in self.sub(&state.world, Verb::Listen, None, family, &listen)? {
            let mut state = state.after(world, &way);
            match sub {
                Sub::Ok => {
                    state.opened.push(self.expected(&state.world, name, family));
                    self.records_from(state, index + 1, ended)?;
                }
                Sub::Error(error) => {
                    let port_lost = any_port && is(&error, "EADDRINUSE");
                    let (rule, about) = (way.rules[0], "bind_sockets.listening");
                    self.failed(Failure { state, error, rule, about, port_lost }, ended)?;
                }
            }
        }
        Ok(())
    }

    fn expected(&self, world: &World, name: &Name, family: Family) -> ExpectedSocket {
        let socket = world.named(name).map(|(_, socket)| socket.clone());
        let local = socket.as_ref().and_then(|socket| socket.local);
        ExpectedSocket {
            ip: local.map_or(wildcard(family), |local| local.ip),
            port: local.map_or(Port::Number(0), |local| local.port),
            reuseaddr: socket.as_ref().is_some_and(|socket| socket.reuseaddr),
            reuseport: socket.as_ref().is_some_and(|socket| socket.reuseport),
            v6only: (family == Family::Inet6).then_some(true),
        }
    }

    fn success(&self, state: State) -> Ended {
        let mut world = state.world;
        self.close_held(&mut world);
        let mut basis = state.basis;
        basis.rules.extend([
            "bind_sockets.records",
            "bind_sockets.order",
            "bind_sockets.exclusive",
            "bind_sockets.reuseaddr",
            "bind_sockets.reuseport",
            "bind_sockets.v6only",
            "bind_sockets.nonblocking",
            "bind_sockets.cloexec",
            "bind_sockets.listening",
            "bind_sockets.port",
        ]);
        let expected = Expected::Sockets(state.opened);
        Ended { expected, rule: "bind_sockets.sockets", basis, world }
    }

    /// Another attempt if the port was lost; else the error, with everything closed.
    fn failed(&self, failure: Failure, ended: &mut Vec<Ended>) -> Ends {
        let Failure { state, error, rule, about, port_lost } = failure;
        let (mut world, mut basis) = (state.world, state.basis);
        let limit = self.args.port_attempts.unwrap_or(PORT_ATTEMPTS);
        basis.rules.push(if port_lost { "bind_sockets.retry" } else { about });
        if port_lost && state.retries < limit {
            self.hold(&mut world);
            return self.attempt(world, state.retries + 1, basis, ended);
        }
        self.hold(&mut world);
        self.close_held(&mut world);
        ended.push(Ended { expected: error, rule, basis, world });
        Ok(())
    }

    /// The sockets of a given-up attempt stay open until the end.
    fn hold(&self, world: &mut World) {
        for one in &mut world.descriptors {
            if one.name.word == self.name.word && one.name.index.is_some() {
                one.name.index = Some(HELD);
            }
        }
    }

    fn close_held(&self, world: &mut World) {
        let held = self.socket_name(HELD);
        while world.named(&held).is_some() {
            calls::close_name(world, &held);
        }
    }

    fn socket_name(&self, index: usize) -> Name {
        Name { word: self.name.word.clone(), index: Some(index) }
    }

    fn bind(
        &self,
        world: &World,
        family: Family,
        name: &Name,
        address: SocketAddr,
        port: Port,
    ) -> Result<Vec<(World, Sub, Basis)>, &'static str> {
        let mut world = world.clone();
        if let Some(error) = world.inject(Verb::Bind, None, Some(family)) {
            return Ok(vec![(world, Sub::Error(injected(error)), Basis::of("env.fail"))]);
        }
        let host = match address {
            SocketAddr::V4(v4) => Host::V4(*v4.ip()),
            SocketAddr::V6(v6) => {
                Host::V6(*v6.ip(), (v6.scope_id() != 0).then(|| Scope::Index(v6.scope_id())))
            }
        };
        debug_assert_eq!(ip(&host), address.ip());
        let Some((id, _)) = world.named(name) else { return Err("no such socket") };
        let allowed = calls::bind_to(self.machine, &world, id, &host, port);
        followed(&world, allowed)
    }

    /// A call of the reference, with the faults that are injected into it.
    fn sub(
        &self,
        world: &World,
        verb: Verb,
        option: Option<SocketOption>,
        family: Family,
        call: &Call,
    ) -> Result<Vec<(World, Sub, Basis)>, &'static str> {
        let mut world = world.clone();
        if let Some(error) = world.inject(verb, option, Some(family)) {
            return Ok(vec![(world, Sub::Error(injected(error)), Basis::of("env.fail"))]);
        }
        let allowed = calls::step(self.machine, &world, call);
        followed(&world, allowed)
    }
}
