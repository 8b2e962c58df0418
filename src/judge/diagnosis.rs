//! Why a step diverged: which rule it broke, and which would have allowed it.

use super::before::other_worlds;
use super::verdict::Nearest;
use crate::model::{Allowed, Branch, Expected, ExpectedSocket, Ipv6, Machine, World, step};
use crate::script::{Call, Platform};
use crate::trace::{Outcome, SocketFacts, Value};

/// Another setting of a machine.
type Change = fn(&mut Machine);

/// The nearest rule that would have allowed an outcome: with another setting first, then on
/// another platform, then after other calls.
pub(super) fn nearest(
    machine: &Machine,
    world: &World,
    call: &Call,
    outcome: &Outcome,
) -> Option<Nearest> {
    let settings: [(&str, Change); 5] = [
        ("if the process were privileged", |m| m.privileged = true),
        ("if the process were unprivileged", |m| m.privileged = false),
        ("if there were no IPv6 address", |m| m.ipv6 = Ipv6::NoAddress),
        ("if there were no IPv6", |m| m.ipv6 = Ipv6::Off),
        ("if there were IPv6", |m| m.ipv6 = Ipv6::On),
    ];
    let changed = settings.iter().map(|(condition, change)| {
        let mut machine = machine.clone();
        change(&mut machine);
        (machine, (*condition).to_string())
    });
    let elsewhere = Platform::all()
        .filter(|platform| *platform != machine.platform())
        .map(|platform| {
            (Machine { ephemeral: machine.ephemeral, ..Machine::usual(platform) }, platform)
        })
        .map(|(machine, platform)| (machine, format!("on {platform}")));
    let own = machine.platform();
    // A name with another name's number: no rule of any platform gives that.
    if *outcome != outcome.numbered_as_on(own) {
        return None;
    }
    let mut otherwise = changed.chain(elsewhere).filter_map(|(machine, condition)| {
        // Another platform gives the error its own number.
        let outcome = outcome.numbered_as_on(machine.platform());
        let rule = allowing(&machine, world, call, &outcome)?;
        Some(Nearest { rule, condition })
    });
    let mut after = other_worlds(machine, world, call).filter_map(|(world, calls)| {
        let rule = allowing(machine, &world, call, outcome)?;
        let calls: Vec<_> = calls.iter().map(ToString::to_string).collect();
        Some(Nearest { rule, condition: format!("after {}", calls.join(", ")) })
    });
    otherwise.next().or_else(|| after.next())
}

fn allowing(
    machine: &Machine,
    world: &World,
    call: &Call,
    outcome: &Outcome,
) -> Option<&'static str> {
    match step(machine, world, call) {
        Allowed::Branches(branches) => branches
            .iter()
            .find(|branch| branch.expected.fits(world, machine, outcome))
            .map(|branch| branch.rule),
        Allowed::Unmodelled(_) => None,
    }
}

/// Of an answer that `bind_sockets` may not give: which of its rules it breaks.
pub(super) fn broken_rule(
    machine: &Machine,
    world: &World,
    call: &Call,
    outcome: &Outcome,
) -> Option<&'static str> {
    let Call::BindSockets { .. } = call else { return None };
    let branches = step(machine, world, call).branches()?;
    let expected = branches.iter().find_map(|branch| match &branch.expected {
        Expected::Sockets(sockets) => Some((sockets, branch)),
        _ => None,
    });
    let Some((sockets, branch)) = expected else {
        return branches.first().and_then(decision);
    };
    let Outcome::Ok(Value::Sockets(found)) = outcome else {
        return decision(branch);
    };
    let pairs = || sockets.iter().zip(found);
    if sockets.len() != found.len() {
        decision(branch).filter(|rule| *rule != branch.rule).or(Some("bind_sockets.records"))
    } else if pairs().any(|(wanted, found)| wanted.ip != found.address.ip()) {
        Some("bind_sockets.order")
    } else {
        let option = pairs().find_map(|(wanted, found)| wrong_option(wanted, found));
        option.or(Some("bind_sockets.port"))
    }
}

/// The last rule of `bind_sockets` that decided how a history went on, before the rules that hold
/// of every success.
fn decision(branch: &Branch) -> Option<&'static str> {
    branch
        .rules()
        .take_while(|rule| *rule != "bind_sockets.records")
        .filter(|rule| rule.starts_with("bind_sockets."))
        .last()
}

/// The rule of the first option that reads otherwise than it should.
fn wrong_option(wanted: &ExpectedSocket, found: &SocketFacts) -> Option<&'static str> {
    [
        (Some(wanted.reuseaddr), found.reuseaddr, "bind_sockets.reuseaddr"),
        (Some(wanted.reuseport), found.reuseport, "bind_sockets.reuseport"),
        (wanted.v6only, found.v6only, "bind_sockets.v6only"),
        (Some(true), found.nonblocking, "bind_sockets.nonblocking"),
        (Some(true), found.cloexec, "bind_sockets.cloexec"),
        (Some(true), found.listening, "bind_sockets.listening"),
    ]
    .into_iter()
    .find(|(wanted, found, _)| wanted.is_some() && found.is_some() && wanted != found)
    .map(|(_, _, rule)| rule)
}
