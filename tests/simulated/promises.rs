//! What the contract promises of every success, read off the sockets, whatever the script.

use std::collections::BTreeSet;

use bindproof::script::{
    BindSocketsArgs, Call, Choices, Env, FailOnly, Platform, PortArg, Script, SocketOption, Verb,
    parse,
};
use bindproof::testkit::variants::right;
use bindproof::testkit::{bind_script, examine};
use bindproof::trace::{Outcome, SocketFacts, Value};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn config() -> ProptestConfig {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/simulated.txt");
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    }
}

/// Is `SO_REUSEADDR` made to be unknown by an `env` line?
fn lacks_reuse_addr(env: &Env) -> bool {
    let option = FailOnly::Option(SocketOption::ReuseAddr);
    matches!(env, Env::Fail(fail) if fail.verb == Verb::Set
        && fail.error == "ENOPROTOOPT"
        && !matches!(fail.only, Some(FailOnly::Option(_)) if fail.only != Some(option)))
}

/// R12 to R17 and R21 of one socket; what a platform cannot read back is `None`.
fn options_are_right(
    platform: Platform,
    script: &Script,
    args: &BindSocketsArgs,
    socket: &SocketFacts,
) -> bool {
    let on = |option: Option<bool>| option.is_none_or(|on| on);
    let reuseport = platform != Platform::Windows && args.reuse_port == Some(true);
    on(socket.nonblocking)
        && on(socket.cloexec)
        && on(socket.listening)
        && (socket.reuseaddr == Some(platform != Platform::Windows)
            || script.env.iter().any(lacks_reuse_addr))
        && socket.reuseport.is_none_or(|set| set == reuseport)
        && socket.v6only == socket.address.is_ipv6().then_some(true)
}

/// Records that differ in their scope alone are two (R8), and `getsockname` shows the scope of
/// neither where the address is not link-local.
fn may_look_alike(env: &Env) -> bool {
    matches!(env, Env::Records(_)) && env.to_string().contains('%')
}

/// R7, R8 and R16 of all of them.
fn addresses_are_right(script: &Script, args: &BindSocketsArgs, sockets: &[SocketFacts]) -> bool {
    let addresses: Vec<_> = sockets.iter().map(|socket| socket.address).collect();
    let distinct: BTreeSet<_> = addresses.iter().collect();
    let ports: BTreeSet<_> = addresses.iter().map(std::net::SocketAddr::port).collect();
    let asked = match &args.port {
        None => Some(0),
        Some(PortArg::Text(text) | PortArg::Named(text)) => text.parse::<u16>().ok(),
    };
    (distinct.len() == addresses.len() || script.env.iter().any(may_look_alike))
        && addresses.is_sorted_by_key(std::net::SocketAddr::is_ipv6)
        && ports.len() <= 1
        && !ports.contains(&0)
        && asked.is_none_or(|port| port == 0 || ports.iter().all(|found| *found == port))
}

proptest! {
    #![proptest_config(config())]

    /// Whatever is asked for, wherever, with whatever failing: the model explains every answer,
    /// nothing stays open that nobody can name, and every success is as the contract says.
    #[test]
    fn every_answer_is_explained_and_every_success_keeps_its_promises(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        platform in prop::sample::select(Platform::all().collect::<Vec<_>>()),
    ) {
        let script = bind_script(&mut Choices::of_bytes(&bytes));
        let examined = examine(&script, platform, &right());
        prop_assert_eq!(examined.finding.map(|finding| finding.to_string()), None);
        for (call, outcome) in &examined.steps {
            let (Call::BindSockets { args, .. }, Outcome::Ok(Value::Sockets(sockets))) =
                (call, outcome)
            else {
                continue;
            };
            prop_assert!(addresses_are_right(&script, args, sockets), "{}\n{:?}", script, sockets);
            for socket in sockets {
                prop_assert!(options_are_right(platform, &script, args, socket), "{}\n{:?}", script, socket);
            }
        }
    }
}

/// R15: on every platform, with either default, a client of IPv4 is refused by a listener of IPv6.
#[test]
fn an_ipv4_client_never_reaches_an_ipv6_listener() {
    for platform in Platform::all() {
        for default in ["on", "off"] {
            let text = format!(
                "env bindv6only {default}\nenv records ::\ns = bind_sockets\n\
                 c = connect 127.0.0.1:@s.0\nd = connect [::1]:@s.0\n"
            );
            let script = parse(&text).expect("a script").remove(0).script;
            let examined = examine(&script, platform, &right());
            let words: Vec<_> =
                examined.steps.iter().map(|(_, outcome)| outcome.word().to_string()).collect();
            assert_eq!(examined.finding, None);
            assert_eq!(words, ["ok", "ECONNREFUSED", "ok"], "{platform}, bindv6only {default}");
        }
    }
}
