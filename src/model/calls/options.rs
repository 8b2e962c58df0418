//! `setsockopt`, `getsockopt` and the flags of a descriptor.

use super::reply;
use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::machine::Machine;
use crate::model::world::{Phase, Socket, World};
use crate::script::{Family, Name, Setting, SocketOption};

const NO_REUSE_PORT: &str = "this platform has no SO_REUSEPORT";
const NO_EXCLUSIVE: &str = "this platform has no SO_EXCLUSIVEADDRUSE";
const NO_FLAGS: &str = "this platform cannot read or set this flag of a descriptor";

/// `set NAME OPTION VALUE`.
pub(super) fn set(
    machine: &Machine,
    world: &World,
    name: &Name,
    option: SocketOption,
    value: Setting,
) -> Allowed {
    let Some((_, socket)) = world.named(name) else { return Allowed::Unmodelled("no such socket") };
    let facts = machine.record;
    let on = value != Setting::Off && value != Setting::Number(0);
    let done = |rule| changed(name, rule, option, value);
    match option {
        SocketOption::ReuseAddr => {
            if facts.has_exclusive.value && socket.exclusive && on {
                return Allowed::error("EINVAL", "options.exclusive");
            }
            late(machine, socket, || done("options.reuse-any-time"))
        }
        SocketOption::ReusePort if !facts.has_reuse_port.value => {
            Allowed::Unmodelled(NO_REUSE_PORT)
        }
        SocketOption::ReusePort => late(machine, socket, || done("options.reuseport")),
        SocketOption::ExclusiveAddrUse if !facts.has_exclusive.value => {
            Allowed::Unmodelled(NO_EXCLUSIVE)
        }
        SocketOption::ExclusiveAddrUse => {
            if socket.reuseaddr && on {
                return Allowed::error("EINVAL", "options.exclusive");
            }
            late(machine, socket, || done("options.exclusive"))
        }
        SocketOption::V6Only if socket.family == Family::Inet => {
            reply(&facts.v6only_set_on_v4, || done("options.v6only-on-ipv4"))
        }
        SocketOption::V6Only if has_address(socket) => {
            let rule = "options.v6only-after-bind";
            let same = socket.v6only == Some(on);
            let fact = if same { &facts.v6only_after_bind_same } else { &facts.v6only_after_bind };
            reply(fact, || done(rule))
        }
        SocketOption::V6Only => done("options.v6only"),
        SocketOption::Cloexec if !facts.descriptor_flags.value => Allowed::Unmodelled(NO_FLAGS),
        SocketOption::Cloexec => {
            let name = name.clone();
            let rule = "options.descriptor-flags";
            Allowed::one(Branch::with(Expected::Done, rule, move |world| {
                if let Some(one) = world.descriptors.iter_mut().find(|one| one.name == name) {
                    one.cloexec = Some(on);
                }
            }))
        }
        SocketOption::Nonblocking => done("options.descriptor-flags"),
        SocketOption::Accepting => {
            reply(&facts.accepting_set, || done("options.accepting-read-only"))
        }
        SocketOption::Linger if matches!(value, Setting::Number(n) if n < 0) => {
            Allowed::Unmodelled("a negative time to linger")
        }
        SocketOption::Linger => done("options.linger"),
    }
}

/// `SO_REUSEADDR` and its like may be set at any time; nobody knows it of every platform.
fn late(machine: &Machine, socket: &Socket, done: impl FnOnce() -> Allowed) -> Allowed {
    if socket.local.is_some() || !matches!(socket.phase, Phase::Idle) {
        return reply(&machine.record.reuse_after_bind, done);
    }
    done()
}

fn has_address(socket: &Socket) -> bool {
    socket.holds_port || !matches!(socket.phase, Phase::Idle | Phase::Over(_))
}

pub(super) fn changed(
    name: &Name,
    rule: &'static str,
    option: SocketOption,
    value: Setting,
) -> Allowed {
    let name = name.clone();
    let on = value != Setting::Off && value != Setting::Number(0);
    Allowed::one(Branch::with(Expected::Done, rule, move |world| {
        let Some((id, _)) = world.named(&name) else { return };
        let socket = world.socket_mut(id);
        match option {
            SocketOption::ReuseAddr => socket.reuseaddr = on,
            SocketOption::ReusePort => socket.reuseport = on,
            SocketOption::ExclusiveAddrUse => socket.exclusive = on,
            SocketOption::V6Only => socket.v6only = Some(on),
            SocketOption::Nonblocking => socket.nonblocking = Some(on),
            SocketOption::Linger => {
                socket.linger = match value {
                    Setting::Off => None,
                    Setting::On => Some(1),
                    Setting::Number(seconds) => Some(seconds),
                }
            }
            SocketOption::Cloexec | SocketOption::Accepting => {}
        }
    }))
}

/// `get NAME OPTION`.
pub(super) fn get(machine: &Machine, world: &World, name: &Name, option: SocketOption) -> Allowed {
    let Some((_, socket)) = world.named(name) else { return Allowed::Unmodelled("no such socket") };
    let facts = machine.record;
    let switch = |on: Option<bool>, rule| match on {
        Some(on) => Allowed::answer(Expected::Switch(on), rule),
        None => Allowed::Unmodelled("nobody has seen the value that this option has here"),
    };
    match option {
        SocketOption::ReuseAddr => switch(Some(socket.reuseaddr), "options.read-back"),
        SocketOption::ReusePort if !facts.has_reuse_port.value => {
            Allowed::Unmodelled(NO_REUSE_PORT)
        }
        SocketOption::ReusePort => switch(Some(socket.reuseport), "options.reuseport"),
        SocketOption::ExclusiveAddrUse if !facts.has_exclusive.value => {
            Allowed::Unmodelled(NO_EXCLUSIVE)
        }
        SocketOption::ExclusiveAddrUse => switch(Some(socket.exclusive), "options.exclusive"),
        SocketOption::V6Only if socket.family == Family::Inet => {
            reply(&facts.v6only_get_on_v4, || {
                Allowed::answer(Expected::SomeValue, "options.v6only-on-ipv4")
            })
        }
        SocketOption::V6Only => switch(socket.v6only, "options.v6only-default"),
        SocketOption::Nonblocking | SocketOption::Cloexec if !facts.descriptor_flags.value => {
            Allowed::Unmodelled(NO_FLAGS)
        }
        SocketOption::Nonblocking => switch(socket.nonblocking, "options.descriptor-flags"),
        SocketOption::Cloexec => {
            let descriptor = world.descriptor(name);
            switch(descriptor.and_then(|one| one.cloexec), "options.descriptor-flags")
        }
        SocketOption::Accepting => reply(&facts.accepting_get, || {
            Allowed::answer(Expected::Switch(socket.listens()), "options.accepting")
        }),
        SocketOption::Linger => Allowed::answer(
            match socket.linger {
                None => Expected::Switch(false),
                Some(seconds) => Expected::Number(i64::from(seconds)),
            },
            "options.linger",
        ),
    }
}
