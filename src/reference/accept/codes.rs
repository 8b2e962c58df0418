//! What an error of `accept` means (A6 to A8).

use super::super::os::RawError;
use crate::sys;

/// A platform's error codes of `accept`, as a value. A code that is in no list says that there is
/// no room for now: descriptors or memory are used up, or it is unknown (A8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptCodes {
    /// The queue is empty.
    pub drained: &'static [RawError],
    /// A signal came; nothing happened.
    pub interrupted: RawError,
    /// This connection is gone; the next one may be there.
    pub lost: &'static [RawError],
}

/// What is done about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Drained,
    Interrupted,
    Lost,
    Full,
}

impl AcceptCodes {
    /// The codes of this platform.
    #[must_use]
    pub const fn here() -> Self {
        Self { drained: sys::ACCEPT_DRAINED, interrupted: sys::EINTR, lost: sys::ACCEPT_LOST }
    }

    pub(super) fn meaning(self, code: RawError) -> Meaning {
        if self.drained.contains(&code) {
            Meaning::Drained
        } else if code == self.interrupted {
            Meaning::Interrupted
        } else if code == 0 || self.lost.contains(&code) {
            // 0: mio accepted a connection, could not read the peer's address, and closed it.
            Meaning::Lost
        } else {
            Meaning::Full
        }
    }
}
