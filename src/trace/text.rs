//! Outcomes as a person reads them.

use std::fmt;

use super::outcome::{Outcome, Value};

impl Outcome {
    /// The word that a script's expectation uses: `ok`, an error's name, `blocks`, `absent`.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Ok(_) => "ok",
            Self::Error { name, .. } => name,
            Self::Blocked => "blocks",
            Self::Absent(_) => "absent",
            Self::NotSupported(_) => "not_supported",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(Value::Done) => f.write_str("ok"),
            Self::Ok(value) => write!(f, "ok={value}"),
            Self::NotSupported(why) => write!(f, "not supported: {why}"),
            other => f.write_str(other.word()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("ok"),
            Self::Switch(on) => f.write_str(if *on { "on" } else { "off" }),
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
            Self::Address(address) | Self::Local(address) | Self::Peer(address) => {
                write!(f, "{address}")
            }
            Self::Records(records) => write!(f, "{}", records.len()),
            Self::Sockets(sockets) => write!(f, "{}", sockets.len()),
        }
    }
}
