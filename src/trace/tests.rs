//! What the reader takes and what it refuses.

use super::{
    TRACE_LINE_MAX, outcome_json, read, read_line, write, write_end, write_header, write_step,
};
use crate::trace::{
    EndReason, Header, Outcome, ResolvedRecord, SocketFacts, Trace, TraceLine, TraceStep, Value,
};

fn trace() -> Trace {
    let calls = [
        ("a = socket inet", Outcome::Ok(Value::Done)),
        ("get a reuseaddr", Outcome::Ok(Value::Switch(true))),
        ("get a linger", Outcome::Ok(Value::Number(3))),
        ("recv a", Outcome::Ok(Value::Number(0))),
        ("inherited a", Outcome::Ok(Value::Word("no".into()))),
        ("name a", Outcome::Ok(Value::Address("[fe80::1%7]:80".parse().unwrap()))),
        ("c = connect 127.0.0.1:80", Outcome::Ok(Value::Local("127.0.0.1:9".parse().unwrap()))),
        ("d = accept a", Outcome::Ok(Value::Peer("127.0.0.1:9".parse().unwrap()))),
        ("e = accept a", Outcome::Blocked),
        ("bind a 127.0.0.1:80", Outcome::Error { name: "EACCES".into(), code: Some(13) }),
        ("close z", Outcome::Absent("z".into())),
        ("set a reuseport on", Outcome::NotSupported("no such option".into())),
        (
            "resolve host=::1 service=80",
            Outcome::Ok(Value::Records(vec![ResolvedRecord {
                address: "[::1]:80".parse().unwrap(),
            }])),
        ),
        (
            "s = bind_sockets port=0",
            Outcome::Ok(Value::Sockets(vec![SocketFacts {
                address: "0.0.0.0:40000".parse().unwrap(),
                reuseaddr: Some(true),
                reuseport: None,
                v6only: None,
                nonblocking: Some(true),
                cloexec: Some(true),
                listening: Some(true),
            }])),
        ),
        (
            "t = bind_sockets port=70000",
            Outcome::Error { name: "PortOutOfRange".into(), code: None },
        ),
    ];
    let steps = calls
        .into_iter()
        .enumerate()
        .map(|(i, (call, outcome))| TraceStep { step: i + 1, call: call.into(), outcome })
        .collect();
    let header = Header { script: "a = socket inet\n".into(), ..Header::default() };
    Trace { header, steps, end: EndReason::Complete }
}

#[test]
fn a_trace_is_read_as_it_was_written() {
    let text = write(&trace());
    assert_eq!(read(&text).unwrap(), [trace()]);
    assert_eq!(read(&format!("{text}{text}")).unwrap().len(), 2);
}

