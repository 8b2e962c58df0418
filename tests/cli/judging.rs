//! `predict`, `judge`, `explain` and the simulated platforms.

use bindproof::script::Platform;
use serde_json::{Value, json};

use crate::{bindproof, bindproof_with, folder};

const SCRIPT: &str = "title One\nenv somaxconn 7\n# A comment.\na = socket inet\n\
                      bind a 0.0.0.0:p\n---\nb = socket inet\nset b exclusiveaddruse on\n";

fn keys(value: &Value) -> String {
    let object = value.as_object().expect("an object");
    object.keys().cloned().collect::<Vec<_>>().join(" ")
}

#[test]
fn predict_prints_one_object_a_call() {
    let arguments = ["predict", "--platform", "linux", "--format", "json", "-"];
    let done = bindproof_with(&arguments, SCRIPT);
    assert_eq!(done.code, 0, "{done:?}");
    let lines = done.json();
    assert_eq!(lines.len(), 4);
    assert_eq!(keys(&lines[1]), "file script step call allowed rules confidence");
    let second = json!({
        "file": "-", "script": 1, "step": 2, "call": "bind a 0.0.0.0:p", "allowed": ["ok"],
        "rules": ["bind.conflict"], "confidence": "measured",
    });
    assert_eq!(lines[1], second);
    assert_eq!((&lines[2]["script"], &lines[2]["step"]), (&json!(2), &json!(1)));
    assert_eq!(keys(&lines[3]), "file script step call unmodelled rules confidence");
    assert_eq!(lines[3]["unmodelled"], "this platform has no SO_EXCLUSIVEADDRUSE");
    assert_eq!((&lines[3]["rules"], &lines[3]["confidence"]), (&json!([]), &Value::Null));
}

#[test]
fn predict_answers_for_each_platform_and_release() {
    let restart = "a = socket inet\nbind a 127.0.0.1:p\nlisten a 1\nb = socket inet\n\
                   set b reuseaddr on\nbind b 0.0.0.0:p\n";
    let last = |more: &[&str]| {
        let done = bindproof_with(&[&["predict", "-", "--format", "json"], more].concat(), restart);
        assert_eq!(done.code, 0, "{done:?}");
        done.json().last().expect("a line")["allowed"].clone()
    };
    assert_eq!(last(&["--platform", "linux"]), json!(["EADDRINUSE"]));
    assert_eq!(last(&["--platform", "linux", "--release", "6.1.166"]), json!(["EADDRINUSE"]));
    for other in ["macos", "freebsd", "windows"] {
        assert_eq!(last(&["--platform", other]), json!(["ok"]), "{other}");
    }
    let table = bindproof_with(&["predict", "-", "--platform", "windows"], restart);
    assert!(table.stdout.contains("# -:1 (windows, "), "{table:?}");
    assert!(table.stdout.contains("bind b 0.0.0.0:p"), "{table:?}");
}

#[test]
fn wrong_use_of_predict_and_explain_is_named() {
    let refused = |arguments: &[&str], part: &str| {
        let done = bindproof_with(arguments, "a = socket inet\n");
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
        assert!(done.stderr.contains(part), "expected {part:?}: {done:?}");
    };
    refused(&["predict", "-"], "--platform");
    refused(&["predict", "-", "--platform", "solaris"], "linux");
    refused(&["predict", "-", "--platform", "linux", "--release", "next"], "numbers such as");
    refused(&["predict", "no-such.sock", "--platform", "linux"], "cannot read no-such.sock");
    refused(&["explain", "bind.conflct"], "did you mean bind.conflict?");
    refused(&["explain", "time-wait/nonne"], "did you mean time-wait/none?");
    refused(&["explain"], "RULE|BEHAVIOUR");
    refused(&["run", "-", "--subject", "simulated:window"], "did you mean simulated:windows?");
    refused(&["check", "--exhaustive", "2", "--subject", "simulated:linux"], "is the model");
}

