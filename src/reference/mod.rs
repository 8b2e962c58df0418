//! The reference implementation: `bind_sockets` and `TcpServer`, a library that a server author can
//! use by itself.
//!
//! [`bind_sockets`] is written once over the trait [`Os`]: [`RealOs`] is this machine's kernel,
//! [`Faulty`] makes any call fail on purpose. What a platform *is* comes as a value, [`OsFacts`].
//!
//! | file | idea |
//! |---|---|
//! | `options`, `arguments` | what is asked for; what of it is refused before any call |
//! | `records` | one resolver call, the order of its records, no address twice |
//! | `attempt` | a socket for each record; which answers skip one |
//! | `bind_sockets` | attempts until one succeeds, and nothing left open otherwise |
//! | `error` | why it failed |
//! | `os`, `real`, `faulty` | the calls, on this kernel, and failing by a plan |
//! | `event_loop/` | readiness, timers, work from other threads |
//! | `accept/` | every waiting connection is delivered once, whatever `accept` answers |
//! | `server/` | [`TcpServer`]: listening sockets, a loop, a handler for each connection |
//! | `workers/` | several threads or processes for one server |
//! | `unix_socket/` | a listening Unix-domain socket at a path |
//! | `endpoint` | the address of one end of a connection |
//!
//! A stream, a source and an interest are mio's: [`mio`] is here again, so that a user has the
//! same version.

mod accept;
pub(crate) mod arguments;
mod attempt;
mod bind_sockets;
mod endpoint;
mod error;
mod event_loop;
mod faulty;
mod options;
mod os;
mod real;
mod records;
mod server;
mod unix_socket;
mod workers;

pub use accept::{
    AcceptCodes, AcceptOptions, Listener, ListenerError, Remover, SocketListener,
    add_accept_handler,
};
pub use attempt::{SkipReason, Skipped};
pub use bind_sockets::{Bound, bind_sockets, bind_sockets_on};
pub use endpoint::Endpoint;
pub use error::{BindError, CallError, SocketCall};
pub use event_loop::{
    Clock, EventLoop, LoopError, LoopHandle, Next, Readiness, SourceId, SystemClock, TimerId, Turn,
    Watched,
};
pub use faulty::{Fault, FaultFamily, FaultPlan, FaultSite, Faulty, FaultySocket};
pub use options::{BindOptions, Family, Port};
pub use os::{OptionName, Os, OsFacts, Query, RawError, Record, ResolveFailure};
pub use real::RealOs;
pub use server::{
    ConnectionHandler, HandlerResult, ServerError, ServerOptions, StopHandle, TcpServer,
};
pub use unix_socket::{
    InvalidPath, RealUnixOs, UnixBindError, UnixBindOptions, UnixFacts, UnixOs, bind_unix_socket,
    bind_unix_socket_on,
};
pub use workers::{ForkError, ForkOptions, Forked, WorkerThreads, fork_processes, worker_id};

pub use mio;
