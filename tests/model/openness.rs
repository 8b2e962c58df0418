//! What a trace's header says changes the answers; what it does not say leaves each possibility.

use bindproof::judge::{StepVerdict, judge};
use bindproof::trace::{
    EndReason, Environment, Header, Outcome, PlatformFacts, Trace, TraceStep, Value,
};

/// A header that says everything.
pub(crate) fn known() -> Header {
    Header {
        platform: PlatformFacts {
            os: "linux".into(),
            kernel: "linux".into(),
            release: "6.18.0".into(),
            arch: "x86_64".into(),
            libc: "glibc".into(),
        },
        environment: Environment {
            ipv6: Some("on".into()),
            bindv6only: Some(false),
            somaxconn: Some(4096),
            ephemeral: Some((32_768, 60_999)),
            low_port: Some(1024),
            privileged: Some(false),
            uid: Some(1000),
            network: Some("private".into()),
            ..Environment::default()
        },
        ..Header::default()
    }
}

fn outcome(word: &str) -> Outcome {
    let error = |code| Outcome::Error { name: word.into(), code: Some(code) };
    match word {
        "ok" => Outcome::Ok(Value::Done),
        "on" | "off" => Outcome::Ok(Value::Switch(word == "on")),
        "blocks" => Outcome::Blocked,
        "EACCES" => error(13),
        "EAFNOSUPPORT" => error(97),
        "EADDRINUSE" => error(98),
        "EADDRNOTAVAIL" => error(99),
        address if address.starts_with("local ") => {
            Outcome::Ok(Value::Local(address[6..].parse().expect("an address")))
        }
        address if address.starts_with("peer ") => {
            Outcome::Ok(Value::Peer(address[5..].parse().expect("an address")))
        }
        address => Outcome::Ok(Value::Address(address.parse().expect("an address"))),
    }
}

/// Whether every step of a trace is allowed.
fn allowed(header: &Header, steps: &[(&str, &str)]) -> bool {
    let steps = steps.iter().enumerate().map(|(index, (call, word))| TraceStep {
        step: index + 1,
        call: (*call).into(),
        outcome: outcome(word),
    });
    let trace = Trace { header: header.clone(), steps: steps.collect(), end: EndReason::Complete };
    let verdict = judge(&trace);
    assert!(
        !verdict.steps.iter().any(|step| matches!(step, StepVerdict::Unmodelled(_))),
        "{verdict:?}"
    );
    verdict.divergences().next().is_none()
}

/// Of two stories one is true where the header says so, the other where it says otherwise, and
/// each where it says nothing.
fn decides(
    say: impl Fn(&mut Header),
    otherwise: impl Fn(&mut Header),
    nothing: impl Fn(&mut Header),
    one: &[(&str, &str)],
    other: &[(&str, &str)],
) {
    let with = |change: &dyn Fn(&mut Header)| {
        let mut header = known();
        change(&mut header);
        (allowed(&header, one), allowed(&header, other))
    };
    assert_eq!(with(&say), (true, false), "as it is said");
    assert_eq!(with(&otherwise), (false, true), "as it is said otherwise");
    assert_eq!(with(&nothing), (true, true), "where nothing is said");
}

#[test]
fn bindv6only() {
    let story = |value| [("a = socket inet6", "ok"), ("get a v6only", value)];
    decides(
        |h| h.environment.bindv6only = Some(true),
        |h| h.environment.bindv6only = Some(false),
        |h| h.environment.bindv6only = None,
        &story("on"),
        &story("off"),
    );
}

#[test]
fn ipv6() {
    let story = [("a = socket inet6", "ok"), ("bind a [::1]:2000", "EADDRNOTAVAIL")];
    decides(
        |h| h.environment.ipv6 = Some("no-address".into()),
        |h| h.environment.ipv6 = Some("off".into()),
        |h| h.environment.ipv6 = None,
        &story,
        &[("a = socket inet6", "EAFNOSUPPORT")],
    );
    decides(
        |h| h.environment.ipv6 = Some("on".into()),
        |h| h.environment.ipv6 = Some("no-address".into()),
        |h| h.environment.ipv6 = None,
        &[("a = socket inet6", "ok"), ("bind a [::1]:2000", "ok")],
        &story,
    );
}

