//! The judge: folds a trace over the model.
//!
//! It carries every world that is still possible: what a trace's header leaves unknown, and which
//! of several allowed things happened. It cannot fail: what the model does not say is a verdict.
//! [`predict`] carries the same worlds over a script that nobody has run.

mod before;
mod diagnosis;
mod fold;
mod predict;
mod reduce;
mod setting;
mod verdict;

pub use fold::{Judge, judge, judge_on, rules_reached};
pub use predict::{Prediction, annotated, predict, predict_on};
pub use reduce::{Reduced, reduce};
pub use setting::machines;
pub use verdict::{Divergence, Nearest, StepVerdict, TraceVerdict, Word};
