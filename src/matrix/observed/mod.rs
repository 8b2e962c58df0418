//! Evidence: what a lane answered, as a value and as the text that stands in
//! `matrix/observed/<lane>/outcomes.txt`.
//!
//! The text is meant to be read and compared: a line a call, its ports numbered in the order in
//! which they appear, so that two recordings differ where the answers differ.

mod collect;
mod folder;
mod lattice;
mod machine;
mod read;
mod renumber;
mod steps;
mod write;

use std::collections::BTreeMap;

pub use collect::in_environment;
pub use folder::{EVIDENCE_FILE, ObservedError, embedded, embedded_texts, read_folder};
pub use lattice::Lattice;
pub use machine::{Wish, observe};
pub use read::read;
pub use write::write;

use crate::matrix::Behaviour;
use crate::script::{Script, errors};
use crate::search::Tally;
use crate::trace::{EndReason, Header, Outcome, Trace, TraceStep};

/// What one lane answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The lane's name, which is also the folder's.
    pub lane: String,
    /// The day on which it was recorded, `2026-11-25`.
    pub recorded: String,
    /// What most of its scripts had in common; `script` is empty.
    pub header: Header,
    /// The behaviours by id.
    pub behaviours: BTreeMap<String, Recorded>,
    /// Every program of two sockets, where they were run.
    pub lattice: Option<Lattice>,
}

impl Observation {
    /// What the lane answered to a behaviour as it is today.
    ///
    /// # Errors
    /// Why there is no answer: it was skipped, or is not the script that was run.
    pub fn of(&self, behaviour: &Behaviour) -> Result<&Ran, String> {
        let Some(recorded) = self.behaviours.get(&behaviour.id) else {
            return Err("it is younger than this recording".into());
        };
        if recorded.fingerprint != fingerprint(&behaviour.parsed.script) {
            return Err("its calls were changed after this recording".into());
        }
        recorded.run.as_ref().map_err(Clone::clone)
    }
}

/// What came of one behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// [`fingerprint`] of the script that was run.
    pub fingerprint: String,
    /// What happened, or why it was skipped.
    pub run: Result<Ran, String>,
}

/// A behaviour that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The header of its trace; `script` is empty.
    pub header: Header,
    /// Its steps.
    pub steps: Vec<TraceStep>,
    /// Why it ended.
    pub end: EndReason,
}

impl Ran {
    /// The trace, for the script's text.
    #[must_use]
    pub fn trace(&self, source: &str) -> Trace {
        Trace {
            header: Header { script: source.to_string(), ..self.header.clone() },
            steps: self.steps.clone(),
            end: self.end,
        }
    }
}

/// Tells scripts apart by what they do: title, comments and expectations do not count.
#[must_use]
pub fn fingerprint(script: &Script) -> String {
    let mut tally = Tally::new();
    for line in &script.env {
        tally.digest(&format!("env {line}"));
    }
    for step in &script.steps {
        tally.digest(&step.call.to_string());
    }
    format!("{:016x}", tally.digest)
}

/// Is this what a lane may be called?
#[must_use]
pub fn is_lane_name(text: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    !text.is_empty() && text.len() <= 64 && text.chars().all(good) && !text.starts_with(['.', '-'])
}

/// The outcome of a call whose error has this name, with the number that it has on the header's
/// system.
fn named_error(header: &Header, name: &str) -> Outcome {
    let platform = header.platform.os.parse().ok();
    let code = platform.and_then(|platform| {
        errors::code(platform, name).or_else(|| errors::resolver_code(platform, name))
    });
    Outcome::Error { name: name.to_string(), code }
}
