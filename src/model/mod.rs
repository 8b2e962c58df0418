//! The executable model: what each operating system may answer, and why.
//!
//! Pure values: no call, clock, environment or `cfg(platform)`.

mod evidence;

pub use evidence::{Confidence, Evidence, Rule};