#[test]
fn explain_shows_a_rule_with_evidence_facts_and_behaviours() {
    let done = bindproof(&["explain", "bind.conflict", "--format", "json"]);
    assert_eq!(done.code, 0, "{done:?}");
    let rule = &done.json()[0];
    assert_eq!(keys(rule), "format kind id sentence evidence facts behaviours");
    assert_eq!(rule["evidence"].as_array().map(Vec::len), Some(4));
    assert_eq!(rule["evidence"][0]["confidence"], "measured");
    let facts = rule["facts"].as_array().expect("a list");
    let quirk = facts
        .iter()
        .find(|fact| fact["fact"] == "specific_misses_mapped")
        .expect("the older kernels' differences are facts");
    assert_eq!(quirk["exceptions"][0]["releases"], "6.1.0 up to before 6.1.166");
    assert_eq!(quirk["exceptions"][0]["value"], "yes or no");
    assert!(rule["behaviours"].as_array().is_some_and(|all| all.len() > 50));

    let table = bindproof(&["explain", "bind.scope"]);
    for part in ["a link-local address", "EINVAL", "recalled: that lo0 has fe80::1", "errors/"] {
        assert!(table.stdout.to_lowercase().contains(&part.to_lowercase()), "{part}: {table:?}");
    }
    assert_eq!(bindproof(&["explain", "time-wait/none"]).code, 0);
}

/// A trace of the host's kernel, and the same with one outcome changed.
pub(crate) fn trace_and_flipped() -> (String, String) {
    let script = "a = socket inet\nbind a 127.0.0.1:p\nlisten a 1\nb = socket inet\n\
                  bind b 127.0.0.1:p\nname a\n";
    let done =
        bindproof_with(&["run", "-", "--format", "json", "--subject", "simulated:linux"], script);
    assert_eq!(done.code, 0, "{done:?}");
    let taken = r#"{"error":"EADDRINUSE","code":98}"#;
    assert!(done.stdout.contains(taken), "{done:?}");
    let flipped = done.stdout.replace(taken, r#"{"ok":true}"#);
    (done.stdout, flipped)
}

#[test]
fn judge_says_what_is_allowed_and_what_is_not() {
    let (trace, flipped) = trace_and_flipped();
    let done = bindproof_with(&["judge", "-", "--format", "json"], &trace);
    assert_eq!(done.code, 0, "{done:?}");
    let all = json!({
        "trace": "-#1", "verdict": "allowed", "step": null, "call": null, "got": null,
        "allowed": null, "rule": null, "end": "complete",
    });
    assert_eq!(done.json(), [all]);

    let both = format!("{trace}{flipped}");
    let done = bindproof_with(&["judge", "-", "--format", "json"], &both);
    assert_eq!(done.code, 1, "{done:?}");
    let lines = done.json();
    assert_eq!(lines.len(), 2, "one surprise does not drown the steps after it: {done:?}");
    assert_eq!(keys(&lines[1]), "trace verdict step call got allowed rule rules nearest");
    assert_eq!((&lines[1]["trace"], &lines[1]["verdict"]), (&json!("-#2"), &json!("diverged")));
    assert_eq!((&lines[1]["step"], &lines[1]["got"]), (&json!(5), &json!("ok")));
    assert_eq!(lines[1]["call"], "bind b 127.0.0.1:2000");
    assert_eq!(lines[1]["allowed"], json!(["EADDRINUSE"]));
    assert_eq!(lines[1]["rule"], "bind.conflict");

    let table = bindproof_with(&["judge", "-"], &both);
    assert_eq!(table.code, 1, "{table:?}");
    for part in ["allowed -#1", "diverged -#2", "step 5", "got ok", "EADDRINUSE by bind.conflict"] {
        assert!(table.stdout.contains(part), "{part}: {table:?}");
    }
}

#[test]
fn judge_names_the_nearest_rule_that_would_have_allowed_it() {
    let script = "a = socket inet\nbind a 0.0.0.0:p\nlisten a 1\nb = socket inet\n\
                  set b reuseaddr on\nbind b 127.0.0.1:p\n";
    let run = ["run", "-", "--format", "json", "--subject", "simulated:macos"];
    let trace = bindproof_with(&run, script).stdout;
    let as_linux = trace.replacen("\"os\":\"macos\"", "\"os\":\"linux\"", 1);
    let done = bindproof_with(&["judge", "-", "--format", "json"], &as_linux);
    assert_eq!(done.code, 1, "{done:?}");
    let nearest = json!({ "rule": "bind.conflict", "condition": "on macos" });
    assert_eq!(done.json()[0]["nearest"], nearest, "{done:?}");
}

#[test]
fn the_nearest_rule_may_need_another_call_before() {
    let script = "a = socket inet\nset a reuseaddr on\nbind a 127.0.0.1:p\nlisten a 1\n\
                  b = socket inet\nset b reuseaddr on\nbind b 127.0.0.1:p\n";
    let run = ["run", "-", "--format", "json", "--subject", "simulated:linux"];
    let trace = bindproof_with(&run, script).stdout;
    let nearest = |from: &str, to: &str| {
        let flipped = trace.replacen(from, to, 1);
        assert_ne!(flipped, trace);
        let done = bindproof_with(&["judge", "-", "--format", "json"], &flipped);
        assert_eq!(done.code, 1, "{done:?}");
        done.json()[0].clone()
    };
    let taken =
        "\"call\":\"bind a 127.0.0.1:2000\",\"outcome\":{\"error\":\"EADDRINUSE\",\"code\":98}";
    let found = nearest("\"call\":\"bind a 127.0.0.1:2000\",\"outcome\":{\"ok\":true}", taken);
    let condition = "after another = socket inet, bind another 127.0.0.1:2000";
    assert_eq!(found["nearest"], json!({ "rule": "bind.conflict", "condition": condition }));
    let found = nearest("{\"error\":\"EADDRINUSE\",\"code\":98}", "{\"ok\":true}");
    assert_eq!(found["nearest"]["condition"], "on windows", "{found}");
    // The right name with another one's number.
    let found = nearest("\"code\":98", "\"code\":13");
    assert_eq!(found["got"], "EADDRINUSE with the number 13");
    assert_eq!(found["allowed"], json!(["EADDRINUSE"]));
    assert_eq!(found["nearest"], json!(null));
}

#[test]
fn what_is_not_modelled_is_counted_and_a_finding_only_where_that_is_asked_for() {
    let script = "a = socket inet\nset a reuseport on\n";
    let run = ["run", "-", "--format", "json", "--subject", "simulated:windows"];
    let trace = bindproof_with(&run, script).stdout;
    let done = bindproof_with(&["judge", "-", "--format", "json"], &trace);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.json()[0]["verdict"], "unmodelled");
    assert!(done.json()[0]["why"].as_str().is_some_and(|why| why.contains("SO_REUSEPORT")));
    assert_eq!(bindproof_with(&["judge", "-", "--strict"], &trace).code, 1);
    let solaris = trace.replacen("\"os\":\"windows\"", "\"os\":\"solaris\"", 1);
    let done = bindproof_with(&["judge", "-", "--format", "json"], &solaris);
    assert_eq!(done.code, 4, "nothing at all was judged: {done:?}");
    let done = bindproof_with(&["judge", "-"], "");
    assert_eq!(done.code, 4, "no trace at all");
    assert!(done.stderr.contains("nothing was judged"), "{done:?}");
}

