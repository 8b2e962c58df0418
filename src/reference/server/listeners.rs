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
    /// Bound, not accepted from (T5).
    Pending(Socket),
    /// Accepted from, by as many loops as there are duplicates.
    Active(Vec<Remover>),
}

#[derive(Default)]
struct Contents {
    open: Vec<Open>,
    workers: Vec<LoopHandle>,
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
            .map(|(address, socket)| Open { address, state: State::Pending(socket) });
        self.contents().open.extend(open);
    }

    pub(super) fn add_active(&self, listeners: Vec<(Endpoint, Remover)>) {
        let open = listeners
            .into_iter()
            .map(|(address, remover)| Open { address, state: State::Active(vec![remover]) });
        self.contents().open.extend(open);
    }

    /// Replaces each pending socket by what `activate` makes of all of them, in order. If that
    /// fails they stay pending.
    pub(in crate::reference) fn activate_pending<E>(
        &self,
        activate: impl FnOnce(&[&Socket]) -> Result<Vec<Vec<Remover>>, E>,
    ) -> Result<(), E> {
        let mut contents = self.contents();
        let pending: Vec<&Socket> = contents.open.iter().filter_map(Open::pending).collect();
        let mut removers = activate(&pending)?.into_iter();
        for open in contents.open.iter_mut().filter(|open| open.pending().is_some()) {
            // One list a socket, in their order.
            open.state = State::Active(removers.next().unwrap_or_default());
        }
        Ok(())
    }

    pub(in crate::reference) fn set_workers(&self, workers: Vec<LoopHandle>) {
        self.contents().workers = workers;
    }

    pub(super) fn addresses(&self) -> Vec<Endpoint> {
        self.contents().open.iter().map(|open| open.address.clone()).collect()
    }

    /// T7, T8, D9.
    pub(super) fn stop(&self) {
        // Nothing is locked while sockets go: a handler that goes with them may call stop.
        let Contents { open, workers } = std::mem::take(&mut *self.contents());
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
    fn pending(&self) -> Option<&Socket> {
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
