//! The pause after an error that will not go away at once (A8, A9).

use std::io;
use std::time::{Duration, Instant};

use super::AcceptOptions;
use crate::reference::endpoint::Endpoint;
use crate::reference::os::RawError;

/// A growing delay. It is one *pause*, with one log record at each end, until a batch ends without
/// an error: at the limit of descriptors every one that is freed lets one connection in.
#[derive(Debug, Default)]
pub(super) struct Pause {
    last_delay: Option<Duration>,
    until: Option<Instant>,
    announced: bool,
}

impl Pause {
    /// When the next `accept` may be made, if not now.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }

    /// The batch delivered something: the next delay is the first one again.
    pub(super) fn succeeded(&mut self) {
        self.last_delay = None;
    }

    pub(super) fn begin(
        &mut self,
        now: Instant,
        options: &AcceptOptions,
        address: &Endpoint,
        code: RawError,
    ) -> Instant {
        let delay = self
            .last_delay
            .map_or(options.first_delay, |last| last.saturating_mul(2))
            .min(options.max_delay);
        self.last_delay = Some(delay);
        if !std::mem::replace(&mut self.announced, true) {
            let says = io::Error::from_raw_os_error(code);
            log::warn!("accepting on {address} pauses: {says}; waiting clients stay queued");
        }
        let until = now + delay;
        self.until = Some(until);
        until
    }

    /// The time has come to try again.
    pub(super) fn over(&mut self) {
        self.until = None;
    }

    /// A batch ended without an error.
    pub(super) fn end(&mut self, address: &Endpoint) {
        self.last_delay = None;
        if std::mem::take(&mut self.announced) {
            log::warn!("accepting on {address} goes on");
        }
    }
}
