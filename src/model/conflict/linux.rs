//! Linux: overlap, with options on both sides, and a cache for `SO_REUSEPORT`.

use std::net::{IpAddr, Ipv4Addr};

use super::{Newcomer, is_time_wait};
use crate::model::address::{as_v4, is_wildcard};
use crate::model::platform::LinuxQuirks;
use crate::model::world::{Port, ReusePortCache, Socket, World};
use crate::script::Family;

/// `get_port` of `inet_connection_sock.c`: would it answer EADDRINUSE?
pub(super) fn conflict(world: &World, quirks: LinuxQuirks, s: &Newcomer) -> bool {
    let port = world.seen(s.port);
    let first_owner_let_in = quirks.first_owner_cache
        && s.reuseaddr
        && !s.listens
        && world.reuse_caches.get(&port).copied().unwrap_or(false);
    if first_owner_let_in || cache_covers(world, s, port) {
        return false;
    }
    world
        .owners(port)
        .filter(|(id, _)| *id != s.id)
        .any(|(_, o)| options_conflict(s, o) && addresses_conflict(quirks, s, o))
}

/// What the port's caches remember once `s` has it.
pub(in crate::model) fn took_port(world: &mut World, quirks: LinuxQuirks, s: &Newcomer) {
    let port = world.seen(s.port);
    let first = quirks.first_owner_cache && !world.owners(port).any(|(id, _)| id != s.id);
    let reuse = s.reuseaddr && !s.listens;
    if quirks.first_owner_cache {
        let before = world.reuse_caches.get(&port).copied().unwrap_or(false);
        world.reuse_caches.insert(port, if first { reuse } else { before && reuse });
    }
    if !s.reuseport {
        world.caches.remove(&port);
    } else if first || !cache_covers(world, s, port) {
        let cache =
            ReusePortCache { uid: s.uid, family: s.family, ip: s.ip, v6only: s.v6only, any: first };
        world.caches.insert(port, cache);
    }
}

/// `sk_reuseport_match`: a remembered `SO_REUSEPORT` socket covers this one.
pub(super) fn cache_covers(world: &World, s: &Newcomer, port: Port) -> bool {
    let Some(cache) = world.caches.get(&port) else { return false };
    if !s.reuseport || cache.uid != s.uid {
        return false;
    }
    if cache.any {
        return true;
    }
    let (a, b) = (cache.ip, s.ip);
    let v4_covers = || {
        let (a, b) = (kernel_v4(a), kernel_v4(b));
        !s.v6only && (a == b || a.is_unspecified())
    };
    if cache.family == Family::Inet {
        return v4_covers();
    }
    let b_mapped = as_v4(b).is_some();
    if as_v4(a).is_some() && b_mapped {
        return v4_covers();
    }
    let b = match b {
        IpAddr::V4(v4) => IpAddr::V6(v4.to_ipv6_mapped()),
        v6 => v6,
    };
    (is_v6_any(a) && !(cache.v6only && b_mapped)) || a == b
}

/// `sk_rcv_saddr` of a socket: an IPv6 address other than a mapped one has a stand-in.
fn kernel_v4(ip: IpAddr) -> Ipv4Addr {
    match as_v4(ip) {
        Some(v4) => v4,
        None if is_wildcard(ip) => Ipv4Addr::UNSPECIFIED,
        // LOOPBACK4_IPV6
        None => Ipv4Addr::new(127, 0, 0, 6),
    }
}

fn is_v6_any(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(v6) if v6.is_unspecified())
}

fn options_conflict(s: &Newcomer, o: &Socket) -> bool {
    let by_addr = s.reuseaddr && o.reuseaddr && !o.listens();
    let by_port = s.reuseport && o.reuseport && (is_time_wait(o) || s.uid == o.uid);
    !by_addr && !by_port
}

fn addresses_conflict(quirks: LinuxQuirks, s: &Newcomer, o: &Socket) -> bool {
    if is_wildcard(s.ip) {
        return equal_or_wildcard(s, o);
    }
    if quirks.specific_ignores_time_wait && is_time_wait(o) {
        return false;
    }
    let s_v4 = as_v4(s.ip);
    let s_mapped = s.family == Family::Inet6 && s_v4.is_some();
    if quirks.specific_misses_mapped && s.family == Family::Inet && o.family == Family::Inet6 {
        return false;
    }
    let o_mapped_any = o.family == Family::Inet6 && is_wildcard(o.ip()) && !is_v6_any(o.ip());
    if quirks.mapped_misses_mapped_any && s_mapped && o_mapped_any {
        return false;
    }
    if quirks.mapped_meets_v6only && s_mapped && o.is_v6only() && is_v6_any(o.ip()) {
        return true;
    }
    if s_v4.is_some() && o.is_v6only() {
        return false;
    }
    let same = match s_v4 {
        Some(v4) => as_v4(o.ip()) == Some(v4),
        None => o.ip() == s.ip,
    };
    same || (is_wildcard(o.ip()) && wildcard_reaches(o, s.ip))
}

/// Does a wildcard socket stand for this specific address, too?
pub(in crate::model) fn wildcard_reaches(o: &Socket, ip: IpAddr) -> bool {
    match as_v4(ip) {
        Some(_) => !o.is_v6only(),
        None => is_v6_any(o.ip()),
    }
}

/// `inet_rcv_saddr_equal` with a wildcard on the newcomer's side.
fn equal_or_wildcard(s: &Newcomer, o: &Socket) -> bool {
    let o_v4 = as_v4(o.ip());
    let (s_any, o_any) = (is_v6_any(s.ip), is_v6_any(o.ip()));
    // An AF_INET wildcard looks at nothing but IPV6_V6ONLY: it meets the IPv6 child of a
    // dual-stack listener, too.
    if s.family == Family::Inet || (as_v4(s.ip).is_some() && o_v4.is_some()) {
        return !o.is_v6only();
    }
    if s_any && o_any {
        return true;
    }
    let s_mapped = as_v4(s.ip).is_some();
    (o_any && !(o.is_v6only() && s_mapped)) || (s_any && !(s.v6only && o_v4.is_some()))
}
