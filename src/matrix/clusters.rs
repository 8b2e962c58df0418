//! Deviations with one cause as one finding: what their scripts have in common and no other script
//! has, and the shortest of them.

use std::collections::{BTreeMap, BTreeSet};

use super::behaviour::Behaviour;
use super::conditions::conditions;
use super::cover::{Literal, NumberSet, cover};
use super::deviation::{Deviation, LATTICE_GROUP};
use crate::script::{Call, Env, Expectation, Host, Script, Step, parse_call_text};
use crate::search::program;

/// Deviations of one kind whose scripts a condition tells from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// What the scripts have in common: words over two sockets, or over the calls of a behaviour.
    pub condition: String,
    /// The first deviation of each behaviour or program, in the order of their ids.
    pub members: Vec<Deviation>,
    /// The shortest script of them, which ends with the call that deviates.
    pub script: Script,
    /// What baselines say of it: reason and link.
    pub reasons: Vec<(String, String)>,
}

impl Cluster {
    /// Is it of programs of two sockets?
    #[must_use]
    pub fn is_of_programs(&self) -> bool {
        self.members.first().is_some_and(|first| program_number(first).is_some())
    }

    /// How many of what, and the condition.
    #[must_use]
    pub fn headline(&self) -> String {
        let (count, condition) = (self.members.len(), &self.condition);
        match (self.is_of_programs(), self.members.as_slice()) {
            (true, _) => format!("{count} programs of two sockets where {condition}"),
            (false, [one]) => one.behaviour.clone(),
            (false, _) => format!("{count} behaviours with {condition}"),
        }
    }

    /// The command that runs its shortest member.
    #[must_use]
    pub fn replay(&self) -> String {
        let shortest = self.members.iter().min_by_key(|one| (one.step, &one.behaviour));
        match shortest.map(|one| (one, program_number(one))) {
            Some((_, Some(number))) => format!("bindproof check --exhaustive 2 --only {number}"),
            Some((one, None)) => format!("bindproof check {}", one.behaviour),
            None => String::new(),
        }
    }
}

/// The number of a program of the lattice.
pub(super) fn program_number(deviation: &Deviation) -> Option<usize> {
    deviation.behaviour.strip_prefix(LATTICE_GROUP)?.strip_prefix('/')?.parse().ok()
}

/// What deviations of one cause have in common: the call, what it answered, what it should have
/// answered, and the rules that say so.
type Kind<'a> = (String, &'a str, &'a [String], &'a [String]);

/// Groups deviations. `ran` are the behaviours that were run: a condition must not hold for those
/// that did not deviate.
#[must_use]
pub fn clusters(ran: &[&Behaviour], deviations: &[Deviation]) -> Vec<Cluster> {
    let mut seen = BTreeSet::new();
    let mut programs: BTreeMap<Kind, Vec<&Deviation>> = BTreeMap::new();
    let mut behaviours: BTreeMap<Kind, Vec<&Deviation>> = BTreeMap::new();
    // What follows from a script's first deviation is no finding of its own.
    for one in deviations.iter().filter(|one| seen.insert(&one.behaviour)) {
        let kind: Kind = (verb(one), &one.got, &one.allowed, &one.rules);
        let group = if program_number(one).is_some() { &mut programs } else { &mut behaviours };
        group.entry(kind).or_default().push(one);
    }
    let mut found: Vec<_> = programs.into_values().flat_map(of_programs).collect();
    let literals = literals(ran);
    found.extend(behaviours.into_values().flat_map(|all| of_behaviours(ran, &literals, all)));
    found.sort_by_key(|cluster| {
        (!cluster.is_of_programs(), std::cmp::Reverse(cluster.members.len()))
    });
    found
}

fn of_programs(deviations: Vec<&Deviation>) -> Vec<Cluster> {
    let wanted: NumberSet = deviations.iter().filter_map(|one| program_number(one)).collect();
    let mut left = deviations;
    conditions(&wanted)
        .into_iter()
        .filter_map(|(condition, set)| {
            let here = |one: &&Deviation| program_number(one).is_some_and(|n| set.contains(n));
            let (members, others): (Vec<_>, Vec<_>) = left.iter().copied().partition(here);
            left = others;
            let shortest = members.iter().min_by_key(|one| one.step)?;
            let script = until(&program(2, program_number(shortest)?), shortest.step);
            let members = members.into_iter().cloned().collect();
            Some(Cluster { condition, members, script, reasons: Vec::new() })
        })
        .collect()
}

