//! Answers in a few words, read from a run.

use std::net::IpAddr;

use crate::conform::bench::Run;
use crate::conform::notice::Oddity;
use crate::conform::subject::UNNAMED;
use crate::script::{Call, parse_call_text};
use crate::trace::{Outcome, SocketFacts, Value};

/// Why a run says nothing.
pub(super) fn unanswered(run: &Run) -> Option<String> {
    let fault = run.notices.iter().find_map(|notice| match &notice.oddity {
        Oddity::Fault(fault) => Some(fault),
        _ => None,
    });
    if let Some(fault) = fault {
        return Some(format!("broke the protocol ({})", fault.breach.word()));
    }
    let Some(trace) = &run.trace else { return Some("did not start".into()) };
    trace.steps.iter().find_map(|step| match &step.outcome {
        Outcome::NotSupported(what) => Some(format!("not asked: {what}")),
        _ => None,
    })
}

fn outcome(run: &Run, number: usize) -> Option<&Outcome> {
    run.trace.as_ref()?.steps.get(number.checked_sub(1)?).map(|step| &step.outcome)
}

/// The number of the last `bind_sockets`.
fn last_bind(run: &Run) -> Option<usize> {
    let steps = &run.trace.as_ref()?.steps;
    steps
        .iter()
        .rposition(|step| matches!(parse_call_text(&step.call), Ok(Call::BindSockets { .. })))
        .map(|index| index + 1)
}

fn sockets(run: &Run) -> Option<&[SocketFacts]> {
    match outcome(run, last_bind(run)?)? {
        Outcome::Ok(Value::Sockets(sockets)) => Some(sockets),
        _ => None,
    }
}

/// The answer of a step in a word, with the call that failed as the subject names it.
fn word(run: &Run, number: usize) -> String {
    let Some(outcome) = outcome(run, number) else { return "?".into() };
    match outcome {
        Outcome::Ok(Value::Sockets(sockets)) => addresses(sockets),
        Outcome::Ok(Value::Switch(on)) => if *on { "on" } else { "off" }.into(),
        Outcome::Ok(Value::Word(word)) => word.clone(),
        Outcome::Ok(_) => "ok".into(),
        Outcome::Error { name, .. } => {
            let said = run.said.iter().find(|said| said.step == number);
            let name = match said.and_then(|said| said.error.name.as_deref()) {
                Some(said) if name == UNNAMED => said,
                None if name == UNNAMED => "an error without a name",
                _ => name,
            };
            match said.and_then(|said| said.error.call.as_deref()) {
                Some(call) => format!("{name} by {call}"),
                None => name.to_string(),
            }
        }
        Outcome::Blocked => "waits".into(),
        Outcome::Absent(_) => "absent".into(),
        Outcome::NotSupported(what) => format!("not asked: {what}"),
    }
}

fn addresses(sockets: &[SocketFacts]) -> String {
    if sockets.is_empty() {
        return "nothing".into();
    }
    let one = |socket: &SocketFacts| {
        let both = socket.v6only == Some(false) && socket.address.ip().is_unspecified();
        let deaf = socket.listening == Some(false);
        let ip = match socket.address.ip() {
            IpAddr::V6(ip) => ip.to_string(),
            IpAddr::V4(ip) => ip.to_string(),
        };
        format!(
            "{ip}{}{}",
            if both { " with IPv4" } else { "" },
            if deaf { " not listening" } else { "" }
        )
    };
    sockets.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What stayed open after an error.
fn leaks(run: &Run) -> String {
    let leaked = run.notices.iter().find_map(|notice| match &notice.oddity {
        Oddity::Leaked(sockets) => Some(sockets.len()),
        _ => None,
    });
    leaked.map_or_else(String::new, |count| format!(", and leaves {count} open"))
}

/// What the last `bind_sockets` opened, or its error.
pub(super) fn opened(run: &Run) -> String {
    match last_bind(run) {
        Some(number) => format!("{}{}", word(run, number), leaks(run)),
        None => "?".into(),
    }
}

/// The outcome of the last step.
pub(super) fn last(run: &Run) -> String {
    let steps = run.trace.as_ref().map_or(0, |trace| trace.steps.len());
    word(run, steps)
}

/// The first two answers that matter of a script: of `bind_sockets`, unless it succeeds, then of
/// the last step.
pub(super) fn last_if_opened(run: &Run) -> String {
    if sockets(run).is_some() { last(run) } else { opened(run) }
}

/// Do IPv4 clients get in at an IPv6 listener?
pub(super) fn v6only(run: &Run) -> String {
    let Some(sockets) = sockets(run).filter(|sockets| !sockets.is_empty()) else {
        return opened(run);
    };
    let client = last(run);
    match (sockets.first().and_then(|socket| socket.v6only), client.as_str()) {
        (Some(true), "ECONNREFUSED") => "on, IPv4 clients are refused".into(),
        (Some(false), "ok") => "off, IPv4 clients get in".into(),
        (None, "ECONNREFUSED") => "IPv4 clients are refused".into(),
        (None, "ok") => "IPv4 clients get in".into(),
        (read, client) => format!("reads {read:?}, and an IPv4 client gets {client}"),
    }
}

/// The length of the queue that the kernel shows.
pub(super) fn backlog(run: &Run) -> String {
    if sockets(run).is_none() {
        return opened(run);
    }
    match run.seen.first().and_then(|seen| seen.backlog) {
        Some(backlog) => backlog.to_string(),
        None => "cannot be read here".into(),
    }
}

/// With port 0: one port for all sockets?
pub(super) fn same_port(run: &Run) -> String {
    let Some(sockets) = sockets(run) else { return opened(run) };
    let ports: std::collections::BTreeSet<_> =
        sockets.iter().map(|socket| socket.address.port()).collect();
    match (sockets.len(), ports.len()) {
        (0, _) => "nothing".into(),
        (1, _) => "one socket".into(),
        (_, 1) => "the same".into(),
        _ => "different ones".into(),
    }
}

/// After `close`: is the port free?
pub(super) fn free_again(run: &Run) -> String {
    if run.notices.iter().any(|notice| matches!(notice.oddity, Oddity::StillOpen(_))) {
        return "no, a socket stays open".into();
    }
    match last_if_opened(run).as_str() {
        "ok" => "yes".into(),
        other => other.to_string(),
    }
}

/// A client's line came back.
pub(super) fn echo(run: &Run) -> String {
    let steps = run.trace.as_ref().map_or(0, |trace| trace.steps.len());
    match (sockets(run).is_some(), outcome(run, steps)) {
        (true, Some(Outcome::Ok(Value::Number(1..)))) => "yes".into(),
        (true, Some(Outcome::Ok(Value::Number(0)))) => "the connection is closed".into(),
        (true, _) => last(run),
        (false, _) => opened(run),
    }
}

/// Who was refused something and goes on.
pub(super) fn goes_on(run: &Run) -> String {
    match last_if_opened(run).as_str() {
        "ok" => "goes on".into(),
        other => other.to_string(),
    }
}
