//! macOS: Apple's Libinfo, read (`lookup.subproj/si_getaddrinfo.c` of Libinfo-600 and of the copy in
//! darlinghq/darling-Libinfo 7ae9952), not run.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::answer::{Answer, error, once_or_twice, record, records, scoped, unordered};
use super::asked::{Asked, is_of, own_addresses};
use super::number::number;
use super::service::port_of_name;
use super::{Setting, hosts, ipv4};
use crate::script::{Family, Flag};

/// `AI_V4MAPPED_CFG`, which is turned into `AI_V4MAPPED`.
const AI_V4MAPPED_CFG: i32 = 0x200;
/// `AI_V4MAPPED_CFG` and `AI_ADDRCONFIG`: what no flags mean.
const AI_DEFAULT: i32 = 0x600;
/// `AI_PARALLEL` and `AI_SRV`, which are not for programs.
const PRIVATE: i32 = 0x0100_0008;

pub(super) fn resolve(setting: &Setting, asked: &Asked) -> Answer {
    let mut asked = *asked;
    asked.host = asked.host.filter(|host| !host.is_empty());
    asked.service = asked.service.filter(|service| !service.is_empty());
    if asked.flags == 0 {
        asked.flags = AI_DEFAULT;
    }
    if asked.host.is_none() && asked.service.is_none() {
        return error("EAI_NONAME", "resolve.nothing");
    }
    let Ok(family) = asked.family() else {
        return error("EAI_FAMILY", "resolve.family");
    };
    if asked.flags & PRIVATE != 0 {
        return Err("a flag of Apple's own programs");
    }
    let mapping = family == Some(Family::Inet6)
        && (asked.has(Flag::V4mapped) || asked.flags & AI_V4MAPPED_CFG != 0);
    let port = match port(&asked) {
        Ok(port) => port,
        Err(answer) => return answer,
    };
    let Some(host) = asked.host else {
        return no_host(asked.has(Flag::Passive), family, port);
    };
    if let Some(answer) = numeric(family, mapping, host, port) {
        return answer;
    }
    if asked.has(Flag::Numerichost) {
        return error("EAI_NONAME", "resolve.numeric-only");
    }
    named(setting, &asked, family, mapping, host, port)
}

/// `strtol`; what is no number from 0 to 65535 is a name.
fn port(asked: &Asked) -> Result<u16, Answer> {
    let Some(text) = asked.service else { return Ok(0) };
    let read = number(text);
    let positive = !read.negative || read.magnitude == Some(0);
    let port = read.magnitude.and_then(|port| u16::try_from(port).ok());
    if let Some(port) = port.filter(|_| positive && read.rest.is_empty()) {
        return Ok(port);
    }
    if asked.has(Flag::Numericserv) {
        return Err(error("EAI_NONAME", "resolve.numeric-service"));
    }
    port_of_name(text, "EAI_NONAME")
}

/// Both are sorted by a `qsort` that is not stable, with a comparison that looks at routes.
fn no_host(passive: bool, family: Option<Family>, port: u16) -> Answer {
    let (four, six) = own_addresses(passive);
    match family {
        Some(Family::Inet) => record(four, port, "resolve.no-host"),
        Some(Family::Inet6) => record(six, port, "resolve.no-host"),
        None => unordered(vec![(six, port).into(), (four, port).into()], "resolve.no-host"),
    }
}

fn numeric(family: Option<Family>, mapping: bool, host: &str, port: u16) -> Option<Answer> {
    if let Some(address) = ipv4::bsd(host) {
        return Some(match family {
            None | Some(Family::Inet) => record(address, port, "resolve.numeric-host"),
            Some(Family::Inet6) if mapping => {
                record(address.to_ipv6_mapped(), port, "resolve.mapped")
            }
            Some(Family::Inet6) => error("EAI_NONAME", "resolve.wrong-family"),
        });
    }
    let (text, scope) = host.split_once('%').map_or((host, None), |(text, scope)| {
        // The scope is what follows the last one.
        (text, Some(scope.rsplit('%').next().unwrap_or_default()))
    });
    let address: Ipv6Addr = text.parse().ok()?;
    if family == Some(Family::Inet) {
        return Some(error("EAI_NONAME", "resolve.wrong-family"));
    }
    Some(match scope {
        None => records(vec![with_scope(address, 0, port)], "resolve.numeric-host"),
        // `atoi`, then 16 bits.
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let index = if digits.is_empty() { Ok(0) } else { digits.parse::<i32>() };
            match index {
                Ok(index) => {
                    records(vec![with_scope(address, index as u16, port)], "resolve.numeric-host")
                }
                Err(_) => Err("what atoi makes of a scope beyond 31 bits"),
            }
        }
        Some(_) => Err("which interfaces there are"),
    })
}

/// A link-local address may carry its interface in its second group.
fn with_scope(address: Ipv6Addr, index: u16, port: u16) -> SocketAddr {
    let mut groups = address.segments();
    let embedded = groups[1];
    if groups[0] & 0xffc0 == 0xfe80 && embedded != 0 {
        groups[1] = 0;
        let index = if index == 0 { embedded } else { index };
        return scoped(groups.into(), u32::from(index), port);
    }
    scoped(address, u32::from(index), port)
}

/// The hosts file gives a name's addresses; everything beyond it is mDNSResponder's.
fn named(
    setting: &Setting,
    asked: &Asked,
    family: Option<Family>,
    mapping: bool,
    host: &str,
    port: u16,
) -> Answer {
    let all = asked.has(Flag::All);
    let Some(lines) = setting.hosts else { return Err("the hosts file is not known") };
    let mut found: Vec<IpAddr> = Vec::new();
    for line in hosts::lines(lines).filter(|line| line.names(host)) {
        let Ok(address) = line.address().parse() else {
            return Err("what a line without a plain address means to macOS");
        };
        found.push(address);
    }
    // With an IPv6 address, and unless all are wanted, mapped ones are dropped in the end.
    let mapped = mapping && found.iter().any(IpAddr::is_ipv4);
    if mapped && (all || !found.iter().any(IpAddr::is_ipv6)) {
        return Err("how macOS maps the addresses of a name");
    }
    found.retain(|address| is_of(*address, family));
    if found.is_empty() {
        return Err("what the name servers say");
    }
    let found: Vec<_> = found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
    once_or_twice(&found, "resolve.hosts")
}
