//! Behaviours, and what a run says of them.

mod behaviour;
mod bindings;
pub mod observed;
mod answer;
mod deviation;
mod predict;
mod table;
mod verdict;

pub use behaviour::{Behaviour, BehaviourError, embedded, from_folder};
pub use deviation::{Deviation, LATTICE_GROUP, of_behaviour, of_lattice};
pub use predict::{PredictedStep, Prediction, predict};
pub use table::{Cell, Column, Matrix, Observed, Row, Seen, own_kernel};
pub use verdict::{Judged, Mismatch, Verdict, judge};
