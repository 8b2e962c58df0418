//! Environments: had, or refused with the reason. Each test asserts one or the other, by what
//! `doctor` says of this machine.

use bindproof::trace::{Header, Outcome, Value};

use crate::{bindproof, bindproof_with, traces};

/// Is the environment with this name to be had here?
fn offered(name: &str) -> bool {
    let done = bindproof(&["doctor", "--format", "json"]);
    assert_eq!(done.code, 0, "{done:?}");
    let document = done.json().remove(0);
    let rows = document["environments"].as_array().expect("a list").clone();
    let row = rows.iter().find(|row| row["name"] == name).expect("doctor tries it");
    row["offered"].as_bool().expect("yes or no")
}

/// Runs a script in the environment, or sees that it is skipped with a reason; answers the words
/// of its outcomes.
fn words(name: &str, script: &str) -> Option<(Header, Vec<String>)> {
    if !offered(name) {
        let done = bindproof_with(&["run", "-"], script);
        assert_eq!(done.code, 4, "{done:?}");
        assert!(done.stderr.contains("skipped: "), "{done:?}");
        eprintln!("not here: {}", done.stderr);
        return None;
    }
    let trace = traces(script, &[]).remove(0);
    let words = trace.steps.iter().map(|step| step.outcome.to_string()).collect();
    Some((trace.header, words))
}

#[test]
fn a_private_network_is_private() {
    if !offered("private network") {
        let network = traces("a = socket inet\n", &[]).remove(0).header.environment.network;
        assert_eq!(network.as_deref(), Some("host"));
        return;
    }
    // A port that this process holds is free in there, and what is bound there is free here.
    let holder = std::net::TcpListener::bind("0.0.0.0:0").expect("a port");
    let port = holder.local_addr().expect("its name").port();
    let trace = traces(&format!("a = socket inet\nbind a 0.0.0.0:{port}\n"), &[]).remove(0);
    assert_eq!(trace.steps[1].outcome, Outcome::Ok(Value::Done));
    assert_eq!(trace.header.environment.network.as_deref(), Some("private"));
    let trace = traces(&format!("a = socket inet\nbind a 0.0.0.0:{port}\n"), &["--no-sandbox"]);
    assert_eq!(trace[0].steps[1].outcome.word(), "EADDRINUSE");
    assert_eq!(trace[0].header.environment.network.as_deref(), Some("host"));
}

#[test]
fn ipv6_off_refuses_the_family_on_every_system() {
    for more in [&[][..], &["--no-sandbox"]] {
        let script = "env ipv6 off\na = socket inet6\nb = socket inet\n";
        let trace = traces(script, more).remove(0);
        assert_eq!(trace.steps[0].outcome.word(), "EAFNOSUPPORT");
        assert_eq!(trace.steps[1].outcome.word(), "ok");
        assert_eq!(trace.header.environment.ipv6.as_deref(), Some("off"));
        let by = trace.header.environment.ipv6_off_by;
        assert!(by.is_some_and(|by| ["seccomp", "kernel", "injection"].contains(&by.as_str())));
    }
}

#[test]
fn no_address_leaves_the_family_and_takes_its_addresses() {
    let script =
        "env ipv6 no-address\na = socket inet6\nset a v6only on\nbind a [::1]:p\nbind a [::]:p\n";
    let Some((header, words)) = words("ipv6 no-address", script) else { return };
    assert_eq!(words, ["ok", "ok", "EADDRNOTAVAIL", "ok"]);
    assert_eq!(header.environment.ipv6.as_deref(), Some("no-address"));
}

#[test]
fn settings_hold_inside_and_stand_in_the_header() {
    let script = "env bindv6only on\na = socket inet6\nget a v6only\n";
    if let Some((header, words)) = words("bindv6only on", script) {
        assert_eq!(words, ["ok", "ok=on"]);
        assert_eq!(header.environment.bindv6only, Some(true));
    }
    let script = "env ephemeral 40000-40000\na = socket inet\nbind a 127.0.0.1:0\nname a\n\
                  b = socket inet\nbind b 127.0.0.1:0\n";
    if let Some((header, words)) = words("ephemeral", script) {
        assert_eq!(words, ["ok", "ok", "ok=127.0.0.1:40000", "ok", "EADDRINUSE"]);
        assert_eq!(header.environment.ephemeral, Some((40_000, 40_000)));
    }
    let script = "env somaxconn 7\na = socket inet\n";
    if let Some((header, _)) = words("somaxconn", script) {
        assert_eq!(header.environment.somaxconn, Some(7));
    }
}

#[test]
fn a_user_without_privilege_gets_no_low_port() {
    let script = "env user unprivileged\na = socket inet\nbind a 127.0.0.1:80\n";
    let Some((header, words)) = words("user unprivileged", script) else { return };
    assert_eq!(words, ["ok", "EACCES"]);
    assert_eq!(header.environment.privileged, Some(false));
}

#[test]
fn the_hosts_file_is_the_scripts_own_and_nobody_else_answers() {
    let script = "env hosts \"127.0.0.9 bindproof-test\"\nresolve host=bindproof-test service=80\n\
                  resolve host=localhost service=80\n";
    let Some((header, words)) = words("hosts", script) else { return };
    assert_eq!(words[0], "ok=1", "{words:?}");
    assert!(words[1].starts_with("EAI_"), "{words:?}");
    assert_eq!(header.environment.hosts, Some(vec!["127.0.0.9 bindproof-test".into()]));
}

#[test]
fn a_script_that_hangs_ends_at_its_limit_and_the_next_one_runs() {
    let accept = "a = socket inet\nbind a 127.0.0.1:p\nlisten a 1\n".to_string()
        + &(0..4).map(|i| format!("c{i} = accept a\n")).collect::<String>();
    let script = format!("{accept}---\nb = socket inet\n");
    let done =
        bindproof_with(&["run", "-", "--format", "json", "--timeout", "1", "--jobs", "1"], &script);
    let traces = bindproof::trace::read(&done.stdout).expect("traces");
    assert_eq!(traces[0].end, bindproof::trace::EndReason::Limit);
    assert_eq!(traces[0].steps[3].outcome, Outcome::Blocked);
    assert_eq!(traces[1].end, bindproof::trace::EndReason::Complete);
}
