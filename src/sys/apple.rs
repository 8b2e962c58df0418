//! macOS.

use std::ffi::CStr;

use super::surroundings::{Surroundings, ipv6_state};
use super::unix;

/// `xnu`.
#[must_use]
pub fn kernel_name() -> &'static str {
    "xnu"
}

/// `uname -r`.
#[must_use]
pub fn kernel_release() -> String {
    unix::uname_release()
}

/// The index of `lo0`.
#[must_use]
pub fn loopback_index() -> Option<u32> {
    unix::interface_index(&[c"lo0"])
}

/// Read by `sysctlbyname`. Ports below 1024 are low ones (XNU `in_pcb.c`, `IPPORT_RESERVED`).
#[must_use]
pub fn surroundings() -> Surroundings {
    let port = |name| sysctl(name).and_then(|value| u16::try_from(value).ok());
    let uid = unix::effective_uid();
    Surroundings {
        ipv6: ipv6_state(),
        bindv6only: sysctl(c"net.inet6.ip6.v6only").map(|value| value != 0),
        somaxconn: sysctl(c"kern.ipc.somaxconn").and_then(|value| u32::try_from(value).ok()),
        ephemeral: port(c"net.inet.ip.portrange.first").zip(port(c"net.inet.ip.portrange.last")),
        low_port: Some(1024),
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
fn sysctl(name: &CStr) -> Option<i32> {
    let mut value: i32 = 0;
    let mut length = size_of::<i32>();
    // SAFETY: value and length outlive the call, and length is the size of value.
    let done = unsafe {
        libc::sysctlbyname(
            name.as_ptr(),
            (&raw mut value).cast(),
            &raw mut length,
            std::ptr::null_mut(),
            0,
        )
    };
    (done == 0).then_some(value)
}
