//! What a `bind_sockets` of a script meets: the environment, calls that fail, sockets that are
//! there already.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::arguments::OTHER_NAME;
use crate::script::{
    Address, Call, Choices, Env, Fail, FailOnly, Family, Host, Name, Port, Setting, SocketOption,
    Verb,
};

/// The small ephemeral range.
const EPHEMERAL: (u16, u16) = (40_000, 40_003);

/// The errors that mean something to `bind_sockets`, and others; each has a number everywhere.
const ERRORS: [&str; 12] = [
    "EAFNOSUPPORT",
    "ENOPROTOOPT",
    "EADDRNOTAVAIL",
    "EADDRINUSE",
    "EACCES",
    "EPROTONOSUPPORT",
    "EINVAL",
    "EMFILE",
    "ENOBUFS",
    "EOPNOTSUPP",
    "EFAULT",
    "ENETDOWN",
];

const RESOLVER_ERRORS: [&str; 5] =
    ["EAI_AGAIN", "EAI_NONAME", "EAI_FAIL", "EAI_MEMORY", "EAI_SERVICE"];

/// The `env` lines.
pub(super) fn environment(choices: &mut Choices<'_>) -> Vec<Env> {
    let mut env = Vec::new();
    match choices.weighted(&[8, 1, 1]) {
        0 => {}
        1 => env.push(Env::Ipv6Off),
        _ => env.push(Env::Ipv6NoAddress),
    }
    if choices.chance(1, 5) {
        env.push(Env::BindV6Only(!choices.chance(1, 3)));
    }
    if choices.chance(2, 3) {
        env.push(hosts(choices));
    }
    if choices.chance(1, 4) {
        env.push(Env::Ephemeral(EPHEMERAL.0, EPHEMERAL.1));
    }
    if choices.chance(1, 10) {
        env.push(Env::Unprivileged);
    }
    if choices.chance(2, 5) {
        env.push(records(choices));
    }
    if choices.chance(1, 4) {
        lost_ports(choices, &mut env);
    }
    let fails = choices.weighted(&[4, 4, 2, 1]);
    env.extend((0..fails).map(|_| Env::Fail(fail(choices))));
    env
}

fn hosts(choices: &mut Choices<'_>) -> Env {
    let texts = ["127.0.0.1", "::1", "127.0.0.1", "127.0.0.2", "10.9.8.7"];
    let mut lines = Vec::new();
    for name in ["localhost", OTHER_NAME, "ip6-localhost"] {
        for _ in 0..choices.weighted(&[1, 3, 3, 1]) {
            lines.push(format!("{} {name}", choices.one_of(&texts)));
        }
    }
    if lines.is_empty() {
        lines.push("127.0.0.1 localhost".into());
    }
    Env::Hosts(lines)
}

/// An answer of the resolver, in any order and with duplicates.
fn records(choices: &mut Choices<'_>) -> Env {
    let v4 = |ip: [u8; 4]| SocketAddr::from((Ipv4Addr::from(ip), 0));
    let v6 = |ip: Ipv6Addr, scope| SocketAddr::V6(SocketAddrV6::new(ip, 0, 0, scope));
    let link_local = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
    let pool = [
        v4([127, 0, 0, 1]),
        v6(Ipv6Addr::LOCALHOST, 0),
        v4([127, 0, 0, 1]),
        v6(Ipv6Addr::LOCALHOST, 0),
        v6(link_local, 1),
        v4([127, 0, 0, 2]),
        v4([0, 0, 0, 0]),
        v6(Ipv6Addr::UNSPECIFIED, 0),
        v6(link_local, 9),
        v6(link_local, 0),
        v6(Ipv6Addr::LOCALHOST, 1),
        v4([192, 0, 2, 7]),
        v6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 0),
        v6(Ipv4Addr::LOCALHOST.to_ipv6_mapped(), 0),
    ];
    let count = 1 + choices.weighted(&[1, 4, 3, 1]);
    // The first of them are the ones that most systems can bind.
    let usual = choices.chance(2, 3);
    let pool = if usual { &pool[..6] } else { &pool[..] };
    Env::Records((0..count).map(|_| choices.one_of(pool)).collect())
}

