//! Traces: what happened, as a value and as JSON lines.

mod faithful;
mod header;
mod lines;
mod outcome;
mod parts;
#[cfg(test)]
mod tests;
mod text;
mod wire;

pub use faithful::read_faithful;
pub use header::{EndReason, Environment, Header, PlatformFacts, SubjectFacts, Trace, TraceStep};
pub use lines::{
    ReadError, TRACE_LINE_MAX, TraceLine, read, read_line, utf8, write, write_end, write_header,
    write_step,
};
pub use outcome::{Outcome, ResolvedRecord, SocketFacts, Value};
pub(crate) use parts::json;
pub use wire::{outcome_json, sockets_json};
