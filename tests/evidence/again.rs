//! What differs in one run and fits in the next is a flake; what differs in each is not.

use std::collections::BTreeSet;
use std::fs;

use bindproof::matrix::observed::{Observation, embedded_texts, read, write};
use bindproof::matrix::{Config, Difference};

use crate::gate::{Copy, committed, counted, earlier};

/// A lane on which one behaviour deviates, and the lane as it is.
fn deviating() -> (Observation, Observation) {
    let (_, text) =
        embedded_texts().iter().find(|(id, _)| id.starts_with("native/")).expect("native");
    let (before, after) =
        text.split_at(text.find("@ reuseaddr/identical-first ").expect("it is there"));
    let changed = format!("{before}{}", after.replacen("\tEADDRINUSE", "\tok", 1));
    (read(&changed).expect("it reads"), read(text).expect("it reads"))
}

#[test]
fn what_fits_in_another_run_is_a_flake_and_what_does_not_stays() {
    let gate = Config::default().load().expect("what is built in");
    let (deviating, usual) = deviating();
    let result = gate.hold(&deviating, 2, |_| Ok::<_, String>(usual.clone())).expect("a result");
    assert!(result.passes(), "{:?}", result.compared.differences);
    assert_eq!(result.flakes.len(), 1);
    assert!(result.clusters.is_empty());
    let mut runs = 0;
    // Only what differs is wanted again, and nothing else has vanished or changed because of that.
    let again = |ids: &BTreeSet<String>| {
        runs += 1;
        assert_eq!(ids.iter().collect::<Vec<_>>(), ["reuseaddr/identical-first"]);
        let mut few = deviating.clone();
        few.behaviours.retain(|id, _| ids.contains(id));
        few.lattice = None;
        Ok::<_, String>(few)
    };
    let result = gate.hold(&deviating, 2, again).expect("a result");
    assert_eq!((runs, result.flakes.len()), (2, 0));
    assert!(!result.passes());
    // A behaviour that could not be run again has not fitted.
    let skipped = |_: &BTreeSet<String>| {
        let mut lane = usual.clone();
        let recorded = lane.behaviours.get_mut("reuseaddr/identical-first").expect("it is there");
        recorded.run = Err("a test".to_string());
        Ok::<_, String>(lane)
    };
    assert!(!gate.hold(&deviating, 1, skipped).expect("a result").passes());
    // Without retries nothing is run again.
    let never = |_: &BTreeSet<String>| Err::<Observation, _>("it was run again".to_string());
    assert!(!gate.hold(&deviating, 0, never).expect("a result").passes());
    assert!(gate.hold(&usual, 2, never).expect("a result").passes());
}

#[test]
fn what_differs_in_another_run_otherwise_is_no_flake() {
    let gate = Config::default().load().expect("what is built in");
    let (deviating, usual) = deviating();
    let hold = |first: &Observation, second: &str| {
        let later = read(second).expect("it reads");
        gate.hold(first, 1, |_| Ok::<_, String>(later.clone())).expect("a result")
    };
    let text = write(&deviating);
    let at = text.find("@ reuseaddr/identical-first ").expect("it is there");
    let (before, after) = text.split_at(at);
    let result = hold(&deviating, &format!("{before}{}", after.replacen("\tok", "\tEACCES", 1)));
    assert_eq!((result.compared.differences.len(), result.flakes.len()), (1, 0));

    // The square's first two rows begin with letters for EADDRINUSE: some of them become "ok".
    let text = write(&usual);
    let square = text.find("\naaaa").expect("the square") + 1;
    let width = text[square..].find('\n').expect("a row") + 1;
    let with = |first: usize, second: usize| {
        let mut changed = text.clone();
        for (row, count) in [first, second].into_iter().enumerate() {
            let at = square + row * width;
            assert_eq!(&text[at..at + count], "a".repeat(count));
            changed.replace_range(at..at + count, &".".repeat(count));
        }
        changed
    };
    let programs = |differences: &[Difference]| {
        let programs = differences.iter().flat_map(|one| match one {
            Difference::NewPrograms { programs, .. } => programs,
            _ => panic!("{one:?}"),
        });
        // Conditions may overlap.
        programs.map(|one| one.behaviour.clone()).collect::<BTreeSet<_>>().len()
    };
    let first = read(&with(5, 3)).expect("it reads");
    let result = hold(&first, &with(5, 0));
    assert_eq!(programs(&result.compared.differences), 5, "{:?}", result.compared.differences);
    assert_eq!(programs(&result.flakes), 3, "{:?}", result.flakes);
}

