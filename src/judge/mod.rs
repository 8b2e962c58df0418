//! The judge: folds a trace over the model.
//!
//! It carries every world that is still possible: what a trace's header leaves unknown, and which
//! of several allowed things happened. It cannot fail: what the model does not say is a verdict.
//! [`predict`] carries the same worlds over a script that nobody has run.

mod diagnosis;
mod fold;
mod predict;
mod setting;
mod verdict;

pub use fold::{Judge, judge, rules_reached};
pub use predict::{Prediction, predict};
pub use setting::machines;
pub use verdict::{Divergence, Nearest, StepVerdict, TraceVerdict, Word};
