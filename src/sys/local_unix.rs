//! Unix-domain sockets on the Unix systems.

use std::io;
use std::mem::offset_of;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use socket2::{Domain, SockAddr, Socket, Type};

use super::local::{LocalName, PathKind};
use super::options::raw_error;

/// `AF_UNIX` exists.
pub const HAS_UNIX_SOCKETS: bool = true;

/// Names that start with a NUL byte live outside of the file system.
pub const HAS_ABSTRACT_NAMES: bool = cfg!(any(target_os = "linux", target_os = "android"));

const PATH_OFFSET: usize = offset_of!(libc::sockaddr_un, sun_path);

/// The room for a path with its closing NUL, or for an abstract name with its leading one.
pub const UNIX_NAME_MAX: usize = size_of::<libc::sockaddr_un>() - PATH_OFFSET;

/// `socket(AF_UNIX, SOCK_STREAM)`, close-on-exec.
///
/// # Errors
/// The raw code.
pub fn unix_socket() -> Result<Socket, i32> {
    Socket::new(Domain::UNIX, Type::STREAM, None).map_err(|error| raw_error(&error))
}

/// `bind` to a path, or to an abstract name if the first byte is NUL.
///
/// # Errors
/// The raw code; EINVAL for a name longer than [`UNIX_NAME_MAX`] allows.
pub fn bind_unix(socket: &Socket, name: &[u8]) -> Result<(), i32> {
    // A path is closed by a NUL, an abstract name is as long as the length says.
    let length = name.len() + usize::from(name.first() != Some(&0));
    if name.is_empty() || length > UNIX_NAME_MAX {
        return Err(libc::EINVAL);
    }
    let address = |storage: *mut socket2::SockAddrStorage, size: *mut libc::socklen_t| {
        let un = storage.cast::<libc::sockaddr_un>();
        // SAFETY: the storage is zeroed and large enough for every address of the system, and the
        // name fits into sun_path with its closing NUL, if it has one.
        unsafe {
            (*un).sun_family = libc::AF_UNIX as libc::sa_family_t;
            let path = (&raw mut (*un).sun_path).cast::<u8>();
            path.copy_from_nonoverlapping(name.as_ptr(), name.len());
            *size = (PATH_OFFSET + length) as libc::socklen_t;
        }
        Ok(())
    };
    // SAFETY: the function writes an address and its length.
    let made = unsafe { SockAddr::try_init(address) };
    made.and_then(|((), address)| socket.bind(&address)).map_err(|error| raw_error(&error))
}

/// The name of a Unix-domain socket; `None` if it is of another family.
#[must_use]
pub fn local_name(address: &SockAddr) -> Option<LocalName> {
    if !address.is_unix() {
        return None;
    }
    let path = address.as_pathname().map(|path| LocalName::Path(path.to_owned()));
    let name = || address.as_abstract_namespace().map(|name| LocalName::Abstract(name.to_vec()));
    Some(path.or_else(name).unwrap_or(LocalName::Unnamed))
}

/// `stat`.
///
/// # Errors
/// The raw code, but for `ENOENT`.
pub fn path_kind(path: &Path) -> Result<PathKind, i32> {
    match std::fs::metadata(path) {
        Ok(found) if found.file_type().is_socket() => Ok(PathKind::Socket),
        Ok(_) => Ok(PathKind::Other),
        Err(error) if raw_error(&error) == libc::ENOENT => Ok(PathKind::Absent),
        Err(error) => Err(raw_error(&error)),
    }
}

/// `unlink`.
///
/// # Errors
/// The raw code.
pub fn remove_path(path: &Path) -> Result<(), i32> {
    std::fs::remove_file(path).map_err(|error| raw_error(&error))
}

/// `chmod`.
///
/// # Errors
/// The raw code.
pub fn set_path_mode(path: &Path, mode: u32) -> Result<(), i32> {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, permissions).map_err(|error| raw_error(&error))
}

/// A stream from a client to a Unix-domain listener, for tests and tools.
///
/// # Errors
/// The kernel's.
pub fn connect_unix(path: &Path) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(socket)
}