/// The port that the system chose is taken in the other family, some times in a row.
fn lost_ports(choices: &mut Choices<'_>, env: &mut Vec<Env>) {
    let verb = choices.one_of(&[Verb::Bind, Verb::Bind, Verb::Listen]);
    let error = choices.one_of(&["EADDRINUSE", "EACCES"]);
    for nth in 1..=1 + choices.below(4) {
        let only = Some(FailOnly::Family(Family::Inet6));
        env.push(Env::Fail(Fail { verb, only, nth: Some(nth), error: error.into() }));
    }
    if choices.chance(1, 4) {
        let error = choices.one_of(&RESOLVER_ERRORS).to_string();
        env.push(Env::Fail(Fail { verb: Verb::Resolve, only: None, nth: Some(2), error }));
    }
}

fn fail(choices: &mut Choices<'_>) -> Fail {
    let verbs = [Verb::Socket, Verb::Set, Verb::Bind, Verb::Name, Verb::Listen, Verb::Resolve];
    let verb = verbs[choices.weighted(&[6, 8, 8, 2, 4, 2])];
    let family = |choices: &mut Choices<'_>| {
        Some(FailOnly::Family(choices.one_of(&[Family::Inet6, Family::Inet])))
    };
    let only = match verb {
        Verb::Set if !choices.chance(1, 6) => Some(FailOnly::Option(choices.one_of(&[
            SocketOption::ReuseAddr,
            SocketOption::ReusePort,
            SocketOption::V6Only,
            SocketOption::Nonblocking,
            SocketOption::ExclusiveAddrUse,
        ]))),
        _ if choices.chance(1, 2) => family(choices),
        _ => None,
    };
    let nth = choices.chance(2, 3).then(|| 1 + choices.below(4));
    let error = if verb == Verb::Resolve {
        choices.one_of(&RESOLVER_ERRORS)
    } else if verb == Verb::Set && choices.chance(1, 2) {
        "ENOPROTOOPT"
    } else if verb == Verb::Bind && choices.chance(1, 3) {
        "EADDRNOTAVAIL"
    } else if choices.chance(2, 3) {
        // The ones that some call swallows.
        choices.one_of(&ERRORS[..5])
    } else {
        choices.one_of(&ERRORS)
    };
    Fail { verb, only, nth, error: error.into() }
}

/// Sockets that are there already, in the way or not.
pub(super) fn occupants(choices: &mut Choices<'_>, env: &[Env], calls: &mut Vec<Call>) {
    let small = env.contains(&Env::Ephemeral(EPHEMERAL.0, EPHEMERAL.1));
    let count = choices.weighted(&if small { [2, 2, 3, 4, 1] } else { [6, 2, 1, 0, 0] });
    for index in 0..count {
        let port = match u16::try_from(index) {
            Ok(index) if small => Port::Number(EPHEMERAL.0 + index),
            _ => Port::Named("p".into()),
        };
        let v4 = choices.chance(1, 4);
        let host = match (v4, choices.chance(1, 3)) {
            (true, false) => Host::V4(Ipv4Addr::UNSPECIFIED),
            (true, true) => Host::V4(Ipv4Addr::LOCALHOST),
            (false, false) => Host::V6(Ipv6Addr::UNSPECIFIED, None),
            (false, true) => Host::V6(Ipv6Addr::LOCALHOST, None),
        };
        let name = Name { word: format!("o{index}"), index: None };
        let set = |option| Call::Set { name: name.clone(), option, value: Setting::On };
        let family = if v4 { Family::Inet } else { Family::Inet6 };
        calls.push(Call::Socket { name: name.clone(), family });
        if !v4 {
            calls.push(set(SocketOption::V6Only));
        }
        if choices.chance(1, 4) {
            calls.push(set(SocketOption::ReuseAddr));
        }
        calls.push(Call::Bind { name: name.clone(), address: Address { host, port } });
        if !choices.chance(1, 4) {
            calls.push(Call::Listen { name, backlog: 5 });
        }
    }
}
