//! Behaviours, and what a run says of them.

mod behaviour;
mod bindings;
pub mod observed;
mod verdict;

pub use behaviour::{Behaviour, BehaviourError, embedded, from_folder};
pub use verdict::{Judged, Mismatch, Verdict, judge};
