//! The calls of `bind_unix_socket`, as a trait, and their real implementation.

use std::path::Path;

use socket2::Socket;

use crate::reference::os::RawError;
use crate::sys::{self, PathKind, raw_error};

/// What must be known of a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnixFacts {
    /// `AF_UNIX` exists.
    pub has_unix_sockets: bool,
    /// Names that start with a NUL byte live outside of the file system.
    pub has_abstract_names: bool,
    /// The room for a path with its closing NUL, or for an abstract name with its leading one.
    pub name_max: usize,
    /// `ENOPROTOOPT`.
    pub enoprotoopt: RawError,
}

/// The system calls of [`bind_unix_socket`](super::bind_unix_socket), each of which answers its
/// raw code.
#[expect(clippy::missing_errors_doc, reason = "the raw code of the call that the first line names")]
pub trait UnixOs {
    /// A socket of this system.
    type Socket;

    /// What this platform is.
    fn facts(&self) -> &UnixFacts;
    /// `socket(AF_UNIX, SOCK_STREAM)`, close-on-exec.
    fn socket(&mut self) -> Result<Self::Socket, RawError>;
    /// `setsockopt(SO_REUSEADDR)`.
    fn set_reuse_addr(&mut self, socket: &Self::Socket) -> Result<(), RawError>;
    /// `ioctl(FIONBIO)`.
    fn set_nonblocking(&mut self, socket: &Self::Socket) -> Result<(), RawError>;
    /// `stat`, which follows symbolic links.
    fn path_kind(&mut self, path: &Path) -> Result<PathKind, RawError>;
    /// `unlink`.
    fn remove(&mut self, path: &Path) -> Result<(), RawError>;
    /// `bind` to a path, or to an abstract name if the first byte is NUL.
    fn bind(&mut self, socket: &Self::Socket, name: &[u8]) -> Result<(), RawError>;
    /// `chmod`.
    fn set_mode(&mut self, path: &Path, mode: u32) -> Result<(), RawError>;
    /// `listen`, with the number exactly as given.
    fn listen(&mut self, socket: &Self::Socket, backlog: i32) -> Result<(), RawError>;
    /// `close`.
    fn close(&mut self, socket: Self::Socket);
}

static FACTS: UnixFacts = UnixFacts {
    has_unix_sockets: sys::HAS_UNIX_SOCKETS,
    has_abstract_names: sys::HAS_ABSTRACT_NAMES,
    name_max: sys::UNIX_NAME_MAX,
    enoprotoopt: sys::ENOPROTOOPT,
};

/// The kernel of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealUnixOs;

impl UnixOs for RealUnixOs {
    type Socket = Socket;

    fn facts(&self) -> &UnixFacts {
        &FACTS
    }

    fn socket(&mut self) -> Result<Socket, RawError> {
        sys::unix_socket()
    }

    fn set_reuse_addr(&mut self, socket: &Socket) -> Result<(), RawError> {
        socket.set_reuse_address(true).map_err(|error| raw_error(&error))
    }

    fn set_nonblocking(&mut self, socket: &Socket) -> Result<(), RawError> {
        sys::set_nonblocking(socket).map_err(|error| raw_error(&error))
    }

    fn path_kind(&mut self, path: &Path) -> Result<PathKind, RawError> {
        sys::path_kind(path)
    }

    fn remove(&mut self, path: &Path) -> Result<(), RawError> {
        sys::remove_path(path)
    }

    fn bind(&mut self, socket: &Socket, name: &[u8]) -> Result<(), RawError> {
        sys::bind_unix(socket, name)
    }

    fn set_mode(&mut self, path: &Path, mode: u32) -> Result<(), RawError> {
        sys::set_path_mode(path, mode)
    }

    fn listen(&mut self, socket: &Socket, backlog: i32) -> Result<(), RawError> {
        socket.listen(backlog).map_err(|error| raw_error(&error))
    }

    fn close(&mut self, socket: Socket) {
        drop(socket);
    }
}
