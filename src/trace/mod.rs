//! Traces: what happened, as a value and as JSON lines.

mod header;
mod outcome;

pub use header::{
    EndReason, Environment, Header, PlatformFacts, SubjectFacts, Trace, TraceStep,
};
pub use outcome::{Outcome, ResolvedRecord, SocketFacts, Value};
