//! The judge: folds a trace over the model.
//!
//! It carries every world that is still possible: what a trace's header leaves unknown, and which
//! of several allowed things happened. It cannot fail: what the model does not say is a verdict.

mod diagnosis;
mod fold;
mod setting;
mod verdict;

pub use fold::{Judge, judge};
pub use setting::{machines, usual_machines};
pub use verdict::{Divergence, Nearest, StepVerdict, TraceVerdict, Word};
