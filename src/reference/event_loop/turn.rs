//! One turn of the loop: wait, then timers, work from other threads, and every ready source.

use std::io;
use std::time::{Duration, Instant};

use mio::{Interest, Token};

use super::handle::{Message, WAKER};
use super::sources::AfterTurn;
use super::timers::Due;
use super::watched::{Next, Readiness, Turn, Watched};
use super::{EventLoop, Inner, LoopError, SourceId};
use crate::sys;

impl EventLoop {
    /// Waits at most until `end`, then serves everything that is ready once.
    pub(super) fn turn(&self, end: Option<Instant>) -> Result<(), LoopError> {
        let inner = &*self.inner;
        inner.sources.borrow_mut().free_places();
        inner.wait(end)?;
        inner.fire_timers();

        // A function that is added from here on waits for the next turn.
        let mut soon = std::mem::take(&mut *inner.soon.borrow_mut()).into_iter();
        let mut messages = inner.shared.receive().into_iter();
        // After a panic in one of these the others would be lost, so each runs under a guard that
        // puts the rest back.
        let mut rest = Rest { inner, soon: &mut soon, messages: &mut messages };
        rest.run();
        drop(rest);

        // A source that gets ready during these turns, or is not done, is not among them (A4).
        let turns = inner.sources.borrow_mut().line_up();
        for _ in 0..turns {
            let next = inner.sources.borrow_mut().take_next();
            if let Some((source, watched, readiness)) = next {
                self.serve_one(source, watched, readiness);
            }
        }
        Ok(())
    }

    fn serve_one(&self, source: SourceId, watched: Box<dyn Watched>, readiness: Readiness) {
        let mut away = Away { inner: &self.inner, source, watched: Some(watched), next: None };
        if let Some(watched) = &mut away.watched {
            let mut turn = Turn { event_loop: self, source, readiness };
            away.next = Some(watched.ready(&mut turn));
        }
    }

    /// Gives a source a turn at that moment, in place of an earlier one, or none. A turn that it has
    /// before then leaves the alarm as it is.
    pub fn set_alarm(&self, source: SourceId, due: Option<Instant>) {
        let inner = &*self.inner;
        let mut timers = inner.timers.borrow_mut();
        let alarm = due.map(|due| timers.add(due, Due::Serve(source)));
        let before = match inner.sources.borrow_mut().replace_alarm(source, alarm) {
            Ok(before) => before,
            // Removed in its own turn: nobody would cancel the alarm.
            Err(_) => alarm,
        };
        if let Some(before) = before {
            timers.cancel(before);
        }
    }
}

impl Inner {
    fn wait(&self, end: Option<Instant>) -> Result<(), LoopError> {
        let mut events = self.events.borrow_mut();
        let waited = self.poll.borrow_mut().poll(&mut events, self.patience(end));
        if let Err(error) = waited {
            // A signal; what is ready is still ready.
            if error.raw_os_error() == Some(sys::EINTR) {
                return Ok(());
            }
            return Err(LoopError::Wait(error));
        }
        let mut sources = self.sources.borrow_mut();
        for event in events.iter().filter(|event| event.token() != WAKER) {
            sources.event(event.token().0, Readiness::of(event));
        }
        Ok(())
    }

    /// How long the kernel may wait; `None` is for ever.
    fn patience(&self, end: Option<Instant>) -> Option<Duration> {
        let busy = self.sources.borrow().has_ready()
            || !self.soon.borrow().is_empty()
            || self.shared.has_messages()
            || self.shared.is_stopped();
        if busy {
            return Some(Duration::ZERO);
        }
        let due = self.timers.borrow().next();
        let until = due.into_iter().chain(end).min()?;
        Some(self.clock.wait(until))
    }

    fn fire_timers(&self) {
        if self.timers.borrow().is_empty() {
            return;
        }
        let now = self.clock.now();
        let newest = self.timers.borrow().newest();
        loop {
            let due = self.timers.borrow_mut().pop(now, newest);
            match due {
                None => return,
                Some(Due::Call(function)) => function(),
                Some(Due::Serve(source)) => self.sources.borrow_mut().alarm(source),
            }
        }
    }

    pub(super) fn add(&self, mut watched: Box<dyn Watched>) -> io::Result<SourceId> {
        let mut sources = self.sources.borrow_mut();
        let token = Token(sources.next_place());
        let poll = self.poll.borrow();
        if let Err(error) = poll.registry().register(watched.source(), token, Interest::READABLE) {
            drop(sources);
            return Err(error);
        }
        Ok(sources.insert(watched))
    }

    pub(super) fn remove(&self, source: SourceId) -> bool {
        let removed = self.sources.borrow_mut().remove(source);
        let Some(removed) = removed else { return false };
        if let Some(alarm) = removed.alarm {
            self.timers.borrow_mut().cancel(alarm);
        }
        if let Some(watched) = removed.watched {
            self.close(watched);
        }
        true
    }

    /// Off the loop, then dropped, when nothing is borrowed: a drop may call back.
    fn close(&self, mut watched: Box<dyn Watched>) {
        // Its error cannot be helped; the close that follows takes the socket off, too, unless
        // somebody has a duplicate.
        let _ = self.poll.borrow().registry().deregister(watched.source());
        drop(watched);
    }

    fn put_back(&self, source: SourceId, watched: Box<dyn Watched>, next: Next) {
        let after = self.sources.borrow_mut().put_back(source, watched, next);
        match after {
            AfterTurn::Keep => {}
            AfterTurn::Remove => {
                self.remove(source);
            }
            AfterTurn::Drop(watched) => self.close(watched),
            AfterTurn::Register { writable } => self.register(source, writable),
        }
    }

    fn register(&self, source: SourceId, writable: bool) {
        let interest =
            if writable { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        let failed = {
            let mut sources = self.sources.borrow_mut();
            let Some(watched) = sources.watched(source) else { return };
            let poll = self.poll.borrow();
            poll.registry().reregister(watched.source(), Token(source.place), interest).err()
        };
        if let Some(error) = failed {
            // Without events it would never have a turn again.
            log::error!("cannot wait for a connection, so it is dropped: {error}");
            self.remove(source);
        }
    }
}

/// A source that has its turn. Whatever ends the turn, a panic included, brings it back.
struct Away<'a> {
    inner: &'a Inner,
    source: SourceId,
    watched: Option<Box<dyn Watched>>,
    next: Option<Next>,
}

impl Drop for Away<'_> {
    fn drop(&mut self) {
        if let Some(watched) = self.watched.take() {
            let next = self.next.unwrap_or_else(|| watched.after_panic());
            self.inner.put_back(self.source, watched, next);
        }
    }
}

/// Functions to be called; those behind one that panics wait for the next turn.
struct Rest<'a> {
    inner: &'a Inner,
    soon: &'a mut std::vec::IntoIter<Box<dyn FnOnce()>>,
    messages: &'a mut std::vec::IntoIter<Message>,
}

impl Rest<'_> {
    fn run(&mut self) {
        for function in &mut *self.soon {
            function();
        }
        for message in &mut *self.messages {
            match message {
                Message::Call(function) => function(),
                Message::Serve(source) => self.inner.sources.borrow_mut().serve_now(source),
            }
        }
    }
}

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        let mut soon = self.inner.soon.borrow_mut();
        let behind = std::mem::take(&mut *soon);
        soon.extend(&mut *self.soon);
        for message in &mut *self.messages {
            match message {
                Message::Call(function) => soon.push(function),
                Message::Serve(source) => self.inner.sources.borrow_mut().serve_now(source),
            }
        }
        soon.extend(behind);
    }
}
