//! `bind_sockets`, stated a second time: from the contract, over the rules of the single calls.

mod asked;
mod attempt;
mod history;

use std::borrow::Cow;

use self::asked::{in_order, question, refused};
use self::attempt::Job;
use self::history::{Basis, Ended, injected};
use super::allowed::{Allowed, Expected};
use super::machine::Machine;
use super::resolve::Resolved;
use super::resolving::possible;
use super::world::World;
use crate::script::{BindSocketsArgs, Family, FamilyArg, Name, Verb};

/// `NAME = bind_sockets …` for every answer that the machine may give.
pub(super) fn bind_sockets(
    machine: &Machine,
    world: &World,
    name: &Name,
    args: &BindSocketsArgs,
) -> Allowed {
    if let Some(error) = refused(machine, args) {
        return Allowed::error(error, "bind_sockets.arguments");
    }
    let mut world = world.clone();
    let injects = Basis { rules: vec!["bind_sockets.resolver"], doubt: None };
    let family = match args.family {
        Some(FamilyArg::Inet) => Some(Family::Inet),
        Some(FamilyArg::Inet6) => Some(Family::Inet6),
        _ => None,
    };
    if let Some(error) = world.inject(Verb::Resolve, None, family) {
        let ended = Ended { expected: injected(error), rule: "env.fail", basis: injects, world };
        return Allowed::one(ended.branch());
    }
    let answers = match possible(machine, &question(args)) {
        Ok(answers) => answers,
        Err(why) => return Allowed::Unmodelled(why),
    };
    let mut ended = Vec::new();
    for one in answers {
        let fails = |expected| Ended {
            expected,
            rule: one.rule,
            basis: injects.clone(),
            world: world.clone(),
        };
        match one.answer {
            Resolved::Error(error) => ended.push(fails(Expected::Error(Cow::Borrowed(error)))),
            Resolved::SomeError => ended.push(fails(Expected::SomeError)),
            Resolved::SomeRecords => {
                return Allowed::Unmodelled("which addresses the resolver answers");
            }
            Resolved::Records { addresses, any_order } => {
                let job = Job { machine, name, args, records: in_order(&addresses) };
                if any_order && job.order_matters() {
                    return Allowed::Unmodelled("the resolver's order inside a family");
                }
                if let Err(why) = job.attempt(world.clone(), 0, Basis::of(one.rule), &mut ended) {
                    return Allowed::Unmodelled(why);
                }
            }
        }
    }
    Allowed::Branches(ended.into_iter().map(Ended::branch).collect())
}