#[test]
fn what_is_known_of_a_lane_as_it_usually_is_holds_when_a_part_runs_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let known = "[[finding]]\nreason = \"a test\"\nlink = \"https://example.org\"\nsince = \"2026-01-01\"\n\
        when = { ipv6 = \"on\" }\n[finding.behaviours]\n\"reuseaddr/identical-first\" = [\"6 EPERM\"]\n";
    fs::write(folder.path().join("linux.toml"), known).expect("written");
    let config = Config { baseline: Some(folder.path().to_path_buf()), ..Config::default() };
    let gate = config.load().expect("it loads");
    let (deviating, _) = deviating();
    let again = |ids: &BTreeSet<String>| {
        let mut few = deviating.clone();
        few.behaviours.retain(|id, _| ids.contains(id));
        few.header.environment.ipv6 = Some("off".to_string());
        Ok::<_, String>(few)
    };
    let result = gate.hold(&deviating, 1, again).expect("a result");
    let [Difference::Changed { known, .. }] = result.compared.differences.as_slice() else {
        panic!("{:?}, flakes {:?}", result.compared.differences, result.flakes)
    };
    assert_eq!(known, "EPERM");
}

#[test]
fn what_a_lane_that_was_recorded_again_does_not_have_is_a_flake() {
    let copy = Copy::of("native");
    let known = fs::read_to_string(copy.evidence()).expect("text");
    let at = known.find("@ reuseaddr/identical-first ").expect("the behaviour");
    let (before, after) = known.split_at(at);
    let differs = format!("{before}{}", after.replacen("\tEADDRINUSE", "\tok", 1));
    fs::write(copy.evidence(), &differs).expect("written");
    let again = tempfile::tempdir().expect("a folder");
    let gate = |texts: &[&str]| {
        let mut flags = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let folder = again.path().join(index.to_string());
            fs::create_dir_all(folder.join("native")).expect("a folder");
            fs::write(folder.join("native/outcomes.txt"), text).expect("written");
            flags.extend(["--again".to_string(), folder.display().to_string()]);
        }
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        let output = copy.gate(&flags);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = gate(&[&differs, &known]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("native: flake, new: reuseaddr/identical-first"), "{text}");
    assert_eq!((counted(&text, "differ"), counted(&text, "flakes")), (0, 1), "{text}");
    let (code, text) = gate(&[&differs, &differs]);
    assert_eq!(code, Some(1), "{text}");
    assert_eq!((counted(&text, "differ"), counted(&text, "flakes")), (1, 0), "{text}");
    // A recording that cannot be read is not one that fits.
    let (code, text) = gate(&[&known, "no evidence"]);
    assert_eq!(code, Some(2), "{text}");
}

#[test]
fn a_change_that_is_not_there_again_is_a_flake() {
    let copy = Copy::of("native");
    let text = fs::read_to_string(copy.evidence()).expect("text");
    let earlier = earlier(&text);
    let since = earlier.path().to_str().expect("a path");
    let same = copy.folder.path().join("observed");
    let same = same.to_str().expect("a path");
    let gate = |again: &str| {
        let output = copy.gate(&["--since", since, "--again", again]);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = gate(same);
    assert_eq!(code, Some(1), "{text}");
    assert!(counted(&text, "changed") > 1 && counted(&text, "flakes") == 0, "{text}");
    // What was recorded again is as it was earlier.
    let (code, text) = gate(since);
    assert_eq!(code, Some(0), "{text}");
    assert!(counted(&text, "changed") == 0 && counted(&text, "flakes") > 1, "{text}");
    let flake = "native: flake, answers otherwise: reuseaddr/identical-first step";
    assert!(text.contains(flake), "{text}");
}

#[test]
fn flakes_are_named_in_every_format_and_no_more_than_are_shown() {
    let copy = Copy::of("wine");
    // Without its baseline it differs; recorded again with nothing that differs, all of it is flakes.
    fs::remove_file(copy.baselines().join("wine.toml")).expect("it was there");
    let again = tempfile::tempdir().expect("a folder");
    fs::create_dir(again.path().join("wine")).expect("a lane");
    let native = fs::read_to_string(committed("observed/native/outcomes.txt")).expect("text");
    let native = native.replacen("lane native", "lane wine", 1);
    fs::write(again.path().join("wine/outcomes.txt"), native).expect("written");
    let again = again.path().to_str().expect("a path");
    let gate = |format: &str| {
        let output = copy.gate(&["--again", again, "--format", format]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let text = gate("markdown");
    let named = text.lines().filter(|line| line.starts_with("- wine: new: ")).count();
    assert_eq!(named, 20, "{text}");
    assert!(text.contains("\n- and "), "{text}");
    let text = gate("github");
    let warnings: Vec<_> = text.lines().filter(|line| line.starts_with("::warning ")).collect();
    assert_eq!(warnings.len(), 10, "{text}");
    assert!(warnings[0].starts_with("::warning title=wine%3A flake%2C new%3A "), "{text}");
    assert!(warnings[9].contains("title=flakes::and "), "{text}");
    let text = gate("junit");
    let output = text.find("<system-out>").map(|at| &text[at..]);
    assert!(output.is_some_and(|output| output.contains("flake, new: ")), "{text}");
}
