//! musl: measured on 1.2.3; what 1.2.4 changed is read in its source.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::answer::{Answer, error, records, scoped};
use super::asked::{Asked, is_of, own_addresses};
use super::name::is_askable;
use super::number::{is_blank, number};
use super::scope::{Names, Scope, scope};
use super::service::port_of_name;
use super::{Setting, hosts, ipv4, order};
use crate::model::machine::Ipv6;
use crate::script::{Family, Flag};

/// Exactly the bits of the language.
const KNOWN: i32 = 0x43f;
/// The longest name.
const NAME_MAX: usize = 254;
/// The longest address before a scope.
const ADDRESS_MAX: usize = 63;

/// What may be answered where an address has another family than the one asked for: since 1.2.4
/// there is an error of its own. Which version a program holds is not known.
const WRONG_FAMILY: [&str; 2] = ["EAI_NODATA", "EAI_NONAME"];

fn wrong_family(rule: &'static str) -> Answer {
    let [new, old] = WRONG_FAMILY.map(|name| error(name, rule));
    Ok([new?, old?].concat())
}

pub(super) fn resolve(setting: &Setting, asked: &Asked) -> Answer {
    if asked.host.is_none() && asked.service.is_none() {
        return error("EAI_NONAME", "resolve.nothing");
    }
    if asked.has_beyond(KNOWN) {
        return error("EAI_BADFLAGS", "resolve.flags");
    }
    let Ok(family) = asked.family() else {
        return error("EAI_FAMILY", "resolve.family");
    };
    // A family counts as configured if its loopback address can be reached.
    if !asked.has(Flag::Addrconfig) || setting.ipv6 == Ipv6::On {
        return answered(setting, asked, family);
    }
    let narrowed = answered(setting, asked, Some(Family::Inet));
    if family != Some(Family::Inet6) {
        return narrowed;
    }
    // Since 1.2.4 the errors of service and host come first.
    let old = error("EAI_NONAME", "resolve.addrconfig")?;
    let new = match narrowed {
        Ok(all) if all.iter().all(|one| matches!(one.answer, super::Resolved::Error(_))) => all,
        Ok(_) => error("EAI_NODATA", "resolve.addrconfig")?,
        Err(why) => return Err(why),
    };
    Ok([new, old].concat())
}

fn answered(setting: &Setting, asked: &Asked, family: Option<Family>) -> Answer {
    let port = match port(asked) {
        Ok(port) => port,
        Err(answer) => return answer,
    };
    if asked.host.is_some_and(|host| host.is_empty() || host.len() > NAME_MAX) {
        return error("EAI_NONAME", "resolve.no-host-name");
    }
    // To ask for IPv6 with mapped addresses is to ask for both and to map afterwards.
    let mapping = asked.has(Flag::V4mapped) && family == Some(Family::Inet6);
    let wanted = if mapping { None } else { family };
    let (addresses, rule) = match asked.host {
        None => (no_host(asked.has(Flag::Passive), wanted), "resolve.no-host"),
        Some(host) => match found(setting, asked, wanted, host) {
            Ok(found) => found,
            Err(answer) => return answer,
        },
    };
    let mut addresses: Vec<SocketAddr> = addresses;
    if mapping {
        if !asked.has(Flag::All) && addresses.iter().any(SocketAddr::is_ipv6) {
            addresses.retain(SocketAddr::is_ipv6);
        }
        for address in &mut addresses {
            if let IpAddr::V4(four) = address.ip() {
                address.set_ip(four.to_ipv6_mapped().into());
            }
        }
    }
    for address in &mut addresses {
        address.set_port(port);
    }
    if asked.host.is_none() && asked.has(Flag::Passive) {
        return records(addresses, rule);
    }
    order::sorted(addresses, setting.ipv6, false, rule)
}

