//! The lines between the harness and an adapter, as `adapters/PROTOCOL.md` has them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::script::{BindSocketsArgs, FamilyArg, FlagsArg, Platform, PortArg, errors};

/// The format of the protocol that is spoken.
pub const FORMAT: u64 = 1;
/// The longest line, in bytes, without its newline.
pub const LINE_MAX: usize = 65_536;

/// What an adapter says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The library or runtime.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it runs on, such as `CPython 3.11.7`.
    #[serde(default)]
    pub runtime: String,
    /// The format that it speaks.
    pub format: u64,
    /// The calls that it serves.
    pub calls: Vec<String>,
    /// The keys of `bind_sockets` that it serves.
    pub options: Vec<String>,
}

/// An error that an adapter reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ErrorReply {
    /// The POSIX or EAI name, if there is one.
    #[serde(default)]
    pub name: Option<String>,
    /// The number as the runtime shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// The system call, if it is known.
    #[serde(default)]
    pub call: Option<String>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A socket as the library tells of it; null where it cannot tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ToldSocket {
    /// Its address as text.
    #[serde(default)]
    pub(super) address: Option<String>,
    /// Its port.
    #[serde(default)]
    pub(super) port: Option<u16>,
}

/// The value of `bind_sockets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// What `close` and `answer` name.
    pub(super) handle: String,
    /// The sockets in the library's order.
    pub(super) sockets: Vec<ToldSocket>,
}

/// What an adapter answers to a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// It was done.
    Ok(Json),
    /// The system or the library refused.
    Error(ErrorReply),
    /// The library cannot be asked this: the key or the call.
    NotSupported(String),
}

/// A request as a line, with its newline.
#[must_use]
pub(super) fn request(id: u64, call: &str, keys: Map<String, Json>) -> String {
    let mut line = Map::new();
    line.insert("id".into(), id.into());
    line.insert("call".into(), call.into());
    line.extend(keys);
    format!("{}\n", Json::Object(line))
}

/// A reply from its line.
///
/// # Errors
/// What was expected instead.
pub(super) fn reply(line: &str) -> Result<(u64, Answer), String> {
    let value: Json = serde_json::from_str(line).map_err(|_| "expected a JSON object")?;
    let Json::Object(mut object) = value else { return Err("expected a JSON object".into()) };
    let id = object.get("id").and_then(Json::as_u64).ok_or("expected an id, a number")?;
    let found = ["ok", "error", "not_supported"].map(|key| object.remove(key));
    let answer = match found {
        [Some(value), None, None] => Answer::Ok(value),
        [None, Some(error), None] => Answer::Error(
            serde_json::from_value(error)
                .map_err(|error| format!("expected name, code and call of an error: {error}"))?,
        ),
        [None, None, Some(Json::String(what))] => Answer::NotSupported(what),
        _ => return Err("expected exactly one of ok, error and not_supported".into()),
    };
    Ok((id, answer))
}

/// The keys of `bind_sockets` for a script's arguments.
///
/// # Errors
/// The argument that the protocol cannot say.
pub(super) fn bind_keys(
    args: &BindSocketsArgs,
    platform: Platform,
) -> Result<Map<String, Json>, String> {
    let mut keys = Map::new();
    // A script that names no port means 0; what a missing key means is the library's affair.
    let port = match &args.port {
        None => Json::from(0),
        Some(PortArg::Text(text) | PortArg::Named(text)) => number_or_text(text),
    };
    keys.insert("port".into(), port);
    if let Some(address) = &args.address {
        keys.insert("address".into(), address.as_str().into());
    }
    if let Some(family) = args.family {
        let word = match family {
            FamilyArg::Unspec => "unspec",
            FamilyArg::Inet => "inet",
            FamilyArg::Inet6 => "inet6",
            FamilyArg::Other(number) => return Err(format!("family {number}")),
        };
        keys.insert("family".into(), word.into());
    }
    if let Some(backlog) = args.backlog {
        keys.insert("backlog".into(), backlog.into());
    }
    if let Some(flags) = &args.flags {
        let value = match flags {
            FlagsArg::Absent => Json::Null,
            FlagsArg::Bits(bits) => (*bits).into(),
            FlagsArg::Named(names) => {
                names.iter().fold(0, |bits, flag| bits | errors::flag_bits(platform, *flag)).into()
            }
        };
        keys.insert("flags".into(), value);
    }
    if let Some(reuse_port) = args.reuse_port {
        keys.insert("reuse_port".into(), reuse_port.into());
    }
    if args.port_attempts.is_some() {
        return Err("port_attempts".into());
    }
    if args.exclusive.is_some() {
        return Err("exclusive".into());
    }
    Ok(keys)
}

/// A number where the text is how a number is written, else text.
fn number_or_text(text: &str) -> Json {
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => number.into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, bind_keys, reply};
    use crate::script::{Call, Platform, parse_call_text};

    fn keys(call: &str) -> Result<String, String> {
        match parse_call_text(call).expect("a call") {
            Call::BindSockets { args, .. } => bind_keys(&args, Platform::Linux)
                .map(|keys| serde_json::Value::from(keys).to_string()),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_key_that_a_script_leaves_out_is_left_out() {
        assert_eq!(keys("s = bind_sockets").as_deref(), Ok(r#"{"port":0}"#));
        let all = "s = bind_sockets port=\"http\" address=\"\" family=inet6 backlog=-1 flags=none reuse_port=on";
        let wanted = r#"{"port":"http","address":"","family":"inet6","backlog":-1,"flags":null,"reuse_port":true}"#;
        assert_eq!(keys(all).as_deref(), Ok(wanted));
        assert_eq!(
            keys("s = bind_sockets port=70000 flags=passive").as_deref(),
            Ok(r#"{"port":70000,"flags":1}"#)
        );
        assert_eq!(keys("s = bind_sockets port=\"080\"").as_deref(), Ok(r#"{"port":"080"}"#));
        assert_eq!(keys("s = bind_sockets port_attempts=3"), Err("port_attempts".into()));
    }

    #[test]
    fn a_reply_has_an_id_and_one_answer() {
        assert_eq!(reply(r#"{"id":3,"ok":null}"#), Ok((3, Answer::Ok(serde_json::Value::Null))));
        for wrong in [
            "",
            "[]",
            "{}",
            r#"{"id":"3","ok":true}"#,
            r#"{"id":-1,"ok":true}"#,
            r#"{"id":3}"#,
            r#"{"id":3,"ok":true,"error":{}}"#,
            r#"{"id":3,"not_supported":true}"#,
            r#"{"id":3,"error":"EADDRINUSE"}"#,
        ] {
            assert!(reply(wrong).is_err(), "{wrong}");
        }
    }
}
