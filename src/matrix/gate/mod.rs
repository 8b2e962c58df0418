//! The gate: what lanes answered, against the model and what is known to deviate.

mod again;
mod config;
mod project;
mod update;

use std::collections::{BTreeMap, BTreeSet};

pub use config::{CONFIG_FILE, Config, ConfigError};
pub use project::{GateError, Passed, gate};
pub use update::findings_of;

use super::baseline::{Baseline, Compared, Difference, Finding, KERNELS, SYSTEMS, compare};
use super::behaviour::Behaviour;
use super::changes::Change;
use super::clusters::{BehaviourRun, Cluster, clusters};
use super::deviation::{Deviation, Expected, LATTICE_GROUP, of_behaviour, of_lattice};
use super::observed::{Observation, Ran, embedded_texts};
use crate::trace::PlatformFacts;

/// What lanes are held against.
#[derive(Debug, Clone)]
pub struct Gate {
    /// The behaviours.
    pub behaviours: Vec<Behaviour>,
    /// Where what they expect holds.
    pub expected: Expected,
    /// What is known to deviate.
    pub baselines: Vec<Baseline>,
}

/// A lane with what differs.
#[derive(Debug, Clone)]
pub struct LaneResult {
    /// The lane.
    pub lane: String,
    /// What answered.
    pub platform: PlatformFacts,
    /// The day of the recording.
    pub recorded: String,
    /// Behaviours run.
    pub ran: usize,
    /// Behaviours skipped: id and reason.
    pub skipped: Vec<(String, String)>,
    /// Programs of two sockets run.
    pub programs: usize,
    /// What differs, and what is known.
    pub compared: Compared,
    /// What is new, grouped by cause.
    pub clusters: Vec<Cluster>,
    /// What differed in one run and not in the next.
    pub flakes: Vec<Difference>,
    /// What it answered otherwise before, where that was asked.
    pub changes: Vec<Change>,
    /// What it answered otherwise before in one recording and not in the next.
    pub passing_changes: Vec<Change>,
    /// That was asked, and there is no earlier evidence of it.
    pub nothing_earlier: bool,
}

impl LaneResult {
    /// Is there nothing that is not known?
    #[must_use]
    pub fn passes(&self) -> bool {
        self.compared.differences.is_empty() && self.changes.is_empty()
    }
}

impl Gate {
    /// Holds a lane against model and baselines. `again` observes it once more, as often as there are
    /// `retries` and while something differs: at least the behaviours that it is given, where
    /// [`LATTICE_GROUP`] is the programs of two sockets. A behaviour or program that fits then is a flake;
    /// one that differs otherwise still differs.
    ///
    /// # Errors
    /// Those of `again`.
    pub fn hold<E>(
        &self,
        lane: &Observation,
        retries: u32,
        mut again: impl FnMut(&BTreeSet<String>) -> Result<Observation, E>,
    ) -> Result<LaneResult, E> {
        let mut compared = self.compare(lane);
        let mut flakes = Vec::new();
        for _ in 0..retries {
            if compared.differences.is_empty() {
                break;
            }
            let differing = compared.differences.iter().map(|one| one.behaviour().to_string());
            let mut later = again(&differing.collect())?;
            // What is known holds on a lane as it usually is, and a few behaviours do not tell that.
            later.header = lane.header.clone();
            let ran = self.ids(&later);
            let later = self.compare(&later);
            let (stays, fits) = again::split(compared.differences, &later.differences, &ran);
            compared.differences = stays;
            flakes.extend(fits);
        }
        let skipped = self.behaviours.iter().filter_map(|one| {
            let why = lane.of(one).err()?;
            Some((one.id.clone(), why))
        });
        let seen = self.ran(lane).into_iter();
        let seen: Vec<_> =
            seen.map(|(behaviour, run)| BehaviourRun { behaviour, steps: &run.steps }).collect();
        Ok(LaneResult {
            lane: lane.lane.clone(),
            platform: lane.header.platform.clone(),
            recorded: lane.recorded.clone(),
            ran: seen.len(),
            skipped: skipped.collect(),
            programs: lane.lattice.as_ref().map_or(0, super::observed::Lattice::len),
            clusters: clusters(&seen, &new(&compared)),
            compared,
            flakes,
            changes: Vec::new(),
            passing_changes: Vec::new(),
            nothing_earlier: false,
        })
    }

