//! What answers the calls of a script.

use std::fmt;
use std::str::FromStr;

use crate::script::{Call, Name};
use crate::trace::{Outcome, SubjectFacts};

/// Something that a script can be run on.
///
/// The driver makes only calls on sockets that exist and gives only concrete ports.
pub trait Subject {
    /// Who answers, for the trace's header.
    fn facts(&self) -> SubjectFacts;

    /// Makes one call. A call that waits gives up after `timeout_ms` with [`Outcome::Blocked`].
    fn call(&mut self, call: &Call, timeout_ms: u64) -> Outcome;

    /// The port that a socket is bound to, for `@NAME` in a script; not a step of the trace.
    fn port_of(&mut self, name: &Name) -> Option<u16>;
}

/// The subjects that the command line names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectName {
    /// `bind_sockets` by the reference, every other call straight on the kernel.
    Reference,
    /// The kernel alone; a script with `bind_sockets` is skipped.
    Kernel,
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reference => "reference",
            Self::Kernel => "kernel",
        })
    }
}

impl FromStr for SubjectName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "reference" => Ok(Self::Reference),
            "kernel" => Ok(Self::Kernel),
            _ => Err(format!("unknown subject {text:?}: expected reference or kernel")),
        }
    }
}
