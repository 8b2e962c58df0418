//! Linux.

use std::ffi::CStr;
use std::io;
use std::os::fd::AsRawFd;

use rustix::thread::UnshareFlags;
use socket2::Socket;

use super::surroundings::{Surroundings, ipv6_state};
use super::unix;

/// `linux`, or `gvisor`, which says so in its boot messages and gives no other sign: its
/// `/proc/version` is that of a Linux 4.4 built on one fixed day.
#[must_use]
pub fn kernel_name() -> &'static str {
    let version = std::fs::read_to_string("/proc/version").unwrap_or_default();
    if version.contains("Linux version 4.4.0 #1 SMP Sun Jan 10 15:06:54 PST 2016") {
        "gvisor"
    } else {
        "linux"
    }
}

/// `uname -r`.
#[must_use]
pub fn kernel_release() -> String {
    unix::uname_release()
}

/// The index of `lo`.
#[must_use]
pub fn loopback_index() -> Option<u32> {
    unix::interface_index(&[c"lo"])
}

/// Read from `/proc/sys`, `/proc/self/status` and by probes.
#[must_use]
pub fn surroundings() -> Surroundings {
    let sysctl = |path: &str| {
        std::fs::read_to_string(format!("/proc/sys/net/{path}"))
            .ok()
            .map(|text| text.trim().to_string())
    };
    let ephemeral = sysctl("ipv4/ip_local_port_range").and_then(|range| {
        let mut ends = range.split_ascii_whitespace().map(|end| end.parse().ok());
        Some((ends.next()??, ends.next()??))
    });
    Surroundings {
        ipv6: ipv6_state(),
        bindv6only: sysctl("ipv6/bindv6only").map(|value| value != "0"),
        somaxconn: sysctl("core/somaxconn").and_then(|value| value.parse().ok()),
        ephemeral,
        low_port: sysctl("ipv4/ip_unprivileged_port_start").and_then(|value| value.parse().ok()),
        privileged: net_bind_service(),
        uid: Some(unix::effective_uid()),
    }
}

/// How many threads this process has, from `/proc/self/task`.
#[must_use]
pub fn thread_count() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

/// Is `CAP_NET_BIND_SERVICE` (bit 10) effective?
fn net_bind_service() -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    let bits = u64::from_str_radix(line.trim(), 16).ok()?;
    Some(bits & (1 << 10) != 0)
}

/// `unshare`.
///
/// # Errors
/// The kernel's, EINVAL in a process with several threads that asks for a user namespace.
pub(crate) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: unsafe for CLONE_FILES and CLONE_FS alone, which would part threads that share
    // descriptors; the callers ask for namespaces only, in a process with one thread.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(Into::into)
}

/// `ioctl(SIOCSIFFLAGS, IFF_UP | IFF_RUNNING)`.
///
/// # Errors
/// The kernel's.
pub(crate) fn interface_up(name: &CStr) -> io::Result<()> {
    let socket = Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None)?;
    let mut request = std::mem::MaybeUninit::<libc::ifreq>::zeroed();
    // SAFETY: zero bytes are an ifreq.
    let request = unsafe { request.assume_init_mut() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.to_bytes()) {
        *to = from.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: request outlives the call and names an interface.
    let done =
        unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw mut *request) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// An option of `setsockopt` that a filter can refuse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SockOption {
    /// `SOL_SOCKET` or `IPPROTO_IPV6`.
    pub(crate) level: i32,
    /// The option.
    pub(crate) name: i32,
}

/// The numbers of an option by its name in the language.
pub(crate) fn sock_option(name: &str) -> Option<SockOption> {
    let (level, name) = match name {
        "reuseaddr" => (libc::SOL_SOCKET, libc::SO_REUSEADDR),
        "reuseport" => (libc::SOL_SOCKET, libc::SO_REUSEPORT),
        "v6only" => (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY),
        _ => return None,
    };
    Some(SockOption { level, name })
}
