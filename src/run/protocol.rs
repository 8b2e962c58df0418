//! What a worker and its parent say to each other: JSON lines. Private to one version.

use serde::{Deserialize, Serialize};

/// The first line to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Start {
    /// The `env` lines, `fail` lines left out.
    pub(super) env: Vec<String>,
    /// In a network of its own?
    pub(super) private_network: bool,
    /// The subject's name.
    pub(super) subject: String,
    /// The limits of a script, in milliseconds.
    pub(super) script_timeout_ms: u64,
}

/// A worker's first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ready {
    /// Why the environment cannot be had; the worker ends then.
    pub(super) refused: Option<String>,
}

/// A further line to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Job {
    /// The full source text of one script.
    pub(super) script: String,
    /// The seed that made it.
    pub(super) seed: Option<u64>,
    /// Is its trace told in one piece? Else each step is told when it was made, so that what a worker
    /// did before it hung or died is known.
    pub(super) at_its_end: bool,
    /// Is another script on its way? Then what is told at the end may wait for that one's.
    pub(super) more: bool,
}

pub(super) fn line(message: &impl Serialize) -> String {
    let mut text = serde_json::to_string(message).expect("strings and numbers always serialise");
    text.push('\n');
    text
}
