//! Evidence that is not as it must be is named by file and line, and nothing is overwritten.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use bindproof::matrix::observed::{EVIDENCE_FILE, embedded_texts, read, read_folder};

use crate::written::bindproof;

fn text() -> String {
    let (_, text) =
        embedded_texts().iter().find(|(id, _)| id.starts_with("native/")).expect("native");
    (*text).to_string()
}

#[test]
fn evidence_that_was_cut_off_is_refused_wherever_it_ends() {
    let text = text();
    let lines: Vec<_> = text.lines().collect();
    for end in (0..lines.len()).step_by(7) {
        let cut = lines[..end].join("\n");
        let error = read(&cut).expect_err("it is cut off");
        assert_eq!(error.line, cut.lines().count() + 1, "after {end} lines: {error}");
        assert!(error.message.contains("cut off"), "{error}");
    }
    let half_a_line = &text[..text.len() / 2];
    assert!(read(half_a_line).is_err());
}

#[test]
fn every_mistake_is_named_by_its_line() {
    let good = text();
    let first = good.lines().position(|line| line.starts_with("@ ")).expect("a behaviour") + 1;
    let changes: &[(usize, &str, &str)] = &[
        (1, "bindproof outcomes 9", "expected \"bindproof outcomes 1\""),
        (2, "lane ../elsewhere", "name of a lane"),
        (3, "recorded yesterday", "expected a date"),
        (4, "header {}", "expected"),
        (first, "@ backlog", "expected a behaviour and the fingerprint"),
        (first, "@ backlog 0123456789abcdef", "expected group/name"),
        (first + 1, "a = socket inet ok", "a tab and an outcome"),
        (first + 1, "a = sokcet inet\tok", "expected a call"),
        (first + 1, "a = socket inet\tEWHATEVER", "expected the name of an error"),
        (first + 1, "a = socket inet\t{\"ok\":1}", "expected true"),
        (first + 1, "a = socket inet\t{\"ok\":true,\"ok\":true}", "`ok`"),
        (first, "@ backlog/five 0123456789abcdef {\"ipv6\":\"on\",\"ipv6\":\"off\"}", "`ipv6`"),
    ];
    for (number, line, wanted) in changes {
        let mut lines: Vec<_> = good.lines().collect();
        lines[number - 1] = line;
        let error = read(&lines.join("\n")).expect_err(line);
        assert_eq!(error.line, *number, "{line}: {error}");
        assert!(error.message.contains(wanted), "{line}: {error}");
    }
}

#[test]
fn a_letter_that_stands_for_nothing_is_named() {
    let good = text();
    let row = good.lines().position(|line| line == "@ lattice").expect("a lattice") + 10;
    let mut lines: Vec<String> = good.lines().map(str::to_string).collect();
    lines[row].replace_range(3..4, "~");
    let error = read(&lines.join("\n")).expect_err("a wrong letter");
    assert_eq!(error.line, row + 1);
    assert!(error.message.contains("'~' stands for nothing"), "{error}");
}

/// A folder of evidence with one lane.
fn folder(lane: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(lane)).expect("a lane");
    fs::write(folder.path().join(lane).join(EVIDENCE_FILE), text).expect("a file");
    folder
}

#[test]
fn two_lanes_cannot_have_one_name() {
    let folder = folder("copy", &text());
    let error = read_folder(folder.path()).expect_err("the lane is called native");
    assert!(error.to_string().contains("the lane \"native\""), "{error}");
    assert!(error.to_string().contains("line 2"), "{error}");
    let output = bindproof().arg("matrix").arg("--observed").arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_lane_that_left_nothing_is_named() {
    let folder = folder("native", &text());
    fs::create_dir(folder.path().join("dead")).expect("a lane");
    let error = read_folder(folder.path()).expect_err("it has no evidence").to_string();
    assert!(error.contains("cannot read") && error.contains("dead"), "{error}");
}

#[test]
fn foreign_evidence_is_not_stored_over_what_is_there() {
    let folder = folder("native", &text());
    let foreign = folder.path().join("foreign");
    for (content, lane) in [
        ("not evidence\n".to_string(), "native"),
        (text(), "other"),
        (text()[..9_000].into(), "native"),
    ] {
        fs::write(&foreign, content).expect("a file");
        let output = bindproof()
            .args(["record", "--lane", lane, "--from"])
            .arg(&foreign)
            .arg("--observed")
            .arg(folder.path())
            .output()
            .expect("the binary starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains("foreign: line "), "{errors}");
        assert_eq!(stored(folder.path()), text());
        assert!(!folder.path().join("other").exists());
    }
}

fn stored(folder: &Path) -> String {
    fs::read_to_string(folder.join("native").join(EVIDENCE_FILE)).expect("it is there")
}

#[test]
fn a_recorder_that_is_killed_leaves_whole_evidence() {
    let old = text();
    for moment in 0..2 {
        let folder = folder("native", &old);
        let lane = folder.path().join("native");
        let mut recorder = bindproof()
            .args(["record", "--lane", "native", "--observed"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        // At once, or when the new evidence is being written beside the old.
        while moment % 2 == 1
            && fs::read_dir(&lane).expect("the lane").count() == 1
            && recorder.try_wait().expect("a status").is_none()
        {
            std::thread::yield_now();
        }
        // It may have ended by itself.
        let _ = recorder.kill();
        recorder.wait().expect("it is reaped");
        let found = stored(folder.path());
        assert!(found == old || read(&found).is_ok(), "moment {moment}: {} bytes", found.len());
        read_folder(folder.path()).expect("what is there can be read");
    }
}
