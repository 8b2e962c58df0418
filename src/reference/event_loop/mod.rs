//! The event loop: readiness from mio, timers, work from other threads.
//!
//! mio announces readiness once (edge-triggered) and leaves everything else to its user. This
//! loop adds what a server needs: sources that are not done put themselves on a *ready list*,
//! every source and every due timer has a turn before one has a second turn, and a panic in one
//! of them loses no event of the others.
//!
//! | file | idea |
//! |---|---|
//! | `clock`, `timers` | time, and what is due; a test hands in a clock of its own |
//! | `watched` | a socket, and what is done when it is ready |
//! | `sources` | the table of what is watched |
//! | `turn` | wait, then give each ready source its turn |
//! | `handle` | stop, wake and work from other threads |
//! | `current` | the loop of this thread |

mod clock;
mod current;
mod handle;
mod sources;
mod timers;
mod turn;
mod watched;

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mio::event::Source;
use mio::{Events, Poll};

pub use clock::{Clock, SystemClock};
pub use handle::LoopHandle;
pub use sources::SourceId;
pub use timers::TimerId;
pub use watched::{Next, Readiness, Turn, Watched};

use handle::Shared;
use sources::Sources;
use timers::{Due, Timers};

/// How many events one call of the kernel can bring.
const EVENTS_MAX: usize = 1024;

/// Loops of this process that exist: a fork would share them with the child.
static LOOPS: AtomicUsize = AtomicUsize::new(0);

