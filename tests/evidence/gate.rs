//! The gate: what is known passes, and everything else fails with its name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use bindproof::matrix::observed::{Observation, embedded};
use bindproof::matrix::{Config, Gate};

use crate::written::bindproof;

pub(crate) fn committed(what: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix").join(what)
}

/// A copy of one lane's evidence and of all baselines, to be changed.
pub(crate) struct Copy {
    pub(crate) folder: tempfile::TempDir,
    lane: &'static str,
}

impl Copy {
    pub(crate) fn of(lane: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = Self { folder, lane };
        copy.add(lane);
        fs::create_dir(copy.baselines()).expect("a folder");
        for entry in fs::read_dir(committed("baseline")).expect("the baselines") {
            let path = entry.expect("a file").path();
            fs::copy(&path, copy.baselines().join(path.file_name().expect("a name")))
                .expect("a copy");
        }
        copy
    }

    /// Another lane beside it.
    pub(crate) fn add(&self, lane: &str) {
        let file = self.evidence_of(lane);
        fs::create_dir_all(file.parent().expect("a lane")).expect("a folder");
        fs::copy(committed("observed").join(lane).join("outcomes.txt"), file)
            .expect("the evidence");
    }

    pub(crate) fn evidence(&self) -> PathBuf {
        self.evidence_of(self.lane)
    }

    pub(crate) fn evidence_of(&self, lane: &str) -> PathBuf {
        self.folder.path().join("observed").join(lane).join("outcomes.txt")
    }

    pub(crate) fn baselines(&self) -> PathBuf {
        self.folder.path().join("baseline")
    }

    pub(crate) fn change(path: &Path, from: &str, to: &str) {
        let text = fs::read_to_string(path).expect("text");
        assert!(text.contains(from), "{from:?} stands in {}", path.display());
        fs::write(path, text.replacen(from, to, 1)).expect("written");
    }

    pub(crate) fn gate(&self, more: &[&str]) -> Output {
        bindproof()
            .args(["gate", "--color", "never", "--observed"])
            .arg(self.folder.path().join("observed"))
            .arg("--baseline")
            .arg(self.baselines())
            .args(more)
            .output()
            .expect("the binary starts")
    }

