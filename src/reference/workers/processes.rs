//! Worker processes (W1 to W9): fork, wait, start again what failed.
//!
//! The listening sockets come from before the fork; close-on-exec concerns `exec` only, so every
//! child has them, and the kernel keeps one queue for all. The parent keeps its copies, for the
//! children that it starts later, and never accepts.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::threads::worker_count;
use crate::reference::event_loop::EventLoop;
use crate::reference::os::RawError;
use crate::reference::server::{ConnectionHandler, ServerError, TcpServer};
use crate::sys::{self, ChildEnd, EndSignals};

/// How many worker processes, and what becomes of those that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkOptions {
    /// How many; 0 is one for each CPU (W4).
    pub workers: usize,
    /// How many restarts all workers together may have (W8).
    pub max_restarts: u32,
    /// SIGTERM and SIGINT to the parent are handed on as SIGTERM to every worker, none of which is
    /// started again; the parent ends when they have. A second one kills them. Without this a signal
    /// to the parent leaves the workers behind, as in Tornado.
    pub hand_on_signals: bool,
    /// How long workers may take to end when the parent gives up on them (D14); then they are
    /// killed.
    pub grace: Duration,
}

impl ForkOptions {
    /// So many workers, 0 for one a CPU, and Tornado's 100 restarts.
    #[must_use]
    pub const fn new(workers: usize) -> Self {
        Self { workers, max_restarts: 100, hand_on_signals: false, grace: Duration::from_secs(10) }
    }
}

/// Where [`fork_processes`] returned (D18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Forked {
    /// In a worker, with its id, 0 to n-1.
    Worker(usize),
    /// In the parent: every worker has ended with code 0, or was told to end by a signal.
    AllDone,
}

/// Why there are no workers, or none any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForkError {
    /// This platform cannot fork (W2, D13).
    #[error("this platform has no fork; use start_threads")]
    ForkUnsupported,
    /// An event loop exists in this process, which all children would share (W3).
    #[error("an event loop exists already; fork first, and make a loop in each worker")]
    LoopBeforeFork,
    /// The process has more threads than the calling one (W3).
    #[error("the process has {threads} threads; fork before any is started")]
    SeveralThreads {
        /// How many.
        threads: usize,
    },
    /// This is a worker already (W6).
    #[error("this process is worker {id}; only the parent can fork workers")]
    InsideWorker {
        /// Its id.
        id: usize,
    },
    /// `fork` failed; the workers that were there have ended.
    #[error("cannot fork worker {id}: {}", io::Error::from_raw_os_error(*code))]
    Fork {
        /// The worker's id.
        id: usize,
        /// The raw code.
        code: RawError,
    },
    /// `waitpid` failed.
    #[error("cannot wait for the workers: {}", io::Error::from_raw_os_error(*code))]
    Wait {
        /// The raw code.
        code: RawError,
    },
    /// One failure more than allowed (W8); the other workers have ended (D14).
    #[error("worker {id} {}, and {max_restarts} restarts are used up", ended(*end))]
    TooManyRestarts {
        /// The worker that failed last.
        id: usize,
        /// How it ended.
        end: ChildEnd,
        /// How many were allowed.
        max_restarts: u32,
    },
}

fn ended(end: ChildEnd) -> String {
    match end {
        ChildEnd::Exited(code) => format!("ended with code {code}"),
        ChildEnd::Killed(signal) => format!("was killed by signal {signal}"),
    }
}

const NO_WORKER: usize = usize::MAX;
static WORKER: AtomicUsize = AtomicUsize::new(NO_WORKER);

/// The id of this worker process; `None` elsewhere (W5).
#[must_use]
pub fn worker_id() -> Option<usize> {
    Some(WORKER.load(Ordering::Relaxed)).filter(|id| *id != NO_WORKER)
}

