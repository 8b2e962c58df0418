//! What other threads may do to a loop: wake it, stop it, hand it work.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::{Registry, Token, Waker};

use super::SourceId;

/// The waker's own token; a source has its place in the table, which never gets that long.
pub(super) const WAKER: Token = Token(usize::MAX);

/// Work from another thread.
pub(super) enum Message {
    Call(Box<dyn FnOnce() + Send>),
    Serve(SourceId),
}

#[derive(Default)]
struct Inbox {
    messages: Vec<Message>,
    /// `None` once the loop is gone; its descriptor goes with it, whoever still has a handle.
    waker: Option<Waker>,
}

pub(super) struct Shared {
    /// Tells loops apart.
    pub(super) number: u64,
    stop: AtomicBool,
    inbox: Mutex<Inbox>,
    /// The inbox holds something. Read in every turn, so that the lock need not be taken.
    waiting: AtomicBool,
}

impl Shared {
    pub(super) fn new(registry: &Registry) -> io::Result<Self> {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let waker = Some(Waker::new(registry, WAKER)?);
        Ok(Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            stop: AtomicBool::new(false),
            inbox: Mutex::new(Inbox { messages: Vec::new(), waker }),
            waiting: AtomicBool::new(false),
        })
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        // Nothing that runs under this lock can panic half-way.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, message: Option<Message>) -> bool {
        let mut inbox = self.inbox();
        let Inbox { messages, waker } = &mut *inbox;
        let Some(waker) = waker else { return false };
        messages.extend(message);
        // Whoever put the first message in has woken the loop already.
        if !self.waiting.swap(true, Ordering::AcqRel) {
            // The kernel refuses only when the counter is full, and then the loop wakes anyway.
            let _ = waker.wake();
        }
        true
    }

    pub(super) fn receive(&self) -> Vec<Message> {
        if !self.waiting.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut inbox = self.inbox();
        self.waiting.store(false, Ordering::Release);
        std::mem::take(&mut inbox.messages)
    }

    pub(super) fn has_messages(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub(super) fn take_stop(&self) -> bool {
        self.is_stopped() && self.stop.swap(false, Ordering::AcqRel)
    }

    /// The loop is gone: what it was asked to do is dropped, and its waker is closed.
    pub(super) fn close(&self) {
        let left = std::mem::take(&mut *self.inbox());
        drop(left);
    }
}

/// A loop as other threads see it. Cheap to clone; it does not keep the loop alive.
#[derive(Clone)]
pub struct LoopHandle {
    pub(super) shared: Arc<Shared>,
}

impl LoopHandle {
    /// Ends the present [`run`](super::EventLoop::run) after the turn it is in, or, if the loop
    /// does not run, the next one before it waits.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.send(None);
    }

    /// Runs a function on the loop's thread, in one of its next turns. False if the loop is gone;
    /// the function is dropped then.
    pub fn call(&self, function: impl FnOnce() + Send + 'static) -> bool {
        self.shared.send(Some(Message::Call(Box::new(function))))
    }

    /// Gives a source a turn, as if it had become ready.
    pub(crate) fn serve(&self, source: SourceId) {
        self.shared.send(Some(Message::Serve(source)));
    }

    pub(crate) fn number(&self) -> u64 {
        self.shared.number
    }
}

impl std::fmt::Debug for LoopHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoopHandle").field("loop", &self.shared.number).finish_non_exhaustive()
    }
}