fn port(asked: &Asked) -> Result<u16, Answer> {
    let refused = || Err(error("EAI_SERVICE", "resolve.service"));
    let Some(text) = asked.service else { return Ok(0) };
    if text.is_empty() {
        return refused();
    }
    let read = number(text);
    if read.rest.is_empty() {
        return u16::try_from(read.unsigned()).or_else(|_| refused());
    }
    if asked.has(Flag::Numericserv) {
        return Err(error("EAI_NONAME", "resolve.numeric-service"));
    }
    // The text is looked for anywhere between blanks, so that `80/tcp` is found.
    if text.contains('/') || text.chars().all(is_blank) {
        return Err(Err("how the services file is laid out"));
    }
    port_of_name(text, "EAI_SERVICE")
}

fn no_host(passive: bool, family: Option<Family>) -> Vec<SocketAddr> {
    let (four, six) = own_addresses(passive);
    let mut both: Vec<SocketAddr> = vec![(four, 0).into(), (six, 0).into()];
    both.retain(|one| is_of(one.ip(), family));
    both
}

type Found = Result<(Vec<SocketAddr>, &'static str), Answer>;

fn found(setting: &Setting, asked: &Asked, family: Option<Family>, host: &str) -> Found {
    match numeric(setting, family, host) {
        Numeric::Address(address) => return Ok((vec![address], "resolve.numeric-host")),
        Numeric::WrongFamily => return Err(wrong_family("resolve.wrong-family")),
        Numeric::Refused => return Err(error("EAI_NONAME", "resolve.scope")),
        Numeric::Unknown(why) => return Err(Err(why)),
        Numeric::No => {}
    }
    if asked.has(Flag::Numerichost) {
        return Err(error("EAI_NONAME", "resolve.numeric-only"));
    }
    let Some(lines) = setting.hosts else { return Err(Err("the hosts file is not known")) };
    let mut addresses = Vec::new();
    let mut badfam = false;
    for line in hosts::lines(lines).filter(|line| line.contains(host) && !line.indented()) {
        match numeric(setting, family, line.address()) {
            Numeric::Address(address) => addresses.push(address),
            Numeric::WrongFamily | Numeric::Refused => badfam = true,
            Numeric::Unknown(why) => return Err(Err(why)),
            Numeric::No => {}
        }
    }
    if !addresses.is_empty() {
        Ok((addresses, "resolve.hosts"))
    } else if badfam {
        Err(wrong_family("resolve.hosts"))
    } else if !is_askable(host) {
        Err(error("EAI_NONAME", "resolve.no-host-name"))
    } else if setting.isolated {
        Err(error("EAI_AGAIN", "resolve.unknown-name"))
    } else {
        Err(Err("what the name servers say"))
    }
}

enum Numeric {
    Address(SocketAddr),
    WrongFamily,
    Refused,
    Unknown(&'static str),
    No,
}

fn numeric(setting: &Setting, family: Option<Family>, host: &str) -> Numeric {
    if let Some(address) = ipv4::gnu(host) {
        return if family == Some(Family::Inet6) {
            Numeric::WrongFamily
        } else {
            Numeric::Address((address, 0).into())
        };
    }
    let (text, scope_text) =
        host.split_once('%').map_or((host, None), |(text, scope)| (text, Some(scope)));
    if scope_text.is_some() && text.len() > ADDRESS_MAX {
        return Numeric::Unknown("musl reads memory that it has not written");
    }
    let Ok(address) = text.parse::<Ipv6Addr>() else { return Numeric::No };
    if family == Some(Family::Inet) {
        return Numeric::WrongFamily;
    }
    match scope_text.map(|text| scope(address, text, Names::LinkLocal, setting.isolated)) {
        None => Numeric::Address(scoped(address, 0, 0)),
        Some(Scope::Index(index)) => Numeric::Address(scoped(address, index, 0)),
        Some(Scope::Refused) => Numeric::Refused,
        Some(Scope::Unknown) => Numeric::Unknown("which interfaces there are"),
    }
}