/// `fork`, n times: returns in each worker, and in the parent when all have ended with code 0.
///
/// The parent waits, and keeps the sockets that it has: as long as they are open, clients queue. A
/// worker that is killed or ends with another code is started again with the same id (W7).
/// Children that are not workers may end meanwhile; they are reaped and ignored.
///
/// # Errors
/// [`ForkError`], in the parent only. No worker is left then.
///
/// # Platforms
/// Unix. Elsewhere [`ForkError::ForkUnsupported`].
///
/// # Safety
/// The process must have one thread, no event loop, and nothing else that the kernel ties to a
/// process and a child must not share. Both are checked as far as the system tells: loops of this
/// library everywhere, threads on Linux.
pub unsafe fn fork_processes(options: &ForkOptions) -> Result<Forked, ForkError> {
    // SAFETY: the caller's promise.
    unsafe { fork_family(options, || {}, || {}) }
}

/// [`fork_processes`] with something that the parent does before the first worker, when signals are
/// caught already, and something that it does when it is told to end.
///
/// # Safety
/// As [`fork_processes`].
unsafe fn fork_family(
    options: &ForkOptions,
    ready: impl FnOnce(),
    ending: impl FnMut(),
) -> Result<Forked, ForkError> {
    if !sys::HAS_FORK {
        return Err(ForkError::ForkUnsupported);
    }
    if let Some(id) = worker_id() {
        return Err(ForkError::InsideWorker { id });
    }
    if EventLoop::count() > 0 {
        return Err(ForkError::LoopBeforeFork);
    }
    if let Some(threads) = sys::thread_count().filter(|threads| *threads > 1) {
        return Err(ForkError::SeveralThreads { threads });
    }
    let mut family = Family {
        children: Vec::new(),
        signals: options.hand_on_signals.then(EndSignals::catch),
        ending: false,
        when_ending: ending,
    };
    ready();
    for id in 0..worker_count(options.workers) {
        // SAFETY: the caller's promise.
        match unsafe { family.fork(id) } {
            Ok(false) => {}
            Ok(true) => return Ok(Forked::Worker(id)),
            Err(error) => return Err(family.give_up(options, error)),
        }
    }
    let mut restarts = 0;
    while !family.children.is_empty() {
        let (id, end) = match family.next_end() {
            Ok(ended) => ended,
            Err(code) => return Err(family.give_up(options, ForkError::Wait { code })),
        };
        if end == ChildEnd::Exited(0) || family.ending {
            continue;
        }
        if restarts == options.max_restarts {
            let max_restarts = options.max_restarts;
            let error = ForkError::TooManyRestarts { id, end, max_restarts };
            return Err(family.give_up(options, error));
        }
        restarts += 1;
        log::warn!("worker {id} {}; it is started again", ended(end));
        // SAFETY: the caller's promise; the parent has done nothing but wait.
        match unsafe { family.fork(id) } {
            Ok(false) => {}
            Ok(true) => return Ok(Forked::Worker(id)),
            Err(error) => return Err(family.give_up(options, error)),
        }
    }
    Ok(Forked::AllDone)
}

/// The workers as their parent sees them.
struct Family<F> {
    /// Process id and worker id.
    children: Vec<(i32, usize)>,
    signals: Option<EndSignals>,
    ending: bool,
    when_ending: F,
}

impl<F: FnMut()> Family<F> {
    /// True in the child.
    ///
    /// # Safety
    /// As [`fork_processes`].
    unsafe fn fork(&mut self, id: usize) -> Result<bool, ForkError> {
        // SAFETY: the caller's promise.
        match unsafe { sys::fork() } {
            Err(code) => Err(ForkError::Fork { id, code }),
            Ok(Some(child)) => {
                self.children.push((child, id));
                Ok(false)
            }
            Ok(None) => {
                // Signals are the worker's own affair again.
                self.signals = None;
                WORKER.store(id, Ordering::Relaxed);
                Ok(true)
            }
        }
    }

