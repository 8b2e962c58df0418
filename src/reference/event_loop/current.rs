//! The loops of a thread: which one runs, which one is the default.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::{EventLoop, Inner, LoopError};

#[derive(Default)]
struct Here {
    /// Loops that were created on this thread, for whoever has only a handle.
    known: Vec<Weak<Inner>>,
    running: Vec<Weak<Inner>>,
    default: Option<EventLoop>,
}

thread_local! {
    static HERE: RefCell<Here> = RefCell::default();
}

/// `None` while the thread ends and its variables are being dropped.
fn here<T>(look: impl FnOnce(&mut Here) -> T) -> Option<T> {
    HERE.try_with(|here| here.try_borrow_mut().ok().map(|mut here| look(&mut here))).ok().flatten()
}

pub(super) fn remember(inner: &Rc<Inner>) {
    here(|here| {
        here.known.retain(|known| known.strong_count() > 0);
        here.known.push(Rc::downgrade(inner));
    });
}

pub(super) fn find(number: u64) -> Option<EventLoop> {
    here(|here| {
        let mut known = here.known.iter().filter_map(Weak::upgrade);
        known.find(|inner| inner.shared.number == number).map(|inner| EventLoop { inner })
    })
    .flatten()
}

pub(super) fn get() -> Option<EventLoop> {
    here(|here| {
        let running = here.running.last().and_then(Weak::upgrade).map(|inner| EventLoop { inner });
        running.or_else(|| here.default.clone())
    })
    .flatten()
}

pub(super) fn get_or_create() -> Result<EventLoop, LoopError> {
    if let Some(found) = get() {
        return Ok(found);
    }
    let created = EventLoop::new()?;
    here(|here| here.default = Some(created.clone()));
    Ok(created)
}

/// As long as it lives the loop counts as running on this thread.
pub(super) struct Running(Rc<Inner>);

impl EventLoop {
    pub(super) fn start_running(&self) -> Result<Running, LoopError> {
        if self.inner.running.replace(true) {
            return Err(LoopError::AlreadyRunning);
        }
        here(|here| here.running.push(Rc::downgrade(&self.inner)));
        Ok(Running(Rc::clone(&self.inner)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.set(false);
        here(|here| here.running.pop());
    }
}
