//! What the harness notices of a subject beside the answers to its calls.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::protocol::ErrorReply;

/// Something that an answer does not say, or says wrongly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Oddity {
    /// It broke the protocol.
    Fault(Fault),
    /// It answered something that nobody can know.
    Dishonest(String),
    /// After an error these sockets are still open.
    Leaked(Vec<String>),
    /// It has these sockets and does not say so.
    Untold(Vec<String>),
    /// It tells of these sockets and does not have them.
    NotThere(Vec<String>),
    /// These sockets are open after it closed them.
    StillOpen(Vec<String>),
    /// It tells of these sockets under other addresses than they have.
    Misnamed(Vec<String>),
}

/// An oddity and the step that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Notice {
    /// The step, from 1; 0 is before the first.
    pub step: usize,
    /// What was noticed.
    pub oddity: Oddity,
}

impl Oddity {
    /// Its kind in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Fault(fault) => fault.breach.word(),
            Self::Dishonest(_) => "dishonest",
            Self::Leaked(_) => "leaked",
            Self::Untold(_) => "untold",
            Self::NotThere(_) => "not-there",
            Self::StillOpen(_) => "still-open",
            Self::Misnamed(_) => "misnamed",
        }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |sockets: &[String]| sockets.join(", ");
        match self {
            Self::Fault(fault) => write!(f, "{fault}"),
            Self::Dishonest(what) => write!(f, "it is not honest: {what}"),
            Self::Leaked(all) => write!(f, "open after the error: {}", list(all)),
            Self::Untold(all) => write!(f, "open, and not told of: {}", list(all)),
            Self::NotThere(all) => write!(f, "told of, and not there: {}", list(all)),
            Self::StillOpen(all) => write!(f, "open after it was closed: {}", list(all)),
            Self::Misnamed(all) => write!(f, "told of by another address: {}", list(all)),
        }
    }
}

/// What is known of a socket that a trace has no place for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seen {
    /// Its name in the script, such as `s.0`.
    pub socket: String,
    /// The length of its queue.
    pub backlog: Option<u32>,
    /// Held by a process that the subject started.
    pub by_descendant: bool,
}

/// An error in the adapter's own words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Said {
    /// The step, from 1.
    pub step: usize,
    /// What it said.
    pub error: ErrorReply,
}