#[test]
fn privileged() {
    let story = |word| [("a = socket inet", "ok"), ("bind a 127.0.0.1:80", word)];
    decides(
        |h| h.environment.privileged = Some(true),
        |h| h.environment.privileged = Some(false),
        |h| h.environment.privileged = None,
        &story("ok"),
        &story("EACCES"),
    );
}

#[test]
fn low_port() {
    let story = |word| [("a = socket inet", "ok"), ("bind a 127.0.0.1:80", word)];
    decides(
        |h| h.environment.low_port = Some(0),
        |h| h.environment.low_port = Some(1024),
        |h| h.environment.low_port = None,
        &story("ok"),
        &story("EACCES"),
    );
}

#[test]
fn an_unknown_setting_has_one_value_through_a_trace() {
    let mut header = known();
    header.environment.privileged = None;
    let both = [
        ("a = socket inet", "ok"),
        ("bind a 127.0.0.1:80", "EACCES"),
        ("b = socket inet", "ok"),
        ("bind b 127.0.0.1:81", "ok"),
    ];
    assert!(!allowed(&header, &both), "one process is privileged or it is not");
}

#[test]
fn somaxconn() {
    let story = |second| {
        [
            ("a = socket inet", "ok"),
            ("bind a 127.0.0.1:2000", "ok"),
            ("listen a 10", "ok"),
            ("b = connect 127.0.0.1:2000", "local 127.0.0.1:40000"),
            ("c = connect 127.0.0.1:2000", second),
        ]
    };
    decides(
        |h| h.environment.somaxconn = Some(0),
        |h| h.environment.somaxconn = Some(4096),
        |h| h.environment.somaxconn = None,
        &story("blocks"),
        &story("local 127.0.0.1:40001"),
    );
}

#[test]
fn ephemeral() {
    let story = |name| [("a = socket inet", "ok"), ("bind a 127.0.0.1:0", "ok"), ("name a", name)];
    decides(
        |h| h.environment.ephemeral = Some((32_768, 60_999)),
        |h| h.environment.ephemeral = Some((20_000, 30_000)),
        |h| h.environment.ephemeral = None,
        &story("127.0.0.1:40000"),
        &story("127.0.0.1:25000"),
    );
}

#[test]
fn the_release() {
    let story = |word| {
        [
            ("a = socket inet6", "ok"),
            ("set a v6only off", "ok"),
            ("bind a [::ffff:0.0.0.0]:2000", "ok"),
            ("b = socket inet6", "ok"),
            ("set b v6only off", "ok"),
            ("bind b [::ffff:127.0.0.1]:2000", word),
        ]
    };
    decides(
        |h| h.platform.release = "6.6.150".into(),
        |h| h.platform.release = "6.18.24".into(),
        |h| h.platform.release = String::new(),
        &story("ok"),
        &story("EADDRINUSE"),
    );
    // What another implementation calls its release says nothing of Linux.
    let mut header = known();
    header.platform.kernel = "gvisor".into();
    header.platform.release = "6.6.150".into();
    assert!(!allowed(&header, &story("ok")));
}

#[test]
fn calls_that_were_made_to_fail() {
    let mut header = known();
    let story = [("a = socket inet", "ok"), ("bind a 127.0.0.1:2000", "EADDRNOTAVAIL")];
    assert!(!allowed(&header, &story));
    header.environment.fail = vec!["bind EADDRNOTAVAIL".into()];
    assert!(allowed(&header, &story));
}

#[test]
fn another_system_is_not_modelled_and_a_bad_fail_line_neither() {
    let verdict = |header: Header| {
        let step = TraceStep { step: 1, call: "a = socket inet".into(), outcome: outcome("ok") };
        judge(&Trace { header, steps: vec![step], end: EndReason::Complete }).steps.remove(0)
    };
    let mut header = known();
    header.platform.os = "solaris".into();
    let StepVerdict::Unmodelled(why) = verdict(header) else { panic!("judged") };
    assert!(why.contains("solaris"), "{why}");
    let mut header = known();
    header.environment.fail = vec!["bnid EIO".into()];
    let StepVerdict::Unmodelled(why) = verdict(header) else { panic!("judged") };
    assert!(why.contains("bnid"), "{why}");
}
