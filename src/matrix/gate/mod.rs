//! The gate: what lanes answered, against the model and what is known to deviate.

mod config;
mod project;
mod update;

use std::collections::BTreeSet;

pub use config::{CONFIG_FILE, Config, ConfigError};
pub use project::{GateError, Passed, gate};
pub use update::findings_of;

use super::baseline::{Baseline, Compared, Difference, Finding, compare};
use super::behaviour::Behaviour;
use super::changes::Change;
use super::clusters::{BehaviourRun, Cluster, clusters};
use super::deviation::{Deviation, Expected, LATTICE_GROUP, of_behaviour, of_lattice};
use super::observed::{Observation, Recorded, fingerprint};
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
    /// [`LATTICE_GROUP`] is the programs of two sockets. What a later run of a behaviour does not have is
    /// a flake.
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
            let (stays, gone): (Vec<_>, Vec<_>) = compared
                .differences
                .into_iter()
                .partition(|one| later.differences.contains(one) || !ran.contains(one.behaviour()));
            compared.differences = stays;
            flakes.extend(gone);
        }
        let skipped = lane.behaviours.iter().filter_map(|(id, one)| {
            let why = one.run.as_ref().err()?;
            Some((id.clone(), why.clone()))
        });
        Ok(LaneResult {
            lane: lane.lane.clone(),
            platform: lane.header.platform.clone(),
            recorded: lane.recorded.clone(),
            ran: lane.behaviours.values().filter(|one| one.run.is_ok()).count(),
            skipped: skipped.collect(),
            programs: lane.lattice.as_ref().map_or(0, super::observed::Lattice::len),
            clusters: clusters(&self.seen(lane), &new(&compared)),
            compared,
            flakes,
            changes: Vec::new(),
            passing_changes: Vec::new(),
            nothing_earlier: false,
        })
    }

    /// The same with what was seen of them.
    fn seen<'a>(&'a self, lane: &'a Observation) -> Vec<BehaviourRun<'a>> {
        let seen = |behaviour: &'a Behaviour| {
            let ran = lane.behaviours.get(&behaviour.id)?.run.as_ref().ok()?;
            Some(BehaviourRun { behaviour, steps: &ran.steps })
        };
        self.ran(lane).into_iter().filter_map(seen).collect()
    }

    /// The behaviours of today that a lane ran.
    fn ran(&self, lane: &Observation) -> Vec<&Behaviour> {
        let ran = |one: &&Behaviour| {
            lane.behaviours.get(&one.id).is_some_and(|recorded| {
                recorded.run.is_ok() && recorded.fingerprint == fingerprint(&one.parsed.script)
            })
        };
        self.behaviours.iter().filter(ran).collect()
    }

    /// The ids of the behaviours of today that a lane ran; [`LATTICE_GROUP`] for programs of two sockets.
    fn ids(&self, lane: &Observation) -> BTreeSet<&str> {
        let lattice = lane.lattice.as_ref().map(|_| LATTICE_GROUP);
        self.ran(lane).into_iter().map(|behaviour| behaviour.id.as_str()).chain(lattice).collect()
    }

    /// The behaviours with these ids, or all.
    #[must_use]
    pub fn wanted(&self, ids: Option<&BTreeSet<String>>) -> Vec<Behaviour> {
        let wanted = |one: &&Behaviour| ids.is_none_or(|ids| ids.contains(&one.id));
        self.behaviours.iter().filter(wanted).cloned().collect()
    }

    fn compare(&self, lane: &Observation) -> Compared {
        let ran = self.ran(lane);
        let mut deviations: Vec<Deviation> = of_lattice(lane);
        for behaviour in &ran {
            if let Some(Recorded { run: Ok(run), .. }) = lane.behaviours.get(&behaviour.id) {
                deviations.extend(of_behaviour(behaviour, &lane.header, run, self.expected));
            }
        }
        let ids = self.ids(lane);
        compare(&lane.lane, &lane.header, &deviations, &|id| ids.contains(id), &self.baselines)
    }

    /// What the baselines of these lanes' systems say of behaviours that there are not.
    #[must_use]
    pub fn unknown(&self, lanes: &[Observation]) -> Vec<String> {
        let there = |id: &str| self.behaviours.iter().any(|one| one.id == id);
        self.entries(lanes)
            .flat_map(|(name, _, finding)| {
                let unknown = finding.behaviours.keys().filter(|id| !there(id));
                unknown.map(move |id| format!("{name}: there is no behaviour {id}"))
            })
            .collect()
    }

    /// Entries of these lanes' baselines that hold on none of the lanes.
    #[must_use]
    pub fn unmatched(&self, lanes: &[Observation], results: &[LaneResult]) -> Vec<String> {
        let used =
            |key: &(String, usize)| results.iter().any(|one| one.compared.used.contains(key));
        self.entries(lanes)
            .filter(|(_, key, _)| !used(key))
            .map(|(name, ..)| format!("{name} holds on no lane"))
            .collect()
    }

    /// The entries of the files that are for one of these lanes or its system: the name, file and
    /// number, and the finding.
    fn entries<'a>(
        &'a self,
        lanes: &'a [Observation],
    ) -> impl Iterator<Item = (String, (String, usize), &'a Finding)> {
        let meant =
            |file: &&Baseline| lanes.iter().any(|lane| file.is_about(&lane.lane, &lane.header));
        self.baselines.iter().filter(meant).flat_map(|file| {
            file.findings.iter().enumerate().map(|(index, finding)| {
                let (number, path) = (index + 1, file.path.display());
                let name = format!("{path}: finding {number} ({})", finding.reason);
                (name, (file.name.clone(), number), finding)
            })
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
