//! `--processes`: where `serve` forks.

use super::Protocol;
use crate::cli::exit::CliError;
use crate::reference::{ForkOptions, TcpServer};

/// Returns in each worker, with its id. The parent leaves the process when they have ended; it calls
/// `ready` when a signal to it is handed on already.
pub(super) fn start(
    server: &TcpServer<Protocol>,
    workers: usize,
    ready: impl FnOnce(),
) -> Result<usize, CliError> {
    let options = ForkOptions { hand_on_signals: true, ..ForkOptions::new(workers) };
    // SAFETY: the command starts no thread before this, and makes no loop.
    unsafe { server.start_processes_after(&options, ready) }.map_err(CliError::unusable)
}
