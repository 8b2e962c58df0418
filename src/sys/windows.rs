//! Windows.

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::windows::io::AsRawSocket;
use std::time::Duration;

use socket2::Socket;
use windows_sys::Win32::Foundation::{
    GetHandleInformation, HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation,
};
use windows_sys::Win32::Networking::WinSock as winsock;

use super::options::{OptionError, OptionId, raw_error};
use super::surroundings::{Surroundings, ipv6_state};

macro_rules! numbers {
    ($($name:ident = $value:expr;)+) => {
        $(
            #[doc = concat!("`", stringify!($name), "`, as Winsock numbers it.")]
            pub const $name: i32 = $value as i32;
        )+
    };
}

numbers! {
    AF_UNSPEC = winsock::AF_UNSPEC;
    AF_INET = winsock::AF_INET;
    AF_INET6 = winsock::AF_INET6;
    AI_PASSIVE = winsock::AI_PASSIVE;
    AI_CANONNAME = winsock::AI_CANONNAME;
    AI_NUMERICHOST = winsock::AI_NUMERICHOST;
    AI_NUMERICSERV = winsock::AI_NUMERICSERV;
    AI_ADDRCONFIG = winsock::AI_ADDRCONFIG;
    AI_V4MAPPED = winsock::AI_V4MAPPED;
    AI_ALL = winsock::AI_ALL;
    EACCES = winsock::WSAEACCES;
    EADDRINUSE = winsock::WSAEADDRINUSE;
    EADDRNOTAVAIL = winsock::WSAEADDRNOTAVAIL;
    EAFNOSUPPORT = winsock::WSAEAFNOSUPPORT;
    EINPROGRESS = winsock::WSAEINPROGRESS;
    EINVAL = winsock::WSAEINVAL;
    ENOPROTOOPT = winsock::WSAENOPROTOOPT;
    EOPNOTSUPP = winsock::WSAEOPNOTSUPP;
}

/// Windows has none.
pub const HAS_REUSE_PORT: bool = false;

/// Starts Winsock, which opens and closes a socket of its own once.
pub fn prepare() {
    drop(Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None));
}

/// There is no SIGPIPE.
pub fn ignore_broken_pipes() {}

/// `nt`, or `wine`.
#[must_use]
pub fn kernel_name() -> &'static str {
    // Wine sets this for every program it starts.
    if std::env::var_os("WINELOADERNOEXEC").is_some() || std::env::var_os("WINEPREFIX").is_some() {
        "wine"
    } else {
        "nt"
    }
}

/// Not asked for: `GetVersion` answers what the manifest allows.
#[must_use]
pub fn kernel_release() -> String {
    String::new()
}

/// `ioctlsocket(FIONBIO)`.
///
/// # Errors
/// Winsock's.
pub fn set_nonblocking(socket: &Socket) -> io::Result<()> {
    socket.set_nonblocking(true)
}

/// `SO_REUSEPORT` does not exist here.
///
/// # Errors
/// Always `WSAENOPROTOOPT`.
pub fn set_reuse_port(_socket: &Socket, _on: bool) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(ENOPROTOOPT))
}

/// `setsockopt(SO_EXCLUSIVEADDRUSE)`.
///
/// # Errors
/// Winsock's.
pub fn set_exclusive_addr_use(socket: &Socket, on: bool) -> io::Result<()> {
    set_int(socket, winsock::SOL_SOCKET, winsock::SO_EXCLUSIVEADDRUSE, i32::from(on))
}

fn int_option(option: OptionId) -> Option<(i32, i32)> {
    match option {
        OptionId::ReuseAddr => Some((winsock::SOL_SOCKET, winsock::SO_REUSEADDR)),
        OptionId::V6Only => Some((winsock::IPPROTO_IPV6, winsock::IPV6_V6ONLY)),
        OptionId::ExclusiveAddrUse => Some((winsock::SOL_SOCKET, winsock::SO_EXCLUSIVEADDRUSE)),
        OptionId::Accepting => Some((winsock::SOL_SOCKET, winsock::SO_ACCEPTCONN)),
        _ => None,
    }
}

const NO_REUSE_PORT: OptionError = OptionError::Unsupported("Windows has no SO_REUSEPORT");

/// `getsockopt` or `GetHandleInformation`.
///
/// # Errors
/// The raw WSA code, or that there is no such option or no call that reads it.
pub fn get_option(socket: &Socket, option: OptionId) -> Result<i64, OptionError> {
    if let Some((level, name)) = int_option(option) {
        return Ok(get_int(socket, level, name)?.into());
    }
    match option {
        OptionId::Nonblocking => {
            Err(OptionError::Unsupported("Windows cannot tell whether a socket blocks"))
        }
        OptionId::Cloexec => {
            let mut flags = 0;
            // SAFETY: flags outlives the call; the handle is the socket's own.
            if unsafe { GetHandleInformation(handle(socket), &raw mut flags) } == 0 {
                return Err(io::Error::last_os_error().into());
            }
            Ok(i64::from(flags & HANDLE_FLAG_INHERIT == 0))
        }
        OptionId::Linger => Ok(socket
            .linger()?
            .map_or(-1, |linger| i64::try_from(linger.as_secs()).unwrap_or(i64::MAX))),
        _ => Err(NO_REUSE_PORT),
    }
}

