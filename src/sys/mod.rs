//! All platform code. This page is the contract; the platform files fill it.
//!
//! Every platform exports the same names; what it lacks answers [`OptionError::Unsupported`],
//! `None` or `false`, never an invented error code. Error codes are raw: what `errno` or
//! `WSAGetLastError` held.
//!
//! | item | what it is |
//! |---|---|
//! | `OS`, `LIBC`, `WINDOWS`, `MACOS`, `HAS_REUSE_PORT` | facts known when the program is built |
//! | `kernel_name`, `kernel_release` | who answers the calls: `linux`, `gvisor`, `xnu`, `freebsd`, `nt`, `wine` |
//! | `AF_*`, `AI_*`, `E*` | the platform's numbers |
//! | `get_option`, `set_option`, `set_reuse_port`, `set_exclusive_addr_use`, `set_nonblocking` | socket options with raw values |
//! | `wait_readable`, `connect` | calls that wait, with a deadline |
//! | `open_files` | how many descriptors this process has |
//! | `descriptor_id`, `find_descriptor`, `find_bound` | does a spawned program have this socket? |
//! | `loopback_index` | the interface that `%lo` names |
//! | `surroundings` | settings that change answers |
//! | `accept`, `ACCEPT_DRAINED`, `ACCEPT_LOST`, `SHORT_READ_DRAINS` | one accepted connection; what its codes mean; when a socket is read empty |
//! | `HAS_UNIX_SOCKETS`, `unix_socket`, `bind_unix`, `local_name`, `path_kind`, `remove_path`, `set_path_mode` | Unix-domain sockets and the paths they make |
//! | `HAS_FORK`, `fork`, `next_ended_child`, `end_process`, `EndSignals`, `thread_count` | worker processes |
//! | `HAS_SIGHT`, `descendants`, `held_sockets`, `take_socket`, `network_of`, `listen_backlog` | what a child holds, seen from outside it |
//! | `adopt_orphans`, `end_with_parent`, `reap`, `own_group`, `become_program`, `close_stdout` | children that leave nothing behind |
//! | `ignore_broken_pipes` | what Rust's `main` does, for a process with another one |
//! | `prepare` | starts the socket library before the first recorded call |

#[cfg(unix)]
mod accept_unix;
#[cfg(any(target_os = "macos", target_os = "ios"))]
mod apple;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos", target_os = "ios"))))]
mod bsd;
mod held;
#[cfg(target_os = "linux")]
mod linux;
mod local;
#[cfg(unix)]
mod local_unix;
mod options;
#[cfg(not(target_os = "linux"))]
mod others;
#[cfg(target_os = "linux")]
mod others_linux;
mod process;
#[cfg(unix)]
mod process_unix;
#[cfg(windows)]
mod server_windows;
mod surroundings;
#[cfg(test)]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(any(target_os = "macos", target_os = "ios"))]
use apple as platform;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos", target_os = "ios"))))]
use bsd as platform;
#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(windows)]
use windows as platform;

#[cfg(unix)]
use unix as family;
#[cfg(windows)]
use windows as family;

#[cfg(unix)]
pub use accept_unix::{ACCEPT_DRAINED, ACCEPT_LOST, EINTR, SHORT_READ_DRAINS, accept};
pub use family::{
    AF_INET, AF_INET6, AF_UNSPEC, AI_ADDRCONFIG, AI_ALL, AI_CANONNAME, AI_NUMERICHOST,
    AI_NUMERICSERV, AI_PASSIVE, AI_V4MAPPED, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT,
    EINPROGRESS, EINVAL, ENOPROTOOPT, EOPNOTSUPP, HAS_REUSE_PORT, connect, descriptor_id,
    find_bound, find_descriptor, get_option, ignore_broken_pipes, open_files, prepare,
    set_exclusive_addr_use, set_nonblocking, set_option, set_reuse_port, wait_readable,
};
pub use held::Held;
#[cfg(target_os = "linux")]
pub(crate) use linux::{interface_up, sock_option, unshare};
pub use local::{LocalName, PathKind};
#[cfg(unix)]
pub use local_unix::{
    HAS_ABSTRACT_NAMES, HAS_UNIX_SOCKETS, UNIX_NAME_MAX, bind_unix, connect_unix, local_name,
    path_kind, remove_path, set_path_mode, unix_socket,
};
pub use options::{OptionError, OptionId, raw_error};
#[cfg(not(target_os = "linux"))]
pub use others::{
    HAS_SIGHT, adopt_orphans, descendants, end_with_parent, held_sockets, listen_backlog,
    network_of, own_group, reap, take_socket,
};
#[cfg(target_os = "linux")]
pub use others_linux::{
    HAS_SIGHT, adopt_orphans, descendants, end_with_parent, held_sockets, listen_backlog,
    network_of, own_group, reap, take_socket,
};
pub use platform::{kernel_name, kernel_release, loopback_index, surroundings, thread_count};
pub use process::ChildEnd;
#[cfg(unix)]
pub use process_unix::{
    EndSignals, HAS_FORK, become_program, close_stdout, end_process, fork, next_ended_child,
};
#[cfg(windows)]
pub use server_windows::*;
pub use surroundings::Surroundings;

/// The interface that this system offers to programs: `linux`, `macos`, `freebsd`, `windows`, or
/// another system's name.
pub const OS: &str = std::env::consts::OS;

/// The C library whose resolver answers; `system` where there is only one.
pub const LIBC: &str = if cfg!(target_env = "musl") {
    "musl"
} else if cfg!(all(target_os = "linux", target_env = "gnu")) {
    "glibc"
} else {
    "system"
};

/// The rules of the NT kernel hold for `SO_REUSEADDR`. Cygwin counts as Unix.
pub const WINDOWS: bool = cfg!(windows);

/// This is macOS.
pub const MACOS: bool = cfg!(target_os = "macos");
