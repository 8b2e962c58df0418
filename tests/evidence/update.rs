//! `gate --update`: what is new becomes known, and only where it was seen.

use std::fs;
use std::path::Path;

use crate::gate::Copy;

const WHY: [&str; 5] = ["--update", "--link", "https://example.org", "--reason", "a test"];

/// An answer that the model does not allow.
fn deviate(evidence: &Path) {
    let text = fs::read_to_string(evidence).expect("text");
    let at = text.find("@ reuseaddr/identical-first ").expect("the behaviour");
    let (before, after) = text.split_at(at);
    fs::write(evidence, format!("{before}{}", after.replacen("\tEADDRINUSE", "\tok", 1)))
        .expect("written");
}

/// Updates, and then all lanes pass. Answers what was written.
fn passes_after_update(copy: &Copy, more: &[&str]) -> String {
    let updated = copy.gate(&[&WHY[..], more].concat());
    assert_eq!(updated.status.code(), Some(0), "{}", String::from_utf8_lossy(&updated.stderr));
    let passes = copy.gate(&[]);
    assert_eq!(passes.status.code(), Some(0), "{}", String::from_utf8_lossy(&passes.stdout));
    fs::read_to_string(copy.baselines().join("linux.toml")).expect("it was written")
}

#[test]
fn update_needs_a_reason_and_then_the_gate_passes() {
    let copy = Copy::of("wine");
    fs::remove_file(copy.baselines().join("wine.toml")).expect("it was there");
    let refused = copy.gate(&["--update", "--link", "https://example.org"]);
    assert_eq!(refused.status.code(), Some(2));
    for (link, reason) in [("https://example.org", ""), ("https://example.org", " "), (" \t", "r")]
    {
        let refused = copy.gate(&["--update", "--link", link, "--reason", reason]);
        assert_eq!(refused.status.code(), Some(2), "{link:?} {reason:?}");
    }
    assert!(!copy.baselines().join("wine.toml").exists());
    let updated = copy.gate(&WHY);
    assert_eq!(updated.status.code(), Some(0), "{}", String::from_utf8_lossy(&updated.stderr));
    let passes = copy.gate(&[]);
    assert_eq!(passes.status.code(), Some(0), "{}", String::from_utf8_lossy(&passes.stdout));
}

#[test]
fn what_one_lane_of_a_release_answers_is_not_expected_of_the_others() {
    for lane in ["netns-bindv6only", "musl"] {
        let copy = Copy::of("native");
        copy.add(lane);
        deviate(&copy.evidence_of(lane));
        let written = passes_after_update(&copy, &[]);
        assert!(written.contains(&format!("lane = \"{lane}\"")), "{written}");
        // Nor where the others were left out.
        fs::remove_file(copy.baselines().join("linux.toml")).expect("it is there");
        passes_after_update(&copy, &["--lane", lane]);
    }
    // Where no other lane has the release, the lane's name says nothing.
    let copy = Copy::of("native");
    copy.add("linux-6.1");
    deviate(&copy.evidence_of("linux-6.1"));
    let written = passes_after_update(&copy, &[]);
    assert!(written.contains("release = \"6.1") && !written.contains("lane ="), "{written}");
}

#[test]
fn what_all_lanes_of_a_release_answer_is_one_finding() {
    let copy = Copy::of("native");
    copy.add("netns-bindv6only");
    deviate(&copy.evidence_of("native"));
    deviate(&copy.evidence_of("netns-bindv6only"));
    let written = passes_after_update(&copy, &[]);
    assert_eq!(written.matches("[[finding]]").count(), 1, "{written}");
    assert!(!written.contains("lane ="), "{written}");
}

#[test]
fn what_update_cannot_add_is_printed_and_is_a_finding() {
    let copy = Copy::of("gvisor-2022");
    let file = copy.baselines().join("gvisor.toml");
    let known = "\"eafnosupport/multicast-ipv4\" = [\"2 EADDRNOTAVAIL\"]";
    Copy::change(&file, known, "\"eafnosupport/multicast-ipv4\" = [\"2 EPERM\", \"1 EPERM\"]");
    let before = fs::read_to_string(&file).expect("text");
    let output = copy.gate(&WHY);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let changed = "gvisor-2022: changed: eafnosupport/multicast-ipv4 step 2: got EADDRNOTAVAIL";
    assert!(text.contains(changed), "{text}");
    let vanished = "gvisor-2022: vanished: eafnosupport/multicast-ipv4 step 1: EPERM";
    assert!(text.contains(vanished), "{text}");
    assert_eq!(fs::read_to_string(&file).expect("text"), before);
    // Of other behaviours nobody asked.
    let output = copy.gate(&[&WHY[..], &["--only", "reuseaddr/"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn update_adds_nothing_that_could_not_be_read_afterwards() {
    let copy = Copy::of("native");
    deviate(&copy.evidence_of("native"));
    let file = copy.baselines().join("linux.toml");
    let entry = "[[finding]]\nreason = \"r\"\nlink = \"l\"\nsince = \"s\"\nwhen = { ipv6 = \"off\" }\n\
        [finding.behaviours]\n\"reuseaddr/identical-first\" = [\"6 ok\"]\n";
    fs::write(&file, entry).expect("written");
    let output = copy.gate(&WHY);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("nothing is added") && errors.contains("linux.toml: line "),
        "{errors}"
    );
    assert_eq!(fs::read_to_string(&file).expect("text"), entry);
}

#[test]
fn flags_that_update_does_not_heed_are_refused_and_so_are_its_own_without_it() {
    let copy = Copy::of("native");
    let folder = copy.evidence_of("").parent().expect("a folder").display().to_string();
    for more in [["--format", "json"], ["--output", "report"], ["--since", &folder]] {
        let output = copy.gate(&[&WHY[..], &more].concat());
        assert_eq!(output.status.code(), Some(2), "{more:?}");
    }
    for alone in [["--reason", "r"], ["--link", "l"]] {
        assert_eq!(copy.gate(&alone).status.code(), Some(2), "{alone:?}");
    }
}
