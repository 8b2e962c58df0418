//! Why a server could not do what it was asked for.

use std::fmt;
use std::io;

use crate::reference::accept::ListenerError;
use crate::reference::attempt::{SkipReason, Skipped};
use crate::reference::endpoint::Endpoint;
use crate::reference::error::BindError;
use crate::reference::event_loop::LoopError;
use crate::reference::workers::ForkError;

/// Why a call of [`TcpServer`](super::TcpServer) changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The sockets could not be opened.
    #[error("cannot listen: {0}")]
    Bind(#[from] BindError),
    /// Every address was skipped, so the server would serve nobody (D5).
    #[error("cannot listen on {asked}: no address is left{}", reasons(skipped))]
    NothingBound {
        /// What was asked for.
        asked: String,
        /// Each address, and why it has no socket.
        skipped: Vec<Skipped>,
    },
    /// A socket that was handed in cannot be accepted from.
    #[error(transparent)]
    Listener(#[from] ListenerError),
    /// The loop refused a listener.
    #[error("cannot watch the listener {address}: {source}")]
    Watch {
        /// Where it listens.
        address: Endpoint,
        /// What `epoll_ctl` or `kevent` says.
        source: io::Error,
    },
    /// The loop could not be created.
    #[error(transparent)]
    Loop(#[from] LoopError),
    /// A second start (T6).
    #[error("the server was started before; start it once, and use listen for further ports")]
    AlreadyStarted,
    /// `start_processes` on a server that has a loop or is accepting already (T6, W3).
    #[error(
        "the server has an event loop already, which processes would share; \
         use bind before start_processes, and let each worker make its loop"
    )]
    LoopBeforeFork,
    /// A duplicate of a listener, or a thread, could not be made.
    #[error("cannot start the worker thread {worker}: {source}")]
    Thread {
        /// The worker's id.
        worker: usize,
        /// Why.
        source: io::Error,
    },
    /// Worker processes could not be started or kept running.
    #[error(transparent)]
    Fork(#[from] ForkError),
}

fn reasons(skipped: &[Skipped]) -> impl fmt::Display {
    let mut text = String::new();
    for Skipped { address, reason } in skipped {
        let why = match reason {
            SkipReason::LinkLocalLocalhost => "is a link-local name of localhost".to_owned(),
            SkipReason::FamilyUnsupported { code } => {
                format!("needs a family this system lacks: {}", io::Error::from_raw_os_error(*code))
            }
            SkipReason::LoopbackMissing { code } => {
                format!("is on no interface: {}", io::Error::from_raw_os_error(*code))
            }
        };
        text.push_str(&format!("; {address} {why}"));
    }
    text
}
