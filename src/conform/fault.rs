//! What an adapter does that the protocol forbids.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A breach of the protocol, after which the adapter is killed and another one started.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breach {
    /// There is no such program.
    NotFound(String),
    /// The program cannot be executed: why.
    NotExecutable(String),
    /// It speaks another format, or no hello: what it said.
    WrongFormat(String),
    /// No reply in time, in milliseconds.
    NoReply(u64),
    /// The reply stood on standard error.
    WrongStream(String),
    /// A line that is no reply: the line, and what was expected.
    NotAReply(String, String),
    /// A line longer than the limit: its beginning.
    LineTooLong(String),
    /// A reply to an id that nobody has asked.
    UnknownId(u64),
    /// A reply to an earlier request, while this one waits for its own.
    OutOfOrder(u64, u64),
    /// A value that its call cannot have: the value, and what was expected.
    WrongValue(String, String),
    /// It closed its standard output and lives on.
    ClosedOutput,
    /// It ended: how.
    Ended(String),
    /// It did not end when its standard input did.
    DoesNotEnd,
    /// It is in another network than it was started in.
    LeftTheNetwork,
    /// The process of the harness that watches it died: how.
    HarnessDied(String),
}

impl Breach {
    /// Its kind in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not-found",
            Self::NotExecutable(_) => "not-executable",
            Self::WrongFormat(_) => "wrong-format",
            Self::NoReply(_) => "no-reply",
            Self::WrongStream(_) => "wrong-stream",
            Self::NotAReply(..) => "not-a-reply",
            Self::LineTooLong(_) => "line-too-long",
            Self::UnknownId(_) => "unknown-id",
            Self::OutOfOrder(..) => "out-of-order",
            Self::WrongValue(..) => "wrong-value",
            Self::ClosedOutput => "closed-output",
            Self::Ended(_) => "ended",
            Self::DoesNotEnd => "does-not-end",
            Self::LeftTheNetwork => "left-the-network",
            Self::HarnessDied(_) => "harness-died",
        }
    }

    /// Is it in vain to start the adapter once more?
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::NotFound(_) | Self::NotExecutable(_) | Self::WrongFormat(_))
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(program) => write!(f, "there is no program {program}"),
            Self::NotExecutable(why) => write!(f, "it cannot be started: {why}"),
            Self::WrongFormat(what) => write!(f, "it does not speak format 1: {what}"),
            Self::NoReply(timeout_ms) => write!(f, "no reply within {timeout_ms} ms"),
            Self::WrongStream(line) => {
                write!(f, "its reply stands on standard error: {}", short(line))
            }
            Self::NotAReply(line, expected) => {
                write!(f, "a line that is no reply ({expected}): {}", short(line))
            }
            Self::LineTooLong(line) => {
                write!(
                    f,
                    "a line of more than {} bytes: {}",
                    super::protocol::LINE_MAX,
                    short(line)
                )
            }
            Self::UnknownId(id) => write!(f, "a reply with the id {id}, which nobody asked for"),
            Self::OutOfOrder(id, wanted) => {
                write!(f, "a second reply with the id {id}, where that with {wanted} is due")
            }
            Self::WrongValue(value, expected) => {
                write!(f, "a value that cannot be ({expected}): {}", short(value))
            }
            Self::ClosedOutput => f.write_str("it closed its standard output and lives on"),
            Self::Ended(how) => write!(f, "it ended: {how}"),
            Self::DoesNotEnd => f.write_str("it does not end when its standard input does"),
            Self::LeftTheNetwork => f.write_str("it left the network that it was started in"),
            Self::HarnessDied(how) => {
                write!(f, "the process of the harness beside it died: {how}")
            }
        }
    }
}

/// The beginning of a text, quoted.
pub(super) fn short(text: &str) -> String {
    const SHOWN_MAX: usize = 120;
    match text.char_indices().nth(SHOWN_MAX) {
        Some((at, _)) => format!("{:?}…", &text[..at]),
        None => format!("{text:?}"),
    }
}

/// A breach with the end of what the adapter wrote to stderr.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fault {
    /// What it did.
    pub breach: Breach,
    /// The request that it was asked last, as it was written.
    pub request: String,
    /// The end of its standard error.
    pub stderr: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.breach)?;
        if !self.request.is_empty() {
            write!(f, "\nasked: {}", self.request)?;
        }
        for line in self.stderr.lines() {
            write!(f, "\nstderr: {line}")?;
        }
        Ok(())
    }
}