    /// The behaviours that a lane ran, with what was seen of them.
    fn ran<'a>(&'a self, lane: &'a Observation) -> Vec<(&'a Behaviour, &'a Ran)> {
        self.behaviours.iter().filter_map(|one| Some((one, lane.of(one).ok()?))).collect()
    }

    /// The ids of the behaviours of today that a lane ran; [`LATTICE_GROUP`] for programs of two sockets.
    fn ids<'a>(&'a self, lane: &'a Observation) -> BTreeSet<&'a str> {
        let lattice = lane.lattice.as_ref().map(|_| LATTICE_GROUP);
        self.ran(lane).into_iter().map(|(one, _)| one.id.as_str()).chain(lattice).collect()
    }

    /// The behaviours with these ids, or all.
    #[must_use]
    pub fn wanted(&self, ids: Option<&BTreeSet<String>>) -> Vec<Behaviour> {
        let wanted = |one: &&Behaviour| ids.is_none_or(|ids| ids.contains(&one.id));
        self.behaviours.iter().filter(wanted).cloned().collect()
    }

    fn compare(&self, lane: &Observation) -> Compared {
        let mut deviations: Vec<Deviation> = of_lattice(lane);
        for (behaviour, run) in self.ran(lane) {
            deviations.extend(of_behaviour(behaviour, &lane.header, run, self.expected));
        }
        let ids = self.ids(lane);
        compare(&lane.lane, &lane.header, &deviations, &|id| ids.contains(id), &self.baselines)
    }

    /// What the baselines of these lanes' systems say of behaviours and steps that there are not, and
    /// what two files say of one lane.
    #[must_use]
    pub fn unknown(&self, lanes: &[Observation]) -> Vec<String> {
        let mut unknown = Vec::new();
        for (file, index, finding) in self.entries(lanes) {
            for (id, steps) in &finding.behaviours {
                let place = || file.place(index, &format!("\"{id}\""));
                let Some(behaviour) = self.behaviours.iter().find(|one| one.id == *id) else {
                    unknown.push(format!("{}: there is no behaviour {id}", place()));
                    continue;
                };
                let all = 1..=behaviour.parsed.script.steps.len();
                let numbers = steps.iter().filter_map(|step| step.split(' ').next()?.parse().ok());
                for number in numbers.filter(|number| !all.contains(number)) {
                    unknown.push(format!("{}: {id} has no step {number}", place()));
                }
            }
        }
        let mut twice = BTreeSet::new();
        for lane in lanes {
            let mut seen = BTreeMap::new();
            let entries = self.entries(std::slice::from_ref(lane));
            let entries = entries.filter(|(.., one)| one.when.holds(&lane.lane, &lane.header));
            for (file, index, finding) in entries {
                for (id, step) in finding
                    .behaviours
                    .iter()
                    .flat_map(|(id, all)| all.iter().map(move |one| (id, one)))
                {
                    if let Some(other) = seen.insert((id, step), file.path.display()) {
                        let place = file.place(index, &format!("\"{id}\""));
                        twice.insert(format!("{place}: {id} step {step} stands in {other}, too"));
                    }
                }
            }
        }
        unknown.extend(twice);
        unknown
    }

    /// Entries of these lanes' baselines that hold on none of the lanes.
    #[must_use]
    pub fn unmatched(&self, lanes: &[Observation], results: &[LaneResult]) -> Vec<String> {
        let used = |file: &Baseline, index: usize| {
            let key = (file.name.clone(), index + 1);
            results.iter().any(|one| one.compared.used.contains(&key))
        };
        self.entries(lanes)
            .filter(|(file, index, _)| !used(file, *index))
            .map(|(file, index, _)| format!("{} holds on no lane", file.place(index, "reason")))
            .collect()
    }

    /// The files that are about no system, no kernel and no lane that is built in or among these.
    #[must_use]
    pub fn strays(&self, lanes: &[&Observation]) -> Vec<String> {
        let built_in = embedded_texts().iter().filter_map(|(id, _)| id.split('/').next());
        let all = lanes.iter().map(|lane| lane.lane.as_str()).chain(built_in);
        let known: BTreeSet<_> = all.chain(SYSTEMS.iter().chain(KERNELS).copied()).collect();
        let strays = self.baselines.iter().filter(|file| !known.contains(file.name.as_str()));
        strays
            .map(|file| {
                let what = "is the name of no system, kernel or lane";
                format!("{}: {:?} {what}", file.path.display(), file.name)
            })
            .collect()
    }

    /// The entries of the files that are for one of these lanes or its system: the file, and the finding
    /// with its number from 0.
    fn entries<'a>(
        &'a self,
        lanes: &'a [Observation],
    ) -> impl Iterator<Item = (&'a Baseline, usize, &'a Finding)> {
        let meant =
            |file: &&Baseline| lanes.iter().any(|lane| file.is_about(&lane.lane, &lane.header));
        self.baselines.iter().filter(meant).flat_map(|file| {
            file.findings.iter().enumerate().map(move |(index, finding)| (file, index, finding))
        })
    }
}

/// The deviations that nobody knows of.
fn new(compared: &Compared) -> Vec<Deviation> {
    let mut found = Vec::new();
    for difference in &compared.differences {
        match difference {
            Difference::New(one) => found.push(one.clone()),
            Difference::NewPrograms { programs, .. } => found.extend(programs.iter().cloned()),
            Difference::Vanished { .. } | Difference::Changed { .. } => {}
        }
    }
    found
}
