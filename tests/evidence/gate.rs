//! The gate: what is known passes, and everything else fails with its name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::written::bindproof;

fn committed(what: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix").join(what)
}

/// A copy of one lane's evidence and of all baselines, to be changed.
struct Copy {
    folder: tempfile::TempDir,
    lane: &'static str,
}

impl Copy {
    fn of(lane: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = Self { folder, lane };
        fs::create_dir_all(copy.evidence().parent().expect("a lane")).expect("a folder");
        fs::copy(committed("observed").join(lane).join("outcomes.txt"), copy.evidence())
            .expect("the evidence");
        fs::create_dir(copy.baselines()).expect("a folder");
        for entry in fs::read_dir(committed("baseline")).expect("the baselines") {
            let path = entry.expect("a file").path();
            fs::copy(&path, copy.baselines().join(path.file_name().expect("a name")))
                .expect("a copy");
        }
        copy
    }

    fn evidence(&self) -> PathBuf {
        self.folder.path().join("observed").join(self.lane).join("outcomes.txt")
    }

    fn baselines(&self) -> PathBuf {
        self.folder.path().join("baseline")
    }

    fn change(path: &Path, from: &str, to: &str) {
        let text = fs::read_to_string(path).expect("text");
        assert!(text.contains(from), "{from:?} stands in {}", path.display());
        fs::write(path, text.replacen(from, to, 1)).expect("written");
    }

    fn gate(&self, more: &[&str]) -> Output {
        bindproof()
            .args(["gate", "--color", "never", "--observed"])
            .arg(self.folder.path().join("observed"))
            .arg("--baseline")
            .arg(self.baselines())
            .args(more)
            .output()
            .expect("the binary starts")
    }

    fn fails_with(&self, wanted: &[&str]) {
        let output = self.gate(&[]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            output.status.code(),
            Some(1),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        for part in wanted {
            assert!(text.contains(part), "{part:?} stands in\n{text}");
        }
    }
}

#[test]
fn the_committed_evidence_passes_with_the_committed_baselines() {
    let output = bindproof()
        .args(["gate", "--observed"])
        .arg(committed("observed"))
        .output()
        .expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
}

#[test]
fn an_answer_that_nobody_knows_is_new() {
    let copy = Copy::of("native");
    let evidence = copy.evidence();
    let text = fs::read_to_string(&evidence).expect("text");
    let at = text.find("@ reuseaddr/identical-first ").expect("the behaviour");
    let (before, after) = text.split_at(at);
    fs::write(&evidence, format!("{before}{}", after.replacen("\tEADDRINUSE", "\tok", 1))).unwrap();
    copy.fails_with(&["native: new: reuseaddr/identical-first", "got ok, allowed EADDRINUSE"]);
}

#[test]
fn programs_that_differ_are_one_finding_with_a_condition() {
    let copy = Copy::of("native");
    let evidence = copy.evidence();
    let text = fs::read_to_string(&evidence).expect("text");
    let (before, square) = text.split_at(text.find("@ lattice").expect("a lattice"));
    // The first row is 0.0.0.0 without options that does not listen: now everything may join it.
    let row = square.lines().nth(3).expect("a row");
    let opened = square.replacen(row, &".".repeat(64), 1);
    fs::write(&evidence, format!("{before}{opened}")).expect("written");
    copy.fails_with(&[
        "native: new: ",
        "48 programs of two sockets where !a.listens",
        "a.inet a.wildcard overlap",
    ]);
}

#[test]
fn what_is_known_and_does_not_happen_has_vanished() {
    let copy = Copy::of("gvisor-2024");
    let evidence = copy.evidence();
    let text = fs::read_to_string(&evidence).expect("text");
    let (before, after) =
        text.split_at(text.find("@ eafnosupport/multicast-ipv4 ").expect("the behaviour"));
    fs::write(&evidence, format!("{before}{}", after.replacen("\tEADDRNOTAVAIL", "\tok", 1)))
        .unwrap();
    copy.fails_with(&["vanished: eafnosupport/multicast-ipv4 step 2: EADDRNOTAVAIL"]);
}

#[test]
fn a_known_deviation_with_another_answer_is_changed() {
    let copy = Copy::of("gvisor-2022");
    let known = "\"eafnosupport/multicast-ipv4\" = [\"2 EADDRNOTAVAIL\"]";
    let other = "\"eafnosupport/multicast-ipv4\" = [\"2 EPERM\"]";
    Copy::change(&copy.baselines().join("gvisor.toml"), known, other);
    copy.fails_with(&["changed: eafnosupport/multicast-ipv4", "the baseline says EPERM"]);
}

#[test]
fn a_finding_that_holds_nowhere_is_named() {
    let copy = Copy::of("native");
    let entry = "[[finding]]\nreason = \"nowhere\"\nlink = \"https://example.org\"\nsince = \"2026-11-25\"\n\
                 when = { release = \"<2.6\" }\n";
    fs::write(copy.baselines().join("linux.toml"), entry).expect("written");
    copy.fails_with(&["linux.toml: finding 1 (nowhere) holds on no lane"]);
}

#[test]
fn a_baseline_with_a_mistake_is_named_by_file_and_line() {
    for (entry, wanted) in [
        ("[[finding]]\nreson = \"x\"\n", "line 2"),
        ("[[finding]]\nreason=\"\"\nlink=\"l\"\nsince=\"s\"\n", "finding 1: expected a reason"),
        (
            "[[finding]]\nreason=\"r\"\nlink=\"l\"\nsince=\"s\"\nwhen={release=\"about 6\"}\n",
            "expected releases such as",
        ),
        (
            "[[finding]]\nreason=\"r\"\nlink=\"l\"\nsince=\"s\"\n[[finding.programs]]\nwhere=\"a.x\"\ncall=\"bind b\"\ngot=\"ok\"\n",
            "expected a property such as a.reuseaddr",
        ),
    ] {
        let copy = Copy::of("native");
        fs::write(copy.baselines().join("linux.toml"), entry).expect("written");
        let output = copy.gate(&[]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains("linux.toml") && errors.contains(wanted), "{wanted}: {errors}");
    }
}

#[test]
fn update_needs_a_reason_and_then_the_gate_passes() {
    let copy = Copy::of("wine");
    fs::remove_file(copy.baselines().join("wine.toml")).expect("it was there");
    let refused = copy.gate(&["--update", "--link", "https://example.org"]);
    assert_eq!(refused.status.code(), Some(2));
    let refused = copy.gate(&["--update", "--link", "https://example.org", "--reason", ""]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!copy.baselines().join("wine.toml").exists());
    let updated = copy.gate(&["--update", "--link", "https://example.org", "--reason", "a test"]);
    assert_eq!(updated.status.code(), Some(0), "{}", String::from_utf8_lossy(&updated.stderr));
    let passes = copy.gate(&[]);
    assert_eq!(passes.status.code(), Some(0), "{}", String::from_utf8_lossy(&passes.stdout));
}
