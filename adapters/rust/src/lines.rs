//! The lines of `PROTOCOL.md`.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::{Failure, Keys, Library};

/// Answers the lines of standard input until it ends.
pub fn serve<L: Library>(mut library: L) -> io::Result<()> {
    let mut servers = BTreeMap::new();
    for line in io::stdin().lock().lines() {
        let mut keys: Keys = serde_json::from_str(&line?)?;
        let id = keys.remove("id").unwrap_or_default();
        let call = keys.remove("call");
        let call = call.as_ref().and_then(Value::as_str).unwrap_or_default();
        let mut reply = match done(&mut library, &mut servers, call, &keys) {
            Ok(value) => json!({"ok": value}),
            Err(Failure::NotSupported(what)) => json!({"not_supported": what}),
            Err(Failure::Error(error)) => json!({"error": error_reply(&error)}),
        };
        reply["id"] = id;
        writeln!(io::stdout(), "{reply}")?;
    }
    Ok(())
}

fn done<L: Library>(
    library: &mut L,
    servers: &mut BTreeMap<String, L::Server>,
    call: &str,
    keys: &Keys,
) -> Result<Value, Failure> {
    let known: &[&str] = match call {
        "hello" => &["format"],
        "bind_sockets" => L::OPTIONS,
        "answer" | "close" => &["handle"],
        "spawn" => &["command"],
        _ => return Err(Failure::NotSupported(call.into())),
    };
    if let Some(key) = keys.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(Failure::NotSupported(key.clone()));
    }
    let handle = keys.get("handle").and_then(Value::as_str).unwrap_or_default();
    let mut server = || servers.remove(handle).ok_or_else(|| io::Error::other("no such handle"));
    Ok(match call {
        "hello" if keys["format"] == 1 => hello::<L>(),
        "hello" => return Err(Failure::NotSupported("format".into())),
        "spawn" => spawn(&keys["command"])?,
        "close" => library.close(server()?).map(|()| json!(true))?,
        "answer" => {
            let answering = library.answer(server()?)?;
            servers.insert(handle.into(), answering);
            json!(true)
        }
        _ => {
            let server = library.bind(keys)?;
            // Nulls where the system does not tell: no failure of the library.
            let name = library.local_addr(&server).ok();
            let address = name.map(|name| name.ip().to_string());
            let port = name.map(|name| name.port());
            let handle = (1..).map(|n| format!("h{n}")).find(|name| !servers.contains_key(name));
            let handle = handle.expect("there is always one more");
            servers.insert(handle.clone(), server);
            json!({"handle": handle, "sockets": [{"address": address, "port": port}]})
        }
    })
}

fn hello<L: Library>() -> Value {
    json!({
        "name": L::NAME,
        "version": L::VERSION,
        "runtime": concat!("Rust ", env!("RUSTC_VERSION")),
        "format": 1,
        "calls": ["hello", "bind_sockets", "answer", "close", "spawn"],
        "options": L::OPTIONS,
    })
}

fn spawn(command: &Value) -> io::Result<Value> {
    let mut words = command.as_array().into_iter().flatten().filter_map(Value::as_str);
    let output = Command::new(words.next().unwrap_or_default())
        .args(words)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    Ok(json!({"output": String::from_utf8_lossy(&output.stdout)}))
}

/// Rust shows the number, and never the call.
fn error_reply(error: &io::Error) -> Value {
    let code = error.raw_os_error();
    json!({"name": code.and_then(name_of), "code": code, "call": null, "message": error.to_string()})
}

#[cfg(unix)]
fn name_of(code: i32) -> Option<String> {
    Some(format!("{:?}", nix::errno::Errno::from_raw(code)))
}

#[cfg(not(unix))]
fn name_of(_code: i32) -> Option<String> {
    None
}
