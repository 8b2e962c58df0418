//! Whatever a trace says, the judge has a verdict on each of its steps.

use bindproof::judge::{judge, predict, rules_reached};
use bindproof::script::{Platform, parse};
use bindproof::trace::{EndReason, Header, Trace, TraceStep, read, write};
use proptest::prelude::*;

const CALLS: &[&str] = &[
    "a = socket inet",
    "b = socket inet6",
    "a = socket inet6",
    "set a reuseaddr on",
    "set a reuseport on",
    "set b v6only off",
    "set b v6only on",
    "set a exclusiveaddruse on",
    "set a linger 0",
    "set a linger -5",
    "set a nonblocking on",
    "get b v6only",
    "get a accepting",
    "bind a 127.0.0.1:2000",
    "bind a 127.0.0.1:0",
    "bind a 0.0.0.0:0",
    "bind b [::]:2000",
    "bind b [::ffff:127.0.0.1]:2000",
    "bind b [fe80::1%lo]:80",
    "bind a 127.0.0.1:@b",
    "listen a 0",
    "listen a -1",
    "listen b 2147483647",
    "c = connect 127.0.0.1:2000",
    "c = connect [::1]:2000",
    "connect a 127.0.0.1:2000",
    "connect b [::]:2000",
    "connect b [::ffff:127.0.0.1]:2000",
    "d = accept a",
    "d = accept b",
    "e = dup a",
    "a = dup d",
    "inherited e",
    "name a",
    "name d",
    "send c 3",
    "send d 65536",
    "recv c",
    "recv d",
    "shutdown a read",
    "shutdown c write",
    "shutdown d both",
    "close a",
    "close b",
    "close c",
    "close d",
    "close s.0",
    "s = bind_sockets port=0 address=127.0.0.1",
    "s = bind_sockets port=2000 address=\"\" reuse_port=on",
    "resolve host=localhost service=80",
];

/// Outcomes that a call of this kind may be written with; any may stand behind any of its calls.
fn outcomes(call: &str) -> Vec<&'static str> {
    let mut all = vec![
        r#"{"error":"EADDRINUSE","code":98}"#,
        r#"{"error":"EINVAL","code":null}"#,
        r#"{"error":"E#12345","code":12345}"#,
        r#"{"error":"EAI_NONAME","code":-2}"#,
        r#"{"blocked":true}"#,
        r#"{"absent":"a"}"#,
        r#"{"not_supported":"why"}"#,
    ];
    let word = call.split(' ').find(|word| word.chars().all(|c| c.is_alphabetic() || c == '_'));
    let verb = if call.contains(" = ") { call.split(' ').nth(2) } else { word };
    all.extend(match verb.expect("a verb") {
        "get" => [r#"{"ok":"on"}"#, r#"{"ok":7}"#],
        "name" => [r#"{"ok":"127.0.0.1:2000"}"#, r#"{"ok":"[::1]:0"}"#],
        "connect" => [r#"{"ok":{"local":"127.0.0.1:2000"}}"#, r#"{"ok":{"local":"[::1]:40000"}}"#],
        "accept" => [r#"{"ok":{"peer":"127.0.0.1:2000"}}"#, r#"{"ok":{"peer":"[::1]:40000"}}"#],
        "send" | "recv" => [r#"{"ok":0}"#, r#"{"ok":-3}"#],
        "inherited" => [r#"{"ok":"yes"}"#, r#"{"ok":"no"}"#],
        "resolve" => [
            r#"{"ok":[]}"#,
            r#"{"ok":[{"family":"inet","address":"127.0.0.1","port":80,"flowinfo":0,"scope":0}]}"#,
        ],
        "bind_sockets" => [
            r#"{"ok":[]}"#,
            r#"{"ok":[{"family":"inet","address":"127.0.0.1","port":2000,"reuseaddr":true,"reuseport":null,"v6only":null,"nonblocking":true,"cloexec":true,"listening":true}]}"#,
        ],
        _ => [r#"{"ok":true}"#; 2],
    });
    all
}

fn step() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(CALLS.to_vec()).prop_flat_map(|call| {
        (
            Just(call),
            prop_oneof![
                // Success half of the time, so that sockets come about.
                1 => prop::sample::select(outcomes(call)),
                1 => prop::sample::select(outcomes(call).split_off(7)),
            ],
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_trace_of_anything_has_a_verdict_on_each_step(
        steps in prop::collection::vec(step(), 0..14),
        os in prop::sample::select(vec!["linux", "macos", "freebsd", "windows", "plan9"]),
        open in any::<bool>(),
    ) {
        let mut header = Header::default();
        header.platform.os = os.into();
        header.platform.kernel = "linux".into();
        if !open {
            header.environment.ipv6 = Some("on".into());
            header.environment.bindv6only = Some(false);
            header.environment.privileged = Some(true);
        }
        let lines: String = steps
            .iter()
            .enumerate()
            .map(|(index, (call, outcome))| {
                let call = serde_json::Value::from(*call);
                format!("{{\"step\":{},\"call\":{call},\"outcome\":{outcome}}}\n", index + 1)
            })
            .collect();
        let empty = Trace { header, steps: Vec::new(), end: EndReason::Complete };
        let head = write(&empty);
        let (head, _) = head.split_once('\n').expect("a header");
        let text = format!("{head}\n{lines}{{\"kind\":\"end\",\"steps\":{},\"why\":\"died\"}}\n", steps.len());
        let traces = read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(judge(&traces[0]).steps.len(), steps.len());
        let _ = rules_reached(&traces[0]);
    }

    #[test]
    fn a_script_of_anything_is_predicted_step_by_step(
        calls in prop::collection::vec(prop::sample::select(CALLS.to_vec()), 1..14),
    ) {
        // The parser refuses names that are assigned twice or never; the rest is a script.
        let Ok(scripts) = parse(&calls.join("\n")) else { return Ok(()) };
        for platform in Platform::all() {
            prop_assert_eq!(predict(&scripts[0].script, platform, None).len(), calls.len());
        }
    }
}

#[test]
fn a_call_that_is_none_is_not_modelled() {
    let step = TraceStep {
        step: 1,
        call: "frobnicate a".into(),
        outcome: bindproof::trace::Outcome::Blocked,
    };
    let mut header = Header::default();
    header.platform.os = "linux".into();
    let trace = Trace { header, steps: vec![step], end: EndReason::Complete };
    let verdict = judge(&trace);
    assert!(
        matches!(&verdict.steps[0], bindproof::judge::StepVerdict::Unmodelled(why) if why.contains("parse"))
    );
}
