//! What the contract promises of every success, read off the sockets, whatever the script.

use bindproof::script::{Choices, Platform, parse};
use bindproof::testkit::variants::right;
use bindproof::testkit::{bind_script, examine, promises};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn config() -> ProptestConfig {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/simulated.txt");
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    }
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
        prop_assert_eq!(promises::kept(platform, &script, &examined.steps), Ok(()), "{}", script);
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
