//! What the three languages share: each step as a call of a small runtime and a condition.

use std::fmt::Write;

use super::OnlyInScripts;
use crate::script::{
    Address, Answer, Call, Env, Expectation, Family, Half, Host, Name, Port, Scope, Script,
    Setting, SocketOption, Step,
};

/// How a language writes what the statements are made of.
pub(super) struct Syntax {
    /// The words before and after a comment's text.
    pub(super) comment: &'static str,
    /// `or`.
    pub(super) or: &'static str,
    /// True without a look.
    pub(super) anything: &'static str,
    /// A socket that is used.
    pub(super) socket: fn(&str) -> String,
    /// A socket that is assigned or taken away.
    pub(super) assigned: fn(&str) -> String,
    /// Wraps a text.
    pub(super) text: fn(&str) -> String,
    /// The name of an error in a condition.
    pub(super) error: fn(&str) -> String,
    /// One statement of the program: the call, the step as text, and the condition.
    pub(super) statement: fn(&str, usize, &str, &str) -> String,
}

/// The statements of a script, a line each.
pub(super) fn statements(script: &Script, syntax: &Syntax) -> Result<Vec<String>, OnlyInScripts> {
    let steps = script.steps.iter().enumerate();
    steps.map(|(index, step)| statement(index + 1, step, syntax)).collect()
}

/// The head of a program: what it is, and where it must be run.
pub(super) fn head(script: &Script, syntax: &Syntax) -> Result<String, OnlyInScripts> {
    let mut head = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(head, "{}{}", syntax.comment, text);
    };
    if let Some(title) = &script.title {
        line(title);
    }
    line("Exits 0 if every step answers as expected, 1 if one does not; then it prints which.");
    for env in &script.env {
        if let Env::Fail(_) = env {
            return Err(OnlyInScripts { step: 0, call: format!("env {env}") });
        }
        line(&format!("Run it in an environment with: {env}"));
    }
    Ok(head)
}

/// The sockets that are assigned, in order.
pub(super) fn sockets(script: &Script) -> Vec<String> {
    script.steps.iter().filter_map(|step| step.call.socket_assigned()).map(variable).collect()
}

fn variable(name: &Name) -> String {
    name.to_string()
}

fn statement(number: usize, step: &Step, syntax: &Syntax) -> Result<String, OnlyInScripts> {
    let call = &step.call;
    let wait = if expects_block(&step.expectation) { "SHORT" } else { "LONG" };
    let named = |name: &Name| (syntax.socket)(&variable(name));
    let new = |name: &Name| (syntax.assigned)(&variable(name));
    let made = match call {
        Call::Socket { name, family } => {
            let family = match family {
                Family::Inet => 4,
                Family::Inet6 => 6,
            };
            format!("socket_({}, {family})", new(name))
        }
        Call::Set { name, option, value } => {
            let number = match (option, value) {
                (SocketOption::Linger, Setting::Off) => -1,
                (_, Setting::On) => 1,
                (_, Setting::Off) => 0,
                (_, Setting::Number(number)) => *number,
            };
            let option = (syntax.text)(&option.to_string());
            format!("set({}, {option}, {number})", named(name))
        }
        Call::Get { name, option } => {
            format!("get({}, {})", named(name), (syntax.text)(&option.to_string()))
        }
        Call::Bind { name, address } => format!("bind_({}, {})", named(name), at(address, syntax)),
        Call::Listen { name, backlog } => format!("listen_({}, {backlog})", named(name)),
        Call::ConnectNew { name, address } => {
            format!("connect_new({}, {}, {wait})", new(name), at(address, syntax))
        }
        Call::Connect { name, address } => {
            format!("connect_({}, {}, {wait})", named(name), at(address, syntax))
        }
        Call::Accept { name, listener } => {
            format!("accept_({}, {}, {wait})", new(name), named(listener))
        }
        Call::Dup { name, original } => format!("dup_({}, {})", new(name), named(original)),
        Call::GetName { name } => format!("name({})", named(name)),
        Call::Send { name, count } => format!("send_({}, {count})", named(name)),
        Call::Recv { name } => format!("recv_({}, {wait})", named(name)),
        Call::Shutdown { name, half } => {
            let half = match half {
                Half::Read => 0,
                Half::Write => 1,
                Half::Both => 2,
            };
            format!("shutdown_({}, {half})", named(name))
        }
        Call::Close { name } => format!("close_({})", new(name)),
        Call::Inherited { .. }
        | Call::BindSockets { .. }
        | Call::Resolve { .. }
        | Call::Serve { .. }
        | Call::ServeMore { .. }
        | Call::Stop { .. } => {
            return Err(OnlyInScripts { step: number, call: call.to_string() });
        }
    };
    let condition = condition(&step.expectation, syntax);
    Ok((syntax.statement)(&made, number, &step.to_string(), &condition))
}

fn expects_block(expectation: &Expectation) -> bool {
    matches!(expectation, Expectation::All(answers) if answers.contains(&Answer::Blocks))
}

/// Host, port and interface as arguments.
fn at(address: &Address, syntax: &Syntax) -> String {
    let (host, scope) = match &address.host {
        Host::V4(ip) => (ip.to_string(), 0),
        Host::V6(ip, None) => (ip.to_string(), 0),
        Host::V6(ip, Some(Scope::Index(index))) => (ip.to_string(), *index),
        // The loopback interface is the first one everywhere.
        Host::V6(ip, Some(Scope::Loopback)) => (ip.to_string(), 1),
    };
    let scope = if scope == 0 { String::new() } else { format!("%{scope}") };
    format!("{}, {}", (syntax.text)(&format!("{host}{scope}")), port(&address.port, syntax))
}

fn port(port: &Port, syntax: &Syntax) -> String {
    match port {
        Port::Number(number) => number.to_string(),
        Port::Named(name) => format!("port_{name}"),
        Port::Of(name) => format!("port_of({})", (syntax.socket)(&variable(name))),
    }
}

fn condition(expectation: &Expectation, syntax: &Syntax) -> String {
    let Expectation::All(answers) = expectation else { return syntax.anything.into() };
    if answers.contains(&Answer::Unknown) {
        return syntax.anything.into();
    }
    let each = answers.iter().map(|answer| match answer {
        Answer::Ok => "ok(r)".to_string(),
        Answer::OkValue(value) => value_condition(value, syntax),
        Answer::Error(name) => format!("failed(r, {})", (syntax.error)(name)),
        Answer::AnyError => "failed_somehow(r)".into(),
        Answer::Blocks => "blocked(r)".into(),
        Answer::Absent => "absent(r)".into(),
        Answer::Unknown => syntax.anything.into(),
    });
    each.collect::<Vec<_>>().join(&format!(" {} ", syntax.or))
}

/// `127.0.0.1:p`, `on`, `3`.
fn value_condition(value: &str, syntax: &Syntax) -> String {
    match crate::script::parse_address(value) {
        Ok(address) => {
            let host = match &address.host {
                Host::V4(ip) => ip.to_string(),
                Host::V6(ip, _) => ip.to_string(),
            };
            format!("ok_at(r, {}, {})", (syntax.text)(&host), port(&address.port, syntax))
        }
        Err(_) => format!("ok_with(r, {})", (syntax.text)(value)),
    }
}
