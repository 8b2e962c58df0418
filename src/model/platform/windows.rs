//! Windows: documents and third-party tests; nothing was run.

use super::record::Reply::{Fails, FailsSomehow, Unknown, Works};
use super::record::{Delivery, Law, LowPorts, Queue, Record};
use crate::model::evidence::Confidence::{Inferred, Recalled};
use crate::model::fact::Fact;
use crate::script::Platform;

pub(super) static WINDOWS: Record = Record {
    platform: Platform::Windows,
    measured: "Windows Server 2003 and later",
    read: &[],
    v6only_default: Fact::new("options.v6only-default", true),
    somaxconn: Fact::new("listen.backlog", i32::MAX as u32),
    ephemeral: Fact::new("bind.port-zero", (49_152, 65_535)),
    law: Fact::new("bind.conflict", Law::Windows),
    listen_checks: Fact::new("listen.conflict", false),
    listen_binds: Fact::new("listen.unbound", false),
    listen_connected: Fact::new("listen.connected", Fails(&["EISCONN"])),
    relisten_changes: Fact::new("listen.again", false),
    queue: Fact::new("listen.backlog", Queue::ProviderValue),
    delivery: Fact::new("connect.delivery", Delivery::Oldest),
    low_ports: Fact::new("bind.low-port", LowPorts::Free),
    restricted_port: Fact::new("bind.restricted-port", None),
    privilege_first_v6: Fact::new("bind.order", false),
    rebind_first: Fact::new("bind.order", None),
    whole_loopback_net: Fact::new("bind.local-address", true)
        .but(Recalled, "that all of 127.0.0.0/8 is local; no source was seen"),
    bind_loopback_broadcast: Fact::new("bind.broadcast", Unknown),
    bind_broadcast: Fact::new("bind.broadcast", Unknown),
    bind_multicast_v4: Fact::new("bind.multicast", Unknown),
    bind_multicast_v6: Fact::new("bind.multicast", Unknown),
    bind_mapped_v6only: Fact::new("bind.mapped-v6only", FailsSomehow),
    bind_v6_on_v4: Fact::new("bind.family", Unknown),
    bind_v4_on_v6: Fact::new("bind.family", Fails(&["EFAULT"])),
    bind_link_local: Fact::new("bind.scope", Unknown),
    bind_link_local_lo: Fact::new("bind.scope", Fails(&["EADDRNOTAVAIL"]))
        .but(Inferred, "that the loopback interface of Windows has no link-local address"),
    bind_link_local_unknown: Fact::new("bind.scope", Fails(&["EADDRNOTAVAIL"])),
    bind_loopback_scope: Fact::new("bind.scope", Unknown),
    bind_without_v6_address: Fact::new("bind.no-v6-address", Unknown),
    specific_sets_v6only: Fact::new("bind.sets-v6only", None),
    v6only_after_bind: Fact::new("options.v6only-after-bind", FailsSomehow),
    v6only_after_bind_same: Fact::new("options.v6only-after-bind", Unknown),
    v6only_set_on_v4: Fact::new("options.v6only-on-ipv4", Works),
    v6only_get_on_v4: Fact::new("options.v6only-on-ipv4", Works),
    reuse_after_bind: Fact::new("options.reuse-any-time", Unknown),
    has_reuse_port: Fact::new("options.reuseport", false),
    has_exclusive: Fact::new("options.exclusive", true),
    accepting_get: Fact::new("options.accepting", Works),
    accepting_set: Fact::new("options.accepting-read-only", Unknown),
    descriptor_flags: Fact::new("options.descriptor-flags", false),
    accepted_nonblocking: Fact::new("accept.inherits", None),
    accepted_v6only: Fact::new("accept.inherits", None),
    accept_unlistened: Fact::new("accept.not-listening", Fails(&["EINVAL"])),
    accept_unlistened_waits: Fact::new("accept.not-listening", true),
    connect_listener: Fact::new("connect.listener", FailsSomehow),
    connect_wildcard: Fact::new("connect.wildcard", Fails(&["EADDRNOTAVAIL"])),
    name_unbound: Fact::new("name.unbound", Fails(&["EINVAL"])),
    shutdown_listener: Fact::new("shutdown.listener", Unknown),
    shutdown_stops: Fact::new("shutdown.listener", None),
    streams: Fact::new("stream.states", false),
};
