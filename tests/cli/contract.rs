//! Formats and exit codes that others build on.

use bindproof::trace::{EndReason, Outcome, Value};

use crate::{bindproof, bindproof_with, folder, traces};

#[test]
fn bind_prints_its_sockets_as_one_object() {
    let done = bindproof(&["bind", "--address", "127.0.0.1", "--json"]);
    assert_eq!(done.code, 0, "{done:?}");
    let socket = &done.json()[0]["sockets"][0];
    assert_eq!(socket["family"], "inet");
    assert_eq!(socket["address"], "127.0.0.1");
    assert!(socket["port"].as_u64().is_some_and(|port| port > 0));
    assert_eq!(socket["v6only"], serde_json::Value::Null);
    assert_eq!(socket["cloexec"], true);
    let keys: Vec<_> = socket.as_object().expect("an object").keys().cloned().collect();
    let order = "family address port reuseaddr reuseport v6only nonblocking cloexec listening";
    assert_eq!(keys.join(" "), order);
}

#[test]
fn bind_prints_its_error_and_ends_with_1() {
    let done = bindproof(&["bind", "--port", "70000", "--json"]);
    assert_eq!(done.code, 1, "{done:?}");
    let error = serde_json::json!({ "name": "PortOutOfRange", "code": null, "call": null });
    assert_eq!(done.json()[0]["error"], error);

    let holder = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = holder.local_addr().expect("its name").port().to_string();
    let done = bindproof(&["bind", "--port", &port, "--address", "127.0.0.1", "--json"]);
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(done.json()[0]["error"]["name"], "EADDRINUSE");
    assert!(done.json()[0]["error"]["code"].is_i64());
    let done = bindproof(&["bind", "--port", &port, "--address", "127.0.0.1"]);
    assert_eq!((done.code, done.stdout.as_str()), (1, ""), "{done:?}");
    assert!(done.stderr.contains(&port), "{done:?}");
}

#[test]
fn run_writes_one_trace_a_script() {
    let script = "a = socket inet\nbind a 127.0.0.1:p\nlisten a 1\nc = connect 127.0.0.1:@a\n\
                  d = accept a\nsend c 3\nrecv d\nclose c\nrecv d\nrecv c\n---\nb = socket inet\n";
    let traces = traces(script, &[]);
    assert_eq!(traces.len(), 2);
    let outcomes: Vec<_> = traces[0].steps.iter().map(|step| &step.outcome).collect();
    assert!(matches!(outcomes[3], Outcome::Ok(Value::Local(_))), "{outcomes:?}");
    assert_eq!(outcomes[5], &Outcome::Ok(Value::Number(3)));
    assert_eq!(outcomes[6], &Outcome::Ok(Value::Number(3)));
    assert_eq!(outcomes[8], &Outcome::Ok(Value::Number(0)));
    assert_eq!(outcomes[9], &Outcome::Absent("c".into()));
    assert!(traces.iter().all(|trace| trace.end == EndReason::Complete));
    // Every port in a call is concrete, and the socket's port is the named one.
    assert!(traces[0].steps[3].call.ends_with(traces[0].steps[1].call.rsplit(':').next().unwrap()));
}

#[test]
fn the_subject_kernel_skips_what_calls_bind_sockets() {
    let script = "s = bind_sockets port=0 address=127.0.0.1\n";
    let done = bindproof_with(&["run", "-", "--subject", "kernel"], script);
    assert_eq!(done.code, 4, "{done:?}");
    assert!(done.stderr.contains("no bind_sockets"), "{done:?}");
}

