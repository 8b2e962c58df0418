//! Behaviours, what a run says of them, and all lanes side by side.

mod answer;
mod baseline;
mod behaviour;
mod bindings;
mod changes;
mod clusters;
mod conditions;
mod cover;
mod coverage;
mod deviation;
mod features;
mod gate;
mod headline;
pub mod observed;
mod predict;
mod quoted;
mod table;
mod telling;
mod verdict;

pub use baseline::{
    Baseline, BaselineError, Compared, Difference, Finding, Programs, Releases, When, baseline,
    baselines, compare, embedded_baselines, release_numbers, write_findings,
};
pub use behaviour::{Behaviour, BehaviourError, embedded, from_folder};
pub use changes::{Change, changes};
pub use clusters::{BehaviourRun, Cluster, clusters};
pub use conditions::{ProgramSet, conditions, programs_where};
pub use cover::NumberSet;
pub use coverage::{Coverage, Reach};
pub use deviation::{Deviation, Expected, LATTICE_GROUP, of_behaviour, of_lattice};
pub use gate::{
    CONFIG_FILE, Config, ConfigError, Gate, GateError, LaneResult, Passed, findings_of, gate,
};
pub use predict::{Predicted, predict};
pub use quoted::quoted;
pub use table::{Cell, Column, Matrix, Observed, Row, Seen, own_kernel};
pub use verdict::{Judged, Mismatch, Verdict, judge};