/// A bad trace: one line on stderr with file and line, code 2.
pub(crate) fn refused(text: &[u8], part: &str) {
    let (_keep, folder) = folder();
    let file = folder.join("bad.jsonl");
    std::fs::write(&file, text).expect("a file");
    let done = bindproof(&["judge", file.to_str().expect("UTF-8")]);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
    assert_eq!(done.stderr.lines().count(), 1, "{done:?}");
    let place = format!("bad.jsonl: {part}");
    assert!(done.stderr.contains(&place), "expected {place:?}: {done:?}");
}

#[test]
fn a_bad_trace_is_named_by_file_and_line() {
    let (trace, _) = trace_and_flipped();
    let lines: Vec<_> = trace.lines().collect();
    let all_but = |index: usize| {
        let mut lines = lines.clone();
        lines.remove(index);
        lines.join("\n")
    };
    refused(b"nonsense\n", "line 1: expected a JSON object");
    refused(b"{}\n", "line 1: expected a header, a step or the end");
    refused(
        trace.replacen("\"format\":1", "\"format\":2", 1).as_bytes(),
        "line 1: this trace has format 2",
    );
    refused(all_but(0).as_bytes(), "line 1: expected a header first");
    refused(all_but(2).as_bytes(), "line 3: expected step 2, found step 3");
    refused(all_but(lines.len() - 1).as_bytes(), "line 8: the trace was cut off");
    refused(&trace.as_bytes()[..trace.len() - 20], "line 8: expected a JSON object: EOF");
    refused(trace.replace("listen a", "lisen a").as_bytes(), "line 4: expected a call");
    refused(
        trace.replace("EADDRINUSE", "EADDRINUS").as_bytes(),
        "line 6: expected the name of an error",
    );
    refused(
        trace.replace("\"step\":4", "\"step\":\"4\"").as_bytes(),
        "line 5: expected step, call",
    );
    refused(
        trace.replace("\"steps\":6", "\"steps\":7").as_bytes(),
        "line 8: the end counts 7 steps",
    );
    refused(format!("{trace}{}\n", lines[1]).as_bytes(), "line 9: expected a header first");
    refused(b"\xff\xfe\n", "line 1: expected UTF-8");
    refused(&[trace.as_bytes(), b"\xff"].concat(), "line 9: expected UTF-8");
    refused("[".repeat(100_000).as_bytes(), "line 1: expected a JSON object: invalid type: seq");
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let deep = format!("{{\"step\":1,\"call\":\"close a\",\"outcome\":{open}{close}}}");
    refused(deep.as_bytes(), "line 1: expected step, call and outcome: recursion limit exceeded");
    let deeper = format!("{{\"kind\":{deep}}}");
    refused(deeper.as_bytes(), "line 1: expected a JSON object: recursion limit");
    refused(format!("{{\"what\":{open}").as_bytes(), "line 1: expected a JSON object: EOF");
}

