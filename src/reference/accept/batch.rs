//! One batch: at most so many accepts in one turn (A2, A5 to A7).

use super::codes::Meaning;
use super::listener::Listener;
use crate::reference::endpoint::Endpoint;
use crate::reference::os::RawError;

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The queue is empty: the next connection is announced.
    Drained,
    /// The limit was reached: more may be waiting, which nobody announces (A3).
    Limit,
    /// No room for a connection, or an unknown code (A8).
    Full(RawError),
    /// Every slot went to a lost connection (A9).
    AllLost(RawError),
    /// The listener was removed, by the callback or elsewhere.
    Removed,
}

pub(super) struct Batch {
    pub(super) delivered: usize,
    pub(super) end: End,
}

pub(super) fn accept_batch<L: Listener>(
    listener: &mut L,
    limit: usize,
    removed: impl Fn() -> bool,
    mut deliver: impl FnMut(L::Stream, Endpoint),
) -> Batch {
    let codes = listener.codes();
    let mut delivered = 0;
    let mut lost = None;
    let mut interrupted = 0;
    let mut slots = 0;
    let end = loop {
        if removed() {
            break End::Removed;
        }
        // Interrupted calls use no slot, but a storm of signals must not keep the loop.
        if slots == limit || interrupted == limit {
            break lost
                .filter(|_| slots == limit && delivered == 0)
                .map_or(End::Limit, End::AllLost);
        }
        match listener.accept() {
            Ok((stream, peer)) => {
                slots += 1;
                delivered += 1;
                deliver(stream, peer);
            }
            Err(code) => match codes.meaning(code) {
                Meaning::Drained => break End::Drained,
                Meaning::Interrupted => interrupted += 1,
                Meaning::Full => break End::Full(code),
                Meaning::Lost => {
                    slots += 1;
                    lost = Some(code);
                }
            },
        }
    };
    Batch { delivered, end }
}
