//! Addresses as a network stack sees them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::script::{Family, Host};

/// The IP address of a host.
#[must_use]
pub(super) fn ip(host: &Host) -> IpAddr {
    match host {
        Host::V4(ip) => IpAddr::V4(*ip),
        Host::V6(ip, _) => IpAddr::V6(*ip),
    }
}

/// The IPv4 address that an IPv6 one is mapped from, or the IPv4 address itself.
#[must_use]
pub(super) fn as_v4(ip: IpAddr) -> Option<Ipv4Addr> {
    match ip {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(v6) => v6.to_ipv4_mapped(),
    }
}

/// `0.0.0.0`, `::` or `::ffff:0.0.0.0`.
#[must_use]
pub(super) fn is_wildcard(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.to_ipv4_mapped() == Some(Ipv4Addr::UNSPECIFIED),
    }
}

/// The wildcard of a family.
#[must_use]
pub(super) fn wildcard(family: Family) -> IpAddr {
    match family {
        Family::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Family::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// `fe80::/10`.
#[must_use]
pub(super) fn is_link_local(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xffc0 == 0xfe80
}

/// An IPv4 address as a socket of this family writes it.
#[must_use]
pub(super) fn in_family(family: Family, v4: Ipv4Addr) -> IpAddr {
    match family {
        Family::Inet => IpAddr::V4(v4),
        Family::Inet6 => IpAddr::V6(v4.to_ipv6_mapped()),
    }
}