#[test]
fn the_other_files_still_get_their_verdicts() {
    let (trace, _) = trace_and_flipped();
    let done = bindproof_with(&["judge", "no-such.jsonl", "-"], &trace);
    assert_eq!(done.code, 2, "{done:?}");
    assert!(done.stderr.contains("cannot read no-such.jsonl"), "{done:?}");
    assert!(done.stdout.contains("allowed -#1"), "{done:?}");
}

#[test]
fn every_behaviour_runs_on_every_simulated_platform() {
    let list = bindproof(&["check", "--list", "--format", "json"]).json().len() as u64;
    for platform in ["linux", "macos", "freebsd", "windows"] {
        let subject = format!("simulated:{platform}");
        let done = bindproof(&["check", "--subject", &subject, "--format", "json"]);
        assert_eq!(done.code, 0, "{platform}: {}", done.stderr);
        let document = &done.json()[0];
        assert_eq!(document["platform"]["os"], platform);
        assert_eq!(document["platform"]["kernel"], "simulated");
        let count = |word: &str| document["counts"][word].as_u64().expect("a count");
        assert_eq!(count("failed") + count("broken"), 0);
        assert_eq!(count("passed") + count("skipped"), list, "{platform}");
        for result in document["results"].as_array().expect("a list") {
            let Some(reason) = result["reason"].as_str() else { continue };
            assert!(
                reason.contains("not modelled") || reason.contains("nothing in it is judged"),
                "{platform}: {} is skipped: {reason}",
                result["id"]
            );
        }
    }
}

#[test]
fn the_model_allows_what_this_machine_does() {
    let (_keep, folder) = folder();
    let path = folder.to_str().expect("UTF-8");
    let ran = bindproof(&["check", "--traces", path, "--format", "json"]);
    assert_ne!(ran.code, 2, "{ran:?}");
    let mut files = vec!["judge".to_string(), "--format".into(), "json".into()];
    for group in std::fs::read_dir(&folder).expect("a folder") {
        for file in std::fs::read_dir(group.expect("an entry").path()).expect("a folder") {
            files.push(file.expect("an entry").path().to_str().expect("UTF-8").into());
        }
    }
    assert!(files.len() > 200, "only {} traces", files.len());
    let arguments: Vec<_> = files.iter().map(String::as_str).collect();
    let done = bindproof(&arguments);
    let diverged: Vec<_> =
        done.json().into_iter().filter(|line| line["verdict"] == "diverged").collect();
    // Elsewhere the model is a prediction that no run has settled yet.
    let settled = std::env::consts::OS == "linux";
    assert!(!settled || diverged.is_empty(), "{diverged:#?}");
    assert_eq!(done.code, i32::from(!diverged.is_empty()), "{}", done.stderr);
}

#[test]
fn every_rule_has_a_trace_or_a_reason_and_on_linux_a_real_one() {
    let done = bindproof(&["explain", "--coverage", "--format", "json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let lines = done.json();
    for line in &lines {
        let rule = bindproof::model::rule(line["rule"].as_str().expect("an id"));
        let rule = rule.expect("it is registered");
        let real = line["real"].as_u64().is_some_and(|count| count > 0);
        // What only says that Linux has no such option cannot speak there.
        let speaks = rule.confidence(Platform::Linux).is_some() && rule.id != "options.exclusive";
        let measurable = std::env::consts::OS == "linux" && speaks && line["reason"].is_null();
        assert!(real || !measurable, "no behaviour on this kernel reaches {}", rule.id);
    }
    assert!(lines.len() > 60, "only {} rules", lines.len());
}
