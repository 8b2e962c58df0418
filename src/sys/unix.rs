//! What the Unix systems share.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use libc::c_int;
use socket2::Socket;

use super::options::{OptionError, OptionId, raw_error};

pub use libc::{
    AF_INET, AF_INET6, AF_UNSPEC, AI_ADDRCONFIG, AI_ALL, AI_CANONNAME, AI_NUMERICHOST,
    AI_NUMERICSERV, AI_PASSIVE, AI_V4MAPPED, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT,
    EINPROGRESS, EINVAL, ENOPROTOOPT, EOPNOTSUPP,
};

/// socket2 has a setter for `SO_REUSEPORT` here.
pub const HAS_REUSE_PORT: bool =
    !cfg!(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"));

/// Nothing has to be started.
pub fn prepare() {}

/// Lets `send` on a closed connection answer EPIPE, as Rust's runtime does before `main`: a process
/// whose `main` is not Rust's, such as a fuzzing engine's, would end by SIGPIPE.
pub fn ignore_broken_pipes() {
    // SAFETY: no handler is installed, and the disposition is all that changes.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

/// `ioctl(FIONBIO)`: one call, where `fcntl` needs two.
///
/// # Errors
/// The kernel's.
pub fn set_nonblocking(socket: &Socket) -> io::Result<()> {
    let mut on: c_int = 1;
    // SAFETY: FIONBIO reads one int, which outlives the call.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), libc::FIONBIO, &raw mut on) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `setsockopt(SO_REUSEPORT)`.
///
/// # Errors
/// The kernel's.
pub fn set_reuse_port(socket: &Socket, on: bool) -> io::Result<()> {
    set_int(socket, libc::SOL_SOCKET, libc::SO_REUSEPORT, c_int::from(on))
}

/// `SO_EXCLUSIVEADDRUSE` is Windows' own.
///
/// # Errors
/// Always `ENOPROTOOPT`.
pub fn set_exclusive_addr_use(_socket: &Socket, _on: bool) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(ENOPROTOOPT))
}

const NO_EXCLUSIVE: OptionError =
    OptionError::Unsupported("SO_EXCLUSIVEADDRUSE exists on Windows only");

/// The level and number of an option that is an int.
fn int_option(option: OptionId) -> Option<(c_int, c_int)> {
    match option {
        OptionId::ReuseAddr => Some((libc::SOL_SOCKET, libc::SO_REUSEADDR)),
        OptionId::ReusePort => Some((libc::SOL_SOCKET, libc::SO_REUSEPORT)),
        OptionId::V6Only => Some((libc::IPPROTO_IPV6, libc::IPV6_V6ONLY)),
        OptionId::Accepting => Some((libc::SOL_SOCKET, libc::SO_ACCEPTCONN)),
        _ => None,
    }
}

/// `getsockopt` or `fcntl`: the number as the kernel gave it; macOS and the BSDs answer an
/// option's bit, not 1.
///
/// # Errors
/// The kernel's raw code, or that the option does not exist here.
pub fn get_option(socket: &Socket, option: OptionId) -> Result<i64, OptionError> {
    if let Some((level, name)) = int_option(option) {
        return Ok(get_int(socket, level, name)?.into());
    }
    match option {
        OptionId::Nonblocking => Ok(socket.nonblocking()?.into()),
        OptionId::Cloexec => {
            // SAFETY: F_GETFD takes no argument and only reads the descriptor's flags.
            let flags = unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_GETFD) };
            if flags < 0 {
                return Err(io::Error::last_os_error().into());
            }
            Ok(i64::from(flags & libc::FD_CLOEXEC != 0))
        }
        OptionId::Linger => Ok(socket
            .linger()?
            .map_or(-1, |linger| i64::try_from(linger.as_secs()).unwrap_or(i64::MAX))),
        _ => Err(NO_EXCLUSIVE),
    }
}

/// `setsockopt` or `fcntl`, with the number as given.
///
/// # Errors
/// As [`get_option`].
pub fn set_option(socket: &Socket, option: OptionId, value: i64) -> Result<(), OptionError> {
    if let Some((level, name)) = int_option(option) {
        let value = c_int::try_from(value).unwrap_or(c_int::MAX);
        return Ok(set_int(socket, level, name, value)?);
    }
    match option {
        OptionId::Nonblocking => Ok(socket.set_nonblocking(value != 0)?),
        OptionId::Cloexec => Ok(socket.set_cloexec(value != 0)?),
        OptionId::Linger => {
            let linger = u64::try_from(value).ok().map(Duration::from_secs);
            Ok(socket.set_linger(linger)?)
        }
        _ => Err(NO_EXCLUSIVE),
    }
}

fn get_int(socket: &Socket, level: c_int, name: c_int) -> io::Result<c_int> {
    let mut value: c_int = 0;
    let mut length = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: value and length outlive the call, and length is the size of value.
    let done = unsafe {
        libc::getsockopt(socket.as_raw_fd(), level, name, (&raw mut value).cast(), &raw mut length)
    };
    if done == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}

fn set_int(socket: &Socket, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    let length = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: value outlives the call, and length is its size.
    let done = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const value).cast(), length)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `poll` for reading; false when `timeout_ms` ran out.
///
/// # Errors
/// The raw code of `poll`.
pub fn wait_readable(socket: &Socket, timeout_ms: u64) -> Result<bool, i32> {
    wait(socket, libc::POLLIN, timeout_ms)
}

