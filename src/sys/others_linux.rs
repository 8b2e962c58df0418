//! Other processes: who descends from whom, which sockets they hold, and copies of those.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{
    Pid, PidfdFlags, PidfdGetfdFlags, Signal, WaitOptions, getpid, pidfd_getfd, pidfd_open,
    set_child_subreaper, set_parent_process_death_signal, waitpid,
};
use socket2::Socket;

use super::held::Held;

/// `/proc` and `pidfd_getfd` show the descriptors of a child, where the kernel allows it.
pub const HAS_SIGHT: bool = true;

/// More processes than this are not followed: a subject may fork for ever.
const DESCENDANTS_MAX: usize = 1_000;

/// The children of a process, their children and so on, from `/proc/PID/task/*/children`.
#[must_use]
pub fn descendants(process: u32) -> Vec<u32> {
    let mut all = Vec::new();
    let mut left = vec![process];
    while let Some(one) = left.pop() {
        for child in children(one) {
            if !all.contains(&child) && all.len() < DESCENDANTS_MAX {
                all.push(child);
                left.push(child);
            }
        }
    }
    all
}

fn children(process: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|text| {
            text.split_ascii_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>()
        })
        .collect()
}

/// The sockets of a process, of any kind, from `/proc/PID/fd` and `/proc/PID/fdinfo`.
///
/// # Errors
/// The kernel's: the process is gone, or not ours.
pub fn held_sockets(process: u32) -> io::Result<Vec<Held>> {
    let mut held = Vec::new();
    for entry in fs::read_dir(format!("/proc/{process}/fd"))?.flatten() {
        // Closed meanwhile, or no socket.
        let Ok(target) = fs::read_link(entry.path()) else { continue };
        let inode = target
            .to_str()
            .and_then(|text| text.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
        let (Some(inode), Some(fd)) =
            (inode, entry.file_name().to_str().and_then(|name| name.parse().ok()))
        else {
            continue;
        };
        held.push(Held { process, fd, inode, cloexec: cloexec(process, fd) });
    }
    Ok(held)
}

/// proc(5): `flags` of fdinfo holds `O_CLOEXEC`, in octal.
fn cloexec(process: u32, fd: i32) -> bool {
    let text = fs::read_to_string(format!("/proc/{process}/fdinfo/{fd}")).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    flags
        .and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok())
        .is_some_and(|flags| flags & libc::O_CLOEXEC != 0)
}

/// `pidfd_getfd`: a copy of a descriptor of another process.
///
/// # Errors
/// The kernel's: EPERM where the process may not be traced, ENOSYS before Linux 5.6 and in gVisor.
pub fn take_socket(process: u32, fd: i32) -> io::Result<Socket> {
    let process = pidfd_open(pid(process)?, PidfdFlags::empty())?;
    let copy: OwnedFd = pidfd_getfd(process, fd, PidfdGetfdFlags::empty())?;
    Ok(copy.into())
}

fn pid(process: u32) -> io::Result<Pid> {
    i32::try_from(process)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH))
}

/// The network namespace of a process, from `/proc/PID/ns/net`.
#[must_use]
pub fn network_of(process: u32) -> Option<String> {
    Some(fs::read_link(format!("/proc/{process}/ns/net")).ok()?.display().to_string())
}

/// The length of a listening socket's queue, as `ss` reads it: of a socket that listens `TCP_INFO`
/// gives `sk_max_ack_backlog` as `tcpi_sacked` (`tcp_get_info` in net/ipv4/tcp.c).
#[must_use]
pub fn listen_backlog(socket: &Socket) -> Option<u32> {
    /// `tcpi_state`, of eight bytes before the first number, and `tcpi_sacked`, the sixth number.
    const SACKED: usize = 8 + 5 * 4;
    const LISTEN: u8 = 10;
    let mut info = [0u8; 104];
    let mut length = info.len() as libc::socklen_t;
    // SAFETY: info and length outlive the call, and length is the size of info.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if done != 0 || (length as usize) < SACKED + 4 || info[0] != LISTEN {
        return None;
    }
    Some(u32::from_ne_bytes(info[SACKED..SACKED + 4].try_into().ok()?))
}

/// `prctl(PR_SET_CHILD_SUBREAPER)`: orphans below this process become its children.
pub fn adopt_orphans() {
    // Without it an orphan is only not reaped by us.
    let _ = set_child_subreaper(Some(getpid()));
}

/// `prctl(PR_SET_PDEATHSIG)`: this process, and what it executes, is killed when its parent ends.
pub fn end_with_parent() {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
}

/// `waitpid`: an ended process that became our child is gone for good.
pub fn reap(process: u32) {
    // Its error means that it is somebody else's child.
    let _ = pid(process).map(|id| waitpid(Some(id), WaitOptions::empty()));
}

/// A process group of its own: signals to the terminal's group do not reach it.
pub fn own_group(command: &mut Command) {
    command.process_group(0);
}
