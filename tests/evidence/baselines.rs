//! Baselines that can match nothing, or that are none, are refused with file and line.

use std::fs;
use std::process::Stdio;

use crate::gate::{Copy, committed};
use crate::written::bindproof;

const HEAD: &str = "[[finding]]\nreason = \"r\"\nlink = \"l\"\nsince = \"s\"\n";
const STEP: &str = "[finding.behaviours]\n\"reuseaddr/identical-first\" = [\"6 ok\"]\n";

fn programs(condition: &str, call: &str) -> String {
    format!(
        "{HEAD}[[finding.programs]]\nwhere = \"{condition}\"\ncall = \"{call}\"\ngot = \"ok\"\n"
    )
}

#[test]
fn an_entry_that_can_match_nothing_is_named_by_file_and_line() {
    let when = |when: &str| format!("{HEAD}when = {{ {when} }}\n{STEP}");
    for (entry, wanted) in [
        (HEAD.to_string(), "line 1: finding 1: expected behaviours or programs"),
        (
            format!("{HEAD}[finding.behaviours]\n\"a/b\" = []\n"),
            "line 6: finding 1: expected a step such as",
        ),
        (
            programs("a.listens !a.listens", "bind b"),
            "line 6: finding 1: expected a condition that holds for some program",
        ),
        (programs("overlap", "connect b"), "line 7: finding 1: expected a call of these programs"),
        (programs("overlap", "bind c"), "line 7: finding 1: expected a call of these programs"),
        // Sockets that do not listen make no such call.
        (programs("!b.listens", "listen b"), "line 7: finding 1: expected a call of these"),
        (when("os = \"lunix\""), "line 5: finding 1: expected os (linux, macos, freebsd, windows"),
        (when("os = \"lunix\""), "found \"lunix\" (did you mean linux?)"),
        (when("kernel = \"gviser\""), "line 5: finding 1: expected kernel (linux, gvisor, xnu"),
        (when("ipv6 = \"no\""), "line 5: finding 1: expected ipv6 (on, off, no-address)"),
        (when("libc = \"bionic\""), "line 5: finding 1: expected libc (glibc, musl, system)"),
        (when("network = \"public\""), "line 5: finding 1: expected network (private, host)"),
        (when("lane = \"Our Lane\""), "line 5: finding 1: expected the name of a lane"),
        (when("release = \">=7 <6.9\""), "no release is \">=7 <6.9\""),
        (
            format!("{HEAD}{STEP}{HEAD}{STEP}"),
            "line 12: finding 2: reuseaddr/identical-first step 6 ok stands in finding 1",
        ),
        (
            format!("{}{}", when("release = \">6.1\""), when("release = \"6.1.2\"")),
            "line 14: finding 2: reuseaddr/identical-first step 6 ok stands in finding 1",
        ),
        (
            format!("{}{}", programs("overlap", "bind b"), programs("overlap", "bind b")),
            "line 14: finding 2: programs where overlap: bind b got ok stands in finding 1",
        ),
        (
            format!("{HEAD}[finding.behaviours]\n\"a/b\" = [\"6 ok\", \"6 ok\"]\n"),
            "line 6: finding 1: a/b step 6 ok stands here twice",
        ),
    ] {
        let copy = Copy::of("native");
        fs::write(copy.baselines().join("linux.toml"), &entry).expect("written");
        let output = copy.gate(&[]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{entry}{errors}");
        assert!(errors.contains("linux.toml: ") && errors.contains(wanted), "{wanted}: {errors}");
    }
}

#[test]
fn what_can_match_something_is_read() {
    let when = |when: &str| format!("{HEAD}when = {{ {when} }}\n{STEP}");
    for entry in [
        programs("overlap", "socket a"),
        programs("a.reuseport", "set a"),
        programs("b.listens", "listen b"),
        format!("{}{}", when("ipv6 = \"on\""), when("ipv6 = \"off\"")),
        format!("{}{}", when("release = \"<6.1\""), when("release = \">=6.1\"")),
        format!("{}{}", when("release = \"6.1\""), when("release = \"6.12\"")),
    ] {
        let copy = Copy::of("native");
        fs::write(copy.baselines().join("linux.toml"), &entry).expect("written");
        let output = copy.gate(&[]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{entry}{errors}");
    }
}

#[test]
fn a_step_that_a_behaviour_does_not_have_is_named_although_it_need_not_happen() {
    for number in [0, 8, 99] {
        let copy = Copy::of("native");
        let entry = format!(
            "{HEAD}sometimes = true\n[finding.behaviours]\n\
             \"reuseaddr/identical-first\" = [\"1 EPERM\", \"{number} ok\"]\n"
        );
        fs::write(copy.baselines().join("linux.toml"), entry).expect("written");
        let unknown = format!("reuseaddr/identical-first has no step {number}");
        copy.fails_with(&["linux.toml: line 7: finding 1 (r): ", &unknown]);
    }
}

#[test]
fn a_step_that_stands_in_two_files_about_one_lane_is_named() {
    let copy = Copy::of("native");
    let entry = |when: &str| format!("{HEAD}sometimes = true\nwhen = {{ {when} }}\n{STEP}");
    fs::write(copy.baselines().join("linux.toml"), entry("ipv6 = \"on\"")).expect("written");
    fs::write(copy.baselines().join("native.toml"), entry("network = \"private\""))
        .expect("written");
    let twice =
        "native.toml: line 8: finding 1 (r): reuseaddr/identical-first step 6 ok stands in ";
    copy.fails_with(&[twice, "linux.toml, too"]);
    // It is no fault where the two hold on different lanes.
    fs::write(copy.baselines().join("native.toml"), entry("ipv6 = \"off\"")).expect("written");
    let output = copy.gate(&["--lane", "native"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("native.toml: ") && !text.contains("too"), "{text}");
}

#[test]
fn a_file_about_no_system_and_no_lane_is_named() {
    let copy = Copy::of("native");
    fs::write(copy.baselines().join("lunix.toml"), format!("{HEAD}{STEP}")).expect("written");
    copy.fails_with(&["lunix.toml: \"lunix\" is the name of no system, kernel or lane"]);
    // It may be about another lane than those that were asked for.
    let output = copy.gate(&["--lane", "native"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(errors.contains("note: ") && errors.contains("lunix.toml"), "{errors}");
}

#[test]
fn a_folder_of_baselines_that_is_none_is_named() {
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("file");
    fs::write(&file, "").expect("written");
    for baselines in [place.path().join("none"), file] {
        let name = baselines.display().to_string();
        let config = place.path().join("bindproof.toml");
        fs::write(&config, format!("baseline = {name:?}\n")).expect("written");
        let observed = committed("observed");
        for more in [["--baseline", &name], ["--config", config.to_str().expect("UTF-8")]] {
            let output = bindproof()
                .args(["gate", "--lane", "native", "--observed"])
                .arg(&observed)
                .args(more)
                .output()
                .expect("the binary starts");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{errors}");
            assert!(errors.contains(&format!("cannot read {name}")), "{errors}");
            let missing = !std::path::Path::new(&name).exists();
            assert_eq!(errors.contains("--update` make it"), missing, "{errors}");
        }
        let error = bindproof::gate(&config).expect_err("it has no baselines").to_string();
        assert!(error.contains(&format!("cannot read {name}")), "{error}");
    }
}

#[test]
fn a_missing_folder_of_baselines_is_made_by_an_update() {
    let copy = Copy::of("wine");
    fs::remove_dir_all(copy.baselines()).expect("it was there");
    assert_eq!(copy.gate(&[]).status.code(), Some(2));
    let why = ["--update", "--link", "https://example.org", "--reason", "a test"];
    let updated = copy.gate(&why);
    assert_eq!(updated.status.code(), Some(0), "{}", String::from_utf8_lossy(&updated.stderr));
    assert_eq!(copy.gate(&[]).status.code(), Some(0));
}

#[test]
fn a_byte_that_is_no_text_is_named_by_its_line() {
    let copy = Copy::of("native");
    let good = fs::read(copy.evidence_of("native")).expect("the evidence");
    let fourth = good.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).expect("lines");
    let bad = [&good[..=fourth.0], b"\xff", &good[fourth.0 + 1..]].concat();
    let fails = |output: std::process::Output, wanted: &str| {
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(wanted), "{wanted}: {errors}");
    };
    fs::write(copy.evidence_of("native"), &bad).expect("written");
    fails(copy.gate(&[]), "outcomes.txt: line 4: expected UTF-8");
    let stored = tempfile::tempdir().expect("a folder");
    let from = |name: &std::ffi::OsStr, input: Stdio| {
        bindproof()
            .args(["record", "--lane", "native", "--observed"])
            .arg(stored.path())
            .arg("--from")
            .arg(name)
            .stdin(input)
            .output()
            .expect("the binary starts")
    };
    let evidence = copy.evidence_of("native");
    fails(from(evidence.as_os_str(), Stdio::null()), "outcomes.txt: line 4: expected UTF-8");
    let input = fs::File::open(&evidence).expect("it is there");
    fails(from("-".as_ref(), input.into()), "-: line 4: expected UTF-8");
    assert!(!stored.path().join("native").exists());
    fs::write(&evidence, good).expect("written");
    fs::write(copy.baselines().join("linux.toml"), b"# one\n# \xe4\n").expect("written");
    fails(copy.gate(&[]), "linux.toml: line 2: expected UTF-8");
    let config = copy.baselines().join("bindproof.toml");
    fs::write(&config, b"retries = 1\n\n# \xe4\n").expect("written");
    fs::remove_file(copy.baselines().join("linux.toml")).expect("it is there");
    let config = config.to_str().expect("UTF-8");
    fails(copy.gate(&["--config", config]), "bindproof.toml: line 3: expected UTF-8");
}
