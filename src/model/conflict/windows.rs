//! Windows: on each stack the ranks of two claims decide.

use std::net::{IpAddr, Ipv4Addr};

use super::{Newcomer, Ruling, is_connected, is_time_wait};
use crate::model::address::{as_v4, is_wildcard};
use crate::model::world::{Socket, World};

/// A claim on one stack.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Claim {
    v4: bool,
    ip: IpAddr,
    /// Specific 2, wildcard 1, the IPv4 half of a dual-stack wildcard 0.
    rank: u8,
}

/// Would `bind` fail, and how?
pub(super) fn rule_on(world: &World, b: &Newcomer) -> Ruling {
    let mut errors = Vec::new();
    let mine = claims(b.ip, b.v6only);
    for (_, a) in world.owners(b.port).filter(|(id, _)| *id != b.id) {
        let theirs = claims(a.ip(), a.is_v6only());
        if is_connected(a) {
            if let Some(unknown) = connection(a, b, &theirs, &mine) {
                return unknown;
            }
            continue;
        }
        for (own, other) in pairs(&theirs, &mine) {
            errors.extend(verdict(a, b, own, other).filter(|error| !errors.contains(error)));
        }
    }
    if errors.is_empty() { Ruling::Free } else { Ruling::Taken(errors) }
}

/// Does the IPv4 half of a dual-stack wildcard stand against another claim?
pub(super) fn meets_half_of_dual(world: &World, b: &Newcomer) -> bool {
    let mine = claims(b.ip, b.v6only);
    world.owners(b.port).filter(|(id, _)| *id != b.id).any(|(_, a)| {
        pairs(&claims(a.ip(), a.is_v6only()), &mine).any(|(own, new)| own.rank * new.rank == 0)
    })
}

fn pairs<'a>(a: &'a [Claim], b: &'a [Claim]) -> impl Iterator<Item = (Claim, Claim)> + 'a {
    a.iter().flat_map(move |own| {
        b.iter().filter(move |other| own.v4 == other.v4).map(move |other| (*own, *other))
    })
}

fn verdict(a: &Socket, b: &Newcomer, own: Claim, new: Claim) -> Option<&'static str> {
    if own == new {
        return match (a.reuseaddr, b.reuseaddr) {
            (true, true) => None,
            (false, true) => Some("EACCES"),
            (_, false) => Some("EADDRINUSE"),
        };
    }
    match new.rank.cmp(&own.rank) {
        // Two specific addresses that differ.
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => a.exclusive.then_some("EACCES"),
        std::cmp::Ordering::Less => b.exclusive.then_some("EADDRINUSE"),
    }
}

/// Connections and what is left of them: only what documents and field reports agree on.
fn connection(a: &Socket, b: &Newcomer, theirs: &[Claim], mine: &[Claim]) -> Option<Ruling> {
    let overlaps = pairs(theirs, mine)
        .any(|(own, new)| own.ip == new.ip || is_wildcard(own.ip) || is_wildcard(new.ip));
    if !overlaps {
        return None;
    }
    if a.exclusive || b.exclusive {
        return Some(Ruling::Unknown("SO_EXCLUSIVEADDRUSE beside a connection is unsettled"));
    }
    if is_time_wait(a) || b.reuseaddr {
        return None;
    }
    Some(Ruling::Unknown("whether a live connection keeps others from its address is not known"))
}

fn claims(ip: IpAddr, v6only: bool) -> Vec<Claim> {
    let rank = if is_wildcard(ip) { 1 } else { 2 };
    match as_v4(ip) {
        Some(v4) => vec![Claim { v4: true, ip: IpAddr::V4(v4), rank }],
        None if is_wildcard(ip) && !v6only => vec![
            Claim { v4: false, ip, rank },
            Claim { v4: true, ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), rank: 0 },
        ],
        None => vec![Claim { v4: false, ip, rank }],
    }
}
