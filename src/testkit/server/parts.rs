//! A clock that moves on instead of waiting, and a listener whose `accept` fails on demand.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mio::event::Source;

use super::actions::Injected;
use crate::reference::{Clock, Endpoint, Listener, SocketListener};
use crate::sys;

pub(super) struct SimClock {
    start: Instant,
    elapsed: Cell<Duration>,
}

impl SimClock {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), elapsed: Cell::new(Duration::ZERO) }
    }
}

impl Clock for SimClock {
    fn now(&self) -> Instant {
        self.start + self.elapsed.get()
    }

    fn wait(&self, until: Instant) -> Duration {
        self.elapsed.set(self.elapsed.get().max(until.saturating_duration_since(self.start)));
        Duration::ZERO
    }
}

/// What the next calls of `accept` answer, before the kernel is asked again.
#[derive(Clone, Default)]
pub(super) struct Injections(Rc<RefCell<VecDeque<i32>>>);

impl Injections {
    pub(super) fn add(&self, injected: Injected) {
        let code = match injected {
            Injected::Interrupted => sys::EINTR,
            Injected::Lost => sys::ACCEPT_LOST[0],
            // No code of any platform, so there is no room: as for EMFILE.
            Injected::Full => 1_000_001,
            Injected::Unknown => sys::EINVAL,
        };
        self.0.borrow_mut().push_back(code);
    }

    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

pub(super) struct FailingListener {
    pub(super) inner: SocketListener,
    pub(super) injections: Injections,
}

impl Listener for FailingListener {
    type Stream = mio::net::TcpStream;

    fn source(&mut self) -> &mut dyn Source {
        self.inner.source()
    }

    fn accept(&mut self) -> Result<(mio::net::TcpStream, Endpoint), i32> {
        let injected = self.injections.0.borrow_mut().pop_front();
        injected.map_or_else(|| self.inner.accept(), Err)
    }

    fn local_addr(&self) -> Endpoint {
        self.inner.local_addr()
    }
}
