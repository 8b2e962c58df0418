//! What a lane answers now, against what it answered before: a system that was changed under its name
//! shows here, also where the model allows both answers.

use std::collections::BTreeMap;

use super::answer::words;
use super::behaviour::Behaviour;
use super::conditions::conditions;
use super::cover::NumberSet;
use super::observed::{Observation, Recorded, fingerprint};
use crate::trace::Outcome;

/// An answer that is another one than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// A step of a behaviour, or programs of two sockets.
    pub what: String,
    /// What it answered.
    pub before: String,
    /// What it answers.
    pub now: String,
}

/// What changed between two recordings of a lane: of each behaviour the first step, and the programs of
/// two sockets by condition. Behaviours whose calls were changed in between say nothing.
#[must_use]
pub fn changes(behaviours: &[Behaviour], before: &Observation, now: &Observation) -> Vec<Change> {
    let mut found: Vec<_> =
        behaviours.iter().filter_map(|behaviour| of_behaviour(behaviour, before, now)).collect();
    found.extend(of_programs(before, now));
    found
}

fn of_behaviour(behaviour: &Behaviour, before: &Observation, now: &Observation) -> Option<Change> {
    let script = &behaviour.parsed.script;
    let recorded = |lane: &Observation| -> Option<Recorded> {
        let found = lane.behaviours.get(&behaviour.id)?;
        (found.fingerprint == fingerprint(script)).then(|| found.clone())
    };
    let change = |what: String, before: &str, now: &str| {
        Some(Change { what, before: before.to_string(), now: now.to_string() })
    };
    let (before, now) = (recorded(before)?.run, recorded(now)?.run);
    let (before, now) = match (before, now) {
        (Ok(before), Ok(now)) => (before, now),
        (Ok(_), Err(why)) => {
            return change(behaviour.id.clone(), "was run", &format!("skipped: {why}"));
        }
        (Err(why), Ok(_)) => {
            return change(behaviour.id.clone(), &format!("skipped: {why}"), "is run");
        }
        (Err(_), Err(_)) => return None,
    };
    let source = &behaviour.parsed.source;
    let (before, now) = (words(script, &before.trace(source)), words(script, &now.trace(source)));
    (0..script.steps.len()).find_map(|index| {
        let ended = "not reached".to_string();
        let at = |words: &[String]| words.get(index).cloned().unwrap_or(ended.clone());
        let (before, now) = (at(&before), at(&now));
        let what = format!("{} step {}: {}", behaviour.id, index + 1, script.steps[index].call);
        if before == now { None } else { change(what, &before, &now) }
    })
}

fn of_programs(before: &Observation, now: &Observation) -> Vec<Change> {
    let (Some(then), Some(today)) = (&before.lattice, &now.lattice) else { return Vec::new() };
    let mut found: BTreeMap<(String, String, String), Vec<usize>> = BTreeMap::new();
    for number in 0..then.len().min(today.len()) {
        let steps = then.steps(number, &before.header).zip(today.steps(number, &now.header));
        let Some((old, new)) = steps else { continue };
        let word = |outcome: &Outcome| outcome.word().to_string();
        let first = old.iter().zip(&new).find(|((_, one), (_, other))| word(one) != word(other));
        if let Some(((call, one), (_, other))) = first {
            let call = call.to_string().split(' ').take(2).collect::<Vec<_>>().join(" ");
            found.entry((call, word(one), word(other))).or_default().push(number);
        }
    }
    found
        .into_iter()
        .flat_map(|((call, before, now), numbers)| {
            let wanted: NumberSet = numbers.into_iter().collect();
            conditions(&wanted).into_iter().map(move |(condition, set)| Change {
                what: format!("{} programs of two sockets where {condition}: {call}", set.len()),
                before: before.clone(),
                now: now.clone(),
            })
        })
        .collect()
}
