//! What answers the calls of a script.

use std::fmt;
use std::str::FromStr;

use super::origin;
use crate::script::{Call, Name, Platform, nearest};
use crate::trace::{Outcome, PlatformFacts, SubjectFacts};

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
    /// The model plays the kernel, in this process; `bind_sockets` is the reference on top of it.
    Simulated(Platform),
}

impl SubjectName {
    /// Which platform's interface it offers; `None` where that is none of the four.
    #[must_use]
    pub fn platform(self) -> Option<Platform> {
        match self {
            Self::Reference | Self::Kernel => origin::local_platform(),
            Self::Simulated(platform) => Some(platform),
        }
    }

    /// What answers, for the head of a report.
    #[must_use]
    pub fn platform_facts(self) -> PlatformFacts {
        match self {
            Self::Reference | Self::Kernel => origin::platform_facts(),
            Self::Simulated(platform) => super::simulated::platform_facts(platform),
        }
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference => f.write_str("reference"),
            Self::Kernel => f.write_str("kernel"),
            Self::Simulated(platform) => write!(f, "simulated:{platform}"),
        }
    }
}

impl FromStr for SubjectName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut known = vec![Self::Reference, Self::Kernel];
        known.extend(Platform::all().map(Self::Simulated));
        if let Some(subject) = known.iter().find(|subject| subject.to_string() == text) {
            return Ok(*subject);
        }
        let words: Vec<_> = known.iter().map(ToString::to_string).collect();
        let like = nearest(text, words.iter().map(String::as_str));
        let like = like.map_or_else(String::new, |like| format!(" (did you mean {like}?)"));
        Err(format!("unknown subject {text:?}: expected one of {}{like}", words.join(", ")))
    }
}
