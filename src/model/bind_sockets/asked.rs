//! What is asked of `bind_sockets`: what it refuses before any call, what it asks the resolver, and
//! the order in which it takes the records.

use std::net::SocketAddr;

use crate::model::machine::Machine;
use crate::model::resolve::Question;
use crate::script::{BindSocketsArgs, FamilyArg, Flag, FlagsArg, PortArg};

/// What is refused before any call.
pub(super) fn refused(machine: &Machine, args: &BindSocketsArgs) -> Option<&'static str> {
    if args.reuse_port == Some(true) && !machine.record.has_reuse_port.value {
        return Some("ReusePortUnsupported");
    }
    if args.address.as_ref().is_some_and(|host| host.contains('\0')) {
        return Some("InvalidHost");
    }
    let text = match &args.port {
        None => return None,
        Some(PortArg::Text(text) | PortArg::Named(text)) => text,
    };
    let odd = text.is_empty()
        || text.contains('\0')
        || text.starts_with(['+', '-'])
        || text.starts_with(char::is_whitespace);
    if odd {
        return Some("InvalidService");
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && text.parse::<u16>().is_err()).then_some("PortOutOfRange")
}

pub(super) fn question(args: &BindSocketsArgs) -> Question {
    let service = match &args.port {
        None => "0".to_string(),
        Some(PortArg::Text(text) | PortArg::Named(text)) => {
            text.parse::<u16>().map_or_else(|_| text.clone(), |number| number.to_string())
        }
    };
    Question {
        host: args.address.clone().filter(|host| !host.is_empty()),
        service: Some(service),
        family: args.family.unwrap_or(FamilyArg::Unspec),
        flags: match &args.flags {
            None | Some(FlagsArg::Absent) => FlagsArg::Named(vec![Flag::Passive]),
            Some(flags) => flags.clone(),
        },
    }
}

/// IPv4 first, the resolver's order inside a family, each address once.
pub(super) fn in_order(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut kept: Vec<SocketAddr> = Vec::new();
    for v4 in [true, false] {
        for address in addresses.iter().filter(|address| address.is_ipv4() == v4) {
            if !kept.contains(address) {
                kept.push(*address);
            }
        }
    }
    kept
}
