//! What a lane answers now, against what it answered before: a system that was changed under its name
//! shows here, also where the model allows both answers.

use std::collections::BTreeMap;

use super::answer::words;
use super::behaviour::Behaviour;
use super::conditions::conditions;
use super::cover::NumberSet;
use super::observed::{Lattice, Observation, Recorded, fingerprint};
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
/// two sockets by condition. Behaviours whose calls were changed in between say nothing. What is as
/// before in one of the recordings `again` comes second: it did not change, it depends on the moment.
#[must_use]
pub fn changes(
    behaviours: &[Behaviour],
    before: &Observation,
    now: &Observation,
    again: &[&Observation],
) -> (Vec<Change>, Vec<Change>) {
    let (mut stays, mut gone) = (Vec::new(), Vec::new());
    for behaviour in behaviours {
        let Some(change) = of_behaviour(behaviour, before, now) else { continue };
        let as_before = |later: &&Observation| {
            recorded(behaviour, later).is_some() && of_behaviour(behaviour, before, later).is_none()
        };
        let place = if again.iter().any(as_before) { &mut gone } else { &mut stays };
        place.push(change);
    }
    let (programs, as_before) = of_programs(before, now, again);
    stays.extend(programs);
    gone.extend(as_before);
    (stays, gone)
}

/// What a lane has of a behaviour as it is today.
fn recorded<'a>(behaviour: &Behaviour, lane: &'a Observation) -> Option<&'a Recorded> {
    let found = lane.behaviours.get(&behaviour.id)?;
    (found.fingerprint == fingerprint(&behaviour.parsed.script)).then_some(found)
}

fn of_behaviour(behaviour: &Behaviour, before: &Observation, now: &Observation) -> Option<Change> {
    let script = &behaviour.parsed.script;
    let change = |what: String, before: &str, now: &str| {
        Some(Change { what, before: before.to_string(), now: now.to_string() })
    };
    let (before, now) = (&recorded(behaviour, before)?.run, &recorded(behaviour, now)?.run);
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

/// Programs of two sockets that answer otherwise, and those of them that are as before in a recording
/// `again`.
fn of_programs(
    before: &Observation,
    now: &Observation,
    again: &[&Observation],
) -> (Vec<Change>, Vec<Change>) {
    let count = |lane: &Observation| lane.lattice.as_ref().map_or(0, Lattice::len);
    let ran_in_all = [before, now].map(count).into_iter().min().unwrap_or(0);
    let (mut stays, mut gone) = (Groups::new(), Groups::new());
    for number in 0..ran_in_all {
        let Some(change) = of_program(number, before, now) else { continue };
        let as_before = |later: &&Observation| {
            number < count(later) && of_program(number, before, later).is_none()
        };
        let place = if again.iter().any(as_before) { &mut gone } else { &mut stays };
        place.entry(change).or_default().push(number);
    }
    (by_condition(stays), by_condition(gone))
}

/// Programs by their first call that answers otherwise, its answer before and now.
type Groups = BTreeMap<(String, String, String), Vec<usize>>;

/// The first call of a program that answers otherwise, its answer before and now.
fn of_program(
    number: usize,
    before: &Observation,
    now: &Observation,
) -> Option<(String, String, String)> {
    let steps = |lane: &Observation| lane.lattice.as_ref()?.steps(number, &lane.header);
    let word = |outcome: &Outcome| outcome.word().to_string();
    let (old, new) = (steps(before)?, steps(now)?);
    let ((call, one), (_, other)) =
        old.iter().zip(&new).find(|((_, one), (_, other))| word(one) != word(other))?;
    let call = call.to_string().split(' ').take(2).collect::<Vec<_>>().join(" ");
    Some((call, word(one), word(other)))
}

fn by_condition(groups: Groups) -> Vec<Change> {
    groups
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
