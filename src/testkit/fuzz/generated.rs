//! Bytes become a platform and a script.

use crate::script::{
    Choices, Env, Fail, FailOnly, Family, HistorySize, Platform, Script, SocketOption, Verb,
    history,
};
use crate::testkit::bind_script;

/// The errors that are injected into histories; each has a number everywhere.
const ERRORS: [&str; 8] = [
    "EADDRINUSE",
    "EACCES",
    "EINVAL",
    "EMFILE",
    "ENOBUFS",
    "EAFNOSUPPORT",
    "ENOPROTOOPT",
    "ECONNREFUSED",
];

/// Every call of a history.
const VERBS: [Verb; 13] = [
    Verb::Socket,
    Verb::Bind,
    Verb::Listen,
    Verb::Connect,
    Verb::Accept,
    Verb::Set,
    Verb::Get,
    Verb::Name,
    Verb::Close,
    Verb::Dup,
    Verb::Send,
    Verb::Recv,
    Verb::Shutdown,
];

fn platform(choices: &mut Choices<'_>) -> Platform {
    let all: Vec<_> = Platform::all().collect();
    choices.one_of(&all)
}

/// A platform, and a script around `bind_sockets`.
#[must_use]
pub fn bind_case(data: &[u8]) -> (Platform, Script) {
    let mut choices = Choices::of_bytes(data);
    (platform(&mut choices), bind_script(&mut choices))
}

/// A platform, and a history of calls in surroundings that may be unusual; some calls may fail.
#[must_use]
pub fn history_case(data: &[u8]) -> (Platform, Script) {
    let mut choices = Choices::of_bytes(data);
    let platform = platform(&mut choices);
    let env = surroundings(&mut choices);
    let script = history(&mut choices, HistorySize::default());
    (platform, Script { env, ..script })
}

/// One decision for the usual surroundings, so that most bytes are worth a call.
fn surroundings(choices: &mut Choices<'_>) -> Vec<Env> {
    let mut env = Vec::new();
    if !choices.chance(1, 2) {
        return env;
    }
    match choices.weighted(&[4, 1, 1]) {
        0 => {}
        1 => env.push(Env::Ipv6Off),
        _ => env.push(Env::Ipv6NoAddress),
    }
    if choices.chance(1, 4) {
        env.push(Env::BindV6Only(!choices.chance(1, 3)));
    }
    if choices.chance(1, 8) {
        env.push(Env::Somaxconn(choices.below(3)));
    }
    if choices.chance(1, 8) {
        env.push(Env::Unprivileged);
    }
    for _ in 0..choices.weighted(&[2, 3, 1]) {
        env.push(Env::Fail(fail(choices)));
    }
    env
}

fn fail(choices: &mut Choices<'_>) -> Fail {
    let verb = choices.one_of(&VERBS);
    let only = match verb {
        Verb::Set | Verb::Get if choices.chance(1, 2) => {
            let all: Vec<_> = SocketOption::all().collect();
            Some(FailOnly::Option(choices.one_of(&all)))
        }
        _ if choices.chance(1, 4) => {
            Some(FailOnly::Family(choices.one_of(&[Family::Inet6, Family::Inet])))
        }
        _ => None,
    };
    let nth = choices.chance(3, 4).then(|| 1 + choices.below(6));
    Fail { verb, only, nth, error: choices.one_of(&ERRORS).to_string() }
}

pub(super) fn print_bind(data: &[u8]) -> String {
    on(bind_case(data))
}

pub(super) fn print_history(data: &[u8]) -> String {
    on(history_case(data))
}

fn on((platform, script): (Platform, Script)) -> String {
    format!("# bindproof run --subject simulated:{platform} FILE\n{script}")
}

pub(super) fn print_history_real(data: &[u8]) -> String {
    format!("# bindproof run FILE\n{}", super::history_real::script(data))
}
