//! What is recorded here reads back as it was written, and the same answers are the same text.

use std::process::Command;

use bindproof::matrix::observed::{Observation, read, write};

pub(crate) fn bindproof() -> Command {
    Command::new(env!("CARGO_BIN_EXE_bindproof"))
}

/// Records this machine once.
pub(crate) fn recorded(arguments: &[&str]) -> String {
    let output = bindproof()
        .args(["record", "--lane", "here", "--output", "-"])
        .args(arguments)
        .output()
        .expect("the binary starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn without_day(observation: &Observation) -> String {
    write(&Observation { recorded: "2026-01-01".into(), ..observation.clone() })
}

#[test]
fn two_recordings_of_this_machine_are_the_same_text() {
    let (one, other) = (recorded(&[]), recorded(&[]));
    let (one, other) = (read(&one).expect("it reads"), read(&other).expect("it reads"));
    assert_eq!(write(&read(&write(&one)).expect("it reads")), write(&one));
    if one.header.environment.network.as_deref() == Some("private") {
        assert_eq!(without_day(&one), without_day(&other));
    }
}

#[test]
fn a_lane_with_an_environment_records_that_environment() {
    let text = recorded(&["--env", "ipv6 off"]);
    let lane = read(&text).expect("it reads");
    assert_eq!(lane.header.environment.ipv6.as_deref(), Some("off"));
    let asking = &lane.behaviours["eafnosupport/bind-sockets-skips-family"];
    let why = asking.run.as_ref().expect_err("it asks for the environment itself");
    assert!(why.contains("env ipv6 off"), "{why}");
}
