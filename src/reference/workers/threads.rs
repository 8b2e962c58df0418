//! Worker threads: the portable way to several cores (W10 to W13).

use std::num::NonZero;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use crate::reference::accept::{Remover, SocketListener};
use crate::reference::event_loop::{EventLoop, LoopHandle};
use crate::reference::server::{
    Activated, ConnectionHandler, ServerError, ServerOptions, SharedHandler, StopHandle, TcpServer,
    accept_all, duplicate,
};

/// As many workers as asked for; none asked for is one for each CPU (W4).
pub(super) fn worker_count(asked: usize) -> usize {
    match asked {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get),
        asked => asked,
    }
}

/// Threads that serve, each with a loop of its own. Dropping this leaves them running.
#[derive(Debug)]
pub struct WorkerThreads {
    threads: Vec<JoinHandle<()>>,
    stop: StopHandle,
}

impl WorkerThreads {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.threads.len()
    }

    /// Never: there is at least one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.threads.is_empty()
    }

    /// Stops the server they serve: all listeners are closed, connections go on, for
    /// [`ServerOptions::drain`] at most.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// Waits until the server was stopped and every worker has ended. Every duplicate of a
    /// listener is closed then, and the port is free (W12).
    pub fn join(self) {
        for thread in self.threads {
            // A worker catches every panic of its callbacks.
            if thread.join().is_err() {
                log::error!("a worker thread ended by a panic");
            }
        }
    }
}

impl<H: ConnectionHandler + Send + Sync + 'static> TcpServer<H> {
    /// Serves what [`TcpServer::bind`] opened with so many threads, 0 for one a CPU. Each has its
    /// own loop and a duplicate of every listener; each connection is handled once, by one of
    /// them, which the kernel chooses (W10). The handler is shared (W11).
    ///
    /// The calling thread is free to wait in [`WorkerThreads::join`]. Sockets that are added to
    /// the server later are served by the calling thread's loop.
    ///
    /// # Errors
    /// [`ServerError::AlreadyStarted`], or a thread, a loop or a duplicate could not be made: no
    /// worker is left then, and the sockets are pending as before.
    ///
    /// # Platforms
    /// Everywhere. On Windows duplicated listeners in several loops are not tried on a running
    /// system yet.
    ///
    /// # Examples
    /// ```
    /// use bindproof::reference::TcpServer;
    /// use bindproof::{BindOptions, Port};
    ///
    /// let server = TcpServer::new(|_stream, peer| Ok(println!("{peer}")));
    /// let local = Some("127.0.0.1".into());
    /// server.bind(BindOptions { address: local, ..BindOptions::new(Port::Number(0)) })?;
    /// let workers = server.start_threads(2)?;
    /// server.stop();
    /// workers.join();
    /// # Ok::<(), bindproof::reference::ServerError>(())
    /// ```
    pub fn start_threads(&self, threads: usize) -> Result<WorkerThreads, ServerError> {
        let handler = Arc::clone(&self.handler);
        self.start_threads_with(threads, move |_| SharedHandler(Arc::clone(&handler)))
    }
}

impl<H: ConnectionHandler + 'static> TcpServer<H> {
    /// [`TcpServer::start_threads`] with a handler for each worker, made on its thread from its
    /// id, 0 to n-1, in place of the server's own.
    ///
    /// # Errors
    /// As [`TcpServer::start_threads`].
    pub fn start_threads_with<W: ConnectionHandler + 'static>(
        &self,
        threads: usize,
        make_handler: impl Fn(usize) -> W + Send + Sync + 'static,
    ) -> Result<WorkerThreads, ServerError> {
        self.start_once(|| {
            let make_handler = Arc::new(make_handler);
            let mut started = Started::default();
            self.listeners.activate_pending(|pending| {
                let mut copies = Vec::with_capacity(pending.len());
                for worker in 0..worker_count(threads) {
                    let listeners = pending.iter().map(|socket| duplicate(socket)).collect();
                    let make_handler = Arc::clone(&make_handler);
                    let accept = self.options.accept;
                    let drain = self.options.drain;
                    let removers = started.start(worker, listeners, move |ready| {
                        let options = ServerOptions { event_loop: None, accept, drain };
                        let handler = Arc::new(make_handler(worker));
                        work(ready, &handler, &options);
                    })?;
                    copies.push(removers);
                }
                let removers = by_socket(copies, pending.len());
                Ok::<_, ServerError>(Activated { removers, workers: started.loops.clone() })
            })?;
            let threads = std::mem::take(&mut started.threads);
            Ok(WorkerThreads { threads, stop: self.stop_handle() })
        })
    }
}

/// From a list a worker to a list a socket.
fn by_socket(copies: Vec<Vec<Remover>>, sockets: usize) -> Vec<Vec<Remover>> {
    let mut lists: Vec<Vec<Remover>> = (0..sockets).map(|_| Vec::new()).collect();
    for worker in copies {
        for (list, remover) in lists.iter_mut().zip(worker) {
            list.push(remover);
        }
    }
    lists
}

/// What a new worker tells its starter: its loop and the removers of its listeners.
type Ready = Result<(LoopHandle, Vec<Remover>), ServerError>;

/// What a new worker gets.
struct Place {
    listeners: Vec<SocketListener>,
    tell: mpsc::Sender<Ready>,
}

/// The life of a worker thread.
fn work<H: ConnectionHandler + 'static>(place: Place, handler: &Arc<H>, options: &ServerOptions) {
    let Place { listeners, tell } = place;
    let started = EventLoop::current().map_err(ServerError::from).and_then(|event_loop| {
        let active = accept_all(&event_loop, listeners, handler, options)?;
        Ok((event_loop, active.into_iter().map(|(_, remover)| remover).collect::<Vec<_>>()))
    });
    let event_loop = match started {
        Ok((event_loop, removers)) => {
            // The starter waits for this, and never goes away meanwhile.
            let _ = tell.send(Ok((event_loop.handle(), removers)));
            event_loop
        }
        Err(error) => {
            let _ = tell.send(Err(error));
            return;
        }
    };
    let done = event_loop.run_through_panics().and_then(|()| event_loop.drain(options.drain));
    match done {
        Ok(true) => {}
        Ok(false) => log::warn!("a worker drops {} connections that did not end", event_loop.len()),
        Err(error) => log::error!("a worker thread ends: {error}"),
    }
}

/// Workers that run. If not all could be started these are stopped again.
#[derive(Default)]
struct Started {
    threads: Vec<JoinHandle<()>>,
    loops: Vec<LoopHandle>,
    removers: Vec<Remover>,
}

impl Started {
    fn start(
        &mut self,
        worker: usize,
        listeners: Result<Vec<SocketListener>, ServerError>,
        work: impl FnOnce(Place) + Send + 'static,
    ) -> Result<Vec<Remover>, ServerError> {
        let (tell, told) = mpsc::channel();
        let place = Place { listeners: listeners?, tell };
        let thread = std::thread::Builder::new()
            .name(format!("worker-{worker}"))
            .spawn(move || work(place))
            .map_err(|source| ServerError::Thread { worker, source })?;
        self.threads.push(thread);
        // The sender is dropped without a word if the handler could not be made.
        let lost = || std::io::Error::other("it ended before it served");
        let told = told.recv().map_err(|_| ServerError::Thread { worker, source: lost() })?;
        let (event_loop, removers) = told?;
        self.loops.push(event_loop);
        self.removers.extend(removers.iter().cloned());
        Ok(removers)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if self.threads.is_empty() {
            return;
        }
        self.removers.iter().for_each(Remover::remove);
        for event_loop in &self.loops {
            event_loop.stop();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
