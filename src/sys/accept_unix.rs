//! `accept` on the Unix systems, for every address family.

use std::io;
use std::net::TcpStream;

use socket2::{SockAddr, SockRef};

use super::options::raw_error;

pub use libc::EINTR;

/// A read that filled less than its buffer has emptied the socket (`epoll(7)`, question 9; the
/// same holds for kqueue, whose filter counts the bytes).
pub const SHORT_READ_DRAINS: bool = true;

/// `accept` has nothing more to give.
pub const ACCEPT_DRAINED: &[i32] = &[libc::EAGAIN, libc::EWOULDBLOCK];

/// `accept` lost one connection, the next may be there. Linux passes on network errors that are
/// already pending on the connection, and what a firewall says (`accept(2)`).
#[cfg(any(target_os = "linux", target_os = "android"))]
pub const ACCEPT_LOST: &[i32] = &[
    libc::ECONNABORTED,
    libc::ECONNRESET,
    libc::EPROTO,
    libc::EPERM,
    libc::ENETDOWN,
    libc::ENETUNREACH,
    libc::EHOSTDOWN,
    libc::EHOSTUNREACH,
    libc::ENONET,
    libc::ENOPROTOOPT,
    libc::EOPNOTSUPP,
];

/// `accept` lost one connection, the next may be there.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub const ACCEPT_LOST: &[i32] = &[libc::ECONNABORTED, libc::ECONNRESET, libc::EPROTO];

/// `accept4`, or `accept` and two calls more: a non-blocking, close-on-exec stream, and the peer's
/// address as the kernel wrote it. The stream type of mio serves a socket of any family here.
///
/// # Errors
/// The raw code.
pub fn accept(listener: &mio::net::TcpListener) -> Result<(mio::net::TcpStream, SockAddr), i32> {
    let (socket, peer) = accept_nonblocking(&SockRef::from(listener)).map_err(|e| raw_error(&e))?;
    Ok((mio::net::TcpStream::from_std(TcpStream::from(socket)), peer))
}

#[cfg(not(any(target_os = "macos", target_os = "ios")))]
fn accept_nonblocking(listener: &socket2::Socket) -> io::Result<(socket2::Socket, SockAddr)> {
    listener.accept4(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK)
}

/// Apple has no `accept4`.
#[cfg(any(target_os = "macos", target_os = "ios"))]
fn accept_nonblocking(listener: &socket2::Socket) -> io::Result<(socket2::Socket, SockAddr)> {
    let (socket, peer) = listener.accept()?;
    super::set_nonblocking(&socket)?;
    Ok((socket, peer))
}
