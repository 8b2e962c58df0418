//! `TcpServer`: listening sockets, a loop, and a handler for each connection (T1 to T12).
//!
//! | file | idea |
//! |---|---|
//! | `handler` | what is done with a connection, and what its failures do |
//! | `listeners` | the open sockets, on whatever thread, and `stop` |
//! | `error` | why a call changed nothing |

mod error;
mod handler;
mod listeners;

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use mio::net::TcpStream;
use socket2::Socket;

pub use error::ServerError;
pub(super) use handler::SharedHandler;
pub use handler::{ConnectionHandler, HandlerResult};
pub use listeners::StopHandle;
pub(super) use listeners::{Activated, Listeners};

use super::accept::{AcceptOptions, Listener, Remover, SocketListener, add_accept_handler, check};
use super::bind_sockets::bind_sockets_on;
use super::endpoint::Endpoint;
use super::event_loop::EventLoop;
use super::options::BindOptions;
use super::os::Os;
use super::real::RealOs;

/// What a server is made with, beside its handler.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The loop to accept on. By default the thread's own, taken when the first socket is added,
    /// so that a server can exist before a fork (T2).
    pub event_loop: Option<EventLoop>,
    /// How much is accepted at once, and how long a listener without room pauses.
    pub accept: AcceptOptions,
    /// How long a worker thread that was stopped waits for its connections to end; then it drops
    /// them.
    pub drain: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self { event_loop: None, accept: AcceptOptions::default(), drain: Duration::from_secs(30) }
    }
}

/// Accepts connections on any number of listening sockets and hands each one to a handler.
///
/// One thread, one loop: [`TcpServer::start_threads`] and
/// [`TcpServer::start_processes`](TcpServer::start_processes) make several. Dropping the server
/// stops it.
///
/// # Examples
/// ```
/// use std::io::Write;
///
/// use bindproof::reference::mio::net::TcpStream;
/// use bindproof::reference::{EventLoop, TcpServer};
/// use bindproof::{BindOptions, Port};
///
/// let event_loop = EventLoop::current()?;
/// let stop = event_loop.handle();
/// let server = TcpServer::new(move |mut stream: TcpStream, peer| {
///     writeln!(stream, "hello, {peer}")?;
///     stop.stop();
///     Ok(())
/// });
/// let local = Some("127.0.0.1".into());
/// server.listen(BindOptions { address: local, ..BindOptions::new(Port::Number(0)) })?;
///
/// let address = server.local_addrs()[0].as_inet().unwrap();
/// let client = std::net::TcpStream::connect(address)?;
/// event_loop.run()?;
/// assert!(std::io::read_to_string(client)?.starts_with("hello, 127.0.0.1:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # How far a handler is contained
/// * An error or a panic ends its own connection, is logged, and nothing else (T9). With
///   `panic = "abort"` a panic ends the process.
/// * A handler that blocks stops its thread: this loop accepts and serves nobody meanwhile, and
///   clients wait in the kernel's queue up to the backlog. Other worker threads and processes go
///   on.
/// * A handler that leaks streams takes descriptors until none is left; then accepting pauses and
///   goes on by itself when some are free (A8). Connections that exist are served on.
pub struct TcpServer<H> {
    pub(super) handler: Arc<H>,
    pub(super) options: ServerOptions,
    event_loop: RefCell<Option<EventLoop>>,
    started: Cell<bool>,
    pub(super) listeners: Arc<Listeners>,
}

