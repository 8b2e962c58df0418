//! Traces from outside are held against the script in their header.

use serde_json::json;

use crate::judging::{refused, trace_and_flipped};
use crate::{bindproof, bindproof_with, folder};

/// The trace with its end after so many steps.
fn cut(trace: &str, steps: usize, why: &str) -> String {
    let lines: Vec<_> = trace.lines().take(1 + steps).collect();
    format!("{}\n{{\"kind\":\"end\",\"steps\":{steps},\"why\":\"{why}\"}}\n", lines.join("\n"))
}

#[test]
fn a_trace_must_be_a_run_of_its_script() {
    let (trace, _) = trace_and_flipped();
    let with = |from: &str, to: &str| {
        assert!(trace.contains(from), "{from}: {trace}");
        trace.replacen(from, to, 1)
    };
    let no_script = with("a = socket inet\\n", "a = frob\\n");
    refused(no_script.as_bytes(), "line 1: the script in the header does not parse: line 1");
    let two = with("listen a 1\\n", "listen a 1\\n---\\n");
    refused(two.as_bytes(), "line 1: the script in the header does not parse");
    let two = with("name a\\n", "name a\\n---\\n");
    refused(two.as_bytes(), "line 1: expected one script in the header, found 2");
    let other = with("a = socket inet\\n", "a = socket inet6\\n");
    let message = "line 2: expected the script's `a = socket inet6` with its ports as numbers";
    refused(other.as_bytes(), message);
    let fewer = cut(&trace, 4, "complete");
    refused(fewer.as_bytes(), "line 6: the run is complete after 4 of the script's 6 calls");
    let more = with("name a\\n", "");
    refused(more.as_bytes(), "line 7: the script has 5 calls only");
    let nobody = with("\"call\":\"listen a 1\"", "\"call\":\"listen z 1\"");
    refused(nobody.as_bytes(), "line 4: expected the script's `listen a 1`");
    for port in ["2001", "0", "p", "@a"] {
        let call = format!("\"call\":\"bind b 127.0.0.1:{port}\"");
        let wrong = with("\"call\":\"bind b 127.0.0.1:2000\"", &call);
        refused(wrong.as_bytes(), "line 6: expected the script's `bind b 127.0.0.1:p`");
    }
    // The second of two is named by its own lines.
    refused(format!("{trace}{fewer}").as_bytes(), "line 14: the run is complete after 4");
    let done = bindproof_with(&["shrink", "-"], &other);
    assert_eq!(done.code, 2, "{done:?}");
    assert!(done.stderr.contains("line 2: expected the script's"), "{done:?}");
}

#[test]
fn a_trace_that_ended_early_says_so() {
    let (trace, _) = trace_and_flipped();
    for (why, part) in
        [("died", "the process that made the calls died"), ("limit", "by a limit on")]
    {
        let early = cut(&trace, 4, why);
        let done = bindproof_with(&["judge", "-"], &early);
        assert_eq!(done.code, 0, "{done:?}");
        assert!(done.stdout.contains("0 unmodelled, ended early"), "{done:?}");
        assert!(done.stdout.contains(part), "{done:?}");
        let done = bindproof_with(&["judge", "-", "--format", "json"], &early);
        assert_eq!(done.json()[0]["end"], json!(why), "{done:?}");
        assert_eq!(bindproof_with(&["judge", "-", "--strict"], &early).code, 1);
    }
}

/// Whatever is written here is taken back: every behaviour with all its environments, servers,
/// named ports and resolver questions.
#[test]
fn every_trace_that_is_written_is_a_run_of_its_script() {
    let (_keep, folder) = folder();
    let subjects = [
        "reference",
        "simulated:linux",
        "simulated:macos",
        "simulated:freebsd",
        "simulated:windows",
    ];
    for subject in subjects {
        let path = folder.join(subject.replace(':', "-"));
        let path = path.to_str().expect("UTF-8");
        let ran = bindproof(&["check", "--subject", subject, "--traces", path]);
        assert_ne!(ran.code, 2, "{ran:?}");
        let mut all = String::new();
        for group in std::fs::read_dir(path).expect("a folder") {
            for file in std::fs::read_dir(group.expect("an entry").path()).expect("a folder") {
                let file = file.expect("an entry").path();
                all += &std::fs::read_to_string(&file).expect("a file");
            }
        }
        let traces = bindproof::trace::read_faithful(&all);
        let count = traces.unwrap_or_else(|error| panic!("{subject}: {error}")).len();
        assert!(count > 100, "{subject}: only {count} traces");
    }
}

/// A port of a socket that has none stays as it is written, since the call is not made.
#[test]
fn a_call_that_was_not_made_keeps_its_symbolic_port() {
    let script = "a = socket inet\nclose a\nc = connect 127.0.0.1:@a\n\
                  s = bind_sockets port=p address=127.0.0.1\nt = bind_sockets port=http\n\
                  u = bind_sockets port=\"p\"\nd = connect 127.0.0.1:p\n";
    let run = ["run", "-", "--format", "json", "--subject", "simulated:linux"];
    let done = bindproof_with(&run, script);
    assert!(done.stdout.contains("\"call\":\"c = connect 127.0.0.1:@a\""), "{done:?}");
    assert!(done.stdout.contains("port=2000"), "{done:?}");
    let judged = bindproof_with(&["judge", "-"], &done.stdout);
    assert_eq!(judged.code, 0, "{judged:?}");
    // Nobody can make a call without a number.
    let made = done.stdout.replacen("{\"absent\":\"a\"}", "{\"error\":\"EACCES\",\"code\":13}", 1);
    refused(made.as_bytes(), "line 4: expected the script's");
    let other = done.stdout.replacen("port=2000", "port=2001", 1);
    refused(other.as_bytes(), "line 8: expected the script's");
}
