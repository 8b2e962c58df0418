//! What can be said of a behaviour in words: what its script does and asks for, and what succeeded.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::script::{
    BindSocketsArgs, Call, Env, FamilyArg, Host, PortArg, Script, Step, parse_call_text,
};
use crate::trace::{Outcome, SocketFacts, TraceStep, Value};

/// What a script does and asks for, in words.
pub(super) fn features(script: &Script) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = script.env.iter().flat_map(env).collect();
    for Step { call, .. } in &script.steps {
        found.insert(match call {
            Call::Set { option, value, .. } => format!("set {option} {value}"),
            Call::Get { option, .. } => format!("get {option}"),
            other => other.verb().to_string(),
        });
        if let Call::BindSockets { args, .. } = call {
            found.extend(arguments(args));
        }
        if let Some(address) = call.address() {
            found.insert(format!("{} {}", call.verb(), kind_of(&address.host)));
        }
    }
    found
}

fn env(line: &Env) -> Vec<String> {
    let text = line.to_string();
    let mut words = text.split(' ');
    let mut known = vec![format!("env {}", words.next().unwrap_or_default())];
    if let (Env::Fail(_), Some(call)) = (line, words.next()) {
        // Which one it is says little.
        let call = call.split('#').next().unwrap_or_default();
        known.push(format!("env fail {call}"));
    }
    known
}

/// What `bind_sockets` is asked for.
fn arguments(args: &BindSocketsArgs) -> Vec<String> {
    let address = match args.address.as_deref() {
        None | Some("") => "every interface",
        Some("localhost") => "localhost",
        Some(text) => match text.parse() {
            Ok(IpAddr::V4(ip)) => kind_of(&Host::V4(ip)),
            Ok(IpAddr::V6(ip)) => kind_of(&Host::V6(ip, None)),
            Err(_) => "another name",
        },
    };
    let mut known = vec![format!("bind_sockets {address}")];
    let any_port = match &args.port {
        None => true,
        Some(PortArg::Text(text) | PortArg::Named(text)) => text == "0",
    };
    for (asked, word) in [
        (any_port, "port=0"),
        (args.family == Some(FamilyArg::Inet), "family=inet"),
        (args.family == Some(FamilyArg::Inet6), "family=inet6"),
        (args.flags.is_some(), "flags"),
        (args.reuse_port == Some(true), "reuse_port=on"),
        (args.exclusive == Some(true), "exclusive=on"),
    ] {
        if asked {
            known.push(format!("bind_sockets {word}"));
        }
    }
    known
}

fn kind_of(host: &Host) -> &'static str {
    match host {
        Host::V4(ip) if ip.is_unspecified() => "0.0.0.0",
        Host::V4(ip) if ip.is_loopback() => "127.0.0.0/8",
        Host::V4(ip) if ip.is_multicast() => "a multicast IPv4 address",
        Host::V4(_) => "another IPv4 address",
        Host::V6(ip, _) if ip.to_ipv4_mapped().is_some() => "an IPv4-mapped address",
        Host::V6(ip, _) if ip.is_unspecified() => "::",
        Host::V6(ip, _) if ip.is_loopback() => "::1",
        Host::V6(ip, _) if ip.is_multicast() => "a multicast IPv6 address",
        Host::V6(ip, _) if ip.is_unicast_link_local() => "a link-local address",
        Host::V6(..) => "another IPv6 address",
    }
}

/// What succeeded, in words.
pub(super) fn successes(steps: &[TraceStep]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for step in steps {
        let (Outcome::Ok(value), Ok(call)) = (&step.outcome, parse_call_text(&step.call)) else {
            continue;
        };
        let verb = call.verb();
        if let Value::Sockets(sockets) = value {
            let family =
                |socket: &SocketFacts| if socket.address.is_ipv4() { "IPv4" } else { "IPv6" };
            found.extend(sockets.iter().map(|one| format!("an {} socket of {verb}", family(one))));
        }
        found.insert(format!("{verb} ok"));
    }
    found
}
