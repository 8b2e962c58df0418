//! Child processes on the Unix systems.

use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

use libc::{c_int, pid_t};

use super::options::raw_error;
use super::process::ChildEnd;

/// `fork` exists.
pub const HAS_FORK: bool = true;

fn last_error() -> i32 {
    raw_error(&io::Error::last_os_error())
}

/// `fork`: the child's id in the parent, `None` in the child.
///
/// # Errors
/// The raw code.
///
/// # Safety
/// The process must have one thread: in the child only the calling one goes on, and what another
/// one had locked stays locked. Whatever the kernel ties to the process, such as an epoll
/// instance, is shared with the parent from here on.
pub unsafe fn fork() -> Result<Option<i32>, i32> {
    // SAFETY: the caller's promise.
    match unsafe { libc::fork() } {
        -1 => Err(last_error()),
        0 => Ok(None),
        child => Ok(Some(child)),
    }
}

/// `waitpid(-1)`: the next child that has ended, ours or not. `None` if none has and `wait` is
/// false. Signals do not end the wait.
///
/// # Errors
/// The raw code, ECHILD if there is no child.
pub fn next_ended_child(wait: bool) -> Result<Option<(i32, ChildEnd)>, i32> {
    let options = if wait { 0 } else { libc::WNOHANG };
    loop {
        let mut status: c_int = 0;
        // SAFETY: status outlives the call.
        match unsafe { libc::waitpid(-1, &raw mut status, options) } {
            -1 if last_error() == libc::EINTR => {}
            -1 => return Err(last_error()),
            0 => return Ok(None),
            child if libc::WIFEXITED(status) => {
                return Ok(Some((child, ChildEnd::Exited(libc::WEXITSTATUS(status)))));
            }
            child if libc::WIFSIGNALED(status) => {
                return Ok(Some((child, ChildEnd::Killed(libc::WTERMSIG(status)))));
            }
            // Stopped or continued by a debugger.
            _ => {}
        }
    }
}

/// `kill`: SIGTERM, or SIGKILL if it shall not have a choice. Its error means that it is gone.
pub fn end_process(id: i32, at_once: bool) {
    let signal = if at_once { libc::SIGKILL } else { libc::SIGTERM };
    // SAFETY: kill takes two numbers. The id is a child's that was not reaped, so nobody else's.
    unsafe { libc::kill(id as pid_t, signal) };
}

/// `close(1)`: whoever reads this process' stdout sees its end. Nothing may be written to it later.
pub fn close_stdout() {
    // SAFETY: the standard library writes to the number, and takes EBADF for success.
    unsafe { libc::close(libc::STDOUT_FILENO) };
}

/// `execvp`: this process goes on as another program. Returns only if that cannot be.
pub fn become_program(command: &mut std::process::Command) -> io::Error {
    std::os::unix::process::CommandExt::exec(command)
}

/// SIGTERM or SIGINT has come.
static ASKED_TO_END: AtomicBool = AtomicBool::new(false);

extern "C" fn remember(signal: c_int) {
    if signal != libc::SIGCHLD {
        ASKED_TO_END.store(true, Ordering::Relaxed);
    }
}

const CAUGHT: [c_int; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGCHLD];

/// While it lives SIGTERM, SIGINT and SIGCHLD are noted, and delivered only inside
/// [`EndSignals::wait`], so that none can fall between a look and a wait.
pub struct EndSignals {
    mask: libc::sigset_t,
    actions: [libc::sigaction; 3],
}

impl EndSignals {
    /// `sigprocmask` and `sigaction`.
    #[must_use]
    pub fn catch() -> Self {
        ASKED_TO_END.store(false, Ordering::Relaxed);
        let mut blocked = MaybeUninit::<libc::sigset_t>::zeroed();
        let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
        // SAFETY: zero bytes are a sigaction with the default action and no flags.
        let mut actions: [libc::sigaction; 3] = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: as above.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = remember as extern "C" fn(c_int) as libc::sighandler_t;
        // SAFETY: all sets and actions outlive the calls, which fail only for numbers that are no
        // signals; the handler stores one atomic flag.
        unsafe {
            libc::sigemptyset(blocked.as_mut_ptr());
            for signal in CAUGHT {
                libc::sigaddset(blocked.as_mut_ptr(), signal);
            }
            libc::sigprocmask(libc::SIG_BLOCK, blocked.as_ptr(), mask.as_mut_ptr());
            for (signal, before) in CAUGHT.into_iter().zip(&mut actions) {
                libc::sigaction(signal, &raw const action, before);
            }
            Self { mask: mask.assume_init(), actions }
        }
    }

    /// Has SIGTERM or SIGINT come? Answers once.
    #[must_use]
    pub fn asked(&self) -> bool {
        ASKED_TO_END.swap(false, Ordering::Relaxed)
    }

    /// `sigsuspend`: until one of the signals comes.
    pub fn wait(&self) {
        // SAFETY: the mask is the one that sigprocmask gave.
        unsafe { libc::sigsuspend(&raw const self.mask) };
    }
}

impl Drop for EndSignals {
    fn drop(&mut self) {
        // SAFETY: mask and actions are those that the system gave.
        unsafe {
            for (signal, before) in CAUGHT.into_iter().zip(&self.actions) {
                libc::sigaction(signal, before, std::ptr::null_mut());
            }
            libc::sigprocmask(libc::SIG_SETMASK, &raw const self.mask, std::ptr::null_mut());
        }
    }
}

impl std::fmt::Debug for EndSignals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EndSignals")
    }
}
