//! All lanes side by side: behaviours × columns.

use std::collections::BTreeSet;

use super::answer::{answer, words};
use super::baseline::{Baseline, Finding};
use super::behaviour::Behaviour;
use super::clusters::{self, Cluster, clusters};
use super::deviation::{Deviation, Expected, of_lattice, of_trace};
use super::observed::Observation;
use super::predict::{Predicted, predict};
use crate::judge::{StepVerdict, judge};
use crate::script::Platform;
use crate::trace::{Header, Trace};

/// Everything that is known.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The columns, platform by platform.
    pub columns: Vec<Column>,
    /// A row for each behaviour, in the order of their ids.
    pub rows: Vec<Row>,
}

/// A lane, or a platform that nobody has run.
#[derive(Debug, Clone)]
pub struct Column {
    /// The lane's name, or the platform's.
    pub name: String,
    /// Whose interface it offers.
    pub platform: Option<Platform>,
    /// What answered: the kernel's name; the platform's own where it is predicted.
    pub kernel: String,
    /// Day and header of the recording; none where the column is predicted.
    pub seen: Option<Seen>,
    /// Deviations of the two-socket lattice.
    pub lattice: Vec<Deviation>,
    /// How many programs of it were run.
    pub programs: usize,
    /// Everything that deviates, grouped by cause.
    pub clusters: Vec<Cluster>,
}

/// When and where a lane was recorded.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The day.
    pub recorded: String,
    /// What most of its scripts had in common.
    pub header: Header,
}

/// A behaviour across the columns.
#[derive(Debug, Clone)]
pub struct Row {
    /// The behaviour.
    pub behaviour: Behaviour,
    /// A cell for each column.
    pub cells: Vec<Cell>,
}

/// One behaviour on one lane.
#[derive(Debug, Clone)]
pub enum Cell {
    /// It was run.
    Observed(Box<Observed>),
    /// Nobody ran it.
    Predicted(Box<Predicted>),
    /// It was not run there: why.
    Skipped(String),
}

/// An answer that was seen.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The answers of the telling steps.
    pub answer: String,
    /// `measured`, or `injected` where a call was made to fail on purpose.
    pub confidence: &'static str,
    /// What each step answered, without the numbers that differ from run to run.
    pub words: Vec<String>,
    /// What happened.
    pub trace: Trace,
    /// What the model says of each step.
    pub verdicts: Vec<StepVerdict>,
    /// Where nobody expected the answer.
    pub deviations: Vec<Deviation>,
}

impl Cell {
    /// The answer in a few words.
    #[must_use]
    pub fn answer(&self) -> &str {
        match self {
            Self::Observed(observed) => &observed.answer,
            Self::Predicted(prediction) => &prediction.answer,
            Self::Skipped(_) => "-",
        }
    }

    /// Does it deviate?
    #[must_use]
    pub fn deviates(&self) -> bool {
        matches!(self, Self::Observed(observed) if !observed.deviations.is_empty())
    }
}

impl Matrix {
    /// Every lane, and a predicted column for each platform whose own kernel no lane has.
    #[must_use]
    pub fn new(behaviours: &[Behaviour], lanes: &[Observation]) -> Self {
        let unseen: Vec<_> = Platform::all()
            .filter(|platform| {
                let own = |header: &Header| {
                    header.platform.os.parse() == Ok(*platform)
                        && header.platform.kernel == own_kernel(*platform)
                };
                !lanes.iter().any(|lane| own(&lane.header))
            })
            .collect();
        let mut columns: Vec<(Column, Vec<Cell>)> = std::thread::scope(|scope| {
            let predicted = |platform| {
                scope.spawn(move || {
                    let cell = |one| Cell::Predicted(Box::new(predict(one, platform)));
                    (predicted_column(platform), behaviours.iter().map(cell).collect())
                })
            };
            let seen = lanes.iter().map(|lane| scope.spawn(|| observed(behaviours, lane)));
            let all: Vec<_> = seen.chain(unseen.into_iter().map(predicted)).collect();
            all.into_iter().map(|one| one.join().expect("a judge does not panic")).collect()
        });
        columns.sort_by_key(|(column, _)| {
            let foreign = column.platform.is_none_or(|own| column.kernel != own_kernel(own));
            (foreign, column.platform, column.name.clone())
        });
        let (columns, cells): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let mut cells: Vec<_> = cells.into_iter().map(Vec::into_iter).collect();
        let rows = behaviours
            .iter()
            .map(|behaviour| Row {
                behaviour: behaviour.clone(),
                cells: cells.iter_mut().filter_map(Iterator::next).collect(),
            })
            .collect();
        Self { columns, rows }
    }
}

