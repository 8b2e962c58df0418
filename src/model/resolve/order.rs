//! The order of results, where it is known: loopback addresses, each reachable or not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::answer::{Answer, records, unordered};
use crate::model::machine::Ipv6;

const FOUR: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const SIX: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const MAPPED: IpAddr = IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped());

/// glibc and musl sort by RFC 6724, stably: what cannot be reached is last, and `::1` comes before
/// IPv4. A mapped address comes after the same one as IPv4 where `mapped_last`, because glibc does
/// not see that its scope is as small (rule 8). Of other addresses the order depends on routes.
pub(super) fn sorted(
    mut addresses: Vec<SocketAddr>,
    ipv6: Ipv6,
    mapped_last: bool,
    rule: &'static str,
) -> Answer {
    if addresses.iter().any(|one| ![FOUR, SIX, MAPPED].contains(&one.ip())) {
        return unordered(addresses, rule);
    }
    addresses.sort_by_key(|address| match address.ip() {
        SIX if ipv6 == Ipv6::On => 0,
        SIX => 3,
        // A mapped address needs a socket of IPv6, but no address.
        MAPPED if ipv6 == Ipv6::Off => 4,
        MAPPED if mapped_last => 2,
        _ => 1,
    });
    records(addresses, rule)
}
