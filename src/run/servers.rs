//! `serve` and `stop` of a script: `TcpServer`s that echo, on one loop in this process.
//!
//! The loop runs inside `recv` alone. So a script decides when a server acts: a client that has
//! connected waits in the kernel's queue until somebody receives.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use socket2::Socket;

use super::echo::Echo;
use crate::reference::{
    ConnectionHandler, Endpoint, EventLoop, HandlerResult, ListenerError, LoopError, ServerError,
    ServerOptions, StopHandle, TcpServer,
};
use crate::script::Name;
use crate::sys;

/// Turns that wait for nothing: to accept, to read and to see the end, with some to spare.
const TURNS: usize = 8;
/// How long one turn waits at most before the receiving socket is looked at again.
const TURN: Duration = Duration::from_millis(10);

/// Echoes, and stops its server with the N-th connection.
struct EchoHandler {
    stop: StopHandle,
    stop_at: Option<u32>,
    handled: Cell<u32>,
}

impl ConnectionHandler for EchoHandler {
    fn handle_stream(&self, stream: TcpStream, _peer: Endpoint) -> HandlerResult {
        self.handled.set(self.handled.get() + 1);
        if self.stop_at == Some(self.handled.get()) {
            self.stop.stop();
        }
        EventLoop::current()?.add(Echo::new(stream))?;
        Ok(())
    }
}

/// Why a server did not take its sockets, all of which are closed then.
#[derive(Debug)]
pub(super) enum Refusal {
    /// One of them does not listen.
    NotListening,
    /// A call of the system failed, with this code.
    Os(i32),
}

/// The servers of a script.
pub(super) struct Servers {
    event_loop: EventLoop,
    servers: BTreeMap<Name, TcpServer<EchoHandler>>,
}

impl Servers {
    pub(super) fn new() -> Result<Self, LoopError> {
        Ok(Self { event_loop: EventLoop::new()?, servers: BTreeMap::new() })
    }

    pub(super) fn serve(
        &mut self,
        name: &Name,
        sockets: Vec<Socket>,
        stop_at: Option<u32>,
    ) -> Result<(), Refusal> {
        let refusal = |error| match error {
            ServerError::Listener(ListenerError::NotListening { .. }) => Refusal::NotListening,
            ServerError::Listener(ListenerError::Unreadable(error))
            | ServerError::Watch { source: error, .. } => Refusal::Os(sys::raw_error(&error)),
            _ => Refusal::Os(0),
        };
        if let Some(server) = self.servers.get(name) {
            return server.add_sockets(sockets).map_err(refusal);
        }
        let options =
            ServerOptions { event_loop: Some(self.event_loop.clone()), ..ServerOptions::default() };
        let handler = |stop| EchoHandler { stop, stop_at, handled: Cell::new(0) };
        let server = TcpServer::cyclic(handler, options);
        server.add_sockets(sockets).map_err(refusal)?;
        self.servers.insert(name.clone(), server);
        Ok(())
    }

    pub(super) fn stop(&self, name: &Name) {
        if let Some(server) = self.servers.get(name) {
            server.stop();
        }
    }

    /// Serves until the socket is readable; false when `timeout_ms` ran out.
    pub(super) fn until_readable(&self, socket: &Socket, timeout_ms: u64) -> Result<bool, i32> {
        let turn = |at_most| match self.event_loop.run_once(at_most) {
            Err(LoopError::Wait(error)) => Err(sys::raw_error(&error)),
            _ => Ok(()),
        };
        for _ in 0..TURNS {
            turn(Duration::ZERO)?;
        }
        let start = Instant::now();
        let timeout = Duration::from_millis(timeout_ms);
        while !sys::wait_readable(socket, 0)? {
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(false);
            }
            turn(left.min(TURN))?;
        }
        Ok(true)
    }
}

impl std::fmt::Debug for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.servers.keys()).finish()
    }
}
