//! Where a loop gets its time from.

use std::time::{Duration, Instant};

/// The time by which the timers of an [`EventLoop`](super::EventLoop) run.
///
/// A test hands in a clock that moves on instead of waiting, so that a minute of back-off takes
/// no time.
pub trait Clock {
    /// The present moment. It never goes back.
    fn now(&self) -> Instant;

    /// How long the loop may sleep in the kernel when nothing is due before `until`. A simulated
    /// clock moves to `until` and answers zero.
    fn wait(&self, until: Instant) -> Duration;
}

/// The monotonic clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wait(&self, until: Instant) -> Duration {
        until.saturating_duration_since(Instant::now())
    }
}
