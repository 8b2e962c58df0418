//! Timers in the order in which they are due.

use std::collections::BTreeMap;
use std::time::Instant;

use super::SourceId;

/// One timer: when it is due, and a number that tells it from others due at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerId {
    due: Instant,
    number: u64,
}

/// What happens when a timer is due.
pub(super) enum Due {
    /// A function is called once.
    Call(Box<dyn FnOnce()>),
    /// A source gets a turn.
    Serve(SourceId),
}

#[derive(Default)]
pub(super) struct Timers {
    waiting: BTreeMap<TimerId, Due>,
    made: u64,
}

impl Timers {
    pub(super) fn add(&mut self, due: Instant, what: Due) -> TimerId {
        self.made += 1;
        let id = TimerId { due, number: self.made };
        self.waiting.insert(id, what);
        id
    }

    /// Whether it was still waiting. What it would have done is returned, so that the caller can
    /// drop it when nothing is borrowed.
    pub(super) fn cancel(&mut self, id: TimerId) -> Option<Due> {
        self.waiting.remove(&id)
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|(id, _)| id.due)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The number of the newest timer: a turn leaves younger ones to the next turn, so that a
    /// timer that arms another one for now does not keep the loop to itself.
    pub(super) fn newest(&self) -> u64 {
        self.made
    }

    /// Takes the first timer that is due and not younger than `newest`.
    pub(super) fn pop(&mut self, now: Instant, newest: u64) -> Option<Due> {
        let id = self.waiting.keys().take_while(|id| id.due <= now).find(|id| id.number <= newest);
        let id = *id?;
        self.waiting.remove(&id)
    }
}