fn wait(socket: &Socket, events: i16, timeout_ms: u64) -> Result<bool, i32> {
    let deadline = Instant::now() + Duration::from_millis(timeout_ms);
    loop {
        // Rounded up: a wait that ends early would be taken for an answer.
        let left =
            deadline.saturating_duration_since(Instant::now()).as_nanos().div_ceil(1_000_000);
        let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
        // SAFETY: one pollfd is given, and it outlives the call.
        let ready =
            unsafe { libc::poll(&raw mut poll, 1, c_int::try_from(left).unwrap_or(c_int::MAX)) };
        match ready {
            0 => return Ok(false),
            ready if ready > 0 => return Ok(true),
            _ => {
                let code = raw_error(&io::Error::last_os_error());
                if code != libc::EINTR {
                    return Err(code);
                }
            }
        }
    }
}

/// `connect`, answered as a blocking socket would be; false when `timeout_ms` ran out. The socket
/// keeps its blocking mode.
///
/// # Errors
/// The raw code of `connect`, or of the connection attempt.
pub fn connect(socket: &Socket, address: SocketAddr, timeout_ms: u64) -> Result<bool, i32> {
    let raw = |error: io::Error| raw_error(&error);
    let nonblocking = socket.nonblocking().map_err(raw)?;
    socket.set_nonblocking(true).map_err(raw)?;
    let answer = match socket.connect(&address.into()).map_err(raw) {
        Ok(()) => Ok(true),
        Err(EINPROGRESS) => finish_connect(socket, address, timeout_ms),
        Err(code) => Err(code),
    };
    socket.set_nonblocking(nonblocking).map_err(raw)?;
    answer
}

fn finish_connect(socket: &Socket, address: SocketAddr, timeout_ms: u64) -> Result<bool, i32> {
    if !wait(socket, libc::POLLOUT, timeout_ms)? {
        return Ok(false);
    }
    if super::OS == "linux" {
        // Reading SO_ERROR here would leave the socket connecting: its next connect would answer
        // ECONNABORTED, or 0 again (af_inet.c, __inet_stream_connect). A second call ends it.
        return match socket.connect(&address.into()).map_err(|error| raw_error(&error)) {
            Ok(()) | Err(libc::EISCONN) => Ok(true),
            Err(code) => Err(code),
        };
    }
    match socket.take_error() {
        Ok(None) => Ok(true),
        Ok(Some(error)) | Err(error) => Err(raw_error(&error)),
    }
}

/// How many descriptors this process has, the one that counts them left out.
#[must_use]
pub fn open_files() -> Option<usize> {
    // Linux links /dev/fd to /proc/self/fd; macOS has it; FreeBSD needs fdescfs for more than 0-2.
    let entries = std::fs::read_dir("/dev/fd").ok()?;
    entries.count().checked_sub(1)
}

/// The number and identity of a descriptor, for [`find_descriptor`] in a spawned program.
#[must_use]
pub fn descriptor_id(socket: &Socket) -> String {
    let fd = socket.as_raw_fd();
    let (device, inode) = identity(fd).unwrap_or_default();
    format!("{fd}:{device}:{inode}")
}

/// Is the descriptor that [`descriptor_id`] named open in this process, and the same socket?
#[must_use]
pub fn find_descriptor(id: &str) -> bool {
    let mut parts = id.split(':').map(str::parse::<u64>);
    let (Some(Ok(fd)), Some(Ok(device)), Some(Ok(inode))) =
        (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    c_int::try_from(fd).ok().and_then(identity) == Some((device, inode))
}

/// Is a socket open in this process that is bound to this port? The first 1024 descriptors are
/// looked at, those of stdin, stdout and stderr left out.
#[must_use]
pub fn find_bound(port: u16) -> bool {
    (3..1_024).any(|fd| {
        // SAFETY: getsockname on a number that is no descriptor answers EBADF, and nothing else is
        // done with it.
        let fd = unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) };
        let address = socket2::SockRef::from(&fd).local_addr();
        address.ok().and_then(|address| address.as_socket()).is_some_and(|a| a.port() == port)
    })
}

/// Device and inode of an open descriptor.
fn identity(fd: c_int) -> Option<(u64, u64)> {
    let mut stat = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: stat outlives the call; fstat on a closed descriptor answers EBADF.
    if unsafe { libc::fstat(fd, stat.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: every bit pattern is a stat, and fstat has filled it.
    let stat = unsafe { stat.assume_init() };
    #[expect(clippy::unnecessary_cast, reason = "the widths differ between the systems")]
    Some((stat.st_dev as u64, stat.st_ino as u64))
}

/// The index of the first of these interfaces that exists.
pub(super) fn interface_index(names: &[&std::ffi::CStr]) -> Option<u32> {
    names.iter().find_map(|name| {
        // SAFETY: the name is a C string.
        let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
        (index != 0).then_some(index)
    })
}

/// `uname`: the release of the kernel.
pub(super) fn uname_release() -> String {
    let mut name = std::mem::MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: name outlives the call, which fills it with C strings.
    if unsafe { libc::uname(name.as_mut_ptr()) } != 0 {
        return String::new();
    }
    // SAFETY: uname has filled it.
    let name = unsafe { name.assume_init() };
    // SAFETY: release is a C string inside name.
    let release = unsafe { std::ffi::CStr::from_ptr(name.release.as_ptr()) };
    release.to_string_lossy().into_owned()
}

/// The effective user id.
pub(super) fn effective_uid() -> u32 {
    // SAFETY: geteuid only answers a number.
    unsafe { libc::geteuid() }
}
