//! The arguments, checked and recast as one question to the resolver (R2 to R5, D3).

use super::error::BindError;
use super::options::{BindOptions, Family, Port};
use super::os::{OsFacts, Query};

/// Refuses what cannot be meant, before any call; fills in what is absent.
pub(crate) fn check(facts: &OsFacts, options: &BindOptions) -> Result<Query, BindError> {
    // R2
    if options.reuse_port && !facts.has_reuse_port {
        return Err(BindError::ReusePortUnsupported);
    }
    Ok(Query {
        host: host(options.address.as_deref())?,
        service: Some(service(&options.port)?),
        family: family(facts, options.family),
        // R5
        flags: options.flags.unwrap_or(facts.passive),
    })
}

/// R3: resolvers disagree on an empty host, so it is never passed on.
fn host(address: Option<&str>) -> Result<Option<String>, BindError> {
    match address {
        None | Some("") => Ok(None),
        Some(host) if host.contains('\0') => Err(BindError::InvalidHost { host: host.to_owned() }),
        Some(host) => Ok(Some(host.to_owned())),
    }
}

/// D3: glibc would take numbers modulo 65536, signs and leading white space; other resolvers
/// would refuse them. A wrong port must not open another port, so none of that is passed on.
fn service(port: &Port) -> Result<String, BindError> {
    let text = match port {
        Port::Number(number) => return Ok(number.to_string()),
        Port::Service(text) => text,
    };
    let invalid = |problem| Err(BindError::InvalidService { service: text.clone(), problem });
    if text.is_empty() {
        return invalid("it is empty");
    }
    if text.contains('\0') {
        return invalid("it holds a NUL byte, at which the resolver would cut it off");
    }
    if text.starts_with(['+', '-']) {
        return invalid("it starts with a sign");
    }
    if text.starts_with(char::is_whitespace) {
        return invalid("it starts with white space");
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.parse::<u16>() {
            Ok(number) => Ok(number.to_string()),
            Err(_) => Err(BindError::PortOutOfRange { service: text.clone() }),
        };
    }
    Ok(text.clone())
}

/// R4: a program built without IPv6 still gets IPv6 records from the resolver. However the family
/// is written, no family is no family.
fn family(facts: &OsFacts, family: Family) -> i32 {
    let asked = family.raw(facts.inet, facts.inet6);
    let unspecified = asked == Family::Unspec.raw(facts.inet, facts.inet6);
    if unspecified && !facts.has_ipv6 { facts.inet } else { asked }
}