#[test]
fn refusals_name_the_line() {
    let text = write(&trace());
    let lines: Vec<_> = text.lines().collect();
    let without = |skip: usize| {
        let kept: Vec<_> =
            lines.iter().enumerate().filter(|(i, _)| *i != skip).map(|(_, l)| *l).collect();
        kept.join("\n")
    };
    let last = lines.len();
    let cases = [
        (text.replace("\"format\":1", "\"format\":2"), 1, "format 2"),
        (text.replace("\"format\":1,", ""), 1, "format null"),
        (text.replace("\"kind\":\"trace\"", "\"kind\":\"film\""), 1, "film"),
        (text.replace("\"libc\":\"\"", "\"libd\":\"\""), 1, "libd"),
        (text.replace(",\"libc\":\"\"", ""), 1, "libc"),
        (text.replace(",\"seed\":null", ""), 1, "seed"),
        (text.replace("\"seed\":null", "\"seed\":-1"), 1, "-1"),
        (text.replace("\"uid\":", "\"gid\":"), 1, "gid"),
        (text.replace("{\"name\":\"\",\"version\":\"\"}", "[\"\",\"\"]"), 1, "subject"),
        (text.replace("\"ipv6\":null", "\"ipv6\":\"banana\""), 1, "no-address or null as ipv6"),
        (text.replace("\"ipv6_off_by\":null", "\"ipv6_off_by\":\"magic\""), 1, "found \"magic\""),
        (text.replace("\"network\":null", "\"network\":\"foo\""), 1, "null as network"),
        (text.replace("\"ephemeral\":null", "\"ephemeral\":[9,8]"), 1, "lower end of ephemeral"),
        (without(0), 1, "header first"),
        (without(2), 3, "expected step 2, found step 3"),
        (without(last - 1), last, "cut off"),
        (text.replace("close z", "clsoe z"), 12, "did you mean close"),
        (text.replace("close z", "close z => ok"), 12, "the end of the line"),
        (text.replace("EACCES", "EACCESS"), 11, "EACCESS"),
        (text.replace("\"code\":13", "\"code\":\"13\""), 11, "number"),
        (text.replace(",\"code\":13", ""), 11, "error and code"),
        (text.replace("\"blocked\":true", "\"blocked\":false"), 10, "blocked"),
        (text.replace("\"ok\":\"no\"", "\"ok\":\"perhaps\""), 6, "yes or no"),
        (text.replace("\"ok\":\"on\"", "\"ok\":\"On\""), 3, "number"),
        (text.replace("\"peer\":", "\"pear\":"), 9, "peer"),
        (text.replace("\"flowinfo\":0,", ""), 14, "flowinfo"),
        (text.replace("\"cloexec\"", "\"cloexex\""), 15, "cloexec"),
        (text.replace("\"listening\":true", "\"listening\":true,\"up\":1"), 15, "up"),
        (text.replace("\"family\":\"inet6\"", "\"family\":\"inet\""), 14, "the family of [::1]:80"),
        (text.replace("\"cloexec\":true", "\"cloexec\":1"), 15, "null for cloexec"),
        (text.replace("\"step\":1,", "\"step\":1,\"step\":1,"), 2, "duplicate field `step`"),
        (text.replace("\"step\":1,", "\"step\":-1,"), 2, "step, call and outcome"),
        (text.replace("\"ok\":\"on\"", "\"ok\":\"on\",\"ok\":\"off\""), 3, "duplicate field `ok`"),
        (text.replace("\"ok\":3", "\"ok\":3,\"\\u006fk\":4"), 4, "duplicate field `ok`"),
        (text.replace("\"local\":", "\"local\":\"[::1]:1\",\"local\":"), 8, "field `local`"),
        (text.replace("\"cloexec\":", "\"cloexec\":null,\"cloexec\":"), 15, "field `cloexec`"),
        (text.replace("\"steps\":15", "\"steps\":14"), last, "counts 14"),
        (text.replace("\"kind\":\"end\"", "\"kind\":\"start\""), last, "the kind \"end\""),
        (text.replace("\"kind\":\"end\",", ""), last, "a header, a step or the end"),
        (text.replace("\"complete\"", "\"done\""), last, "done"),
        (format!("{}\n{text}", write_header(&trace().header)), 2, "cut off"),
        (format!("{text}garbage"), last + 1, "JSON"),
        (format!("{text}[\"end\",0,\"complete\"]"), last + 1, "JSON object"),
        (format!("{text}\n{text}"), last + 1, "JSON"),
        (format!("{text}{}", " ".repeat(TRACE_LINE_MAX + 1)), last + 1, "at most"),
    ];
    for (text, line, part) in cases {
        let error = read(&text).expect_err(part);
        assert_eq!(error.line, line, "{error}");
        assert!(error.message.contains(part), "{error} should say {part:?}");
    }
}

#[test]
fn an_environment_key_that_is_not_there_is_unknown() {
    let mut trace = trace();
    trace.header.environment.uid = Some(7);
    let text = write(&trace);
    trace.header.environment.uid = None;
    assert_eq!(read(&text.replace("\"uid\":7,", "")), Ok(vec![trace]));
}

