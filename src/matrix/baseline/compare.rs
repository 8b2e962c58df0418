//! A lane's deviations against what is known.

use std::collections::{BTreeMap, BTreeSet};

use super::{Baseline, Finding};
use crate::matrix::clusters::program_number;
use crate::matrix::{Deviation, LATTICE_GROUP, ProgramSet, conditions, programs_where};
use crate::trace::Header;

/// A difference between a lane and its baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Nobody knows of it.
    New(Deviation),
    /// The same of programs of the lattice, with the smallest condition that tells them.
    NewPrograms {
        /// Which ones.
        condition: String,
        /// The deviation of each of them.
        programs: Vec<Deviation>,
    },
    /// It is known, and did not happen.
    Vanished {
        /// The behaviour; [`LATTICE_GROUP`] for programs of two sockets.
        behaviour: String,
        /// What is listed; of programs with how many did not deviate.
        known: String,
        /// What is listed of programs: the condition, the call and the answer.
        programs: Option<String>,
    },
    /// It is known, and something else happened.
    Changed {
        /// What is listed.
        known: String,
        /// What came.
        deviation: Deviation,
    },
}

impl Difference {
    /// The behaviour that differs; [`LATTICE_GROUP`] for programs of two sockets.
    #[must_use]
    pub fn behaviour(&self) -> &str {
        match self {
            Self::New(deviation) | Self::Changed { deviation, .. } => &deviation.behaviour,
            Self::Vanished { behaviour, .. } => behaviour,
            Self::NewPrograms { .. } => LATTICE_GROUP,
        }
    }

    /// What is listed and is not so, in words; `None` for what is new.
    #[must_use]
    pub fn of_known(&self) -> Option<String> {
        match self {
            Self::New(_) | Self::NewPrograms { .. } => None,
            Self::Vanished { known, .. } => Some(format!("vanished: {known}")),
            Self::Changed { known, deviation } => {
                let Deviation { behaviour, step, got, .. } = deviation;
                Some(format!(
                    "changed: {behaviour} step {step}: got {got}, the baseline says {known}"
                ))
            }
        }
    }
}

/// What came of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// What differs.
    pub differences: Vec<Difference>,
    /// How many deviations are known.
    pub known: usize,
    /// The findings that hold on this lane: file and number, from 1.
    pub used: BTreeSet<(String, usize)>,
}

/// Compares the deviations of a lane with the findings that hold there. `ran` tells whether a
/// behaviour was run: what was not run has not vanished.
#[must_use]
pub fn compare(
    lane: &str,
    header: &Header,
    deviations: &[Deviation],
    ran: &dyn Fn(&str) -> bool,
    baselines: &[Baseline],
) -> Compared {
    let mut compared = Compared::default();
    let files = baselines.iter().filter(|file| file.is_about(lane, header));
    let mut findings: Vec<&Finding> = Vec::new();
    for file in files {
        for (index, finding) in file.findings.iter().enumerate() {
            if finding.when.holds(lane, header) {
                findings.push(finding);
                compared.used.insert((file.name.clone(), index + 1));
            }
        }
    }
    let lattice = format!("{LATTICE_GROUP}/");
    let (programs, behaviours): (Vec<_>, Vec<_>) =
        deviations.iter().partition(|deviation| deviation.behaviour.starts_with(&lattice));
    steps(&mut compared, &findings, &behaviours, ran);
    if ran(LATTICE_GROUP) {
        squares(&mut compared, &findings, &programs);
    }
    compared
}