#[test]
fn check_counts_what_it_ran_and_fails_with_a_replay_line() {
    let (_keep, folder) = folder();
    std::fs::create_dir(folder.join("group")).expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join("group").join(name), text).expect("a file");
    };
    write("good.sock", "title Good\na = socket inet\n");
    write("bad.sock", "title Bad\na = socket inet => EADDRINUSE\n");
    let path = folder.to_str().expect("UTF-8");
    let all = bindproof(&["check", "--behaviours", path, "--format", "json"]);
    assert_eq!(all.code, 1, "{all:?}");
    let document = &all.json()[0];
    assert_eq!(document["counts"]["passed"], 1);
    assert_eq!(document["counts"]["failed"], 1);
    assert_eq!(document["results"][0]["id"], "group/bad");
    assert_eq!(document["results"][0]["mismatches"][0]["expected"], "EADDRINUSE");
    assert_eq!(document["results"][0]["mismatches"][0]["got"], "ok");

    let table = bindproof(&["check", "--behaviours", path]);
    assert!(table.stdout.contains("expected EADDRINUSE, got ok"), "{table:?}");
    let replay =
        format!("bindproof check --behaviours {} group/bad", ::bindproof::matrix::quoted(path));
    assert!(table.stdout.contains(&replay), "{table:?}");
    let good = bindproof(&["check", "good", "--behaviours", path]);
    assert_eq!(good.code, 0, "{good:?}");
    assert!(good.stdout.contains("1 passed, 0 failed, 0 skipped"), "{good:?}");
}

#[test]
fn check_keeps_every_trace_where_it_is_asked_to() {
    let (_keep, folder) = folder();
    let path = folder.to_str().expect("UTF-8");
    let done = bindproof(&["check", "reuseaddr/specific-beside-wildcard-both", "--traces", path]);
    assert_eq!(done.code, 0, "{done:?}");
    let file = folder.join("reuseaddr/specific-beside-wildcard-both.jsonl");
    let traces = bindproof::trace::read(&std::fs::read_to_string(file).expect("a file"));
    assert_eq!(traces.expect("a trace").len(), 1);
}

#[test]
fn nothing_judged_is_4_and_strict_makes_a_skip_a_finding() {
    let (_keep, folder) = folder();
    std::fs::create_dir(folder.join("group")).expect("a folder");
    let script = "title Needs a private network\nenv somaxconn 8\na = socket inet\n";
    std::fs::write(folder.join("group/needs.sock"), script).expect("a file");
    let path = folder.to_str().expect("UTF-8");
    let arguments = ["check", "--behaviours", path, "--no-sandbox"];
    let done = bindproof(&arguments);
    assert_eq!(done.code, 4, "{done:?}");
    assert!(done.stdout.contains("0 passed, 0 failed, 1 skipped"), "{done:?}");
    assert_eq!(bindproof(&[&arguments[..], &["--strict"]].concat()).code, 1);
}

#[test]
fn the_bare_command_is_check() {
    let bare = bindproof(&["--list"]);
    assert_eq!(bare.code, 0, "{bare:?}");
    assert_eq!(bare.stdout, bindproof(&["check", "--list"]).stdout);
}

#[test]
fn explain_shows_evidence_and_script() {
    let done = bindproof(&["explain", "reuseaddr/specific-beside-wildcard-both"]);
    assert_eq!(done.code, 0, "{done:?}");
    for part in ["Evidence:", "bind b 127.0.0.1:p", "windows", "documented"] {
        assert!(done.stdout.contains(part), "{part}: {done:?}");
    }
}

#[test]
fn a_product_can_go_to_a_file() {
    let (_keep, folder) = folder();
    let file = folder.join("list.txt");
    let path = file.to_str().expect("UTF-8");
    let done = bindproof(&["check", "--list", "--output", path]);
    assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{done:?}");
    assert!(std::fs::read_to_string(&file).expect("a file").contains("reuseaddr/"));
    let names: Vec<_> = std::fs::read_dir(&folder).expect("a folder").collect();
    assert_eq!(names.len(), 1, "nothing else is left behind");
}

/// README's transcript, on the kernel whose answers it shows.
#[test]
fn the_transcript_of_the_readme_is_real() {
    let readme = include_str!("../../README.md");
    let block = readme.split("$ cat restart.sock").nth(1).expect("a transcript");
    let (script, answer) = block.split_once("$ bindproof run restart.sock").expect("a run");
    let indented = |text: &str| {
        let lines = text.lines().skip(1).map_while(|line| line.strip_prefix("    "));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    let (_keep, folder) = folder();
    std::fs::write(folder.join("restart.sock"), indented(script)).expect("a file");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_bindproof"))
        .args(["run", "restart.sock"])
        .current_dir(&folder)
        .output()
        .expect("the binary starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    if printed.contains("(private network, reference)") {
        assert_eq!(printed, indented(answer));
    } else {
        assert_eq!(printed.lines().count(), 7, "on the host's network the port is another one");
    }
}