#[test]
fn the_lines_are_the_ones_of_the_contract() {
    let header = write_header(&trace().header);
    assert_eq!(
        header,
        "{\"format\":1,\"kind\":\"trace\",\"script\":\"a = socket inet\\n\",\
         \"platform\":{\"os\":\"\",\"kernel\":\"\",\"release\":\"\",\"arch\":\"\",\"libc\":\"\"},\
         \"subject\":{\"name\":\"\",\"version\":\"\"},\
         \"environment\":{\"ipv6\":null,\"ipv6_off_by\":null,\"bindv6only\":null,\
         \"somaxconn\":null,\"ephemeral\":null,\"low_port\":null,\"privileged\":null,\
         \"uid\":null,\"network\":null,\"hosts\":null,\"fail\":[]},\"seed\":null}"
    );
    let lines: Vec<_> = trace().steps.iter().map(write_step).collect();
    let expected = [
        (0, r#"{"step":1,"call":"a = socket inet","outcome":{"ok":true}}"#),
        (1, r#"{"step":2,"call":"get a reuseaddr","outcome":{"ok":"on"}}"#),
        (8, r#"{"step":9,"call":"e = accept a","outcome":{"blocked":true}}"#),
        (9, r#"{"step":10,"call":"bind a 127.0.0.1:80","outcome":{"error":"EACCES","code":13}}"#),
        (10, r#"{"step":11,"call":"close z","outcome":{"absent":"z"}}"#),
    ];
    for (index, line) in expected {
        assert_eq!(lines[index], line);
    }
    assert_eq!(write_end(15, EndReason::Died), r#"{"kind":"end","steps":15,"why":"died"}"#);
    assert_eq!(
        outcome_json(&trace().steps[13].outcome).to_string(),
        "{\"ok\":[{\"family\":\"inet\",\"address\":\"0.0.0.0\",\"port\":40000,\"reuseaddr\":true,\
         \"reuseport\":null,\"v6only\":null,\"nonblocking\":true,\"cloexec\":true,\
         \"listening\":true}]}"
    );
}

#[test]
fn the_order_of_a_lines_keys_says_nothing() {
    let step = r#"{"outcome":{"code":13,"error":"EACCES"},"call":"close a","step":4}"#;
    let outcome = Outcome::Error { name: "EACCES".into(), code: Some(13) };
    let expected = TraceStep { step: 4, call: "close a".into(), outcome };
    assert_eq!(read_line(step), Ok(TraceLine::Step(expected)));
    let end = r#"{"why":"limit","steps":3,"kind":"end"}"#;
    assert_eq!(read_line(end), Ok(TraceLine::End { steps: 3, why: EndReason::Limit }));
    let written = write_header(&trace().header);
    let rest = written.strip_prefix(r#"{"format":1,"kind":"trace","#).unwrap();
    let turned = format!(r#"{{{},"kind":"trace","format":1}}"#, rest.strip_suffix('}').unwrap());
    assert_eq!(read_line(&turned), read_line(&written));
}

#[test]
fn a_mistake_in_json_has_a_column() {
    let error = read_line(r#"{"step":1,"call":"close a""#).unwrap_err();
    assert!(error.contains("expected a JSON object") && error.ends_with("at column 26"), "{error}");
}

#[test]
fn scope_and_flow_of_a_socket_stand_there_if_it_has_them() {
    let mut trace = trace();
    let address = std::net::SocketAddrV6::new("fe80::1".parse().unwrap(), 80, 5, 7);
    let Outcome::Ok(Value::Sockets(sockets)) = &mut trace.steps[13].outcome else { panic!() };
    sockets[0].address = address.into();
    let text = write(&trace);
    assert!(text.contains(r#""listening":true,"flowinfo":5,"scope":7}"#), "{text}");
    assert_eq!(read(&text), Ok(vec![trace]));
}

#[test]
fn outcomes_in_words() {
    let words = ["ok", "ok=on", "ok=3", "ok=0", "ok=no", "ok=[fe80::1%7]:80", "ok=127.0.0.1:9"];
    let steps = trace().steps;
    let shown: Vec<_> = steps.iter().map(|step| step.outcome.to_string()).collect();
    assert_eq!(shown[..7], words);
    let rest = ["ok=127.0.0.1:9", "blocks", "EACCES", "absent", "not supported: no such option"];
    assert_eq!(shown[7..12], rest);
    assert_eq!(shown[12..], ["ok=1", "ok=1", "PortOutOfRange"]);
    assert_eq!(steps[11].outcome.word(), "not_supported");
    assert_eq!(Value::Done.to_string(), "ok");
}

#[test]
fn one_line_at_a_time() {
    for line in write(&trace()).lines() {
        assert!(read_line(line).is_ok(), "{line}");
    }
    assert!(read_line("").is_err());
}
