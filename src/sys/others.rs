//! Other processes, where nothing can be seen of them.

use std::io;
use std::process::Command;

use socket2::Socket;

use super::held::Held;

/// Descriptors of other processes cannot be looked at.
pub const HAS_SIGHT: bool = false;

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "only Linux shows the descriptors of a child")
}

/// Nobody can be named here.
#[must_use]
pub fn descendants(_process: u32) -> Vec<u32> {
    Vec::new()
}

/// Always refuses.
///
/// # Errors
/// Always.
pub fn held_sockets(_process: u32) -> io::Result<Vec<Held>> {
    Err(unsupported())
}

/// Always refuses.
///
/// # Errors
/// Always.
pub fn take_socket(_process: u32, _fd: i32) -> io::Result<Socket> {
    Err(unsupported())
}

/// Cannot be read here.
#[must_use]
pub fn network_of(_process: u32) -> Option<String> {
    None
}

/// Cannot be read here.
#[must_use]
pub fn listen_backlog(_socket: &Socket) -> Option<u32> {
    None
}

/// Orphans go where the system puts them.
pub fn adopt_orphans() {}

/// A child outlives its parent here.
pub fn end_with_parent() {}

/// Nothing is left to reap: no descendant can be named.
pub fn reap(_process: u32) {}

/// Nothing to do.
pub fn own_group(_command: &mut Command) {}