/// `setsockopt`, `ioctlsocket` or `SetHandleInformation`.
///
/// # Errors
/// As [`get_option`].
pub fn set_option(socket: &Socket, option: OptionId, value: i64) -> Result<(), OptionError> {
    if let Some((level, name)) = int_option(option) {
        let value = i32::try_from(value).unwrap_or(i32::MAX);
        return Ok(set_int(socket, level, name, value)?);
    }
    match option {
        OptionId::Nonblocking => Ok(socket.set_nonblocking(value != 0)?),
        OptionId::Cloexec => {
            let inherit = if value == 0 { HANDLE_FLAG_INHERIT } else { 0 };
            // SAFETY: the handle is the socket's own.
            if unsafe { SetHandleInformation(handle(socket), HANDLE_FLAG_INHERIT, inherit) } == 0 {
                return Err(io::Error::last_os_error().into());
            }
            Ok(())
        }
        OptionId::Linger => {
            Ok(socket.set_linger(u64::try_from(value).ok().map(Duration::from_secs))?)
        }
        _ => Err(NO_REUSE_PORT),
    }
}

fn raw(socket: &Socket) -> winsock::SOCKET {
    socket.as_raw_socket() as winsock::SOCKET
}

fn handle(socket: &Socket) -> HANDLE {
    socket.as_raw_socket() as HANDLE
}

fn get_int(socket: &Socket, level: i32, name: i32) -> io::Result<i32> {
    // Some options answer one byte: the rest must be zero.
    let mut value: i32 = 0;
    let mut length = size_of::<i32>() as i32;
    // SAFETY: value and length outlive the call, and length is the size of value.
    let done = unsafe {
        winsock::getsockopt(raw(socket), level, name, (&raw mut value).cast(), &raw mut length)
    };
    if done == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}

fn set_int(socket: &Socket, level: i32, name: i32, value: i32) -> io::Result<()> {
    let length = size_of::<i32>() as i32;
    // SAFETY: value outlives the call, and length is its size.
    let done =
        unsafe { winsock::setsockopt(raw(socket), level, name, (&raw const value).cast(), length) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `WSAPoll` for reading; false when `timeout_ms` ran out.
///
/// # Errors
/// The raw WSA code.
pub fn wait_readable(socket: &Socket, timeout_ms: u64) -> Result<bool, i32> {
    let mut poll = winsock::WSAPOLLFD { fd: raw(socket), events: winsock::POLLRDNORM, revents: 0 };
    let timeout = i32::try_from(timeout_ms).unwrap_or(i32::MAX);
    // SAFETY: one WSAPOLLFD is given, and it outlives the call.
    match unsafe { winsock::WSAPoll(&raw mut poll, 1, timeout) } {
        0 => Ok(false),
        ready if ready > 0 => Ok(true),
        _ => Err(raw_error(&io::Error::last_os_error())),
    }
}

/// `connect` with a deadline; false when `timeout_ms` ran out. The socket blocks afterwards:
/// Windows cannot tell whether it did before.
///
/// # Errors
/// The raw WSA code.
pub fn connect(socket: &Socket, address: SocketAddr, timeout_ms: u64) -> Result<bool, i32> {
    match socket.connect_timeout(&address.into(), Duration::from_millis(timeout_ms.max(1))) {
        Ok(()) => Ok(true),
        Err(error) => match error.raw_os_error() {
            // socket2 makes its own error for a deadline that ran out.
            None => Ok(false),
            Some(code) => Err(code),
        },
    }
}

/// Not counted here: a process has handles of many kinds.
#[must_use]
pub fn open_files() -> Option<usize> {
    None
}

/// The handle and local address of a socket, for [`find_descriptor`] in a spawned program.
#[must_use]
pub fn descriptor_id(socket: &Socket) -> String {
    let name = socket.local_addr().ok().and_then(|name| name.as_socket());
    format!("{} {}", raw(socket), name.map_or_else(String::new, |name| name.to_string()))
}

/// Handles cannot be listed here.
#[must_use]
pub fn find_bound(_port: u16) -> bool {
    false
}

/// Is the handle that [`descriptor_id`] named a socket of this process with that address?
#[must_use]
pub fn find_descriptor(id: &str) -> bool {
    prepare();
    let Some((number, name)) = id.split_once(' ') else { return false };
    let Ok(number) = number.parse::<winsock::SOCKET>() else { return false };
    let mut storage = MaybeUninit::<winsock::SOCKADDR_STORAGE>::zeroed();
    let mut length = size_of::<winsock::SOCKADDR_STORAGE>() as i32;
    // SAFETY: storage and length outlive the call; a number that is no socket answers an error.
    let done =
        unsafe { winsock::getsockname(number, storage.as_mut_ptr().cast(), &raw mut length) };
    if done != 0 {
        return false;
    }
    // SAFETY: getsockname has filled the storage, whose layout is SOCKADDR_STORAGE.
    let found =
        unsafe { socket2::SockAddr::new(std::mem::transmute(storage.assume_init()), length) };
    found.as_socket().is_some_and(|found| found.to_string() == name)
}

/// Not looked up: behaviours with `%lo` say so on Windows.
#[must_use]
pub fn loopback_index() -> Option<u32> {
    None
}

/// Only what a probe shows; ports below 1024 need no privilege (os-semantics: recalled).
#[must_use]
pub fn surroundings() -> Surroundings {
    Surroundings { ipv6: ipv6_state(), low_port: Some(0), ..Surroundings::default() }
}

/// Not counted here.
#[must_use]
pub fn thread_count() -> Option<usize> {
    None
}
