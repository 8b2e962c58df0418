//! `socket`.

use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::machine::{Ipv6, Machine};
use crate::model::world::{Phase, Socket};
use crate::script::{Family, Name, Platform};

/// `socket(family, SOCK_STREAM, IPPROTO_TCP)`.
pub(super) fn socket(machine: &Machine, name: &Name, family: Family) -> Allowed {
    if family == Family::Inet6 && machine.ipv6 == Ipv6::Off {
        return Allowed::error("EAFNOSUPPORT", "socket.family");
    }
    let socket = fresh(machine, family);
    let name = name.clone();
    Allowed::one(Branch::with(Expected::Done, "socket.family", move |world| {
        let id = world.add(socket);
        world.open(&name, id, Some(false));
    }))
}

/// A socket as the kernel makes it.
pub(super) fn fresh(machine: &Machine, family: Family) -> Socket {
    // On an IPv4 socket of Windows the option can be read, too; nobody wrote down its value.
    let v6only = match (family, machine.platform()) {
        (Family::Inet6, _) => Some(machine.v6only_default),
        (Family::Inet, Platform::Windows) => None,
        (Family::Inet, _) => Some(false),
    };
    Socket {
        family,
        reuseaddr: false,
        reuseport: false,
        exclusive: false,
        v6only,
        nonblocking: Some(false),
        linger: None,
        uid: machine.uid,
        local: None,
        phase: Phase::Idle,
        shut_read: false,
        shut_write: false,
        holds_port: false,
        listened: 0,
        descriptors: 0,
        queued: false,
        device: None,
        spoke_v4: false,
    }
}