impl Matrix {
    /// Adds to each finding what baselines say of it.
    pub fn explain(&mut self, baselines: &[Baseline]) {
        for column in &mut self.columns {
            let Some(seen) = &column.seen else { continue };
            let (lane, header) = (&column.name, &seen.header);
            let files = baselines.iter().filter(|file| file.is_about(lane, header));
            let holds = |finding: &&Finding| finding.when.holds(lane, header);
            let known: Vec<_> = files.flat_map(|file| &file.findings).filter(holds).collect();
            for cluster in &mut column.clusters {
                let about = known
                    .iter()
                    .filter(|finding| cluster.members.iter().any(|one| finding.covers(one)));
                let reasons: BTreeSet<_> =
                    about.map(|finding| (finding.reason.clone(), finding.link.clone())).collect();
                cluster.reasons = reasons.into_iter().collect();
            }
        }
    }
}

/// A lane's column with its cells.
fn observed(behaviours: &[Behaviour], lane: &Observation) -> (Column, Vec<Cell>) {
    let cells: Vec<_> = behaviours.iter().map(|behaviour| cell(behaviour, lane)).collect();
    let mut column = observed_column(lane);
    let mut deviations = column.lattice.clone();
    let mut ran = Vec::new();
    for (behaviour, cell) in behaviours.iter().zip(&cells) {
        if let Cell::Observed(observed) = cell {
            ran.push(clusters::BehaviourRun { behaviour, steps: &observed.trace.steps });
            deviations.extend(observed.deviations.iter().cloned());
        }
    }
    column.clusters = clusters(&ran, &deviations);
    (column, cells)
}

/// The kernel whose answers are evidence for a platform.
#[must_use]
pub fn own_kernel(platform: Platform) -> &'static str {
    match platform {
        Platform::Linux => "linux",
        Platform::Macos => "xnu",
        Platform::Freebsd => "freebsd",
        Platform::Windows => "nt",
    }
}

fn observed_column(lane: &Observation) -> Column {
    Column {
        name: lane.lane.clone(),
        platform: lane.header.platform.os.parse().ok(),
        kernel: lane.header.platform.kernel.clone(),
        seen: Some(Seen { recorded: lane.recorded.clone(), header: lane.header.clone() }),
        lattice: of_lattice(lane),
        programs: lane.lattice.as_ref().map_or(0, super::observed::Lattice::len),
        clusters: Vec::new(),
    }
}

fn predicted_column(platform: Platform) -> Column {
    Column {
        name: platform.to_string(),
        platform: Some(platform),
        kernel: own_kernel(platform).to_string(),
        seen: None,
        lattice: Vec::new(),
        programs: 0,
        clusters: Vec::new(),
    }
}

fn cell(behaviour: &Behaviour, lane: &Observation) -> Cell {
    let script = &behaviour.parsed.script;
    let ran = match lane.of(behaviour) {
        Ok(ran) => ran,
        Err(why) => return Cell::Skipped(why),
    };
    let trace = ran.trace(&behaviour.parsed.source);
    let environment = &trace.header.environment;
    let injected =
        !environment.fail.is_empty() || environment.ipv6_off_by.as_deref() == Some("injection");
    let words = words(script, &trace);
    let judged = judge(&trace);
    Cell::Observed(Box::new(Observed {
        answer: answer(script, &words),
        words,
        confidence: if injected { "injected" } else { "measured" },
        deviations: of_trace(behaviour, &lane.header, &trace, &judged, Expected::Usually),
        verdicts: judged.steps,
        trace,
    }))
}
