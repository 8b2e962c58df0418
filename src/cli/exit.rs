//! Exit codes. They are part of the contract with scripts and CI.

use std::process::ExitCode;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// As expected.
    Good,
    /// Findings, or `bind` with an error.
    Findings,
    /// Wrong use, or the harness could not work.
    Unusable,
    /// Nothing at all was judged.
    NothingJudged,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Good => 0,
            Exit::Findings => 1,
            Exit::Unusable => 2,
            Exit::NothingJudged => 4,
        })
    }
}

/// What keeps a command from its work: one line, and exit code 2.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// Something is wrong with what was asked for, or the harness could not work.
    #[error("{0}")]
    Unusable(String),
    /// The product could not be written.
    #[error("cannot write {what}: {source}")]
    Write {
        /// The file, or `stdout`.
        what: String,
        /// Why.
        source: std::io::Error,
    },
}

impl CliError {
    pub(super) fn unusable(error: impl std::fmt::Display) -> Self {
        Self::Unusable(error.to_string())
    }
}

impl From<String> for CliError {
    fn from(why: String) -> Self {
        Self::Unusable(why)
    }
}
