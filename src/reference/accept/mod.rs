//! The accept loop: every waiting connection is delivered once, in bounded batches, whatever
//! `accept` answers (A1 to A12).
//!
//! mio announces a listener once. A batch that ends before the queue is empty must therefore come
//! back by itself, either in the next turn or, after an error that says there is no room, by a
//! timer. Connections wait in the kernel's queue meanwhile; none is dropped on purpose.
//!
//! | file | idea |
//! |---|---|
//! | `codes` | what an error of `accept` means |
//! | `listener` | what is accepted from: a socket, or a test's own `accept` |
//! | `batch` | at most so many accepts in one turn |
//! | `pause` | a growing delay, and one log record at each end |

mod batch;
mod codes;
mod listener;
mod pause;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mio::event::Source;

pub use codes::AcceptCodes;
pub(super) use listener::check;
pub use listener::{Listener, ListenerError, SocketListener};

use super::endpoint::Endpoint;
use super::event_loop::{EventLoop, LoopHandle, Next, SourceId, Turn, Watched};
use batch::{End, accept_batch};
use pause::Pause;

/// How much is accepted at once, and how long a listener pauses that has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptOptions {
    /// At most so many accepts in one turn of a listener; 0 counts as 1. Independent of the
    /// backlog.
    pub batch: usize,
    /// The first delay after an error that says there is no room; less than 1 ms counts as 1 ms, for
    /// a listener must not spin.
    pub first_delay: Duration,
    /// The delay doubles up to this, which is never below the first one.
    pub max_delay: Duration,
}

impl Default for AcceptOptions {
    fn default() -> Self {
        Self {
            batch: 128,
            first_delay: Duration::from_millis(5),
            max_delay: Duration::from_secs(1),
        }
    }
}

impl AcceptOptions {
    fn in_bounds(self) -> Self {
        let first_delay = self.first_delay.max(Duration::from_millis(1));
        let max_delay = self.max_delay.max(first_delay);
        Self { batch: self.batch.max(1), first_delay, max_delay }
    }
}

/// Registers a listener with a loop: `callback(stream, peer)` runs once for each accepted
/// connection, in the order of `accept`.
///
/// Connections that wait already are delivered without a further client. A callback that panics
/// unwinds out of [`EventLoop::run`], as an exception leaves Tornado's loop; whoever catches it
/// and runs the loop again loses no connection but that one.
///
/// # Examples
/// ```
/// use bindproof::reference::{
///     AcceptOptions, EventLoop, SocketListener, add_accept_handler, bind_sockets,
/// };
/// use bindproof::{BindOptions, Port};
///
/// let event_loop = EventLoop::new()?;
/// let options = BindOptions { address: Some("127.0.0.1".into()), ..BindOptions::new(Port::Number(0)) };
/// let socket = bind_sockets(&options)?.remove(0);
/// let address = socket.local_addr()?.as_socket().unwrap();
///
/// let stop = event_loop.handle();
/// let remover = add_accept_handler(
///     &event_loop,
///     SocketListener::new(socket)?,
///     AcceptOptions::default(),
///     move |_stream, peer| {
///         println!("{peer}");
///         stop.stop();
///     },
/// )?;
/// let _client = std::net::TcpStream::connect(address)?;
/// event_loop.run()?;
/// remover.remove();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What `epoll_ctl` or `kevent` says; the listener is closed.
pub fn add_accept_handler<L: Listener + 'static>(
    event_loop: &EventLoop,
    listener: L,
    options: AcceptOptions,
    callback: impl FnMut(L::Stream, Endpoint) + 'static,
) -> io::Result<Remover> {
    let removed = Arc::new(AtomicBool::new(false));
    let address = listener.local_addr();
    let source = event_loop.add(Acceptor {
        listener,
        callback,
        options: options.in_bounds(),
        address,
        pause: Pause::default(),
        removed: Arc::clone(&removed),
    })?;
    // Clients that came before: not every kernel announces them.
    event_loop.serve(source);
    Ok(Remover { removed, event_loop: event_loop.handle(), source })
}

/// Ends the delivery of one [`add_accept_handler`]. Dropping it does not.
#[derive(Debug, Clone)]
pub struct Remover {
    removed: Arc<AtomicBool>,
    event_loop: LoopHandle,
    source: SourceId,
}

impl Remover {
    /// Takes the listener off its loop, then closes it; from now on nothing is delivered. On the
    /// loop's own thread this is done when the call returns or, inside the callback, when that
    /// returns; from another thread, in the loop's next turn. Once is enough, more is harmless.
    pub fn remove(&self) {
        // Read before each accept (A5).
        self.removed.store(true, Ordering::Release);
        match EventLoop::on_this_thread(&self.event_loop) {
            Some(event_loop) => {
                event_loop.remove(self.source);
            }
            None => self.event_loop.serve(self.source),
        }
    }
}

struct Acceptor<L, F> {
    listener: L,
    callback: F,
    options: AcceptOptions,
    address: Endpoint,
    pause: Pause,
    removed: Arc<AtomicBool>,
}

impl<L: Listener, F: FnMut(L::Stream, Endpoint)> Watched for Acceptor<L, F> {
    fn source(&mut self) -> &mut dyn Source {
        self.listener.source()
    }

    fn ready(&mut self, turn: &mut Turn<'_>) -> Next {
        let removed = || self.removed.load(Ordering::Acquire);
        if removed() {
            return Next::Done;
        }
        if self.pause.until().is_some_and(|until| turn.event_loop().now() < until) {
            return Next::Wait;
        }
        self.pause.over();
        let batch =
            accept_batch(&mut self.listener, self.options.batch, removed, &mut self.callback);
        if batch.delivered > 0 {
            self.pause.succeeded();
        }
        match batch.end {
            End::Removed => Next::Done,
            End::Drained => {
                self.pause.end(&self.address);
                Next::Wait
            }
            End::Limit => {
                self.pause.end(&self.address);
                Next::Again
            }
            End::Full(code) | End::AllLost(code) => {
                let now = turn.event_loop().now();
                let until = self.pause.begin(now, &self.options, &self.address, code);
                turn.call_at(until);
                Next::Wait
            }
        }
    }

    /// The callback panicked; the connections behind that one are still waiting (A11).
    fn after_panic(&self) -> Next {
        Next::Again
    }
}
