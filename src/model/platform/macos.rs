//! macOS: XNU's own bind functions and sources; nothing was run on a Mac.

use super::record::Reply::{Fails, FailsSomehow, Unknown, Works};
use super::record::{Delivery, Law, LowPorts, Queue, Record};
use crate::model::evidence::Confidence::{Inferred, Recalled};
use crate::model::fact::Fact;
use crate::script::Platform;

pub(super) static MACOS: Record = Record {
    platform: Platform::Macos,
    measured: "xnu 11417",
    read: &[],
    v6only_default: Fact::new("options.v6only-default", false),
    somaxconn: Fact::new("listen.backlog", 128),
    ephemeral: Fact::new("bind.port-zero", (49_152, 65_535)),
    law: Fact::new("bind.conflict", Law::Bsd { dual_cost: 0 }),
    listen_checks: Fact::new("listen.conflict", false),
    listen_binds: Fact::new("listen.unbound", true),
    listen_connected: Fact::new("listen.connected", Fails(&["EINVAL"])),
    relisten_changes: Fact::new("listen.again", true),
    queue: Fact::new("listen.backlog", Queue::AtLeast),
    delivery: Fact::new("connect.delivery", Delivery::Any),
    low_ports: Fact::new("bind.low-port", LowPorts::SpecificOnly),
    restricted_port: Fact::new("bind.restricted-port", Some(55_555)),
    privilege_first_v6: Fact::new("bind.order", false),
    rebind_first: Fact::new("bind.order", Some(true)),
    whole_loopback_net: Fact::new("bind.local-address", false),
    bind_loopback_broadcast: Fact::new("bind.broadcast", Fails(&["EADDRNOTAVAIL"]))
        .but(Inferred, "in_pcb.c:868 of XNU 11417: an address that is not local"),
    bind_broadcast: Fact::new("bind.broadcast", Fails(&["EAFNOSUPPORT"])),
    bind_multicast_v4: Fact::new("bind.multicast", Fails(&["EAFNOSUPPORT"])),
    bind_multicast_v6: Fact::new("bind.multicast", Fails(&["EAFNOSUPPORT"])),
    bind_mapped_v6only: Fact::new("bind.mapped-v6only", Fails(&["EADDRNOTAVAIL"])),
    bind_v6_on_v4: Fact::new("bind.family", Fails(&["EAFNOSUPPORT"])),
    bind_v4_on_v6: Fact::new("bind.family", Fails(&["EAFNOSUPPORT"])),
    bind_link_local: Fact::new("bind.scope", Fails(&["EADDRNOTAVAIL"]))
        .but(Inferred, "in6_pcb.c:188 of XNU 11417: it is not found without its scope"),
    bind_link_local_lo: Fact::new("bind.scope", Works).but(Recalled, "that lo0 has fe80::1"),
    bind_link_local_unknown: Fact::new("bind.scope", Fails(&["EINVAL"])),
    bind_loopback_scope: Fact::new("bind.scope", Unknown),
    bind_without_v6_address: Fact::new("bind.no-v6-address", Fails(&["EADDRNOTAVAIL"])),
    specific_sets_v6only: Fact::new("bind.sets-v6only", None),
    v6only_after_bind: Fact::new("options.v6only-after-bind", Fails(&["EINVAL"])),
    v6only_after_bind_same: Fact::new("options.v6only-after-bind", Fails(&["EINVAL"])),
    v6only_set_on_v4: Fact::new("options.v6only-on-ipv4", Unknown),
    v6only_get_on_v4: Fact::new("options.v6only-on-ipv4", Unknown),
    reuse_after_bind: Fact::new("options.reuse-any-time", Works),
    has_reuse_port: Fact::new("options.reuseport", true),
    has_exclusive: Fact::new("options.exclusive", false),
    accepting_get: Fact::new("options.accepting", Fails(&["ENOPROTOOPT"])),
    accepting_set: Fact::new("options.accepting-read-only", Unknown),
    descriptor_flags: Fact::new("options.descriptor-flags", true),
    accepted_nonblocking: Fact::new("accept.inherits", Some(true))
        .but(Recalled, "that the BSDs pass the flag on"),
    accepted_v6only: Fact::new("accept.inherits", None),
    accept_unlistened: Fact::new("accept.not-listening", Fails(&["EINVAL"])),
    accept_unlistened_waits: Fact::new("accept.not-listening", true),
    connect_listener: Fact::new("connect.listener", FailsSomehow),
    connect_wildcard: Fact::new("connect.wildcard", Works),
    name_unbound: Fact::new("name.unbound", Works),
    shutdown_listener: Fact::new("shutdown.listener", Unknown),
    shutdown_stops: Fact::new("shutdown.listener", None),
    streams: Fact::new("stream.states", false),
};
