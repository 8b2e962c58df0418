//! The command that a report prints shows the same again. A shell reads it.

use std::process::Command;

use crate::judging::trace_and_flipped;
use crate::{Done, bindproof, folder};

/// Runs the one command that a report prints.
fn replayed(printed: &str) -> Done {
    let commands: Vec<_> =
        printed.lines().filter_map(|line| line.trim().strip_prefix("replay: bindproof ")).collect();
    let [command] = commands[..] else { panic!("{commands:?}: {printed}") };
    let output = Command::new("sh")
        .args(["-c", &format!("\"$BINDPROOF\" {command}")])
        .env("BINDPROOF", env!("CARGO_BIN_EXE_bindproof"))
        .output()
        .expect("a shell");
    Done {
        code: output.status.code().expect("it was not killed"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

#[test]
fn check_says_which_behaviours_and_which_subject() {
    let (_keep, folder) = folder();
    let behaviours = folder.join("it's a folder");
    std::fs::create_dir_all(behaviours.join("group")).expect("a folder");
    let bad = "title Bad\na = socket inet\nset a exclusiveaddruse on => EINVAL\n";
    std::fs::write(behaviours.join("group/bad.sock"), bad).expect("a file");
    let path = behaviours.to_str().expect("UTF-8");
    let arguments = ["check", "--behaviours", path, "--subject", "simulated:windows"];
    let first = bindproof(&arguments);
    assert_eq!(first.code, 1, "{first:?}");
    assert!(first.stdout.contains("expected EINVAL, got ok"), "{first:?}");
    let second = replayed(&first.stdout);
    assert_eq!((second.code, second.stdout), (1, first.stdout), "{}", second.stderr);

    let markdown = bindproof(&[&arguments[..], &["--format", "markdown"]].concat());
    let again = replayed(&markdown.stdout);
    assert!(again.code == 1 && again.stdout.contains("got ok"), "{again:?}");
    for format in ["github", "junit"] {
        let done = bindproof(&[&arguments[..], &["--format", format]].concat());
        let command = "bindproof check --behaviours ";
        assert!(done.stdout.contains(command), "{format}: {done:?}");
        assert!(
            done.stdout.contains(" group/bad --subject simulated:windows"),
            "{format}: {done:?}"
        );
    }
    let bare = bindproof(&["check", "--behaviours", path, "--no-sandbox"]);
    assert!(
        bare.stdout.trim_end().lines().any(|line| line.ends_with("' group/bad --no-sandbox")),
        "{bare:?}"
    );
}

#[test]
fn judge_says_which_file() {
    let (trace, flipped) = trace_and_flipped();
    let (_keep, folder) = folder();
    let file = folder.join("two traces.jsonl");
    std::fs::write(&file, format!("{trace}{flipped}")).expect("a file");
    let first = bindproof(&["judge", file.to_str().expect("UTF-8")]);
    assert_eq!(first.code, 1, "{first:?}");
    let second = replayed(&first.stdout);
    assert_eq!((second.code, second.stdout), (1, first.stdout), "{}", second.stderr);
    let stdin = crate::bindproof_with(&["judge", "-"], &flipped);
    assert!(!stdin.stdout.contains("replay"), "what came from stdin is gone: {stdin:?}");
}
