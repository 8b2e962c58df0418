//! FreeBSD: lib/libc/net/getaddrinfo.c, read (a main of 2024, fel1x-developer/freebsd-src 2d614aa;
//! an older one, freebsd/freebsd-src 00b7fef), not run.

use std::net::{Ipv6Addr, SocketAddr};

use super::answer::{Answer, error, record, records, scoped, some_error, unordered};
use super::asked::{Asked, own_addresses};
use super::number::{is_blank, number};
use super::scope::{Names, may_be_interface};
use super::service::port_of_name;
use super::{Setting, hosts, ipv4};
use crate::model::machine::Ipv6;
use crate::script::{Family, Flag};

/// `AI_MASK`: the bits of the language.
const KNOWN: i32 = 0xd0f;
/// `AF_LOCAL`, which is allowed.
const AF_LOCAL: i32 = 1;

pub(super) fn resolve(setting: &Setting, asked: &Asked) -> Answer {
    if asked.host.is_none() && asked.service.is_none() {
        return error("EAI_NONAME", "resolve.nothing");
    }
    if asked.has_beyond(KNOWN) {
        return error("EAI_BADFLAGS", "resolve.flags");
    }
    let newest = known_flags(setting, asked);
    if asked.has(Flag::V4mapped) || asked.has(Flag::All) {
        // FreeBSD 14 has these two; older releases did not.
        let old = error("EAI_BADFLAGS", "resolve.flags")?;
        return Ok([newest?, old].concat());
    }
    newest
}

fn known_flags(setting: &Setting, asked: &Asked) -> Answer {
    let family = match asked.family() {
        Ok(family) => family,
        Err(AF_LOCAL) => return Err("paths as hosts (AF_LOCAL)"),
        Err(_) => return error("EAI_FAMILY", "resolve.family"),
    };
    let port = match port(asked) {
        Ok(port) => port,
        Err(answer) => return answer,
    };
    let Some(host) = asked.host else {
        return no_host(setting, asked.has(Flag::Passive), family, port);
    };
    let mapping = asked.has(Flag::V4mapped) && family == Some(Family::Inet6);
    let numbers: Vec<_> = [Family::Inet6, Family::Inet]
        .into_iter()
        .filter(|one| family.is_none_or(|family| family == *one))
        .filter_map(|family| numeric(family, mapping, host, port))
        .collect::<Result<_, _>>()?;
    if !numbers.is_empty() {
        let rule = if mapping { "resolve.mapped" } else { "resolve.numeric-host" };
        return records(numbers, rule);
    }
    if asked.has(Flag::Numerichost) {
        return error("EAI_NONAME", "resolve.numeric-only");
    }
    if !asked.has(Flag::Addrconfig) {
        return named(setting, asked, family, host, port);
    }
    let mut all = Vec::new();
    for configured in setting.configured() {
        let neither = !configured.inet && !configured.inet6;
        all.extend(match configured.narrow(family).filter(|_| !neither) {
            None => error("EAI_FAIL", "resolve.addrconfig"),
            Some(family) => named(setting, asked, family, host, port),
        }?);
    }
    Ok(all)
}

/// `strtoul`, at most 32 bits; what is no number is a name, what is too large for a port is not.
fn port(asked: &Asked) -> Result<u16, Answer> {
    let Some(text) = asked.service else { return Ok(0) };
    let read = number(text);
    let whole = !text.is_empty() && read.rest.is_empty() && read.magnitude.is_some();
    if let Some(value) = u32::try_from(read.unsigned()).ok().filter(|_| whole) {
        return u16::try_from(value).map_err(|_| error("EAI_SERVICE", "resolve.service"));
    }
    if asked.has(Flag::Numericserv) {
        return Err(error("EAI_NONAME", "resolve.numeric-service"));
    }
    port_of_name(text, "EAI_SERVICE")
}

/// A family that `socket` refuses is left out; IPv6 comes first and nothing is sorted.
fn no_host(setting: &Setting, passive: bool, family: Option<Family>, port: u16) -> Answer {
    let (four, six) = own_addresses(passive);
    let has_six = setting.ipv6 != Ipv6::Off;
    match family {
        Some(Family::Inet) => record(four, port, "resolve.no-host"),
        Some(Family::Inet6) if has_six => record(six, port, "resolve.no-host"),
        Some(Family::Inet6) => error("EAI_NONAME", "resolve.no-host"),
        None if has_six => {
            records(vec![(six, port).into(), (four, port).into()], "resolve.no-host")
        }
        None => record(four, port, "resolve.no-host"),
    }
}

/// The address that a text is in one family.
fn numeric(
    family: Family,
    mapping: bool,
    host: &str,
    port: u16,
) -> Option<Result<SocketAddr, &'static str>> {
    let trailing = host.find(is_blank).filter(|at| ipv4::bsd(&host[..*at]).is_some());
    if trailing.is_some() && (family == Family::Inet || mapping) {
        return Some(Err("older releases ignore what follows an address and a blank"));
    }
    if family == Family::Inet {
        return ipv4::bsd(host).map(|address| Ok((address, port).into()));
    }
    let (text, scope_text) =
        host.split_once('%').map_or((host, None), |(text, scope)| (text, Some(scope)));
    let mapped = || ipv4::bsd(text).filter(|_| mapping).map(|four| four.to_ipv6_mapped());
    let address = text.parse::<Ipv6Addr>().ok().or_else(mapped)?;
    let Some(scope_text) = scope_text else { return Some(Ok(scoped(address, 0, port))) };
    // An interface's name, or `strtoul` with its signs and blanks.
    let read = number(scope_text);
    let whole = !scope_text.is_empty() && read.rest.is_empty() && read.magnitude.is_some();
    match u32::try_from(read.unsigned()).ok().filter(|_| whole) {
        Some(index) => Some(Ok(scoped(address, index, port))),
        None if Names::NodeLocal.fit(address) && may_be_interface(scope_text) => {
            Some(Err("which interfaces there are"))
        }
        None => None,
    }
}

/// Each line that has the name, IPv6 first; sorted by the kernel's policy unless passive.
fn named(
    setting: &Setting,
    asked: &Asked,
    family: Option<Family>,
    host: &str,
    port: u16,
) -> Answer {
    if asked.has(Flag::V4mapped) && family == Some(Family::Inet6) {
        return Err("how FreeBSD maps the addresses of a name");
    }
    let Some(lines) = setting.hosts else { return unknown(host, "the hosts file is not known") };
    let mut found = Vec::new();
    for one in [Family::Inet6, Family::Inet] {
        if family.is_some_and(|family| family != one) {
            continue;
        }
        for line in hosts::lines(lines).filter(|line| line.names(host) && !line.indented()) {
            found.extend(numeric(one, false, line.address(), port).transpose()?);
        }
    }
    if found.is_empty() {
        return unknown(host, "what the name servers say");
    }
    if asked.has(Flag::Passive) {
        return records(found, "resolve.hosts");
    }
    unordered(found, "resolve.hosts")
}

/// Nobody has the text of an address as a name; which error that is depends on who is asked.
fn unknown(host: &str, why: &'static str) -> Answer {
    let address = ipv4::bsd(host).is_some() || host.parse::<Ipv6Addr>().is_ok();
    if address { some_error("resolve.wrong-family") } else { Err(why) }
}
