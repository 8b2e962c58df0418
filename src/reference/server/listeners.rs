//! The listening sockets of a server, wherever they are served, and the end of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use socket2::Socket;

use crate::reference::accept::Remover;
use crate::reference::endpoint::Endpoint;
use crate::reference::event_loop::LoopHandle;

/// One listening socket.
struct Open {
    address: Endpoint,
    state: State,
}

enum State {
    /// Bound, not accepted from (T5). Shared with a start that is under way.
    Pending(Arc<Socket>),
    /// Accepted from, by as many loops as there are duplicates.
    Active(Vec<Remover>),
}

#[derive(Default)]
struct Contents {
    open: Vec<Open>,
    workers: Vec<LoopHandle>,
    /// How often it was stopped.
    stops: u64,
}

/// What a start has made of the pending sockets.
pub(in crate::reference) struct Activated {
    /// A list for each socket, in their order: one remover for each loop that accepts from it.
    pub(in crate::reference) removers: Vec<Vec<Remover>>,
    /// The loops of worker threads, which end with the server.
    pub(in crate::reference) workers: Vec<LoopHandle>,
}

/// Shared by a server, its stop handles and its workers.
#[derive(Default)]
pub(in crate::reference) struct Listeners {
    contents: Mutex<Contents>,
}

impl Listeners {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_pending(&self, sockets: Vec<(Endpoint, Socket)>) {
        let open = sockets
            .into_iter()
            .map(|(address, socket)| Open { address, state: State::Pending(Arc::new(socket)) });
        self.contents().open.extend(open);
    }

    pub(super) fn add_active(&self, listeners: Vec<(Endpoint, Remover)>) {
        let open = listeners
            .into_iter()
            .map(|(address, remover)| Open { address, state: State::Active(vec![remover]) });
        self.contents().open.extend(open);
    }

    /// Replaces each pending socket by what `activate` makes of all of them, in order. If that
    /// fails they stay pending. A stop that comes meanwhile stops what was started.
    pub(in crate::reference) fn activate_pending<E>(
        &self,
        activate: impl FnOnce(&[Arc<Socket>]) -> Result<Activated, E>,
    ) -> Result<(), E> {
        let (pending, stops) = {
            let contents = self.contents();
            let pending: Vec<_> = contents.open.iter().filter_map(Open::pending).cloned().collect();
            (pending, contents.stops)
        };
        // Nothing is locked: a handler that accepts already may call stop.
        let Activated { removers, workers } = activate(&pending)?;
        let mut contents = self.contents();
        if contents.stops != stops {
            drop(contents);
            removers.iter().flatten().for_each(Remover::remove);
            workers.iter().for_each(LoopHandle::stop);
            return Ok(());
        }
        let mut removers = removers.into_iter();
        for open in contents.open.iter_mut().filter(|open| open.pending().is_some()) {
            // Only a stop changes the list meanwhile, so these are the ones of before.
            open.state = State::Active(removers.next().unwrap_or_default());
        }
        contents.workers = workers;
        Ok(())
    }

    pub(super) fn addresses(&self) -> Vec<Endpoint> {
        self.contents().open.iter().map(|open| open.address.clone()).collect()
    }

    /// T7, T8, D9.
    pub(super) fn stop(&self) {
        // Nothing is locked while sockets go: a handler that goes with them may call stop.
        let (open, workers) = {
            let mut contents = self.contents();
            contents.stops += 1;
            (std::mem::take(&mut contents.open), std::mem::take(&mut contents.workers))
        };
        for Open { state, .. } in open {
            match state {
                State::Pending(socket) => drop(socket),
                State::Active(removers) => removers.iter().for_each(Remover::remove),
            }
        }
        for worker in workers {
            worker.stop();
        }
    }
}

impl Open {
    fn pending(&self) -> Option<&Arc<Socket>> {
        match &self.state {
            State::Pending(socket) => Some(socket),
            State::Active(_) => None,
        }
    }
}

/// Stops a server from anywhere: from another thread, or inside a handler. Cheap to clone; it does
/// not keep the server alive.
#[derive(Clone)]
pub struct StopHandle {
    pub(super) listeners: Arc<Listeners>,
}

impl StopHandle {
    /// As [`TcpServer::stop`](super::TcpServer::stop). Nothing is delivered from now on; sockets
    /// that another thread's loop serves are closed in that loop's next turn, and worker threads
    /// end when their connections have.
    pub fn stop(&self) {
        self.listeners.stop();
    }
}

impl std::fmt::Debug for StopHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StopHandle").field("open", &self.listeners.addresses()).finish()
    }
}
