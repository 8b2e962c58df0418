//! macOS and FreeBSD: the newcomer's options decide; an owner's only if both have `SO_REUSEPORT`.
//!
//! One user is supposed: the step that keeps users apart never speaks.

use std::net::{IpAddr, Ipv4Addr};

use super::{Newcomer, is_connected};
use crate::model::address::{as_v4, is_wildcard};
use crate::model::world::{Socket, World};
use crate::script::Family;

/// One of the two stacks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stack {
    V4,
    V6,
}

/// Would `bind` answer EADDRINUSE?
pub(super) fn conflict(world: &World, dual_cost: u32, b: &Newcomer) -> bool {
    let dual = b.family == Family::Inet6
        && !b.v6only
        && matches!(b.ip, IpAddr::V6(ip) if ip.is_unspecified());
    let search = Search { world, dual_cost, b };
    if as_v4(b.ip).is_some() {
        return search.meets(Stack::V4, b.ip, |t| {
            is_wildcard(b.ip)
                && is_wildcard(t.ip())
                && t.family == Family::Inet6
                && b.family == Family::Inet6
        });
    }
    search.meets(Stack::V6, b.ip, |_| false)
        || (dual
            && search.meets(Stack::V4, IpAddr::V4(Ipv4Addr::UNSPECIFIED), |t| {
                is_wildcard(t.ip()) && t.family == Family::Inet
            }))
}

struct Search<'a> {
    world: &'a World,
    dual_cost: u32,
    b: &'a Newcomer,
}

impl Search<'_> {
    /// Is there an owner on this stack that the newcomer cannot share with?
    fn meets(&self, stack: Stack, ip: IpAddr, exempt: impl Fn(&Socket) -> bool) -> bool {
        let found = if self.b.reuseaddr || self.b.reuseport {
            self.exact(stack, ip)
        } else {
            self.best(stack, ip)
        };
        found.is_some_and(|t| !(self.b.reuseport && t.reuseport || exempt(t)))
    }

    fn owners(&self, stack: Stack) -> impl Iterator<Item = (IpAddr, &Socket)> {
        self.world
            .owners(self.b.port)
            .filter(|(id, _)| *id != self.b.id)
            .filter_map(move |(_, o)| claim(o, stack).map(|ip| (ip, o)))
    }

    /// The first unconnected owner of the identical address.
    fn exact(&self, stack: Stack, ip: IpAddr) -> Option<&Socket> {
        let wanted = on_stack(stack, ip);
        self.owners(stack).find(|(owned, o)| *owned == wanted && !is_connected(o)).map(|(_, o)| o)
    }

    /// The owner that overlaps at the lowest cost.
    fn best(&self, stack: Stack, ip: IpAddr) -> Option<&Socket> {
        let wanted = on_stack(stack, ip);
        self.owners(stack)
            .filter(|(owned, _)| *owned == wanted || is_wildcard(*owned) || is_wildcard(wanted))
            .min_by_key(|(owned, o)| {
                let half = is_wildcard(*owned) != is_wildcard(wanted);
                let dual = stack == Stack::V4 && o.family == Family::Inet6 && is_dual(o);
                u32::from(is_connected(o)) + u32::from(half) + if dual { self.dual_cost } else { 0 }
            })
            .map(|(_, o)| o)
    }
}

fn is_dual(o: &Socket) -> bool {
    !is_connected(o) && !o.is_v6only() && matches!(o.ip(), IpAddr::V6(ip) if ip.is_unspecified())
}

/// The address that an owner claims on a stack.
fn claim(o: &Socket, stack: Stack) -> Option<IpAddr> {
    let own = if as_v4(o.ip()).is_some() { Stack::V4 } else { Stack::V6 };
    if own == stack {
        Some(on_stack(stack, o.ip()))
    } else if stack == Stack::V4 && is_dual(o) {
        Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    } else {
        None
    }
}

fn on_stack(stack: Stack, ip: IpAddr) -> IpAddr {
    match (stack, as_v4(ip)) {
        (Stack::V4, Some(v4)) => IpAddr::V4(v4),
        _ => ip,
    }
}
