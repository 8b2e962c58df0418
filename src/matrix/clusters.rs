//! Deviations with one cause as one finding: what their scripts have in common and no other script
//! has, and the shortest of them.

use std::collections::{BTreeMap, BTreeSet};

use super::behaviour::Behaviour;
use super::conditions::conditions;
use super::cover::{Literal, NumberSet};
use super::deviation::{Deviation, LATTICE_GROUP};
use super::features::{features, successes};
use super::telling::telling;
use crate::script::{Call, Expectation, Script, Step, parse_call_text};
use crate::search::program;
use crate::trace::TraceStep;

/// Deviations of one kind whose scripts a condition tells from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// What the scripts have in common: words over two sockets, or over the calls of a behaviour.
    pub condition: String,
    /// The first deviation of each behaviour or program, in the order of their ids.
    pub members: Vec<Deviation>,
    /// The shortest script of them, which ends with the call that deviates.
    pub script: Script,
    /// The command that runs the member that the script is of.
    pub replay: String,
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
}

/// The number of a program of the lattice.
pub(super) fn program_number(deviation: &Deviation) -> Option<usize> {
    deviation.behaviour.strip_prefix(LATTICE_GROUP)?.strip_prefix('/')?.parse().ok()
}

/// A behaviour that was run, with what was seen of it.
#[derive(Debug, Clone, Copy)]
pub struct BehaviourRun<'a> {
    /// The behaviour.
    pub behaviour: &'a Behaviour,
    /// The steps of its trace.
    pub steps: &'a [TraceStep],
}

/// What deviations of one cause have in common: the call, the kind of its answer and of those that it
/// should have had, without their values, and the rule that speaks.
type Kind<'a> = (String, &'a str, BTreeSet<&'a str>, Option<&'a String>);

/// Groups deviations. `ran` are the behaviours that were run: a condition must not hold for those
/// that did not deviate.
#[must_use]
pub fn clusters(ran: &[BehaviourRun], deviations: &[Deviation]) -> Vec<Cluster> {
    let mut seen = BTreeSet::new();
    let mut programs: BTreeMap<Kind, Vec<&Deviation>> = BTreeMap::new();
    let mut behaviours: BTreeMap<Kind, Vec<&Deviation>> = BTreeMap::new();
    // What follows from a script's first deviation is no finding of its own.
    for one in deviations.iter().filter(|one| seen.insert(one.behaviour.as_str())) {
        let allowed = one.allowed.iter().map(|answer| without_value(answer)).collect();
        let kind: Kind = (verb(one), without_value(&one.got), allowed, one.rules.first());
        let group = if program_number(one).is_some() { &mut programs } else { &mut behaviours };
        group.entry(kind).or_default().push(one);
    }
    let mut found: Vec<_> = programs.into_values().flat_map(of_programs).collect();
    let literals = literals(ran);
    found
        .extend(behaviours.into_values().flat_map(|all| of_behaviours(ran, &literals, &seen, all)));
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
            let number = program_number(shortest)?;
            let script = until(&program(2, number), shortest.step);
            let replay = format!("bindproof check --exhaustive 2 --only {number}");
            let members = members.into_iter().cloned().collect();
            Some(Cluster { condition, members, script, replay, reasons: Vec::new() })
        })
        .collect()
}

/// Deviations of one kind are one finding, whether a condition tells their scripts from the others or not.
fn of_behaviours(
    ran: &[BehaviourRun],
    literals: &[Literal],
    deviating: &BTreeSet<&str>,
    deviations: Vec<&Deviation>,
) -> Option<Cluster> {
    let place = |one: &Deviation| ran.iter().position(|seen| seen.behaviour.id == one.behaviour);
    let wanted: NumberSet = deviations.iter().filter_map(|one| place(one)).collect();
    // Of a behaviour that deviates otherwise nobody knows whether it would have deviated so, too.
    let as_expected = |index: &usize| !deviating.contains(ran[*index].behaviour.id.as_str());
    let unwanted = (0..ran.len()).filter(as_expected).collect();
    let condition = match telling(literals, &wanted, &unwanted) {
        Some(words) if !words.is_empty() => {
            let words: Vec<_> = words.iter().map(|word| literals[*word].text.as_str()).collect();
            words.join(", ")
        }
        _ => {
            let first = deviations.first()?;
            format!("{} that answers {}", verb(first), without_value(&first.got))
        }
    };
    let shortest = deviations.iter().min_by_key(|one| one.step)?;
    let behaviour = ran[place(shortest)?].behaviour;
    let script = until(&behaviour.parsed.script, shortest.step);
    let replay = behaviour.replay();
    let members = deviations.into_iter().cloned().collect();
    Some(Cluster { condition, members, script, replay, reasons: Vec::new() })
}

/// `ok` for every success.
fn without_value(answer: &str) -> &str {
    if answer.starts_with("ok=") { "ok" } else { answer }
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

/// What can be said of behaviours: of the script, of what is not in it, and of what succeeded, since of
/// two scripts with one call one may never have come to it.
fn literals(ran: &[BehaviourRun]) -> Vec<Literal> {
    let all: NumberSet = (0..ran.len()).collect();
    let positive = words(ran, |seen| features(&seen.behaviour.parsed.script));
    let negative: Vec<_> = positive
        .iter()
        .map(|one| Literal { text: format!("no {}", one.text), holds: all.without(&one.holds) })
        .collect();
    let succeeded = words(ran, |seen| successes(seen.steps));
    positive.into_iter().chain(succeeded).chain(negative).collect()
}

/// The words that are said of behaviours.
fn words(ran: &[BehaviourRun], said: impl Fn(&BehaviourRun) -> BTreeSet<String>) -> Vec<Literal> {
    let mut words: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, seen) in ran.iter().enumerate() {
        for word in said(seen) {
            words.entry(word).or_default().push(index);
        }
    }
    let literal = |(text, numbers): (String, Vec<usize>)| Literal {
        text,
        holds: numbers.into_iter().collect(),
    };
    words.into_iter().map(literal).collect()
}