impl<H: ConnectionHandler + 'static> TcpServer<H> {
    /// Stores the handler; makes no call and opens nothing (T1).
    pub fn new(handler: H) -> Self {
        Self::with_options(handler, ServerOptions::default())
    }

    /// The same, with a given loop or other limits.
    pub fn with_options(handler: H, options: ServerOptions) -> Self {
        Self::cyclic(|_| handler, options)
    }

    /// The same for a handler that stops its own server.
    pub fn cyclic(handler: impl FnOnce(StopHandle) -> H, options: ServerOptions) -> Self {
        let listeners = Arc::new(Listeners::default());
        Self {
            handler: Arc::new(handler(StopHandle { listeners: Arc::clone(&listeners) })),
            event_loop: RefCell::new(options.event_loop.clone()),
            options,
            started: Cell::new(false),
            listeners,
        }
    }

    /// `bind_sockets`, then [`TcpServer::add_sockets`]: takes effect at once, any number of times,
    /// each time with new sockets (T3).
    ///
    /// # Errors
    /// The server is as it was: [`ServerError::Bind`] names the call, the address and the error;
    /// [`ServerError::NothingBound`] if every address was skipped (D5).
    pub fn listen(&self, options: impl Into<BindOptions>) -> Result<(), ServerError> {
        self.listen_on(&mut RealOs::new(), &options.into())
    }

    /// The same, with the sockets of any [`Os`].
    ///
    /// # Errors
    /// As [`TcpServer::listen`].
    pub fn listen_on<O>(&self, os: &mut O, options: &BindOptions) -> Result<(), ServerError>
    where
        O: Os,
        O::Socket: Into<Socket>,
    {
        self.add_sockets(sockets_on(os, options)?)
    }

    /// `bind_sockets` now, accepting from the start on: clients queue in the kernel until then
    /// (T5). On a server that was started it is [`TcpServer::listen`].
    ///
    /// # Errors
    /// As [`TcpServer::listen`].
    pub fn bind(&self, options: impl Into<BindOptions>) -> Result<(), ServerError> {
        self.bind_on(&mut RealOs::new(), &options.into())
    }

    /// The same, with the sockets of any [`Os`].
    ///
    /// # Errors
    /// As [`TcpServer::listen`].
    pub fn bind_on<O>(&self, os: &mut O, options: &BindOptions) -> Result<(), ServerError>
    where
        O: Os,
        O::Socket: Into<Socket>,
    {
        if self.started.get() {
            return self.listen_on(os, options);
        }
        let sockets = sockets_on(os, options)?;
        let named = sockets.into_iter().map(|socket| Ok((check(&socket)?, socket)));
        self.listeners.add_pending(named.collect::<Result<_, ServerError>>()?);
        Ok(())
    }

    /// Takes listening sockets from anywhere, makes them non-blocking, and accepts from them at
    /// once (T4): those of [`bind_sockets`](crate::reference::bind_sockets), of the standard
    /// library, of a supervisor, or a duplicate of one that is served already.
    ///
    /// # Errors
    /// A socket that is not a stream socket or does not listen, or that the loop refuses: all
    /// sockets of this call are closed, the server is as it was.
    pub fn add_sockets<S: Into<Socket>>(
        &self,
        sockets: impl IntoIterator<Item = S>,
    ) -> Result<(), ServerError> {
        let listeners = sockets.into_iter().map(|socket| SocketListener::new(socket.into()));
        self.add_listeners(listeners.collect::<Result<Vec<_>, _>>()?)
    }

    /// [`TcpServer::add_sockets`] for one.
    ///
    /// # Errors
    /// As [`TcpServer::add_sockets`].
    pub fn add_socket(&self, socket: impl Into<Socket>) -> Result<(), ServerError> {
        self.add_sockets([socket.into()])
    }

    /// [`TcpServer::add_sockets`] for listeners with an `accept` of their own.
    ///
    /// # Errors
    /// If the loop refuses one: all of this call are closed.
    pub fn add_listeners<L: Listener<Stream = TcpStream> + 'static>(
        &self,
        listeners: Vec<L>,
    ) -> Result<(), ServerError> {
        let active = accept_all(&self.event_loop()?, listeners, &self.handler, &self.options)?;
        self.listeners.add_active(active);
        Ok(())
    }

    /// Accepts from what [`TcpServer::bind`] opened, on this thread (T6).
    ///
    /// # Errors
    /// [`ServerError::AlreadyStarted`]; or the loop refuses a socket, and they all stay pending.
    pub fn start(&self) -> Result<(), ServerError> {
        self.start_once(|| self.accept_pending())
    }

    /// Puts what `bind` opened on this thread's loop.
    pub(super) fn accept_pending(&self) -> Result<(), ServerError> {
        let event_loop = self.event_loop()?;
        self.listeners.activate_pending(|pending| {
            let copies = pending.iter().map(|socket| duplicate(socket));
            let listeners = copies.collect::<Result<Vec<_>, _>>()?;
            let active = accept_all(&event_loop, listeners, &self.handler, &self.options)?;
            let removers = active.into_iter().map(|(_, remover)| vec![remover]).collect();
            Ok(Activated { removers, workers: Vec::new() })
        })
    }

    /// Runs one of the three starts, which counts only if it succeeds.
    pub(super) fn start_once<T>(
        &self,
        start: impl FnOnce() -> Result<T, ServerError>,
    ) -> Result<T, ServerError> {
        if self.started.get() {
            return Err(ServerError::AlreadyStarted);
        }
        let done = start()?;
        self.started.set(true);
        Ok(done)
    }

    /// T2
    fn event_loop(&self) -> Result<EventLoop, ServerError> {
        let mut chosen = self.event_loop.borrow_mut();
        if let Some(chosen) = &*chosen {
            return Ok(chosen.clone());
        }
        let current = EventLoop::current()?;
        *chosen = Some(current.clone());
        Ok(current)
    }
}

