//! `resolve`: the question that a script asks, put to the rules of the resolver.

use std::net::SocketAddr;

use super::allowed::{Allowed, Branch, Expected};
use super::machine::Machine;
use super::resolve::{self, Possible, Question, Resolved, Setting};
use crate::script::{FamilyArg, FlagsArg, ResolveArgs};

/// Everything that `getaddrinfo` may answer on a machine.
pub(super) fn possible(
    machine: &Machine,
    question: &Question,
) -> Result<Vec<Possible>, &'static str> {
    if let Some(records) = &machine.records {
        return Ok(vec![injected(records, question.service.as_deref())]);
    }
    let setting = Setting {
        platform: machine.platform(),
        libc: machine.libc,
        hosts: machine.hosts.as_deref(),
        ipv6: machine.ipv6,
        isolated: machine.isolated,
    };
    resolve::resolve(&setting, question)
}

/// The answer of `env records`: its addresses with the port that is asked for.
fn injected(records: &[SocketAddr], service: Option<&str>) -> Possible {
    let port = service.and_then(|service| service.parse().ok()).unwrap_or(0);
    let mut addresses = records.to_vec();
    addresses.iter_mut().for_each(|address| address.set_port(port));
    Possible { answer: Resolved::Records { addresses, any_order: false }, rule: "env.records" }
}

/// `resolve KEY=VALUE…`.
pub(super) fn resolve(machine: &Machine, args: &ResolveArgs) -> Allowed {
    let question = Question {
        host: args.host.clone(),
        service: args.service.clone(),
        family: args.family.unwrap_or(FamilyArg::Unspec),
        flags: args.flags.clone().unwrap_or(FlagsArg::Absent),
    };
    match possible(machine, &question) {
        Err(why) => Allowed::Unmodelled(why),
        Ok(all) => Allowed::Branches(
            all.into_iter()
                .map(|one| match one.answer {
                    Resolved::Error(name) => Branch::error(name, one.rule),
                    Resolved::SomeError => Branch::only(Expected::SomeError, one.rule),
                    Resolved::SomeRecords => Branch::only(Expected::SomeValue, one.rule),
                    Resolved::Records { addresses, any_order } => {
                        Branch::only(Expected::Records { addresses, any_order }, one.rule)
                    }
                })
                .collect(),
        ),
    }
}
