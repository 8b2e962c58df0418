//! What is done with a connection, and what its failures do (T9).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use mio::net::TcpStream;

use crate::reference::endpoint::Endpoint;
use crate::reference::event_loop::panic_text;

/// What a handler answers. An error is logged with the peer's address, and nothing else happens.
pub type HandlerResult = Result<(), Box<dyn std::error::Error>>;

/// Takes each connection of a [`TcpServer`](super::TcpServer). Closures of this shape are handlers.
pub trait ConnectionHandler {
    /// Called once for each connection, on the loop's thread, between two accepts. The stream is
    /// non-blocking and close-on-exec; a Unix-domain listener gives streams of this type, too.
    ///
    /// A handler hands the stream on, mostly to the loop
    /// ([`EventLoop::current`](crate::reference::EventLoop::current) and
    /// [`watch`](crate::reference::EventLoop::watch)), or drops it, which closes the connection.
    /// While it runs nothing else on this thread does.
    ///
    /// # Errors
    /// Whatever went wrong with this connection. It is logged.
    fn handle_stream(&self, stream: TcpStream, peer: Endpoint) -> HandlerResult;
}

impl<F: Fn(TcpStream, Endpoint) -> HandlerResult> ConnectionHandler for F {
    fn handle_stream(&self, stream: TcpStream, peer: Endpoint) -> HandlerResult {
        self(stream, peer)
    }
}

/// One handler of several worker threads.
pub(in crate::reference) struct SharedHandler<H>(pub(in crate::reference) Arc<H>);

impl<H: ConnectionHandler> ConnectionHandler for SharedHandler<H> {
    fn handle_stream(&self, stream: TcpStream, peer: Endpoint) -> HandlerResult {
        self.0.handle_stream(stream, peer)
    }
}

/// Calls a handler so that neither an error nor a panic gets any further.
pub(super) fn call_isolated(handler: &impl ConnectionHandler, stream: TcpStream, peer: Endpoint) {
    let name = peer.clone();
    // The handler is called again after a panic. What it shares with itself is its own affair, as
    // with every server that outlives a failed request.
    // An error is put into words here, too: its own code may panic.
    let handle = || handler.handle_stream(stream, peer).map_err(|error| error.to_string());
    match catch_unwind(AssertUnwindSafe(handle)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("the handler of the connection from {name} failed: {error}"),
        Err(panic) => {
            let text = panic_text(&*panic);
            log::error!("the handler of the connection from {name} panicked: {text}");
        }
    }
}
