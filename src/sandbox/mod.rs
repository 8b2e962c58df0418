//! The surroundings of a run: a private network, an own hosts file, IPv6 switched off.
//!
//! Everything here acts on the **calling process** and must be called while it has one thread:
//! re-execute the program under a hidden verb and call [`enter`] first. Linux can do all of it
//! without root; elsewhere every function is there and refuses with the reason.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;
mod probes;
#[cfg(target_os = "linux")]
mod seccomp;
mod wanted;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(target_os = "linux"))]
use other as platform;

pub use platform::{
    HAS_FILTER, HAS_NAMESPACES, change, enter, fresh_network, refuse_to_this_thread,
};
pub use probes::{Probe, probes};
pub use wanted::{Entered, Refusal, RefusedCall, RefusedSite, Wanted};
