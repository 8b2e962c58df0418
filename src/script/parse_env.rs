//! What follows `env`.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV6};

use super::call::{Env, Fail, FailOnly, Verb};
use super::names::{UnknownWord, decimal};
use super::parse::{Line, ParseError};
use super::parse_expectation::known_error;

const KEYS: [&str; 8] =
    ["ipv6", "bindv6only", "hosts", "ephemeral", "somaxconn", "user", "records", "fail"];

pub(super) fn env(line: &mut Line<'_>) -> Result<Env, ParseError> {
    let token = line.take("an environment")?;
    match token.text.as_str() {
        "ipv6" => {
            let value = line.take("off or no-address")?;
            match value.text.as_str() {
                "off" => Ok(Env::Ipv6Off),
                "no-address" => Ok(Env::Ipv6NoAddress),
                _ => Err(line.unknown(value, &["off", "no-address"])),
            }
        }
        "bindv6only" => {
            let value = line.take("on or off")?;
            match value.text.as_str() {
                "on" => Ok(Env::BindV6Only(true)),
                "off" => Ok(Env::BindV6Only(false)),
                _ => Err(line.unknown(value, &["on", "off"])),
            }
        }
        "hosts" => {
            let mut lines = vec![line.take("a line of the hosts file in quotes")?.text.clone()];
            while line.peek().is_some() {
                lines.push(line.take("a line of the hosts file")?.text.clone());
            }
            Ok(Env::Hosts(lines))
        }
        "ephemeral" => {
            let value = line.take("a range such as 40000-40003")?;
            value
                .text
                .split_once('-')
                .and_then(|(low, high)| Some((decimal(low)?, decimal(high)?)))
                .filter(|(low, high)| *low > 0 && low <= high)
                .map(|(low, high)| Env::Ephemeral(low, high))
                .ok_or_else(|| line.expected(value, "a range such as 40000-40003"))
        }
        "somaxconn" => line.number("a number").map(Env::Somaxconn),
        "user" => {
            let value = line.take("unprivileged")?;
            if value.text == "unprivileged" {
                Ok(Env::Unprivileged)
            } else {
                Err(line.unknown(value, &["unprivileged"]))
            }
        }
        "records" => {
            let mut records = vec![record(line)?];
            while line.peek().is_some() {
                records.push(record(line)?);
            }
            Ok(Env::Records(records))
        }
        "fail" => fail(line).map(Env::Fail),
        _ => Err(line.unknown(token, &KEYS)),
    }
}

/// An address without a port, IPv6 with the number of its interface.
fn record(line: &mut Line<'_>) -> Result<SocketAddr, ParseError> {
    let what = "an address such as 127.0.0.1, ::1 or fe80::1%1";
    let token = line.take(what)?;
    let v4 = token.text.parse().map(|ip: Ipv4Addr| SocketAddr::from((ip, 0)));
    v4.or_else(|_| format!("[{}]:0", token.text).parse::<SocketAddrV6>().map(SocketAddr::V6))
        .map_err(|_| line.expected(token, what))
}

/// `CALL[:OPTION|:inet|:inet6][#N] ERROR`.
fn fail(line: &mut Line<'_>) -> Result<Fail, ParseError> {
    let what = "a call such as bind, set:v6only or socket:inet6#2";
    let token = line.take(what)?;
    let (site, nth) = match token.text.split_once('#') {
        None => (token.text.as_str(), None),
        Some((site, nth)) => {
            let nth = decimal(nth).filter(|nth| *nth > 0);
            (site, Some(nth.ok_or_else(|| line.expected(token, "a number from 1 after #"))?))
        }
    };
    let (verb, only) = match site.split_once(':') {
        None => (site, None),
        Some((verb, only)) => (verb, Some(only)),
    };
    let verb = verb.parse().map_err(|error: UnknownWord| line.wrong(token, error.to_string()))?;
    if matches!(verb, Verb::Serve | Verb::Stop) {
        let message = format!("{verb} is no call of the system: expected one that it makes");
        return Err(line.wrong(token, message));
    }
    let only = match only {
        None => None,
        Some(word) => Some(
            word.parse()
                .map(FailOnly::Family)
                .or_else(|_| word.parse().map(FailOnly::Option))
                .map_err(|error| line.wrong(token, error.to_string()))?,
        ),
    };
    let error = line.take("the name of an error, such as EADDRINUSE")?;
    known_error(&error.text).map_err(|message| line.wrong(error, message))?;
    Ok(Fail { verb, only, nth, error: error.text.clone() })
}
