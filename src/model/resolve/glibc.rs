//! glibc: measured on 2.36.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::answer::{Answer, error, record, records};
use super::asked::{Asked, own_addresses};
use super::name::{is_askable, is_digits_and_dots, is_of_host};
use super::number::number;
use super::scope::{Names, Scope, scope};
use super::service::port_of_name;
use super::{Setting, hosts, ipv4, order};
use crate::script::{Family, Flag};

/// `AI_IDN`, which no other library has.
const AI_IDN: i32 = 0x40;
/// The bits of the language, `AI_IDN`, `AI_CANONIDN`, and two that mean nothing any more.
const KNOWN: i32 = 0x7ff;

pub(super) fn resolve(setting: &Setting, asked: &Asked) -> Answer {
    let mut asked = *asked;
    asked.host = asked.host.filter(|host| *host != "*");
    asked.service = asked.service.filter(|service| *service != "*");
    if asked.host.is_none() && asked.service.is_none() {
        return error("EAI_NONAME", "resolve.nothing");
    }
    if asked.has_beyond(KNOWN) {
        return error("EAI_BADFLAGS", "resolve.flags");
    }
    if asked.has(Flag::Canonname) && asked.host.is_none() {
        return error("EAI_BADFLAGS", "resolve.canonical-name");
    }
    let Ok(family) = asked.family() else {
        return error("EAI_FAMILY", "resolve.family");
    };
    if !asked.has(Flag::Addrconfig) {
        return answered(setting, &asked, family);
    }
    let mut all = Vec::new();
    for configured in setting.configured() {
        all.extend(match configured.narrow(family) {
            None => error("EAI_NONAME", "resolve.addrconfig"),
            Some(family) => answered(setting, &asked, family),
        }?);
    }
    Ok(all)
}

fn answered(setting: &Setting, asked: &Asked, family: Option<Family>) -> Answer {
    let port = match port(asked) {
        Ok(port) => port,
        Err(answer) => return answer,
    };
    let Some(host) = asked.host else {
        return no_host(setting, asked, family, port);
    };
    if asked.flags & AI_IDN != 0 && !host.is_ascii() {
        return Err("what AI_IDN makes of a name depends on the locale");
    }
    if let Some(answer) = numeric(setting, asked, family, host, port) {
        return answer;
    }
    if asked.has(Flag::Numerichost) {
        return error("EAI_NONAME", "resolve.numeric-only");
    }
    named(setting, asked, family, host, port)
}

/// The number is cut to 32 bits, then to 16; a negative one is looked up as a name.
fn port(asked: &Asked) -> Result<u16, Answer> {
    let Some(text) = asked.service.filter(|text| !text.is_empty()) else { return Ok(0) };
    let read = number(text);
    if read.rest.is_empty() {
        let cut = read.unsigned() as i32;
        if cut >= 0 {
            return Ok(cut as u16);
        }
    } else if asked.has(Flag::Numericserv) {
        return Err(error("EAI_NONAME", "resolve.numeric-service"));
    }
    port_of_name(text, "EAI_SERVICE")
}

fn no_host(setting: &Setting, asked: &Asked, family: Option<Family>, port: u16) -> Answer {
    let passive = asked.has(Flag::Passive);
    let (four, six) = own_addresses(passive);
    let both = [SocketAddr::new(four.into(), port), SocketAddr::new(six.into(), port)];
    match family {
        Some(Family::Inet) => record(four, port, "resolve.no-host"),
        Some(Family::Inet6) => record(six, port, "resolve.no-host"),
        None if passive => records(both.to_vec(), "resolve.no-host"),
        None => order::sorted(both.to_vec(), setting.ipv6, true, "resolve.no-host"),
    }
}

