//! Windows: Microsoft's documents and Wine's conformance tests, which are made to pass on Windows;
//! not run.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::answer::{
    Answer, error, once_or_twice, record, records, scoped, some_error, some_records, unordered,
};
use super::asked::{Asked, is_of, own_addresses};
use super::service::port_of_name;
use super::{Setting, hosts, ipv4};
use crate::model::machine::Ipv6;
use crate::script::{Family, Flag};

/// The documented bits that the language has, but `AI_NUMERICSERV`, which Microsoft's providers do
/// not support.
const KNOWN: i32 = 0xd07;
/// `AF_NETBIOS`, `AF_IRDA` and `AF_BTH`, which have providers of their own.
const OTHER_FAMILIES: [i32; 3] = [17, 26, 32];

pub(super) fn resolve(setting: &Setting, asked: &Asked) -> Answer {
    if asked.host.is_none() && asked.service.is_none() {
        return error("EAI_NONAME", "resolve.nothing");
    }
    if asked.has_beyond(KNOWN) {
        return Err("a flag that this model has no document for");
    }
    // Which of several errors comes first is not known.
    let mut errors = Vec::new();
    let family = match asked.family() {
        Ok(family) => family,
        Err(number) if OTHER_FAMILIES.contains(&number) => {
            return Err("an address family with a provider of its own");
        }
        Err(_) => {
            errors.extend(error("EAI_FAMILY", "resolve.family")?);
            None
        }
    };
    if asked.host.is_none() {
        if asked.has(Flag::Canonname) {
            errors.extend(error("EAI_FAIL", "resolve.canonical-name")?);
        }
        if asked.has(Flag::Numerichost) {
            errors.extend(error("EAI_NONAME", "resolve.numeric-only")?);
        }
    }
    let port = match port(asked) {
        Ok(port) => port,
        Err(answer) => {
            errors.extend(answer?);
            0
        }
    };
    if errors.is_empty() {
        return host(setting, asked, family, port);
    }
    // An error of the host may come before, too.
    if asked.host.is_some()
        && let Ok(all) = host(setting, asked, family, port)
    {
        errors.extend(all.into_iter().filter(|one| {
            matches!(one.answer, super::Resolved::Error(_) | super::Resolved::SomeError)
        }));
    }
    Ok(errors)
}

fn port(asked: &Asked) -> Result<u16, Answer> {
    let Some(text) = asked.service.filter(|text| !text.is_empty()) else { return Ok(0) };
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if plain && let Ok(port) = text.parse() {
        return Ok(port);
    }
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(Err("how Windows reads this number"));
    }
    port_of_name(text, "EAI_SERVICE")
}

fn host(setting: &Setting, asked: &Asked, family: Option<Family>, port: u16) -> Answer {
    match asked.host {
        None => no_host(setting, asked.has(Flag::Passive), family, port),
        Some("") => some_records("resolve.empty-host"),
        Some(host) => match numeric(asked, family, host, port) {
            Some(answer) => answer,
            None if asked.has(Flag::Numerichost) => error("EAI_NONAME", "resolve.numeric-only"),
            None => named(setting, asked, family, host, port),
        },
    }
}

fn no_host(setting: &Setting, passive: bool, family: Option<Family>, port: u16) -> Answer {
    let (four, six) = own_addresses(passive);
    let rule = "resolve.no-host";
    let both = || unordered(vec![(six, port).into(), (four, port).into()], rule);
    match family {
        Some(Family::Inet) => record(four, port, rule),
        Some(Family::Inet6) if setting.ipv6 == Ipv6::Off => Err("IPv6 without the protocol"),
        Some(Family::Inet6) => record(six, port, rule),
        // Whether a family without its protocol is left out is not documented.
        None if setting.ipv6 == Ipv6::Off => Ok([both()?, record(four, port, rule)?].concat()),
        None => both(),
    }
}

fn numeric(asked: &Asked, family: Option<Family>, host: &str, port: u16) -> Option<Answer> {
    let wrong = || {
        Some(if asked.has(Flag::Numerichost) {
            error("EAI_NONAME", "resolve.wrong-family")
        } else {
            some_error("resolve.wrong-family")
        })
    };
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return match family {
            None | Some(Family::Inet) => Some(record(address, port, "resolve.numeric-host")),
            Some(Family::Inet6) if asked.has(Flag::V4mapped) => {
                Some(record(address.to_ipv6_mapped(), port, "resolve.mapped"))
            }
            Some(Family::Inet6) => wrong(),
        };
    }
    if ipv4::bsd(host.trim()).is_some() {
        return Some(Err("which old spellings of an IPv4 address Windows accepts"));
    }
    let (text, rule) = match without_brackets(host) {
        Some(inside) => (inside, "resolve.brackets"),
        None => (host, "resolve.numeric-host"),
    };
    let (text, scope) =
        text.split_once('%').map_or((text, None), |(text, scope)| (text, Some(scope)));
    let address: Ipv6Addr = text.parse().ok()?;
    let index = match scope.map(str::parse) {
        None => 0,
        Some(Ok(index)) => index,
        Some(Err(_)) => return Some(Err("which scopes Windows accepts")),
    };
    match family {
        Some(Family::Inet) if address.to_ipv4_mapped().is_some() => {
            Some(Err("what Windows makes of a mapped address as IPv4"))
        }
        Some(Family::Inet) => wrong(),
        _ => Some(records(vec![scoped(address, index, port)], rule)),
    }
}

/// `[address]` and `[address]:port`; the port is ignored.
fn without_brackets(host: &str) -> Option<&str> {
    let (inside, after) = host.strip_prefix('[')?.split_once(']')?;
    let port = after.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    (after.is_empty() || port).then_some(inside)
}

/// The hosts file wins; without a word of it `localhost` is both loopback addresses.
fn named(
    setting: &Setting,
    asked: &Asked,
    family: Option<Family>,
    host: &str,
    port: u16,
) -> Answer {
    if asked.has(Flag::V4mapped) && family == Some(Family::Inet6) {
        return Err("how Windows maps the addresses of a name");
    }
    if asked.has(Flag::Addrconfig) {
        return Err("which addresses there are");
    }
    let localhost = host.eq_ignore_ascii_case("localhost");
    let mut found: Vec<IpAddr> = match setting.hosts {
        Some(lines) => hosts::lines(lines)
            .filter(|line| line.names(host))
            .filter_map(|line| line.address().parse().ok())
            .collect(),
        None if localhost => vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()],
        None => return Err("the hosts file is not known"),
    };
    found.retain(|address| is_of(*address, family));
    if found.is_empty() {
        return Err("what the name servers say");
    }
    let found: Vec<_> = found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
    once_or_twice(&found, "resolve.hosts")
}
