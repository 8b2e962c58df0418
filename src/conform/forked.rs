//! A part of a test binary that goes on with one thread.

use crate::sys::{self, ChildEnd};

/// Does `work` in a child process with one thread, where there is `fork`, and answers its exit
/// code; elsewhere here.
///
/// The process must have nothing but this thread and a test harness's that waits for it.
pub(super) fn in_child(work: impl FnOnce() -> i32) -> i32 {
    if !sys::HAS_FORK {
        return work();
    }
    // SAFETY: the harness's thread waits for this one in a channel. It holds no lock that the child
    // could need, and no event loop is there.
    match unsafe { sys::fork() } {
        Ok(None) => {
            sys::end_with_parent();
            std::process::exit(work())
        }
        Ok(Some(child)) => loop {
            match sys::next_ended_child(true) {
                Ok(Some((ended, ChildEnd::Exited(code)))) if ended == child => return code,
                Ok(Some((ended, ChildEnd::Killed(signal)))) if ended == child => {
                    return 128 + signal;
                }
                Ok(_) => {}
                Err(_) => return 2,
            }
        },
        Err(_) => work(),
    }
}
