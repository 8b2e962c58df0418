//! FreeBSD, and what other Unix systems have in common with it.

use super::surroundings::{Surroundings, ipv6_state};
use super::unix;

/// The kernel bears the system's name.
#[must_use]
pub fn kernel_name() -> &'static str {
    std::env::consts::OS
}

/// `uname -r`.
#[must_use]
pub fn kernel_release() -> String {
    unix::uname_release()
}

/// The index of `lo0`, or of `lo` on Solaris-likes.
#[must_use]
pub fn loopback_index() -> Option<u32> {
    unix::interface_index(&[c"lo0", c"lo"])
}

/// Read by `sysctlbyname` on FreeBSD; elsewhere only what a probe shows.
#[must_use]
pub fn surroundings() -> Surroundings {
    let uid = unix::effective_uid();
    let port = |name| sysctl(name).and_then(|value| u16::try_from(value).ok());
    Surroundings {
        ipv6: ipv6_state(),
        bindv6only: sysctl(c"net.inet6.ip6.v6only").map(|value| value != 0),
        somaxconn: sysctl(c"kern.ipc.soacceptqueue").and_then(|value| u32::try_from(value).ok()),
        ephemeral: port(c"net.inet.ip.portrange.first").zip(port(c"net.inet.ip.portrange.last")),
        low_port: port(c"net.inet.ip.portrange.reservedhigh").map(|high| high.saturating_add(1)),
        privileged: Some(uid == 0),
        uid: Some(uid),
    }
}

/// Not counted here.
#[must_use]
pub fn thread_count() -> Option<usize> {
    None
}

/// `sysctlbyname` of an int.
#[cfg(target_os = "freebsd")]
fn sysctl(name: &std::ffi::CStr) -> Option<i32> {
    let mut value: i32 = 0;
    let mut length = size_of::<i32>();
    // SAFETY: value and length outlive the call, and length is the size of value.
    let done = unsafe {
        libc::sysctlbyname(
            name.as_ptr(),
            (&raw mut value).cast(),
            &raw mut length,
            std::ptr::null(),
            0,
        )
    };
    (done == 0).then_some(value)
}

/// Not every system has `sysctlbyname`.
#[cfg(not(target_os = "freebsd"))]
fn sysctl(_name: &std::ffi::CStr) -> Option<i32> {
    None
}
