//! Wrong use: one clear line, exit code 2, nothing left behind.

use crate::{Done, bindproof, bindproof_with, folder};

fn refused(done: &Done, part: &str) {
    assert_eq!(done.code, 2, "{done:?}");
    assert_eq!(done.stdout, "", "{done:?}");
    assert!(done.stderr.contains(part), "expected {part:?}: {done:?}");
    assert!(!done.stderr.contains("panicked"), "{done:?}");
}

#[test]
fn unknown_words_get_the_nearest_known_one() {
    refused(&bindproof(&["chekc"]), "'check'");
    refused(&bindproof(&["check", "--strickt"]), "'--strict'");
    refused(&bindproof(&["check", "--format", "jsno"]), "'json'");
    refused(&bindproof(&["run", "--subject", "kernal", "-"]), "kernel");
    refused(&bindproof(&["bind", "--flags", "pasive"]), "passive");
    refused(&bindproof(&["check", "reuseadr"]), "did you mean reuseaddr/");
    refused(&bindproof(&["explain", "reuseaddr/specific-beside-wildcard-boht"]), "did you mean");
}

#[test]
fn a_bad_line_is_named_by_file_line_and_column() {
    let (_keep, folder) = folder();
    let file = folder.join("bad.sock");
    std::fs::write(&file, "a = socket inet\nbind a 127.0.0.1:70000\n").expect("a file");
    let path = file.to_str().expect("UTF-8");
    refused(&bindproof(&["run", path]), "bad.sock: line 2, column 8: expected a port");
    std::fs::write(&file, b"a = socket inet\n\xff\n").expect("a file");
    refused(&bindproof(&["run", path]), "line 2, column 1: expected UTF-8");
}

#[test]
fn a_file_that_cannot_be_read_or_written_is_named() {
    refused(&bindproof(&["run", "no-such-file.sock"]), "cannot read no-such-file.sock");
    refused(&bindproof(&["check", "--behaviours", "no-such-folder"]), "no-such-folder");
    let output = ["check", "--list", "--output", "no-such-folder/list.txt"];
    refused(&bindproof(&output), "cannot write no-such-folder/list.txt");
}

#[test]
fn a_behaviour_holds_one_script() {
    let (_keep, folder) = folder();
    std::fs::create_dir(folder.join("group")).expect("a folder");
    let two = "a = socket inet\n---\na = socket inet\n";
    std::fs::write(folder.join("group/two.sock"), two).expect("a file");
    let done = bindproof(&["check", "--behaviours", folder.to_str().expect("UTF-8")]);
    refused(&done, "expected exactly one script, found 2");
}

#[test]
fn scripts_stay_on_this_machine() {
    let script = "c = connect 192.0.2.1:80\n";
    refused(&bindproof_with(&["run", "-"], script), "--allow-network");
}

#[test]
fn a_nul_in_an_address_is_refused_before_any_call() {
    let script = "s = bind_sockets address=\"127.0.0.1\\x00x\"\n";
    let traces = crate::traces(script, &[]);
    assert_eq!(traces[0].steps[0].outcome.word(), "InvalidHost");
}

#[test]
fn a_full_disk_is_named_and_a_device_is_not_replaced() {
    let device = std::path::Path::new("/dev/full");
    if !device.exists() {
        // Only Linux and FreeBSD have a disk that is always full.
        assert_ne!(std::env::consts::OS, "linux");
        return;
    }
    refused(&bindproof(&["check", "--list", "--output", "/dev/full"]), "cannot write /dev/full");
    assert!(!std::fs::metadata(device).expect("it is still there").is_file());
    let full = std::fs::File::create(device).expect("it opens");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_bindproof"))
        .args(["check", "--list"])
        .stdout(full)
        .output()
        .expect("the binary starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write stdout"));
}

#[cfg(unix)]
#[test]
fn a_product_is_a_file_like_any_other() {
    use std::os::unix::fs::PermissionsExt;

    let (_keep, folder) = folder();
    let mode = |name: &str| {
        let found = std::fs::metadata(folder.join(name)).expect("it is there");
        found.permissions().mode()
    };
    std::fs::write(folder.join("any"), "").expect("a file");
    let product = folder.join("list");
    let done = bindproof(&["check", "--list", "--output", product.to_str().expect("UTF-8")]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(format!("{:o}", mode("list")), format!("{:o}", mode("any")));
}

#[test]
fn every_verb_of_the_readme_stands_in_the_help() {
    let help = bindproof(&["--help"]).stdout;
    let readme = include_str!("../../README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `bindproof "));
    let verbs: Vec<_> = rows.filter_map(|row| row.split([' ', '`']).next()).collect();
    assert!(verbs.contains(&"generate"), "{verbs:?}");
    for verb in verbs.into_iter().filter(|verb| !verb.is_empty()) {
        assert!(help.contains(&format!("\n  {verb}")), "{verb} stands in\n{help}");
    }
}
