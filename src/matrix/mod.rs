//! Behaviours, and what a run says of them.

mod behaviour;
mod bindings;
mod coverage;
mod verdict;

pub use behaviour::{Behaviour, BehaviourError, embedded, from_folder};
pub use coverage::{Coverage, Reach};
pub use verdict::{Judged, Mismatch, Verdict, judge};
