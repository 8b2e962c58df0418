//! The JSON form of a trace's parts. These mirror types are the format; nothing else is
//! serialised.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::header::{Environment, Header, PlatformFacts, SubjectFacts};
use super::outcome::{Outcome, ResolvedRecord, SocketFacts, Value};
use super::parts::{Part, object, unambiguous};
use crate::script::Verb;

/// The format that is written and the only one that is read.
pub(super) const FORMAT: u64 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderLine {
    pub(super) format: u64,
    pub(super) kind: String,
    script: String,
    #[serde(deserialize_with = "object")]
    platform: PlatformLine,
    #[serde(deserialize_with = "object")]
    subject: SubjectLine,
    #[serde(deserialize_with = "object")]
    environment: EnvironmentLine,
    // Without this an absent key would pass for null.
    #[serde(deserialize_with = "Option::deserialize")]
    seed: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlatformLine {
    os: String,
    kernel: String,
    release: String,
    arch: String,
    libc: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectLine {
    name: String,
    version: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvironmentLine {
    ipv6: Option<String>,
    ipv6_off_by: Option<String>,
    bindv6only: Option<bool>,
    somaxconn: Option<u32>,
    ephemeral: Option<(u16, u16)>,
    low_port: Option<u16>,
    privileged: Option<bool>,
    uid: Option<u32>,
    network: Option<String>,
    hosts: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    records: Option<Vec<String>>,
    fail: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepLine {
    pub(super) step: usize,
    pub(super) call: String,
    #[serde(deserialize_with = "unambiguous")]
    pub(super) outcome: Json,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndLine {
    pub(super) kind: String,
    pub(super) steps: usize,
    pub(super) why: String,
}

/// What tells the lines apart, wherever it stands in them.
#[derive(Debug, Deserialize)]
pub(super) struct Marks {
    pub(super) format: Option<Json>,
    pub(super) kind: Option<Json>,
    pub(super) step: Option<IgnoredAny>,
}

macro_rules! parts {
    ($($line:ty, $called:literal;)+) => {
        $(impl Part for $line {
            const CALLED: &'static str = $called;
        })+
    };
}

parts! {
    Marks, "a line of a trace";
    HeaderLine, "the header";
    PlatformLine, "platform";
    SubjectLine, "subject";
    EnvironmentLine, "environment";
    StepLine, "a step";
    EndLine, "the end";
}

impl From<&Header> for HeaderLine {
    fn from(header: &Header) -> Self {
        let Header { script, platform, subject, environment: env, seed } = header.clone();
        Self {
            format: FORMAT,
            kind: "trace".into(),
            script,
            platform: PlatformLine {
                os: platform.os,
                kernel: platform.kernel,
                release: platform.release,
                arch: platform.arch,
                libc: platform.libc,
            },
            subject: SubjectLine { name: subject.name, version: subject.version },
            environment: EnvironmentLine {
                ipv6: env.ipv6,
                ipv6_off_by: env.ipv6_off_by,
                bindv6only: env.bindv6only,
                somaxconn: env.somaxconn,
                ephemeral: env.ephemeral,
                low_port: env.low_port,
                privileged: env.privileged,
                uid: env.uid,
                network: env.network,
                hosts: env.hosts,
                records: env.records,
                fail: env.fail,
            },
            seed,
        }
    }
}

/// What a header's word can be; `None` is unknown.
const IPV6: [&str; 3] = ["on", "off", "no-address"];
const IPV6_OFF_BY: [&str; 3] = ["seccomp", "kernel", "injection"];
const NETWORK: [&str; 2] = ["private", "host"];

fn known(key: &str, word: Option<&str>, words: &[&str]) -> Result<(), String> {
    match word {
        Some(word) if !words.contains(&word) => {
            let words = words.join(", ");
            Err(format!("expected one of {words} or null as {key}, found {word:?}"))
        }
        _ => Ok(()),
    }
}

impl TryFrom<HeaderLine> for Header {
    type Error = String;

    fn try_from(line: HeaderLine) -> Result<Self, String> {
        let HeaderLine { script, platform, subject, environment: env, seed, .. } = line;
        known("ipv6", env.ipv6.as_deref(), &IPV6)?;
        known("ipv6_off_by", env.ipv6_off_by.as_deref(), &IPV6_OFF_BY)?;
        known("network", env.network.as_deref(), &NETWORK)?;
        if let Some((low, high)) = env.ephemeral
            && low > high
        {
            return Err(format!("expected the lower end of ephemeral first, found [{low},{high}]"));
        }
        Ok(Self {
            script,
            platform: PlatformFacts {
                os: platform.os,
                kernel: platform.kernel,
                release: platform.release,
                arch: platform.arch,
                libc: platform.libc,
            },
            subject: SubjectFacts { name: subject.name, version: subject.version },
            environment: Environment {
                ipv6: env.ipv6,
                ipv6_off_by: env.ipv6_off_by,
                bindv6only: env.bindv6only,
                somaxconn: env.somaxconn,
                ephemeral: env.ephemeral,
                low_port: env.low_port,
                privileged: env.privileged,
                uid: env.uid,
                network: env.network,
                hosts: env.hosts,
                records: env.records,
                fail: env.fail,
            },
            seed,
        })
    }
}

/// An outcome as JSON.
#[must_use]
pub fn outcome_json(outcome: &Outcome) -> Json {
    match outcome {
        Outcome::Ok(value) => json!({ "ok": value_json(value) }),
        Outcome::Error { name, code } => json!({ "error": name, "code": code }),
        Outcome::Blocked => json!({ "blocked": true }),
        Outcome::Absent(name) => json!({ "absent": name }),
        Outcome::NotSupported(why) => json!({ "not_supported": why }),
    }
}

fn value_json(value: &Value) -> Json {
    match value {
        Value::Done => json!(true),
        Value::Switch(on) => json!(if *on { "on" } else { "off" }),
        Value::Number(number) => json!(number),
        Value::Word(word) => json!(word),
        Value::Address(address) => json!(address.to_string()),
        Value::Local(address) => json!({ "local": address.to_string() }),
        Value::Peer(address) => json!({ "peer": address.to_string() }),
        Value::Records(records) => records.iter().map(record_json).collect(),
        Value::Sockets(sockets) => sockets_json(sockets),
    }
}

fn record_json(record: &ResolvedRecord) -> Json {
    let (flowinfo, scope) = extras(record.address);
    json!({
        "family": family(record.address),
        "address": record.address.ip().to_string(),
        "port": record.address.port(),
        "flowinfo": flowinfo,
        "scope": scope,
    })
}

/// The sockets of `bind_sockets` as `bindproof bind --json` prints them. `flowinfo` and `scope`
/// stand there only when they are not zero.
#[must_use]
pub fn sockets_json(sockets: &[SocketFacts]) -> Json {
    sockets
        .iter()
        .map(|socket| {
            let mut object = json!({
                "family": family(socket.address),
                "address": socket.address.ip().to_string(),
                "port": socket.address.port(),
                "reuseaddr": socket.reuseaddr,
                "reuseport": socket.reuseport,
                "v6only": socket.v6only,
                "nonblocking": socket.nonblocking,
                "cloexec": socket.cloexec,
                "listening": socket.listening,
            });
            let (flowinfo, scope) = extras(socket.address);
            for (key, number) in [("flowinfo", flowinfo), ("scope", scope)] {
                if number != 0 {
                    object[key] = json!(number);
                }
            }
            object
        })
        .collect()
}

fn family(address: SocketAddr) -> &'static str {
    if address.is_ipv4() { "inet" } else { "inet6" }
}

fn extras(address: SocketAddr) -> (u32, u32) {
    match address {
        SocketAddr::V4(_) => (0, 0),
        SocketAddr::V6(address) => (address.flowinfo(), address.scope_id()),
    }
}

/// An outcome from JSON; the call says which value a success has.
pub(super) fn outcome(json: &Json, verb: Verb) -> Result<Outcome, String> {
    let object = json.as_object().ok_or("expected an object as outcome")?;
    let keys: Vec<_> = object.keys().map(String::as_str).collect();
    match keys.as_slice() {
        ["ok"] => value(&object["ok"], verb).map(Outcome::Ok),
        ["error", "code"] | ["code", "error"] => {
            let name = text(&object["error"])?;
            if !crate::script::errors::is_known(&name) {
                return Err(format!("expected the name of an error, found {name:?}"));
            }
            let code = match &object["code"] {
                Json::Null => None,
                code => Some(number(code)?),
            };
            Ok(Outcome::Error { name, code })
        }
        ["blocked"] if object["blocked"] == json!(true) => Ok(Outcome::Blocked),
        ["absent"] => text(&object["absent"]).map(Outcome::Absent),
        ["not_supported"] => text(&object["not_supported"]).map(Outcome::NotSupported),
        _ => Err(format!("expected ok, error and code, blocked, absent or not_supported: {json}")),
    }
}

fn value(json: &Json, verb: Verb) -> Result<Value, String> {
    match verb {
        Verb::Get => match json {
            Json::String(word) if word == "on" => Ok(Value::Switch(true)),
            Json::String(word) if word == "off" => Ok(Value::Switch(false)),
            _ => number(json).map(Value::Number),
        },
        Verb::Send | Verb::Recv => number(json).map(Value::Number),
        Verb::Inherited => match json.as_str() {
            Some(word @ ("yes" | "no")) => Ok(Value::Word(word.into())),
            _ => Err(format!("expected yes or no, found {json}")),
        },
        Verb::Name => address(json).map(Value::Address),
        Verb::Connect => {
            keys(json, &["local"], &[])?;
            address(&json["local"]).map(Value::Local)
        }
        Verb::Accept => {
            keys(json, &["peer"], &[])?;
            address(&json["peer"]).map(Value::Peer)
        }
        Verb::Resolve => {
            list(json)?.iter().map(record).collect::<Result<_, _>>().map(Value::Records)
        }
        Verb::BindSockets => {
            list(json)?.iter().map(socket).collect::<Result<_, _>>().map(Value::Sockets)
        }
        _ if *json == json!(true) => Ok(Value::Done),
        _ => Err(format!("expected true, found {json}")),
    }
}

fn list(json: &Json) -> Result<&Vec<Json>, String> {
    json.as_array().ok_or_else(|| format!("expected a list, found {json}"))
}

fn text(json: &Json) -> Result<String, String> {
    json.as_str().map(str::to_string).ok_or_else(|| format!("expected text, found {json}"))
}

fn number<T: TryFrom<i64>>(json: &Json) -> Result<T, String> {
    json.as_i64()
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("expected a number, found {json}"))
}

fn address(json: &Json) -> Result<SocketAddr, String> {
    json.as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("expected an address with its port, found {json}"))
}

/// Is this an object with all of `needed`, perhaps some of `optional`, and nothing else?
fn keys(json: &Json, needed: &[&str], optional: &[&str]) -> Result<(), String> {
    let object = json.as_object().ok_or_else(|| format!("expected an object, found {json}"))?;
    if let Some(key) = needed.iter().find(|key| !object.contains_key(**key)) {
        return Err(format!("expected the key {key:?} in {json}"));
    }
    let known = |key: &&String| needed.contains(&key.as_str()) || optional.contains(&key.as_str());
    match object.keys().find(|key| !known(key)) {
        Some(key) => Err(format!("expected no key {key:?} in {json}")),
        None => Ok(()),
    }
}

fn record(json: &Json) -> Result<ResolvedRecord, String> {
    keys(json, &["family", "address", "port", "flowinfo", "scope"], &[])?;
    Ok(ResolvedRecord { address: parts(json)? })
}

/// `address`, `port`, and `flowinfo` and `scope` where they stand.
fn parts(json: &Json) -> Result<SocketAddr, String> {
    let ip: IpAddr = json["address"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("expected an address, found {}", json["address"]))?;
    let port = number(&json["port"])?;
    let optional = |key: &str| match &json[key] {
        Json::Null => Ok(0),
        number_json => number(number_json),
    };
    let address = match ip {
        IpAddr::V4(_) => SocketAddr::new(ip, port),
        IpAddr::V6(ip) => {
            SocketAddrV6::new(ip, port, optional("flowinfo")?, optional("scope")?).into()
        }
    };
    if json["family"] != json!(family(address)) {
        return Err(format!("expected the family of {address}, found {}", json["family"]));
    }
    Ok(address)
}

const SOCKET_KEYS: [&str; 9] = [
    "family",
    "address",
    "port",
    "reuseaddr",
    "reuseport",
    "v6only",
    "nonblocking",
    "cloexec",
    "listening",
];

fn socket(json: &Json) -> Result<SocketFacts, String> {
    keys(json, &SOCKET_KEYS, &["flowinfo", "scope"])?;
    let switch = |key: &str| match &json[key] {
        Json::Null => Ok(None),
        Json::Bool(on) => Ok(Some(*on)),
        other => Err(format!("expected true, false or null for {key}, found {other}")),
    };
    Ok(SocketFacts {
        address: parts(json)?,
        reuseaddr: switch("reuseaddr")?,
        reuseport: switch("reuseport")?,
        v6only: switch("v6only")?,
        nonblocking: switch("nonblocking")?,
        cloexec: switch("cloexec")?,
        listening: switch("listening")?,
    })
}