    pub(crate) fn fails_with(&self, wanted: &[&str]) {
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

/// What the table says of its one lane.
pub(crate) fn counted(text: &str, column: &str) -> usize {
    let at = text.rfind("\nlane ").map_or(0, |at| at + 1);
    let [header, row] = text[at..].lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
    let place = header.split_whitespace().position(|word| word == column).expect(column);
    row.split_whitespace().nth(place).and_then(|word| word.parse().ok()).expect(column)
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
fn what_happens_only_sometimes_does_not_vanish() {
    let copy = Copy::of("gvisor-2024");
    let sometimes = "\"eafnosupport/multicast-ipv4\" = [\"2 EADDRNOTAVAIL\"]";
    let evidence = copy.evidence();
    let text = fs::read_to_string(&evidence).expect("text");
    let (before, after) =
        text.split_at(text.find("@ eafnosupport/multicast-ipv4 ").expect("the behaviour"));
    fs::write(&evidence, format!("{before}{}", after.replacen("\tEADDRNOTAVAIL", "\tok", 1)))
        .unwrap();
    copy.fails_with(&["vanished: eafnosupport/multicast-ipv4"]);
    let baseline = copy.baselines().join("gvisor.toml");
    let text = fs::read_to_string(&baseline).expect("text").replace(sometimes, "");
    let entry = "\n[[finding]]\nreason = \"r\"\nlink = \"l\"\nsince = \"s\"\nsometimes = true\n\
                 [finding.behaviours]\n";
    fs::write(&baseline, format!("{text}{entry}{sometimes}\n")).expect("written");
    // Entries of the other release match nothing here, so that the code says nothing.
    let output = copy.gate(&[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("\ngvisor-2024 ") && !text.contains("vanished"), "{text}");
}

#[test]
fn a_step_may_have_more_than_one_known_answer() {
    let copy = Copy::of("gvisor-2022");
    let known = "\"eafnosupport/multicast-ipv4\" = [\"2 EADDRNOTAVAIL\"]";
    let both = "\"eafnosupport/multicast-ipv4\" = [\"2 EADDRNOTAVAIL\", \"2 EPERM\"]";
    Copy::change(&copy.baselines().join("gvisor.toml"), known, both);
    let text = String::from_utf8_lossy(&copy.gate(&[]).stdout).into_owned();
    assert!(text.contains("\ngvisor-2022 ") && !text.contains("multicast-ipv4"), "{text}");
    let neither = "\"eafnosupport/multicast-ipv4\" = [\"2 EPERM\", \"2 EACCES\"]";
    Copy::change(&copy.baselines().join("gvisor.toml"), both, neither);
    copy.fails_with(&["changed: eafnosupport/multicast-ipv4", "the baseline says EPERM or EACCES"]);
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
                 when = { release = \"<2.6\" }\n\
                 [finding.behaviours]\n\"reuseaddr/identical-first\" = [\"6 ok\"]\n";
    fs::write(copy.baselines().join("linux.toml"), entry).expect("written");
    copy.fails_with(&["linux.toml: line 2: finding 1 (nowhere) holds on no lane"]);
}

#[test]
fn a_baseline_with_a_mistake_is_named_by_file_and_line() {
    for (entry, wanted) in [
        ("[[finding]]\nreson = \"x\"\n", "line 2"),
        (
            "[[finding]]\nreason=\"\"\nlink=\"l\"\nsince=\"s\"\n",
            "line 2: finding 1: expected a reason",
        ),
        (
            "[[finding]]\nreason=\"r\"\nlink=\"l\"\nsince=\"s\"\n[finding.behaviours]\n\"a/b\"=[\"two ok\"]\n",
            "line 6: finding 1: expected a step",
        ),
        (
            "[[finding]]\nreason=\"r\"\nlink=\"l\"\nsince=\"s\"\nwhen={release=\"about 6\"}\n",
            "expected releases such as",
        ),
        (
            "[[finding]]\nreason=\"r\"\nlink=\"l\"\nsince=\"s\"\nwhen={release=\"about 6\"}\n",
            "line 5",
        ),
        (
            "[[finding]]\nreason=\"r\"\nlink=\"l\"\nsince=\"s\"\n[[finding.programs]]\nwhere=\"a.x\"\ncall=\"bind b\"\ngot=\"ok\"\n",
            "line 6: finding 1: expected a property such as a.reuseaddr",
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
fn what_was_not_run_as_it_is_today_was_skipped() {
    let copy = Copy::of("native");
    let text = fs::read_to_string(copy.evidence()).expect("text");
    let at = text.find("@ reuseaddr/identical-first ").expect("it is there");
    let end = at + text[at..].find('\n').expect("a line");
    let other =
        format!("{}@ reuseaddr/identical-first 0000000000000000{}", &text[..at], &text[end..]);
    fs::write(copy.evidence(), other).expect("written");
    let output = copy.gate(&["--format", "json"]);
    let found = String::from_utf8_lossy(&output.stdout);
    let why = "\"id\":\"reuseaddr/identical-first\",\"reason\":\"its calls were changed after this recording\"";
    assert!(found.contains(why), "{found}");
    // Own scripts that no lane ran: nothing is judged.
    let own = tempfile::tempdir().expect("a folder");
    fs::create_dir(own.path().join("own")).expect("a folder");
    fs::write(own.path().join("own/one.sock"), "title One\na = socket inet\n").expect("written");
    let output = copy.gate(&["--behaviours", own.path().to_str().expect("a path")]);
    let found = String::from_utf8_lossy(&output.stdout);
    let words: Vec<&str> = found.lines().last().expect("a lane").split_whitespace().collect();
    assert_eq!(words[..3], ["native", "0", "1"], "{found}");
    assert_ne!(output.status.code(), Some(0), "{found}");
}

#[test]
fn deviations_with_one_cause_are_one_finding_with_the_shortest_script() {
    let gate =
        Gate { baselines: Vec::new(), ..Config::default().load().expect("what is built in") };
    let never = |_: &BTreeSet<String>| Err::<Observation, _>(String::new());
    for name in ["gvisor-2022", "gvisor-2024"] {
        let lanes = embedded().expect("the evidence reads");
        let lane = lanes.iter().find(|lane| lane.lane == name).expect(name);
        let clusters = gate.hold(lane, 0, never).expect("a result").clusters;
        let programs: Vec<_> = clusters.iter().filter(|one| one.is_of_programs()).collect();
        let [one] = programs.as_slice() else { panic!("{name}: {programs:#?}") };
        let condition = "a.listens a.reuseaddr b.reuseaddr overlap !both-wildcard !both-reuseport !same-addresses";
        assert_eq!((one.condition.as_str(), one.members.len()), (condition, 132));
        assert_eq!(
            one.script.to_string(),
            "a = socket inet\nset a reuseaddr on\nbind a 0.0.0.0:p\nlisten a 16\n\
             b = socket inet\nset b reuseaddr on\nbind b 127.0.0.1:p\n"
        );
        // No deviation is left out, and none stands in two findings.
        let ids: Vec<_> =
            clusters.iter().flat_map(|one| &one.members).map(|one| &one.behaviour).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len());
        assert!(clusters.iter().any(|one| !one.is_of_programs() && one.members.len() > 2));
    }
}

#[test]
fn an_answer_that_was_another_one_before_is_a_finding() {
    let copy = Copy::of("native");
    let text = fs::read_to_string(copy.evidence()).expect("text");
    let gate = |since: &Path| {
        let since = since.to_str().expect("a path");
        let output = copy.gate(&["--since", since]);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, found) = gate(&committed("observed"));
    assert_eq!(code, Some(0), "{found}");
    // The model allows both: which of two listeners gets a connection, and whether a script was run.
    let earlier = tempfile::tempdir().expect("a folder");
    fs::create_dir(earlier.path().join("native")).expect("a lane");
    let at = text.find("@ reuseaddr/identical-first ").expect("the behaviour");
    let (before, after) = text.split_at(at);
    let (before, square) = (before, after.replacen("\tEADDRINUSE", "\tEACCES", 1));
    let square = square.replacen("a bind b=EADDRINUSE", "a bind b=EPERM", 1);
    fs::write(earlier.path().join("native").join("outcomes.txt"), format!("{before}{square}"))
        .expect("written");
    let (code, found) = gate(earlier.path());
    assert_eq!(code, Some(1), "{found}");
    assert!(found.contains("native: answers otherwise: reuseaddr/identical-first step"), "{found}");
    assert!(found.contains("before: EACCES\n  now: EADDRINUSE"), "{found}");
    assert!(
        found.contains("programs of two sockets where") && found.contains("before: EPERM"),
        "{found}"
    );
}

/// `native` as an earlier recording of it, in which one answer and its programs were others.
pub(crate) fn earlier(text: &str) -> tempfile::TempDir {
    let earlier = tempfile::tempdir().expect("a folder");
    fs::create_dir(earlier.path().join("native")).expect("a lane");
    let (before, after) =
        text.split_at(text.find("@ reuseaddr/identical-first ").expect("the behaviour"));
    let changed = after.replacen("\tEADDRINUSE", "\tEACCES", 1);
    let changed = changed.replacen("a bind b=EADDRINUSE", "a bind b=EPERM", 1);
    let place = earlier.path().join("native/outcomes.txt");
    fs::write(place, format!("{before}{changed}")).expect("written");
    earlier
}

#[test]
fn a_lane_with_nothing_earlier_is_named_in_every_format() {
    let copy = Copy::of("native");
    let none = tempfile::tempdir().expect("a folder");
    let since = none.path().to_str().expect("a path");
    for (format, wanted) in [
        ("terminal", "nothing earlier to compare with: native"),
        ("markdown", "nothing earlier to compare with: native"),
        ("github", "::notice title=bindproof gate::nothing earlier to compare with: native"),
        ("json", "\"nothing_earlier\":true"),
        ("junit", "nothing earlier to compare with"),
    ] {
        let output = copy.gate(&["--since", since, "--format", format]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(text.contains(wanted), "{format}: {text}");
        let output = copy.gate(&["--format", format]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!text.contains(wanted), "{format}: {text}");
    }
}

#[test]
fn what_a_person_reads_fits_100_columns() {
    let observed = committed("observed");
    let observed = observed.to_str().expect("a path");
    for arguments in [
        ["gate", "--observed", observed, "--color", "never"],
        ["matrix", "--observed", observed, "--color", "never"],
    ] {
        let output = bindproof().args(arguments).output().expect("the binary starts");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.lines().any(|line| line.starts_with("linux-6.12-no-ipv6 ")), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{} columns: {line}", line.chars().count());
        }
    }
}
