//! Rules of the house that the compiler does not know.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Lines of `src/`, outside these rooms, that contain one of these texts.
fn lines_with(texts: &[&str], but: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut lines = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).expect("inside").to_string_lossy().replace('\\', "/");
        if but.iter().any(|room| name.starts_with(room)) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("UTF-8");
        for (number, line) in text.lines().enumerate() {
            if texts.iter().any(|wanted| line.contains(wanted)) {
                lines.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    lines
}

#[test]
fn platform_branches_stand_in_their_rooms() {
    let branches = ["cfg(unix", "cfg(windows", "cfg(target_os", "cfg(any(", "cfg(all(", "cfg(not("];
    assert_eq!(lines_with(&branches, &["sys/", "sandbox/"]), Vec::<String>::new());
}

/// Forking is unsafe for the caller, too: what the process must be is his promise.
#[test]
fn unsafe_stands_in_sys_and_where_processes_fork() {
    let but =
        ["sys/", "reference/workers/processes.rs", "cli/serve/processes.rs", "conform/forked.rs"];
    assert_eq!(lines_with(&["unsafe {", "unsafe fn", "unsafe impl"], &but), Vec::<String>::new());
}

#[test]
fn the_pure_core_makes_no_call_and_reads_no_clock() {
    let impure =
        ["std::fs", "std::env", "std::time", "std::process", "std::thread", "socket2::", " libc::"];
    let others = [
        "sys/",
        "sandbox/",
        "reference/",
        "run/",
        "search/",
        "testkit/",
        "conform/",
        "matrix/",
        "report/",
        "cli/",
        "lib.rs",
        "main.rs",
    ];
    let lines = lines_with(&impure, &others);
    assert_eq!(lines, Vec::<String>::new(), "script/, trace/, model/ and judge/ are values");
}

#[test]
fn no_test_is_switched_off_and_no_map_with_random_order_is_used() {
    assert_eq!(lines_with(&["#[ignore", "HashMap", "HashSet"], &[]), Vec::<String>::new());
}