    /// Waits for the end of a worker.
    fn next_end(&mut self) -> Result<(usize, ChildEnd), RawError> {
        loop {
            if self.signals.as_ref().is_some_and(EndSignals::asked) {
                (self.when_ending)();
                let second = std::mem::replace(&mut self.ending, true);
                self.tell_to_end(second);
            }
            match (sys::next_ended_child(self.signals.is_none())?, &self.signals) {
                (Some((child, end)), _) => {
                    if let Some(id) = self.forget(child) {
                        return Ok((id, end));
                    }
                }
                (None, Some(signals)) => signals.wait(),
                (None, None) => {}
            }
        }
    }

    /// The worker id of a child that has ended; `None` if it was not ours.
    fn forget(&mut self, child: i32) -> Option<usize> {
        let place = self.children.iter().position(|(known, _)| *known == child)?;
        Some(self.children.swap_remove(place).1)
    }

    fn tell_to_end(&self, at_once: bool) {
        for (child, _) in &self.children {
            sys::end_process(*child, at_once);
        }
    }

    /// D14: no orphans. Answers the error that led here.
    fn give_up(&mut self, options: &ForkOptions, error: ForkError) -> ForkError {
        self.tell_to_end(false);
        let deadline = Instant::now().checked_add(options.grace);
        let mut killed = false;
        while !self.children.is_empty() {
            match sys::next_ended_child(killed) {
                Ok(Some((child, _))) => {
                    self.forget(child);
                }
                Ok(None) if deadline.is_none_or(|deadline| Instant::now() < deadline) => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(None) => {
                    self.tell_to_end(true);
                    killed = true;
                }
                // Somebody else has reaped them.
                Err(_) => break,
            }
        }
        error
    }
}

impl<H: ConnectionHandler + 'static> TcpServer<H> {
    /// [`fork_processes`], then, in each worker, accepts from what [`TcpServer::bind`] opened, on
    /// a loop of the worker's own. Answers the worker's id; run the loop next (pattern P2).
    ///
    /// The parent never returns from this but with an error: when all workers have ended with
    /// code 0 it leaves the process with code 0, so that it cannot run the workers' code (W9).
    ///
    /// # Errors
    /// [`ServerError::AlreadyStarted`]; [`ServerError::LoopBeforeFork`] if the server was given a
    /// loop or a socket was added; [`ForkError`] in the parent. A refused call changes nothing.
    ///
    /// # Platforms
    /// Unix. Elsewhere [`ForkError::ForkUnsupported`], and the server can still be started in
    /// another way (D13).
    ///
    /// # Safety
    /// As [`fork_processes`].
    pub unsafe fn start_processes(&self, options: &ForkOptions) -> Result<usize, ServerError> {
        // SAFETY: the caller's promise.
        unsafe { self.start_processes_after(options, || {}) }
    }

    /// The same. The parent calls `ready` before it forks the first worker, when signals are handed
    /// on already: whoever learns by it that clients can connect may send one at once.
    ///
    /// # Safety
    /// As [`fork_processes`].
    pub(crate) unsafe fn start_processes_after(
        &self,
        options: &ForkOptions,
        ready: impl FnOnce(),
    ) -> Result<usize, ServerError> {
        self.start_once(|| {
            if !sys::HAS_FORK {
                return Err(ForkError::ForkUnsupported.into());
            }
            // SAFETY: the caller's promise.
            //
            // The parent's copies go when it is told to end: as long as they are open, clients
            // queue for workers that do not accept any more.
            match unsafe { fork_family(options, ready, || self.stop()) } {
                Ok(Forked::AllDone) => std::process::exit(0),
                Ok(Forked::Worker(id)) => {
                    self.accept_pending()?;
                    Ok(id)
                }
                Err(ForkError::LoopBeforeFork) => Err(ServerError::LoopBeforeFork),
                Err(error) => Err(error.into()),
            }
        })
    }
}
