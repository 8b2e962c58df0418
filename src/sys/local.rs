//! The words of Unix-domain addresses, for all platforms.

use std::path::PathBuf;

/// What stands at a path, symbolic links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// Nothing, or a link to nothing.
    Absent,
    /// A socket, or a link to one.
    Socket,
    /// A file, a folder or anything else.
    Other,
}

/// The name of a Unix-domain socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalName {
    /// A client that bound no name.
    Unnamed,
    /// A path in the file system.
    Path(PathBuf),
    /// A name of Linux' abstract space, without its leading NUL.
    Abstract(Vec<u8>),
}
