//! The rules of each call: a world and a call go in, everything that may happen comes out.

mod accept;
mod bind;
mod close;
mod connect;
mod descriptors;
mod force;
mod listen;
mod options;
mod ports;
mod serve;
mod socket;
mod stream;

pub(super) use bind::bind_to;
pub(super) use close::close_name;
pub(super) use force::{force, force_sockets};
pub(super) use stream::force_received;

use super::allowed::Allowed;
use super::fact::Fact;
use super::machine::Machine;
use super::platform::Reply;
use super::world::World;
use crate::script::Call;

/// A call whose sockets are there, without injected faults. `bind_sockets` is made of others: see
/// [`super::bind_sockets`].
pub(super) fn step(machine: &Machine, world: &World, call: &Call) -> Allowed {
    match call {
        Call::Socket { name, family } => socket::socket(machine, name, *family),
        Call::Set { name, option, value } => options::set(machine, world, name, *option, *value),
        Call::Get { name, option } => options::get(machine, world, name, *option),
        Call::Bind { name, address } => bind::bind(machine, world, name, address),
        Call::Listen { name, backlog } => listen::listen(machine, world, name, *backlog),
        Call::ConnectNew { name, address } => connect::connect_new(machine, world, name, address),
        Call::Connect { name, address } => connect::connect(machine, world, name, address),
        Call::Accept { name, listener } => accept::accept(machine, world, name, listener),
        Call::Dup { name, original } => descriptors::dup(machine, world, name, original),
        Call::Inherited { name } => descriptors::inherited(world, name),
        Call::GetName { name } => descriptors::name(machine, world, name),
        Call::Send { name, count } => stream::send(machine, world, name, *count),
        Call::Recv { name } if !world.servers.is_empty() => match serve::run_servers(world) {
            Err(why) => Allowed::Unmodelled(why),
            Ok(after) => from(after, |world| stream::recv(machine, world, name)),
        },
        Call::Recv { name } => stream::recv(machine, world, name),
        Call::Serve { name, sockets, stop_at } => {
            serve::serve(machine, world, name, sockets, *stop_at)
        }
        Call::ServeMore { name, sockets } => serve::serve(machine, world, name, sockets, None),
        Call::Stop { name } => serve::stop(world, name),
        Call::Shutdown { name, half } => stream::shutdown(machine, world, name, *half),
        Call::Close { name } => close::close(machine, world, name),
        Call::Resolve { args } => super::resolving::resolve(machine, args),
        Call::BindSockets { .. } => Allowed::Unmodelled("bind_sockets is no single call"),
    }
}

/// What a call allows after the servers have done their work.
fn from(after: World, call: impl FnOnce(&World) -> Allowed) -> Allowed {
    call(&after).each(|mut branch| {
        let (start, effect) = (after.clone(), branch.effect);
        branch.effect = Box::new(move |world| {
            *world = start;
            effect(world);
        });
        branch.resting_on("serve.echoes")
    })
}

/// The same, resting on further rules.
fn also(allowed: Allowed, rules: &[&'static str]) -> Allowed {
    allowed.each(|branch| rules.iter().fold(branch, |branch, rule| branch.resting_on(rule)))
}

/// What a platform's reply allows; `works` is what success would be.
fn reply(fact: &Fact<Reply>, works: impl FnOnce() -> Allowed) -> Allowed {
    use super::allowed::{Branch, Expected};
    let rule = fact.rule;
    let allowed = match fact.value {
        Reply::Works => works(),
        Reply::Fails(errors) => {
            Allowed::Branches(errors.iter().map(|error| Branch::error(error, rule)).collect())
        }
        Reply::FailsSomehow => Allowed::answer(Expected::SomeError, rule),
        Reply::Unknown => Allowed::Unmodelled("nobody has seen what this platform answers here"),
    };
    allowed.each(|branch| branch.doubted(fact.doubted()))
}
