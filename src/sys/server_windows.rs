//! `accept` on Windows, and what a server finds lacking there.

use std::io;
use std::path::Path;

use socket2::{SockAddr, Socket};
use windows_sys::Win32::Networking::WinSock as winsock;

use super::local::{LocalName, PathKind};
use super::options::raw_error;
use super::process::ChildEnd;
use super::windows::EOPNOTSUPP;

/// `WSAEINTR`.
pub const EINTR: i32 = winsock::WSAEINTR;

/// mio asks for the next event only after a call that would block.
pub const SHORT_READ_DRAINS: bool = false;

/// `accept` has nothing more to give.
pub const ACCEPT_DRAINED: &[i32] = &[winsock::WSAEWOULDBLOCK];

/// `accept` lost one connection, the next may be there (`accept` in Microsoft's reference).
pub const ACCEPT_LOST: &[i32] = &[winsock::WSAECONNABORTED, winsock::WSAECONNRESET];

/// `accept`, by way of mio, which must see the call that would block. The stream is non-blocking
/// as the listener is, and not inheritable.
///
/// # Errors
/// The raw WSA code.
pub fn accept(listener: &mio::net::TcpListener) -> Result<(mio::net::TcpStream, SockAddr), i32> {
    let (stream, peer) = listener.accept().map_err(|error| raw_error(&error))?;
    Ok((stream, peer.into()))
}

/// `AF_UNIX` is not used here: no bind of a path has been tried on a running Windows.
pub const HAS_UNIX_SOCKETS: bool = false;

/// Linux' own.
pub const HAS_ABSTRACT_NAMES: bool = false;

/// No name at all.
pub const UNIX_NAME_MAX: usize = 0;

/// Does not exist here.
///
/// # Errors
/// Always `WSAEOPNOTSUPP`.
pub fn unix_socket() -> Result<Socket, i32> {
    Err(EOPNOTSUPP)
}

/// Does not exist here.
///
/// # Errors
/// Always `WSAEOPNOTSUPP`.
pub fn bind_unix(_socket: &Socket, _name: &[u8]) -> Result<(), i32> {
    Err(EOPNOTSUPP)
}

/// No socket has such a name.
#[must_use]
pub fn local_name(_address: &SockAddr) -> Option<LocalName> {
    None
}

/// Does not exist here.
///
/// # Errors
/// Always `WSAEOPNOTSUPP`.
pub fn path_kind(_path: &Path) -> Result<PathKind, i32> {
    Err(EOPNOTSUPP)
}

/// Does not exist here.
///
/// # Errors
/// Always `WSAEOPNOTSUPP`.
pub fn remove_path(_path: &Path) -> Result<(), i32> {
    Err(EOPNOTSUPP)
}

/// Does not exist here.
///
/// # Errors
/// Always `WSAEOPNOTSUPP`.
pub fn set_path_mode(_path: &Path, _mode: u32) -> Result<(), i32> {
    Err(EOPNOTSUPP)
}

/// Does not exist here.
///
/// # Errors
/// Always `WSAEOPNOTSUPP`.
pub fn connect_unix(_path: &Path) -> io::Result<Socket> {
    Err(io::Error::from_raw_os_error(EOPNOTSUPP))
}

/// Windows cannot fork.
pub const HAS_FORK: bool = false;

/// Does not exist here.
///
/// # Errors
/// Always `WSAEOPNOTSUPP`.
///
/// # Safety
/// It does nothing.
pub unsafe fn fork() -> Result<Option<i32>, i32> {
    Err(EOPNOTSUPP)
}

/// There are no children without `fork`.
///
/// # Errors
/// Always `WSAEOPNOTSUPP`.
pub fn next_ended_child(_wait: bool) -> Result<Option<(i32, ChildEnd)>, i32> {
    Err(EOPNOTSUPP)
}

/// There are no children without `fork`.
pub fn end_process(_id: i32, _at_once: bool) {}

/// There are no such signals.
#[derive(Debug)]
pub struct EndSignals;

impl EndSignals {
    /// Catches nothing.
    #[must_use]
    pub fn catch() -> Self {
        Self
    }

    /// Never.
    #[must_use]
    pub fn asked(&self) -> bool {
        false
    }

    /// Returns at once.
    pub fn wait(&self) {}
}

/// There is no `exec`: the other program runs as a child, and this process ends as it does.
/// Returns only if it cannot be started.
pub fn become_program(command: &mut std::process::Command) -> io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

/// Does nothing here.
pub fn close_stdout() {}
