//! `bind_unix_socket`: a listening Unix-domain socket at a path (U1 to U12).

mod os;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub use os::{RealUnixOs, UnixFacts, UnixOs};

use super::os::RawError;
use crate::sys::PathKind;

/// What `bind_unix_socket` is asked for, with Tornado's defaults (U1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnixBindOptions {
    /// The path. On Linux a name that starts with a NUL byte is an abstract one (U8).
    pub path: PathBuf,
    /// The permissions of the path, whatever the umask is.
    pub mode: u32,
    /// The argument of `listen`, handed on as it is.
    pub backlog: i32,
}

impl UnixBindOptions {
    /// A path that only this user may connect to, backlog 128.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), mode: 0o600, backlog: 128 }
    }
}

/// Why there is no socket. None is open then, and no path was made (U11).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnixBindError {
    /// This platform has no `AF_UNIX` (U1).
    #[error("this platform has no Unix-domain sockets")]
    UnixUnsupported,
    /// This platform has no names outside of the file system (U8).
    #[error("this platform has no abstract socket names; give a path")]
    AbstractUnsupported,
    /// The name cannot be an address; nothing was called (U10).
    #[error("{} is no name of a Unix-domain socket: {problem}", path.display())]
    InvalidPath {
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it.
        problem: InvalidPath,
    },
    /// A file, a folder or something else is there; it was left alone (U4).
    #[error("{} exists and is not a socket; remove it or choose another path", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// A call failed.
    #[error("{call} for {}: {}", path.display(), io::Error::from_raw_os_error(*code))]
    Call {
        /// The call, by its usual name.
        call: &'static str,
        /// The path.
        path: PathBuf,
        /// The raw code it answered.
        code: RawError,
    },
}

/// What is wrong with a path (U10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidPath {
    /// It has no bytes.
    Empty,
    /// It has a NUL byte that is not the first one, at which the system would cut it off.
    InnerNul,
    /// It is longer than the platform's address.
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The greatest length.
        max: usize,
    },
}

impl fmt::Display for InvalidPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::InnerNul => {
                f.write_str("it holds a NUL byte, at which the system would cut it off")
            }
            Self::TooLong { length, max } => {
                write!(f, "it has {length} bytes, and this system's addresses hold {max}")
            }
        }
    }
}

/// `socket`, `bind`, `chmod` and `listen` for a Unix-domain socket, which a
/// [`TcpServer`](super::TcpServer) accepts from like from any other
/// ([`add_socket`](super::TcpServer::add_socket)).
///
/// **A socket that stands at the path is removed first, also one that a living server listens
/// on** (U5): that server keeps an inode which nobody can reach any more, and gets no new clients.
/// A link to a socket is replaced, not followed (U6). Everything else at the path is left alone.
/// Nobody removes the path when the socket is closed (U9).
///
/// Between `bind` and `chmod` the umask alone decides who may connect (U7); a folder that others
/// cannot enter closes that gap.
///
/// # Examples
/// ```
/// use bindproof::reference::{UnixBindError, UnixBindOptions, bind_unix_socket};
///
/// let folder = tempfile::tempdir()?;
/// match bind_unix_socket(&UnixBindOptions::new(folder.path().join("server.sock"))) {
///     Ok(socket) => assert!(socket.local_addr()?.is_unix()),
///     Err(error) => assert_eq!(error, UnixBindError::UnixUnsupported),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`UnixBindError`].
///
/// # Platforms
/// Unix; elsewhere [`UnixBindError::UnixUnsupported`]. Abstract names are Linux' own.
pub fn bind_unix_socket(options: &UnixBindOptions) -> Result<socket2::Socket, UnixBindError> {
    bind_unix_socket_on(&mut RealUnixOs, options)
}

/// The same as [`bind_unix_socket`], on any [`UnixOs`].
///
/// # Errors
/// As [`bind_unix_socket`].
pub fn bind_unix_socket_on<O: UnixOs>(
    os: &mut O,
    options: &UnixBindOptions,
) -> Result<O::Socket, UnixBindError> {
    let facts = os.facts().clone();
    let name = Name::check(&facts, &options.path)?;
    let failed = |call| move |code| UnixBindError::Call { call, path: options.path.clone(), code };
    let socket = os.socket().map_err(failed("socket"))?;
    let mut bound = false;
    match prepare(os, &facts, options, &name, &socket, &mut bound) {
        Ok(()) => Ok(socket),
        Err(error) => {
            os.close(socket);
            if let (Name::Path(path), true) = (name, bound) {
                // The error that led here is the one to report.
                let _ = os.remove(path);
            }
            Err(error)
        }
    }
}

fn prepare<O: UnixOs>(
    os: &mut O,
    facts: &UnixFacts,
    options: &UnixBindOptions,
    name: &Name<'_>,
    socket: &O::Socket,
    bound: &mut bool,
) -> Result<(), UnixBindError> {
    let failed = |call| move |code| UnixBindError::Call { call, path: options.path.clone(), code };
    match os.set_reuse_addr(socket) {
        Err(code) if code != facts.enoprotoopt => return Err(failed("set reuseaddr")(code)),
        _ => {}
    }
    os.set_nonblocking(socket).map_err(failed("set nonblocking"))?;
    if let Name::Path(path) = name {
        match os.path_kind(path).map_err(failed("stat"))? {
            PathKind::Absent => {}
            PathKind::Socket => os.remove(path).map_err(failed("unlink"))?,
            PathKind::Other => {
                return Err(UnixBindError::NotASocket { path: options.path.clone() });
            }
        }
    }
    os.bind(socket, name.bytes()).map_err(failed("bind"))?;
    *bound = true;
    if let Name::Path(path) = name {
        os.set_mode(path, options.mode).map_err(failed("chmod"))?;
    }
    os.listen(socket, options.backlog).map_err(failed("listen"))
}

/// A name that fits into an address.
enum Name<'a> {
    Path(&'a Path),
    Abstract(&'a [u8]),
}

impl<'a> Name<'a> {
    /// U1, U8, U10
    fn check(facts: &UnixFacts, path: &'a Path) -> Result<Self, UnixBindError> {
        if !facts.has_unix_sockets {
            return Err(UnixBindError::UnixUnsupported);
        }
        let invalid = |problem| Err(UnixBindError::InvalidPath { path: path.to_owned(), problem });
        let bytes = path.as_os_str().as_encoded_bytes();
        let is_abstract = match bytes {
            [] => return invalid(InvalidPath::Empty),
            [0, rest @ ..] => {
                if !facts.has_abstract_names {
                    return Err(UnixBindError::AbstractUnsupported);
                }
                // An abstract name is as long as its length says, so it may hold any byte; but
                // what looks like text and holds a NUL is more likely a mistake.
                if rest.contains(&0) {
                    return invalid(InvalidPath::InnerNul);
                }
                true
            }
            bytes if bytes.contains(&0) => return invalid(InvalidPath::InnerNul),
            _ => false,
        };
        // A path is closed by a NUL.
        let max = facts.name_max - usize::from(!is_abstract);
        if bytes.len() > max {
            return invalid(InvalidPath::TooLong { length: bytes.len(), max });
        }
        Ok(if is_abstract { Self::Abstract(bytes) } else { Self::Path(path) })
    }

    fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Path(path) => path.as_os_str().as_encoded_bytes(),
            Self::Abstract(bytes) => bytes,
        }
    }
}