impl<H> TcpServer<H> {
    /// Takes every listener off its loop, then closes it, those that `bind` left waiting, too
    /// (T7, D9). As often as you like, also inside a handler; a later [`TcpServer::listen`] works
    /// as before.
    ///
    /// Connections in progress go on (T10). Clients in the kernel's queue are reset, new ones are
    /// refused.
    pub fn stop(&self) {
        self.listeners.stop();
    }

    /// Stops it from another thread or from inside its handler.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle { listeners: Arc::clone(&self.listeners) }
    }

    /// Where it listens, in the order in which the sockets were opened, the waiting ones included.
    /// With port 0 this is how to learn the port (T12).
    #[must_use]
    pub fn local_addrs(&self) -> Vec<Endpoint> {
        self.listeners.addresses()
    }
}

impl<H> Drop for TcpServer<H> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<H> std::fmt::Debug for TcpServer<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TcpServer")
            .field("listeners", &self.local_addrs())
            .field("started", &self.started.get())
            .finish_non_exhaustive()
    }
}

/// The other half of D5: a server needs at least one socket.
fn sockets_on<O>(os: &mut O, options: &BindOptions) -> Result<Vec<Socket>, ServerError>
where
    O: Os,
    O::Socket: Into<Socket>,
{
    let bound = bind_sockets_on(os, options)?;
    if bound.sockets.is_empty() {
        let host = options.address.as_deref().filter(|host| !host.is_empty());
        let asked = format!("{}, port {}", host.unwrap_or("every interface"), options.port);
        return Err(ServerError::NothingBound { asked, skipped: bound.skipped });
    }
    Ok(bound.sockets.into_iter().map(Into::into).collect())
}

/// Another descriptor for a pending socket, ready to be accepted from.
pub(super) fn duplicate(socket: &Socket) -> Result<SocketListener, ServerError> {
    let copy = socket.try_clone().map_err(super::accept::ListenerError::Unreadable)?;
    Ok(SocketListener::new(copy)?)
}

/// Puts listeners on a loop, all or none.
pub(super) fn accept_all<L, H>(
    event_loop: &EventLoop,
    listeners: Vec<L>,
    handler: &Arc<H>,
    options: &ServerOptions,
) -> Result<Vec<(Endpoint, Remover)>, ServerError>
where
    L: Listener<Stream = TcpStream> + 'static,
    H: ConnectionHandler + 'static,
{
    let mut active: Vec<(Endpoint, Remover)> = Vec::with_capacity(listeners.len());
    for listener in listeners {
        let address = listener.local_addr();
        let handler = Arc::clone(handler);
        let deliver = move |stream, peer| handler::call_isolated(&*handler, stream, peer);
        match add_accept_handler(event_loop, listener, options.accept, deliver) {
            Ok(remover) => active.push((address, remover)),
            Err(source) => {
                for (_, remover) in active {
                    remover.remove();
                }
                return Err(ServerError::Watch { address, source });
            }
        }
    }
    Ok(active)
}