fn steps(
    compared: &mut Compared,
    findings: &[&Finding],
    deviations: &[&Deviation],
    ran: &dyn Fn(&str) -> bool,
) {
    let mut known: BTreeMap<(&str, usize), Vec<(&str, bool)>> = BTreeMap::new();
    for finding in findings {
        for (behaviour, steps) in &finding.behaviours {
            for step in steps {
                let (number, answer) = step.split_once(' ').unwrap_or((step, ""));
                let number = number.parse().unwrap_or(0);
                known.entry((behaviour, number)).or_default().push((answer, finding.sometimes));
            }
        }
    }
    for deviation in deviations {
        match known.remove(&(deviation.behaviour.as_str(), deviation.step)) {
            Some(answers) if answers.iter().any(|(answer, _)| *answer == deviation.got) => {
                compared.known += 1;
            }
            Some(answers) => compared.differences.push(Difference::Changed {
                known: answers.iter().map(|(answer, _)| *answer).collect::<Vec<_>>().join(" or "),
                deviation: (*deviation).clone(),
            }),
            None => compared.differences.push(Difference::New((*deviation).clone())),
        }
    }
    for ((behaviour, step), answers) in known {
        for (answer, sometimes) in answers {
            if ran(behaviour) && !sometimes {
                compared.differences.push(Difference::Vanished {
                    behaviour: behaviour.to_string(),
                    known: format!("{behaviour} step {step}: {answer}"),
                    programs: None,
                });
            }
        }
    }
}

fn squares(compared: &mut Compared, findings: &[&Finding], deviations: &[&Deviation]) {
    let mut found: BTreeMap<(String, &str), Vec<&Deviation>> = BTreeMap::new();
    for deviation in deviations {
        found.entry((call_of(deviation), &deviation.got)).or_default().push(deviation);
    }
    let mut known: BTreeMap<(String, &str), Vec<(&str, ProgramSet)>> = BTreeMap::new();
    let mut always = BTreeSet::new();
    let programs = findings
        .iter()
        .flat_map(|finding| finding.programs.iter().map(|programs| (finding.sometimes, programs)));
    for (sometimes, programs) in programs {
        if !sometimes {
            always.insert(programs.condition.as_str());
        }
        let Ok(set) = programs_where(&programs.condition) else { continue };
        known
            .entry((programs.call.clone(), &programs.got))
            .or_default()
            .push((&programs.condition, set));
    }
    for (key, deviations) in &found {
        let all: ProgramSet = deviations.iter().filter_map(|one| program_number(one)).collect();
        let listed = known.get(key).map(Vec::as_slice).unwrap_or_default();
        let new = listed.iter().fold(all.clone(), |left, (_, set)| left.without(set));
        compared.known += all.len() - new.len();
        let left = deviations
            .iter()
            .copied()
            .filter(|one| program_number(one).is_some_and(|n| new.contains(n)));
        compared.differences.extend(new_programs(&left.cloned().collect::<Vec<_>>()));
    }
    for ((call, got), listed) in &known {
        let here = found.get(&(call.clone(), *got)).map(Vec::as_slice).unwrap_or_default();
        let here: ProgramSet = here.iter().filter_map(|one| program_number(one)).collect();
        for (condition, set) in listed.iter().filter(|(condition, _)| always.contains(condition)) {
            let gone = set.without(&here).len();
            if gone > 0 {
                let listed = format!("programs where {condition}: {call} got {got}");
                compared.differences.push(Difference::Vanished {
                    behaviour: LATTICE_GROUP.to_string(),
                    known: format!("{gone} of {} {listed}", set.len()),
                    programs: Some(listed),
                });
            }
        }
    }
}

/// Programs that deviate alike, by the smallest conditions that tell them.
pub(in crate::matrix) fn new_programs(deviations: &[Deviation]) -> Vec<Difference> {
    let all: ProgramSet = deviations.iter().filter_map(program_number).collect();
    let found = conditions(&all).into_iter().map(|(condition, set)| {
        let here = |one: &&Deviation| program_number(one).is_some_and(|n| set.contains(n));
        let programs = deviations.iter().filter(here).cloned().collect();
        Difference::NewPrograms { condition, programs }
    });
    found.collect()
}

/// The call of a deviation of the lattice.
pub(in crate::matrix) fn call_of(deviation: &Deviation) -> String {
    call_named(&deviation.call)
}

/// A call of the lattice by its verb and its socket: `socket a`, `bind b`.
pub(super) fn call_named(call: &str) -> String {
    match call.split(' ').collect::<Vec<_>>()[..] {
        [socket, "=", verb, ..] | [verb, socket, ..] => format!("{verb} {socket}"),
        _ => call.to_string(),
    }
}