fn of_behaviours(
    ran: &[&Behaviour],
    literals: &[Literal],
    deviations: Vec<&Deviation>,
) -> Vec<Cluster> {
    let place = |one: &Deviation| ran.iter().position(|behaviour| behaviour.id == one.behaviour);
    let all: NumberSet = (0..ran.len()).collect();
    let wanted: NumberSet = deviations.iter().filter_map(|one| place(one)).collect();
    let mut left = deviations;
    let mut found = Vec::new();
    for (words, set) in cover(literals, &all, &wanted) {
        let here = |one: &&Deviation| place(one).is_some_and(|index| set.contains(index));
        let (members, others): (Vec<_>, Vec<_>) = left.iter().copied().partition(here);
        left = others;
        let shortest = members.iter().min_by_key(|one| one.step);
        let Some((step, index)) = shortest.and_then(|one| Some((one.step, place(one)?))) else {
            continue;
        };
        let words: Vec<_> = words.iter().map(|word| literals[*word].text.as_str()).collect();
        found.push(Cluster {
            condition: words.join(", "),
            script: until(&ran[index].parsed.script, step),
            members: members.into_iter().cloned().collect(),
            reasons: Vec::new(),
        });
    }
    found
}

fn verb(deviation: &Deviation) -> String {
    match parse_call_text(&deviation.call) {
        Ok(Call::Set { option, .. }) => format!("set {option}"),
        Ok(Call::Get { option, .. }) => format!("get {option}"),
        Ok(call) => call.verb().to_string(),
        Err(_) => deviation.call.clone(),
    }
}

/// The calls up to a step, without what was expected of them.
fn until(script: &Script, step: usize) -> Script {
    let calls = script.steps.iter().take(step).map(|step| step.call.clone());
    let steps = calls.map(|call| Step { call, expectation: Expectation::Unwritten }).collect();
    Script { title: None, env: script.env.clone(), steps }
}

/// What can be said of behaviours: rare words first, which are left out where common ones do.
fn literals(ran: &[&Behaviour]) -> Vec<Literal> {
    let mut words: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, behaviour) in ran.iter().enumerate() {
        for word in features(&behaviour.parsed.script) {
            words.entry(word).or_default().push(index);
        }
    }
    let all: NumberSet = (0..ran.len()).collect();
    let positive = |(text, numbers): (String, Vec<usize>)| Literal {
        text,
        holds: numbers.into_iter().collect(),
    };
    let mut positive: Vec<_> = words.into_iter().map(positive).collect();
    positive.sort_by_key(|literal| literal.holds.len());
    let ids = ran.iter().enumerate().map(|(index, behaviour)| Literal {
        text: behaviour.id.clone(),
        holds: std::iter::once(index).collect(),
    });
    let negative: Vec<_> = positive
        .iter()
        .map(|one| Literal { text: format!("no {}", one.text), holds: all.without(&one.holds) })
        .collect();
    ids.chain(negative).chain(positive).collect()
}

/// What a script does and asks for, in words.
fn features(script: &Script) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = script.env.iter().map(env).collect();
    for Step { call, .. } in &script.steps {
        found.insert(match call {
            Call::Set { option, value, .. } => format!("set {option} {value}"),
            Call::Get { option, .. } => format!("get {option}"),
            other => other.verb().to_string(),
        });
        if let Some(address) = call.address() {
            found.insert(format!("{} {}", call.verb(), kind_of(&address.host)));
        }
    }
    found
}

fn env(line: &Env) -> String {
    let text = line.to_string();
    let kind = text.split(' ').next().unwrap_or_default();
    format!("env {kind}")
}

fn kind_of(host: &Host) -> &'static str {
    match host {
        Host::V4(ip) if ip.is_unspecified() => "0.0.0.0",
        Host::V4(ip) if ip.is_loopback() => "127.0.0.0/8",
        Host::V4(ip) if ip.is_multicast() => "a multicast IPv4 address",
        Host::V4(_) => "another IPv4 address",
        Host::V6(ip, _) if ip.to_ipv4_mapped().is_some() => "an IPv4-mapped address",
        Host::V6(ip, _) if ip.is_unspecified() => "::",
        Host::V6(ip, _) if ip.is_loopback() => "::1",
        Host::V6(ip, _) if ip.is_multicast() => "a multicast IPv6 address",
        Host::V6(ip, _) if ip.is_unicast_link_local() => "a link-local address",
        Host::V6(..) => "another IPv6 address",
    }
}