/// Why a loop could not go on.
#[derive(Debug, thiserror::Error)]
pub enum LoopError {
    /// The loop could not be created: `epoll_create1` or `eventfd`, `kqueue`, a port.
    #[error("cannot create an event loop: {0}")]
    Create(#[source] io::Error),
    /// `epoll_wait`, `kevent` or `GetQueuedCompletionStatusEx` failed.
    #[error("cannot wait for events: {0}")]
    Wait(#[source] io::Error),
    /// A callback ran the loop that it was called from.
    #[error("the event loop runs already")]
    AlreadyRunning,
}

/// `epoll`, `kqueue` or a Windows port, with timers and a ready list. Belongs to one thread;
/// clones are the same loop.
///
/// # Examples
/// ```
/// use bindproof::reference::EventLoop;
///
/// let event_loop = EventLoop::new()?;
/// let handle = event_loop.handle();
/// event_loop.call_soon(move || handle.stop());
/// event_loop.run()?;
/// # Ok::<(), bindproof::reference::LoopError>(())
/// ```
#[derive(Clone)]
pub struct EventLoop {
    inner: Rc<Inner>,
}

pub(crate) struct Inner {
    poll: RefCell<Poll>,
    events: RefCell<Events>,
    sources: RefCell<Sources>,
    timers: RefCell<Timers>,
    soon: RefCell<Vec<Box<dyn FnOnce()>>>,
    running: Cell<bool>,
    shared: Arc<Shared>,
    clock: Box<dyn Clock>,
}

impl EventLoop {
    /// A loop of its own, by the clock of this machine.
    ///
    /// # Errors
    /// [`LoopError::Create`], most likely because no descriptor is left.
    pub fn new() -> Result<Self, LoopError> {
        Self::with_clock(SystemClock)
    }

    /// A loop whose timers run by another clock.
    ///
    /// # Errors
    /// As [`EventLoop::new`].
    pub fn with_clock(clock: impl Clock + 'static) -> Result<Self, LoopError> {
        let poll = Poll::new().map_err(LoopError::Create)?;
        let shared = Arc::new(Shared::new(poll.registry()).map_err(LoopError::Create)?);
        let inner = Rc::new(Inner {
            poll: RefCell::new(poll),
            events: RefCell::new(Events::with_capacity(EVENTS_MAX)),
            sources: RefCell::default(),
            timers: RefCell::default(),
            soon: RefCell::default(),
            running: Cell::new(false),
            shared,
            clock: Box::new(clock),
        });
        LOOPS.fetch_add(1, Ordering::Relaxed);
        current::remember(&inner);
        Ok(Self { inner })
    }

    /// The loop that runs on this thread, else this thread's default loop, which is created if
    /// absent and lives until the thread ends.
    ///
    /// # Errors
    /// As [`EventLoop::new`].
    pub fn current() -> Result<Self, LoopError> {
        current::get_or_create()
    }

    /// The same, if there is one.
    #[must_use]
    pub fn existing() -> Option<Self> {
        current::get()
    }

    /// How many loops this process has, on all threads.
    #[must_use]
    pub fn count() -> usize {
        LOOPS.load(Ordering::Relaxed)
    }

    /// For other threads, and for whoever must not keep the loop alive.
    #[must_use]
    pub fn handle(&self) -> LoopHandle {
        LoopHandle { shared: Arc::clone(&self.inner.shared) }
    }

    /// The present moment by the loop's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.inner.clock.now()
    }

    /// Registers a source for reading. It has a turn whenever there is something to read, also
    /// if that is there already.
    ///
    /// # Errors
    /// What `epoll_ctl` or `kevent` says; the source is dropped.
    pub fn add(&self, watched: impl Watched + 'static) -> io::Result<SourceId> {
        self.inner.add(Box::new(watched))
    }

    /// [`EventLoop::add`] for a socket and a function.
    ///
    /// # Errors
    /// As [`EventLoop::add`].
    pub fn watch<S, F>(&self, source: S, function: F) -> io::Result<SourceId>
    where
        S: Source + 'static,
        F: FnMut(&mut S, &mut Turn<'_>) -> Next + 'static,
    {
        self.add(watched::WithFunction { source, function })
    }

    /// Takes a source off the loop, then drops it. False if it is not there any more. During the
    /// source's own turn it has no further turn, and is taken off when this one ends.
    pub fn remove(&self, source: SourceId) -> bool {
        self.inner.remove(source)
    }

    /// Gives a source a turn, as if it had become ready.
    pub fn serve(&self, source: SourceId) {
        self.inner.sources.borrow_mut().serve_again(source);
    }

    /// How many sources the loop watches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.sources.borrow().len()
    }

    /// Whether it watches none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls a function in the next turn.
    pub fn call_soon(&self, function: impl FnOnce() + 'static) {
        self.inner.soon.borrow_mut().push(Box::new(function));
    }

    /// Calls a function at that moment or, if the loop is busy, soon after it.
    pub fn call_at(&self, due: Instant, function: impl FnOnce() + 'static) -> TimerId {
        self.inner.timers.borrow_mut().add(due, Due::Call(Box::new(function)))
    }

    /// Takes back [`EventLoop::call_at`]. False if it was called already.
    pub fn cancel(&self, timer: TimerId) -> bool {
        let cancelled = self.inner.timers.borrow_mut().cancel(timer);
        cancelled.is_some()
    }

    /// Runs until [`LoopHandle::stop`]. What the loop watches stays watched, and a later run goes
    /// on with it.
    ///
    /// # Errors
    /// [`LoopError::Wait`], or [`LoopError::AlreadyRunning`] from inside a callback.
    ///
    /// # Panics
    /// If a callback does. Its own source is dropped, unless it is a listener; every other source
    /// keeps its turn, so that a caller who catches the panic can run the loop again.
    pub fn run(&self) -> Result<(), LoopError> {
        let _running = self.start_running()?;
        while !self.inner.shared.take_stop() {
            self.turn(None)?;
        }
        Ok(())
    }

    /// One turn: waits at most so long for something to do, and does what is there. For a program
    /// that has a loop of its own.
    ///
    /// # Errors
    /// As [`EventLoop::run`].
    ///
    /// # Panics
    /// As [`EventLoop::run`].
    pub fn run_once(&self, at_most: Duration) -> Result<(), LoopError> {
        let _running = self.start_running()?;
        self.turn(self.now().checked_add(at_most))
    }

    /// [`EventLoop::run`], but a panic in a callback is logged, and the loop goes on.
    ///
    /// # Errors
    /// As [`EventLoop::run`].
    pub fn run_through_panics(&self) -> Result<(), LoopError> {
        through_panics(|| self.run())
    }

    /// Runs until nothing is watched any more, [`LoopHandle::stop`], or `at_most` is over; a panic
    /// in a callback is logged. Whether nothing is watched any more.
    ///
    /// A server that has stopped lets its connections end with this.
    ///
    /// # Errors
    /// As [`EventLoop::run`].
    pub fn drain(&self, at_most: Duration) -> Result<bool, LoopError> {
        // No end if it is beyond what the clock can tell.
        let end = self.now().checked_add(at_most);
        through_panics(|| {
            let _running = self.start_running()?;
            let in_time = || end.is_none_or(|end| self.now() < end);
            while !self.inner.shared.take_stop() && !self.is_empty() && in_time() {
                self.turn(end)?;
            }
            Ok(self.is_empty())
        })
    }

    /// Whose loop this is.
    pub(crate) fn on_this_thread(handle: &LoopHandle) -> Option<Self> {
        current::find(handle.number())
    }
}

fn through_panics<T>(mut run: impl FnMut() -> T) -> T {
    loop {
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(&mut run)) {
            Ok(done) => return done,
            Err(panic) => {
                log::error!("a callback of the event loop panicked: {}", panic_text(&*panic));
            }
        }
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else {
        panic.downcast_ref::<String>().map_or("without a message", String::as_str)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.close();
        let registry = self.poll.get_mut().registry();
        for mut watched in self.sources.get_mut().take_all() {
            // Off the loop, then closed: a duplicate elsewhere would go on sending events.
            let _ = registry.deregister(watched.source());
        }
        LOOPS.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventLoop")
            .field("number", &self.inner.shared.number)
            .finish_non_exhaustive()
    }
}
