//! One call.

use super::call::{
    Address, BindSocketsArgs, Call, Host, Name, Port, PortArg, ResolveArgs, Scope, Setting, Verb,
};
use super::lexis::Token;
use super::names::{UnknownWord, decimal, hint, is_name};
use super::parse::{Line, ParseError};

/// Reads `NAME = VERB …` or `VERB …`.
pub(super) fn call(line: &mut Line<'_>) -> Result<Call, ParseError> {
    if line.peek_second().is_some_and(|token| token.text == "=" && !token.quoted) {
        let token = line.take("a name")?;
        if !is_name(&token.text) {
            let what = "a name (a small letter, then small letters, digits and _)";
            return Err(line.expected(token, what));
        }
        line.take("=")?;
        let name = Name { word: token.text.clone(), index: None };
        return assigning(line, name);
    }
    plain(line)
}

fn assigning(line: &mut Line<'_>, name: Name) -> Result<Call, ParseError> {
    let token = line.take("socket, connect, accept, dup, bind_sockets or serve")?;
    match verb(line, token)? {
        Verb::Socket => Ok(Call::Socket { name, family: line.word("inet or inet6")? }),
        Verb::Connect => Ok(Call::ConnectNew { name, address: address(line)? }),
        Verb::Accept => Ok(Call::Accept { name, listener: used(line)? }),
        Verb::Dup => Ok(Call::Dup { name, original: used(line)? }),
        Verb::BindSockets => Ok(Call::BindSockets { name, args: bind_sockets(line)? }),
        Verb::Serve => {
            let sockets = listeners(line)?;
            Ok(Call::Serve { name, sockets, stop_at: stop_at(line)? })
        }
        other => {
            Err(line.wrong(token, format!("{other} makes no socket: expected no name before it")))
        }
    }
}

fn plain(line: &mut Line<'_>) -> Result<Call, ParseError> {
    let token = line.take("a call")?;
    Ok(match verb(line, token)? {
        Verb::Set => {
            let name = used(line)?;
            let option = line.word("a socket option")?;
            Call::Set { name, option, value: setting(line)? }
        }
        Verb::Get => Call::Get { name: used(line)?, option: line.word("a socket option")? },
        Verb::Bind => Call::Bind { name: used(line)?, address: address(line)? },
        Verb::Listen => Call::Listen {
            name: used(line)?,
            backlog: line.number("a backlog from -2147483648 to 2147483647")?,
        },
        Verb::Connect => Call::Connect { name: used(line)?, address: address(line)? },
        Verb::Inherited => Call::Inherited { name: used(line)? },
        Verb::Name => Call::GetName { name: used(line)? },
        Verb::Send => Call::Send { name: used(line)?, count: line.number("a number of bytes")? },
        Verb::Recv => Call::Recv { name: used(line)? },
        Verb::Shutdown => {
            Call::Shutdown { name: used(line)?, half: line.word("read, write or both")? }
        }
        Verb::Close => Call::Close { name: used(line)? },
        Verb::Resolve => Call::Resolve { args: resolve(line)? },
        Verb::Serve => Call::ServeMore { name: server(line)?, sockets: listeners(line)? },
        Verb::Stop => Call::Stop { name: server(line)? },
        verb @ (Verb::Socket | Verb::Accept | Verb::Dup | Verb::BindSockets) => {
            let message = format!("{verb} makes a socket: expected `NAME = {verb} …`");
            return Err(line.wrong(token, message));
        }
    })
}

fn verb(line: &Line<'_>, token: &Token) -> Result<Verb, ParseError> {
    token.text.parse().map_err(|_| {
        let names: Vec<_> = Verb::all().map(|verb| verb.to_string()).collect();
        let like = hint(&token.text, names.iter().map(String::as_str));
        line.wrong(token, format!("expected a call, found {:?}{like}", token.text))
    })
}

/// A socket that is used.
fn used(line: &mut Line<'_>) -> Result<Name, ParseError> {
    let token = line.take("the name of a socket")?;
    name(&token.text).ok_or_else(|| line.expected(token, "the name of a socket"))
}

/// A server that is used.
fn server(line: &mut Line<'_>) -> Result<Name, ParseError> {
    let token = line.take("the name of a server")?;
    name(&token.text).ok_or_else(|| line.expected(token, "the name of a server"))
}

/// One socket or several, each once: a server takes them away from the script.
fn listeners(line: &mut Line<'_>) -> Result<Vec<Name>, ParseError> {
    let mut sockets = vec![used(line)?];
    while let Some(token) = line.peek().filter(|token| name(&token.text).is_some()) {
        let socket = used(line)?;
        if sockets.contains(&socket) {
            return Err(line.wrong(token, format!("expected {socket} once, found it twice")));
        }
        sockets.push(socket);
    }
    Ok(sockets)
}

/// `stop=N`: the connection in whose handler the server stops.
fn stop_at(line: &mut Line<'_>) -> Result<Option<u32>, ParseError> {
    let mut stop_at = None;
    while let Some((token, _, text)) = pair(line, &["stop"], &mut Vec::new())? {
        let number = decimal(text).filter(|number| *number > 0 && stop_at.is_none());
        stop_at =
            Some(number.ok_or_else(|| line.expected(token, "stop= once, with a number from 1"))?);
    }
    Ok(stop_at)
}

pub(super) fn name(text: &str) -> Option<Name> {
    let (word, index) = match text.split_once('.') {
        None => (text, None),
        Some((word, index)) => {
            let digits = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
            (word, Some(index.parse().ok().filter(|_| digits)?))
        }
    };
    is_name(word).then(|| Name { word: word.to_string(), index })
}

