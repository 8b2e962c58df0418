//! A script as text; what is printed parses back to an equal value.

use std::fmt;
use std::net::SocketAddr;

use super::call::{
    Address, Answer, BindSocketsArgs, Call, Env, Expectation, Fail, FailOnly, Host, Port, PortArg,
    ResolveArgs, Scope, Script, Setting, Step,
};
use super::lexis::{always_quote, quote};

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On => f.write_str("on"),
            Self::Off => f.write_str("off"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::V4(ip) => write!(f, "{ip}:")?,
            Host::V6(ip, None) => write!(f, "[{ip}]:")?,
            Host::V6(ip, Some(Scope::Loopback)) => write!(f, "[{ip}%lo]:")?,
            Host::V6(ip, Some(Scope::Index(index))) => write!(f, "[{ip}%{index}]:")?,
        }
        match &self.port {
            Port::Number(number) => write!(f, "{number}"),
            Port::Named(name) => f.write_str(name),
            Port::Of(name) => write!(f, "@{name}"),
        }
    }
}

fn pair(f: &mut fmt::Formatter<'_>, key: &str, value: Option<impl fmt::Display>) -> fmt::Result {
    value.map_or(Ok(()), |value| write!(f, " {key}={value}"))
}

fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

impl fmt::Display for BindSocketsArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port.as_ref().map(|port| match port {
            PortArg::Named(name) => name.clone(),
            // Unquoted, a word like `p` would be a named port.
            PortArg::Text(text) if text.parse::<u32>().is_ok() => quote(text),
            PortArg::Text(text) => always_quote(text),
        });
        pair(f, "port", port)?;
        pair(f, "address", self.address.as_deref().map(quote))?;
        pair(f, "family", self.family)?;
        pair(f, "backlog", self.backlog)?;
        pair(f, "flags", self.flags.as_ref())?;
        pair(f, "reuse_port", self.reuse_port.map(switch))?;
        pair(f, "port_attempts", self.port_attempts)?;
        pair(f, "exclusive", self.exclusive.map(switch))
    }
}

impl fmt::Display for ResolveArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        pair(f, "host", self.host.as_deref().map(quote))?;
        pair(f, "service", self.service.as_deref().map(quote))?;
        pair(f, "family", self.family)?;
        pair(f, "flags", self.flags.as_ref())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket { name, family } => write!(f, "{name} = socket {family}"),
            Self::Set { name, option, value } => write!(f, "set {name} {option} {value}"),
            Self::Get { name, option } => write!(f, "get {name} {option}"),
            Self::Bind { name, address } => write!(f, "bind {name} {address}"),
            Self::Listen { name, backlog } => write!(f, "listen {name} {backlog}"),
            Self::ConnectNew { name, address } => write!(f, "{name} = connect {address}"),
            Self::Connect { name, address } => write!(f, "connect {name} {address}"),
            Self::Accept { name, listener } => write!(f, "{name} = accept {listener}"),
            Self::Dup { name, original } => write!(f, "{name} = dup {original}"),
            Self::Inherited { name } => write!(f, "inherited {name}"),
            Self::GetName { name } => write!(f, "name {name}"),
            Self::Send { name, count } => write!(f, "send {name} {count}"),
            Self::Recv { name } => write!(f, "recv {name}"),
            Self::Shutdown { name, half } => write!(f, "shutdown {name} {half}"),
            Self::Close { name } => write!(f, "close {name}"),
            Self::BindSockets { name, args } => write!(f, "{name} = bind_sockets{args}"),
            Self::Resolve { args } => write!(f, "resolve{args}"),
            Self::Serve { name, sockets, stop_at } => {
                write!(f, "{name} = serve")?;
                sockets.iter().try_for_each(|socket| write!(f, " {socket}"))?;
                stop_at.map_or(Ok(()), |connection| write!(f, " stop={connection}"))
            }
            Self::ServeMore { name, sockets } => {
                write!(f, "serve {name}")?;
                sockets.iter().try_for_each(|socket| write!(f, " {socket}"))
            }
            Self::Stop { name } => write!(f, "stop {name}"),
        }
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.verb)?;
        match self.only {
            None => {}
            Some(FailOnly::Option(option)) => write!(f, ":{option}")?,
            Some(FailOnly::Family(family)) => write!(f, ":{family}")?,
        }
        if let Some(nth) = self.nth {
            write!(f, "#{nth}")?;
        }
        write!(f, " {}", self.error)
    }
}

impl fmt::Display for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv6Off => f.write_str("ipv6 off"),
            Self::Ipv6NoAddress => f.write_str("ipv6 no-address"),
            Self::BindV6Only(on) => write!(f, "bindv6only {}", switch(*on)),
            Self::Hosts(lines) => {
                f.write_str("hosts")?;
                lines.iter().try_for_each(|line| write!(f, " {}", always_quote(line)))
            }
            Self::Ephemeral(low, high) => write!(f, "ephemeral {low}-{high}"),
            Self::Somaxconn(limit) => write!(f, "somaxconn {limit}"),
            Self::Unprivileged => f.write_str("user unprivileged"),
            Self::Records(records) => {
                f.write_str("records")?;
                records.iter().try_for_each(|record| match record {
                    SocketAddr::V6(v6) if v6.scope_id() != 0 => {
                        write!(f, " {}%{}", v6.ip(), v6.scope_id())
                    }
                    _ => write!(f, " {}", record.ip()),
                })
            }
            Self::Fail(fail) => write!(f, "fail {fail}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::OkValue(value) => write!(f, "ok={}", quote(value)),
            Self::Error(name) => f.write_str(name),
            Self::AnyError => f.write_str("error"),
            Self::Blocks => f.write_str("blocks"),
            Self::Absent => f.write_str("absent"),
            Self::Unknown => f.write_str("?"),
        }
    }
}

/// Alternatives as they stand in a script: joined by `|`.
pub(crate) fn alternatives(answers: &[Answer]) -> String {
    answers.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unwritten => Ok(()),
            Self::All(answers) => f.write_str(&alternatives(answers)),
            Self::Some(platforms) => {
                for (index, (platform, answers)) in platforms.iter().enumerate() {
                    let blank = if index == 0 { "" } else { " " };
                    write!(f, "{blank}{platform}:{}", alternatives(answers))?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.call)?;
        match &self.expectation {
            Expectation::Unwritten => Ok(()),
            written => write!(f, " => {written}"),
        }
    }
}

/// A title as it is, or in quotes where blanks or signs would be lost.
fn title_text(title: &str) -> String {
    let words: Vec<_> = title.split(' ').collect();
    let plain = words.iter().all(|word| {
        !word.is_empty()
            && !word.starts_with('#')
            && !word.chars().any(|c| c == '"' || c == '\\' || c == '\t' || c.is_control())
    });
    if plain { title.to_string() } else { always_quote(title) }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(title) = &self.title {
            writeln!(f, "title {}", title_text(title))?;
        }
        self.env.iter().try_for_each(|env| writeln!(f, "env {env}"))?;
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}
