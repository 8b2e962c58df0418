//! Projects that are not this one: a configuration, own scripts, an own baseline.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use bindproof::run::local_platform;
use bindproof::script::Platform;

use crate::written::bindproof;

const ONE_SOCKET: &str = "sockets/listen/one-socket-for-all.sock";

/// A copy of a project among the examples.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/any-project");
        for file in ["bindproof.toml", "known/linux.toml"] {
            copy(&source.join(file), &folder.path().join(file));
        }
        for entry in fs::read_dir(source.join("sockets/listen")).expect("scripts") {
            let path = entry.expect("a file").path();
            let name = path.file_name().expect("a name");
            copy(&path, &folder.path().join("sockets/listen").join(name));
        }
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn change(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.file(name)).expect("text");
        assert!(text.contains(from), "{from:?} stands in {name}");
        fs::write(self.file(name), text.replacen(from, to, 1)).expect("written");
    }

    fn gate(&self, arguments: &[&str]) -> Output {
        bindproof()
            .args(["gate", "--color", "never"])
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .expect("the binary starts")
    }

    fn ends(&self, arguments: &[&str], code: i32, wanted: &[&str]) {
        let output = self.gate(arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{text}");
        // Whatever the width of a column.
        let row = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in wanted {
            assert!(text.contains(part) || row.contains(part), "{part:?} stands in\n{text}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    fs::copy(from, to).expect("a copy");
}

/// The examples know what Linux answers.
fn is_linux() -> bool {
    let linux = local_platform() == Some(Platform::Linux);
    if !linux {
        eprintln!("SKIPPED: the example's baseline is of Linux");
    }
    linux
}

#[test]
fn a_project_passes_with_what_it_knows() {
    if is_linux() {
        let project = Project::new();
        project.ends(&[], 0, &["here 3 0 0 1 0 0 0 0 linux"]);
        let config = project.file("bindproof.toml");
        let passed = bindproof::gate(config).unwrap();
        assert_eq!((passed.ran, passed.known, passed.skipped.len()), (3, 1, 0));
        assert!(passed.flakes.is_empty(), "{:?}", passed.flakes);
    }
}

#[test]
fn an_expectation_that_does_not_hold_fails_although_the_model_allows_the_answer() {
    if is_linux() {
        let project = Project::new();
        fs::remove_file(project.file("known/linux.toml")).expect("it was there");
        let wanted =
            ["new: listen/one-socket-for-all", "got EADDRINUSE, allowed ok by the behaviour"];
        project.ends(&[], 1, &wanted);
        let error = bindproof::gate(project.file("bindproof.toml")).unwrap_err();
        let text = format!("{error:?}");
        assert!(text.contains("listen/one-socket-for-all step 6: bind b"), "{text}");
        assert!(text.contains("got EADDRINUSE, expected ok"), "{text}");
    }
}

#[test]
fn the_command_that_replays_a_finding_works_where_it_is_printed() {
    if is_linux() {
        let project = Project::new();
        fs::remove_file(project.file("known/linux.toml")).expect("it was there");
        let scripts = project.file("our scripts");
        fs::rename(project.file("sockets"), &scripts).expect("renamed");
        project.change("bindproof.toml", "\"sockets\"", "\"our scripts\"");
        for arguments in [vec!["gate"], vec!["check", "--behaviours", "our scripts"]] {
            let output = bindproof()
                .args(&arguments)
                .current_dir(project.0.path())
                .output()
                .expect("the binary starts");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let command = text.lines().find_map(|line| line.trim().strip_prefix("replay: "));
            let command = command.unwrap_or_else(|| panic!("{arguments:?}: {text}"));
            let command = command.replacen("bindproof", env!("CARGO_BIN_EXE_bindproof"), 1);
            let output = std::process::Command::new("sh")
                .args(["-c", &command])
                .current_dir(project.0.path())
                .output()
                .expect("a shell");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(output.status.code(), Some(1), "{command}: {text}");
            assert!(text.contains("FAILED listen/one-socket-for-all"), "{command}: {text}");
        }
    }
}

#[test]
fn what_a_project_knows_and_does_not_happen_has_vanished() {
    if is_linux() {
        let project = Project::new();
        project.change(ONE_SOCKET, "0.0.0.0:p        => ok", "127.0.0.1:q");
        let vanished = "vanished: listen/one-socket-for-all step 6: EADDRINUSE";
        project.ends(&[], 1, &[vanished]);
        let error = bindproof::gate(project.file("bindproof.toml")).unwrap_err();
        assert!(error.to_string().contains(vanished), "{error}");
    }
}

#[test]
fn programs_of_two_sockets_that_differ_are_run_again_without_the_behaviours() {
    if is_linux() {
        let project = Project::new();
        project.change("bindproof.toml", "retries = 2", "retries = 1\ntwo-sockets = true");
        let known =
            "\n[[finding.programs]]\nwhere = \"overlap\"\ncall = \"bind b\"\ngot = \"EACCES\"\n";
        project.change(
            "known/linux.toml",
            "\n[finding.behaviours]",
            &format!("{known}\n[finding.behaviours]"),
        );
        let vanished = "vanished: 2560 of 2560 programs where overlap: bind b got EACCES";
        project.ends(&[], 1, &[vanished, "here 3 0 4096 1 1 0 1 0 linux"]);
    }
}

#[test]
fn a_baseline_of_a_behaviour_that_is_gone_is_named() {
    if is_linux() {
        let project = Project::new();
        fs::remove_file(project.file(ONE_SOCKET)).expect("it was there");
        let gone = "there is no behaviour listen/one-socket-for-all";
        project.ends(&[], 1, &["known/linux.toml: line 7: finding 1", gone]);
        let error = bindproof::gate(project.file("bindproof.toml")).unwrap_err();
        assert!(error.to_string().contains(gone), "{error}");
    }
}

#[test]
fn update_writes_to_the_projects_own_baseline() {
    if is_linux() {
        let project = Project::new();
        fs::remove_file(project.file("known/linux.toml")).expect("it was there");
        project.ends(&["--update", "--link", "https://example.org"], 2, &["--reason"]);
        assert!(!project.file("known/linux.toml").exists());
        let why = ["--update", "--link", "https://example.org", "--reason", "a test"];
        project.ends(&why, 0, &["linux.toml"]);
        project.ends(&[], 0, &["here 3 0 0 1 0 0 0 0 linux"]);
    }
}

#[test]
fn flags_win_over_the_file_and_a_lane_has_its_name() {
    if is_linux() {
        let project = Project::new();
        fs::create_dir(project.file("elsewhere")).expect("a folder");
        project.ends(&["--lane", "ours", "--baseline", "elsewhere"], 1, &["ours: new: "]);
    }
}

#[test]
fn this_machine_is_one_lane() {
    let project = Project::new();
    project.ends(&["--lane", "ours", "--lane", "theirs"], 2, &["expected --lane once"]);
}

#[test]
fn a_file_about_another_machine_is_a_note_where_its_name_is_not_known() {
    if is_linux() {
        let project = Project::new();
        for name in ["windows", "ours", "theirs"] {
            copy(&project.file("known/linux.toml"), &project.file(&format!("known/{name}.toml")));
        }
        fs::remove_file(project.file("known/linux.toml")).expect("it was there");
        let output = project.gate(&["--lane", "ours"]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{errors}");
        let notes: Vec<_> = errors.lines().filter(|line| line.starts_with("note: ")).collect();
        let [note] = notes[..] else { panic!("{errors}") };
        assert!(note.contains("theirs.toml"), "{errors}");
    }
}

#[test]
fn a_mistake_in_the_file_is_named_with_its_line() {
    let project = Project::new();
    for (text, wanted) in [
        ("behaviours = \"sockets\"\nbaselin = \"known\"\n", "line 2"),
        ("retries = \"often\"\n", "line 1"),
        ("lane = \"Our Lane\"\n", "expected lower case letters"),
        ("retries = 2\nlane = \"Our Lane\"\n", "line 2"),
        ("behaviours = \"nowhere\"\n", "nowhere"),
        ("behaviours = \"known\"\n", "there are no behaviours"),
    ] {
        fs::write(project.file("bindproof.toml"), text).expect("written");
        project.ends(&[], 2, &[wanted]);
        let error = bindproof::gate(project.file("bindproof.toml")).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
    }
    project.ends(&["--config", "missing.toml"], 2, &["cannot read missing.toml"]);
}