fn setting(line: &mut Line<'_>) -> Result<Setting, ParseError> {
    match line.peek().map(|token| token.text.as_str()) {
        Some("on") => line.take("on").map(|_| Setting::On),
        Some("off") => line.take("off").map(|_| Setting::Off),
        _ => line.number("on, off or a number").map(Setting::Number),
    }
}

fn address(line: &mut Line<'_>) -> Result<Address, ParseError> {
    let token = line.take("an address such as 127.0.0.1:p or [::1]:p")?;
    parse_address(&token.text).map_err(|message| line.wrong(token, message))
}

/// `127.0.0.1:p`, `[::1]:0`, `[fe80::1%lo]:@s.0`.
pub(crate) fn parse_address(text: &str) -> Result<Address, String> {
    let (host, port) = text
        .rsplit_once(':')
        .ok_or_else(|| format!("expected a port after the address {text:?}, as in {text}:p"))?;
    Ok(Address { host: parse_host(host)?, port: parse_port(port)? })
}

fn parse_host(text: &str) -> Result<Host, String> {
    let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return text.parse().map(Host::V4).map_err(|_| {
            format!("expected an IPv4 address, or an IPv6 one in brackets, found {text:?}")
        });
    };
    let (ip, scope) = match inside.split_once('%') {
        None => (inside, None),
        Some((ip, "lo")) => (ip, Some(Scope::Loopback)),
        Some((ip, index)) => {
            let index = decimal(index).ok_or_else(|| {
                format!("expected %lo or the number of an interface, found {index:?}")
            })?;
            (ip, Some(Scope::Index(index)))
        }
    };
    let ip = ip.parse().map_err(|_| format!("expected an IPv6 address, found {ip:?}"))?;
    Ok(Host::V6(ip, scope))
}

fn parse_port(text: &str) -> Result<Port, String> {
    if let Some(of) = text.strip_prefix('@') {
        return name(of)
            .map(Port::Of)
            .ok_or_else(|| format!("expected the name of a socket after @, found {of:?}"));
    }
    if is_name(text) {
        return Ok(Port::Named(text.to_string()));
    }
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).map(Port::Number).ok_or_else(|| {
        format!("expected a port: a number up to 65535, a name or @SOCKET, found {text:?}")
    })
}

/// One `KEY=VALUE`, which must not have been given before.
fn pair<'a>(
    line: &mut Line<'a>,
    keys: &[&str],
    seen: &mut Vec<String>,
) -> Result<Option<(&'a Token, &'a str, &'a str)>, ParseError> {
    let Some(token) = line.peek().filter(|token| token.text != "=>" || token.quoted) else {
        return Ok(None);
    };
    line.take("KEY=VALUE")?;
    let Some((key, value)) = token.text.split_once('=') else {
        return Err(line.expected(token, &format!("KEY=VALUE with one of {}", keys.join(", "))));
    };
    if !keys.contains(&key) {
        let like = hint(key, keys.iter().copied());
        let message = format!("expected one of {}, found {key:?}{like}", keys.join(", "));
        return Err(line.wrong(token, message));
    }
    if seen.iter().any(|earlier| earlier == key) {
        return Err(line.wrong(token, format!("expected {key}= once, found it twice")));
    }
    seen.push(key.to_string());
    Ok(Some((token, key, value)))
}

fn number<T: std::str::FromStr>(
    line: &Line<'_>,
    token: &Token,
    text: &str,
    what: &str,
) -> Result<T, ParseError> {
    decimal(text).ok_or_else(|| line.wrong(token, format!("expected {what}, found {text:?}")))
}

fn switch(line: &Line<'_>, token: &Token, text: &str) -> Result<bool, ParseError> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(line.wrong(token, format!("expected on or off, found {text:?}"))),
    }
}

fn word<T>(line: &Line<'_>, token: &Token, text: &str) -> Result<T, ParseError>
where
    T: std::str::FromStr<Err = UnknownWord>,
{
    text.parse().map_err(|error: UnknownWord| line.wrong(token, error.to_string()))
}

const BIND_SOCKETS_KEYS: [&str; 8] =
    ["port", "address", "family", "backlog", "flags", "reuse_port", "port_attempts", "exclusive"];

fn bind_sockets(line: &mut Line<'_>) -> Result<BindSocketsArgs, ParseError> {
    let mut args = BindSocketsArgs::default();
    let mut seen = Vec::new();
    while let Some((token, key, text)) = pair(line, &BIND_SOCKETS_KEYS, &mut seen)? {
        match key {
            // Whether a bare word is a named port is decided when the whole script is known.
            "port" if is_name(text) && !token.quoted => {
                args.port = Some(PortArg::Named(text.to_string()));
            }
            "port" => args.port = Some(PortArg::Text(text.to_string())),
            "address" => args.address = Some(text.to_string()),
            "family" => args.family = Some(word(line, token, text)?),
            "backlog" => args.backlog = Some(number(line, token, text, "a backlog")?),
            "flags" => args.flags = Some(word(line, token, text)?),
            "reuse_port" => args.reuse_port = Some(switch(line, token, text)?),
            "port_attempts" => args.port_attempts = Some(number(line, token, text, "a number")?),
            _ => args.exclusive = Some(switch(line, token, text)?),
        }
    }
    Ok(args)
}

fn resolve(line: &mut Line<'_>) -> Result<ResolveArgs, ParseError> {
    let mut args = ResolveArgs::default();
    let mut seen = Vec::new();
    while let Some((token, key, text)) =
        pair(line, &["host", "service", "family", "flags"], &mut seen)?
    {
        match key {
            "host" => args.host = Some(text.to_string()),
            "service" => args.service = Some(text.to_string()),
            "family" => args.family = Some(word(line, token, text)?),
            _ => args.flags = Some(word(line, token, text)?),
        }
    }
    Ok(args)
}
