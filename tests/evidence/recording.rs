//! `record`: its flags have an effect or are refused, and its file is as any other.

use std::fs;
use std::process::Output;

use crate::gate::committed;
use crate::written::bindproof;

/// Stores evidence that was recorded elsewhere.
fn stored(lane: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    bindproof()
        .args(["record", "--lane", lane, "--from"])
        .arg(committed("observed").join(lane).join("outcomes.txt"))
        .arg("--observed")
        .arg(folder.path())
        .args(more)
        .output()
        .expect("the binary starts")
}

#[test]
fn what_was_skipped_is_a_finding_of_a_strict_recording() {
    let evidence = committed("observed").join("netns-no-ipv6/outcomes.txt");
    assert!(fs::read_to_string(evidence).expect("text").contains(" skipped "));
    assert_eq!(stored("netns-no-ipv6", &[]).status.code(), Some(0));
    assert_eq!(stored("netns-no-ipv6", &["--strict"]).status.code(), Some(1));
    let output = bindproof()
        .args(["record", "--lane", "here", "--strict", "--subject", "kernel", "--output", "-"])
        .output()
        .expect("the binary starts");
    // To the kernel alone there is no bind_sockets.
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("bindproof outcomes 1\n"));
}

#[test]
fn flags_of_a_run_are_refused_where_nothing_is_run() {
    for more in [
        &["--jobs", "2"][..],
        &["--timeout", "3"],
        &["--subject", "kernel"],
        &["--retries", "1"],
        &["--no-sandbox"],
        &["--allow-network"],
    ] {
        let output = stored("native", more);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{more:?}: {errors}");
        assert!(errors.contains("--from"), "{errors}");
    }
}
