//! The exhaustive small scope and a sample of random histories, on this kernel. All of them run
//! under `ci/search`.
#![cfg(target_os = "linux")]

use std::process::Command;

use serde_json::Value;

/// What a search found; `None` where there can be no private network.
fn search(arguments: &[&str]) -> Option<Value> {
    let done = Command::new(env!("CARGO_BIN_EXE_bindproof"))
        .arg("check")
        .args(arguments)
        .args(["--format", "json"])
        .output()
        .expect("it starts");
    let complaint = String::from_utf8_lossy(&done.stderr);
    if done.status.code() == Some(2) {
        eprintln!("SKIPPED {arguments:?}: {complaint}");
        return None;
    }
    let found: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(done.status.code(), Some(0), "{:#}\n{complaint}", found["findings"]);
    Some(found)
}

#[test]
fn every_program_of_two_sockets_has_one_allowed_outcome_and_the_kernel_gives_it() {
    let Some(first) = search(&["--exhaustive", "2"]) else { return };
    assert_eq!(first["scripts"], 4_096);
    for nothing in ["diverged", "unmodelled", "open", "flaky"] {
        assert_eq!(first[nothing], 0, "{nothing}");
    }
    // Two runs, and any number of workers, give the same outcomes.
    let second = search(&["--exhaustive", "2", "--jobs", "1"]).expect("it ran before");
    assert_eq!(first["digest"], second["digest"]);
}

#[test]
fn random_histories_are_explained() {
    let Some(found) = search(&["--random", "3000", "--seed", "1"]) else { return };
    assert_eq!(found["scripts"], 3_000);
    assert_eq!(found["diverged"], 0);
    let count = |key: &str| found[key].as_u64().expect("a number");
    assert!(count("unmodelled") * 100 <= count("steps"), "{:#}", found["unmodelled_kinds"]);
}