fn numeric(
    setting: &Setting,
    asked: &Asked,
    family: Option<Family>,
    host: &str,
    port: u16,
) -> Option<Answer> {
    if let Some(address) = ipv4::gnu(host) {
        return Some(match family {
            None | Some(Family::Inet) => record(address, port, "resolve.numeric-host"),
            Some(Family::Inet6) if asked.has(Flag::V4mapped) => {
                record(address.to_ipv6_mapped(), port, "resolve.mapped")
            }
            Some(Family::Inet6) => error("EAI_ADDRFAMILY", "resolve.wrong-family"),
        });
    }
    let (text, scope_text) =
        host.split_once('%').map_or((host, None), |(text, scope)| (text, Some(scope)));
    let address: Ipv6Addr = text.parse().ok()?;
    let mapped = address.to_ipv4_mapped();
    if family == Some(Family::Inet) && mapped.is_none() {
        return Some(error("EAI_ADDRFAMILY", "resolve.wrong-family"));
    }
    let index =
        match scope_text.map(|text| scope(address, text, Names::NodeLocal, setting.isolated)) {
            None => 0,
            Some(Scope::Index(index)) => index,
            Some(Scope::Refused) => return Some(error("EAI_NONAME", "resolve.scope")),
            Some(Scope::Unknown) => return Some(Err("which interfaces there are")),
        };
    Some(match (family, mapped) {
        (Some(Family::Inet), Some(mapped)) => record(mapped, port, "resolve.mapped"),
        _ => records(vec![super::answer::scoped(address, index, port)], "resolve.numeric-host"),
    })
}

/// The hosts file, then the name servers.
fn named(
    setting: &Setting,
    asked: &Asked,
    family: Option<Family>,
    host: &str,
    port: u16,
) -> Answer {
    if host.contains('\\') {
        return Err("an escape in a name");
    }
    // IPv4 alone is looked up by gethostbyname2, which takes digits and dots for an address; where
    // the canonical name is asked for, in one family, any label may be sent.
    let canonical = asked.has(Flag::Canonname);
    let by_old_function = family == Some(Family::Inet) && !canonical;
    let any_label = family.is_some() && canonical;
    let askable = (host == "." || is_askable(host))
        && (any_label || is_of_host(host))
        && !(by_old_function && is_digits_and_dots(host));
    let Some(lines) = setting.hosts else {
        return if askable {
            Err("the hosts file is not known")
        } else {
            error("EAI_NONAME", "resolve.no-host-name")
        };
    };
    let mut found = in_hosts(lines, asked, family, host);
    if !found.is_empty() {
        let mapping = family == Some(Family::Inet6) && asked.has(Flag::V4mapped);
        let plain = lines_of(lines, host).any(|text| text.parse::<Ipv6Addr>().is_ok());
        if mapping && plain && !asked.has(Flag::All) {
            // Lines with mapped addresses are taken for what was mapped only now.
            found.retain(|ip| matches!(ip, IpAddr::V6(six) if six.to_ipv4_mapped().is_none()));
        }
        if found.is_empty() {
            return error("EAI_NONAME", "resolve.hosts");
        }
        let found = found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        return order::sorted(found, setting.ipv6, true, "resolve.hosts");
    }
    if !askable {
        error("EAI_NONAME", "resolve.no-host-name")
    } else if setting.isolated {
        error("EAI_AGAIN", "resolve.unknown-name")
    } else {
        Err("what the name servers say")
    }
}

/// The addresses of the lines that have a name.
fn lines_of<'a>(lines: &'a [String], host: &str) -> impl Iterator<Item = &'a str> {
    hosts::lines(lines).filter(move |line| line.names(host)).map(hosts::Line::address)
}

fn in_hosts(lines: &[String], asked: &Asked, family: Option<Family>, host: &str) -> Vec<IpAddr> {
    let texts = || lines_of(lines, host);
    // Asked for IPv4, a line's mapped address is IPv4, and ::1 is 127.0.0.1.
    let four = |text: &str| match text.parse() {
        Ok(IpAddr::V4(address)) => Some(address),
        Ok(IpAddr::V6(Ipv6Addr::LOCALHOST)) => Some(Ipv4Addr::LOCALHOST),
        Ok(IpAddr::V6(address)) => address.to_ipv4_mapped(),
        Err(_) => None,
    };
    match family {
        None => texts().filter_map(|text| text.parse().ok()).collect(),
        Some(Family::Inet) => texts().filter_map(four).map(IpAddr::V4).collect(),
        Some(Family::Inet6) => {
            let mut found: Vec<IpAddr> =
                texts().filter_map(|text| text.parse::<Ipv6Addr>().ok()).map(IpAddr::V6).collect();
            if asked.has(Flag::V4mapped) && (found.is_empty() || asked.has(Flag::All)) {
                let mapped = |address: Ipv4Addr| IpAddr::V6(address.to_ipv6_mapped());
                found.extend(texts().filter_map(four).map(mapped));
            }
            found
        }
    }
}
