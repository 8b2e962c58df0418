//! What a loop watches.

use std::time::Instant;

use mio::event::{Event, Source};

use super::{EventLoop, SourceId};

/// A socket and what is done when it is ready. The loop owns it, so nobody can close the socket
/// behind the loop's back.
pub trait Watched {
    /// The socket to register. Always the same one.
    fn source(&mut self) -> &mut dyn Source;

    /// The socket is ready, or may be: a turn can also come from a timer, from
    /// [`Next::Again`], or for no reason, so only the socket itself says what it has.
    fn ready(&mut self, turn: &mut Turn<'_>) -> Next;

    /// What follows if [`Watched::ready`] panicked. By default the source is dropped: its state
    /// is in doubt.
    fn after_panic(&self) -> Next {
        Next::Done
    }
}

/// What a source waits for after its turn.
///
/// Readiness is edge-triggered. Before [`Next::Wait`] a source must have read until the socket
/// said that it would block, or until [`Turn::drained`] says that it is empty, and likewise for
/// writing: what it leaves behind is not announced again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Until there is something to read.
    Wait,
    /// Until it can be written to, too.
    WaitWritable,
    /// Not at all: there is more to do, after every other source and every due timer had a turn.
    Again,
    /// The source is taken off the loop and dropped, which closes its socket.
    Done,
}

/// Why a source has its turn; nothing new if it asked for it with [`Next::Again`], or somebody else
/// did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Readiness(u8);

impl Readiness {
    const READABLE: u8 = 1;
    const WRITABLE: u8 = 2;
    const READ_CLOSED: u8 = 4;
    const ERROR: u8 = 8;
    const ALARM: u8 = 16;
    /// The time that was asked for has come.
    pub(super) const DUE: Self = Self(Self::ALARM);

    pub(super) fn of(event: &Event) -> Self {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        Self(
            bit(event.is_readable(), Self::READABLE)
                | bit(event.is_writable(), Self::WRITABLE)
                | bit(event.is_read_closed(), Self::READ_CLOSED)
                | bit(event.is_error(), Self::ERROR),
        )
    }

    pub(super) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// What is true for a turn, and what stays true after it: the other side closes only once, and
    /// a source that has not read that far yet must not forget it.
    pub(super) fn take(&mut self) -> Self {
        let now = *self;
        self.0 &= Self::READ_CLOSED;
        now
    }

    /// There may be something to read, the end of the stream included.
    #[must_use]
    pub const fn is_readable(self) -> bool {
        self.0 & Self::READABLE != 0
    }

    /// It can be written to.
    #[must_use]
    pub const fn is_writable(self) -> bool {
        self.0 & Self::WRITABLE != 0
    }

    /// The other side has closed its half, or all of it. True from then on.
    #[must_use]
    pub const fn is_read_closed(self) -> bool {
        self.0 & Self::READ_CLOSED != 0
    }

    /// The moment of [`Turn::call_at`] has come.
    #[must_use]
    pub const fn is_alarm(self) -> bool {
        self.0 & Self::ALARM != 0
    }

    /// The socket has an error.
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 & Self::ERROR != 0
    }
}

/// One turn of one source.
#[derive(Debug)]
pub struct Turn<'a> {
    pub(super) event_loop: &'a EventLoop,
    pub(super) source: SourceId,
    pub(super) readiness: Readiness,
}

impl Turn<'_> {
    /// The loop, to add and remove other sources.
    #[must_use]
    pub fn event_loop(&self) -> &EventLoop {
        self.event_loop
    }

    /// This source, for [`EventLoop::remove`] by somebody else.
    #[must_use]
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// Why it has this turn.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.readiness
    }

    /// Whether a read that gave `got` bytes for a buffer of `asked` shows that nothing is left,
    /// so that the read that would say so can be spared. Not if the other side has closed: the
    /// end of the stream must be read, too.
    ///
    /// # Platforms
    /// epoll (`epoll(7)`, question 9) and kqueue. On Windows only a call that would block makes
    /// mio ask for the next event, so this is false there.
    #[must_use]
    pub fn drained(&self, got: usize, asked: usize) -> bool {
        crate::sys::SHORT_READ_DRAINS && got < asked && !self.readiness.is_read_closed()
    }

    /// [`EventLoop::set_alarm`] for this source.
    pub fn call_at(&mut self, due: Instant) {
        self.event_loop.set_alarm(self.source, Some(due));
    }

    /// Takes back [`Turn::call_at`].
    pub fn cancel_call(&mut self) {
        self.event_loop.set_alarm(self.source, None);
    }
}

/// A socket and a function.
pub(super) struct WithFunction<S, F> {
    pub(super) source: S,
    pub(super) function: F,
}

impl<S, F> Watched for WithFunction<S, F>
where
    S: Source,
    F: FnMut(&mut S, &mut Turn<'_>) -> Next,
{
    fn source(&mut self) -> &mut dyn Source {
        &mut self.source
    }

    fn ready(&mut self, turn: &mut Turn<'_>) -> Next {
        (self.function)(&mut self.source, turn)
    }
}
