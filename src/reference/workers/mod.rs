//! Several workers for one server: threads everywhere, processes on Unix.

mod processes;
mod threads;

pub use processes::{ForkError, ForkOptions, Forked, fork_processes, worker_id};
pub use threads::WorkerThreads;
