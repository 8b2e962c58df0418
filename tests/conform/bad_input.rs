//! Commands that are no adapters: each is told what is wrong, and nothing is left behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use libtest_mimic::{Failed, Trial};

use crate::support::{PROGRAM, adapter, no_network};

pub(crate) fn trials() -> Vec<Trial> {
    let unix = cfg!(target_family = "unix");
    let mut trials = vec![
        Trial::test("bad_input::an_adapter_that_is_not_there", not_there),
        Trial::test("bad_input::no_command", no_command),
        Trial::test("bad_input::an_environment_that_is_not_there", no_such_environment),
        Trial::test("bad_input::a_dead_adapter_shows_its_last_words", last_words),
        Trial::test("bad_input::a_replay_shows_the_finding_again", replayed),
    ];
    if unix {
        trials.push(Trial::test("bad_input::a_file_that_cannot_be_executed", not_executable));
    }
    if Path::new("/proc/self/task").exists() {
        trials.push(Trial::test("bad_input::no_process_is_left_behind", nothing_left));
    }
    trials
}

fn conform(words: &[&str], command: &[String]) -> Output {
    Command::new(PROGRAM)
        .arg("conform")
        .args(words)
        .arg("--")
        .args(command)
        .output()
        .expect("bindproof runs")
}

fn expect(output: &Output, code: i32, says: &[&str]) -> Result<(), Failed> {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let missing: Vec<_> = says.iter().filter(|part| !text.contains(**part)).collect();
    if output.status.code() != Some(code) || !missing.is_empty() {
        let status = output.status;
        return Err(format!("{status}, expected {code}; missing {missing:?} in\n{text}").into());
    }
    Ok(())
}

fn not_there() -> Result<(), Failed> {
    let output = conform(&["--environment", "plain"], &["/no/such/adapter".into()]);
    expect(&output, 2, &["there is no program /no/such/adapter"])
}

fn not_executable() -> Result<(), Failed> {
    let file = tempfile::NamedTempFile::new()?;
    let path = file.path().display().to_string();
    let output = conform(&["--environment", "plain"], &[path]);
    expect(&output, 2, &["it cannot be started", "ermission denied"])
}

fn no_command() -> Result<(), Failed> {
    let output = Command::new(PROGRAM).arg("conform").output()?;
    expect(&output, 2, &["COMMAND"])
}

fn no_such_environment() -> Result<(), Failed> {
    let output = conform(&["--environment", "moon"], &adapter("right"));
    expect(&output, 2, &["\"moon\"", "plain, no-ipv6, docker, bindv6only"])
}

fn last_words() -> Result<(), Failed> {
    let output = conform(&["--environment", "plain"], &adapter("exits-on-second-call"));
    let says = ["ended", "exit status: 7", "stderr: the second call was too much", "again: "];
    expect(&output, 1, &says)
}

/// The command that a finding prints shows it again.
fn replayed() -> Result<(), Failed> {
    if let Some(why) = no_network() {
        eprintln!("SKIPPED: {why}");
        return Ok(());
    }
    let command = adapter("forgets-v6only");
    let output = conform(&["--contract", "tornado", "--environment", "plain"], &command);
    expect(&output, 1, &["bind_sockets.v6only", "fails the contract"])?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, text) = text.split_once("\nbind_sockets.v6only").ok_or("no such finding")?;
    let again = text.lines().find_map(|line| line.trim().strip_prefix("again: "));
    let again = again.ok_or("no line to replay")?;
    let folder: PathBuf = PROGRAM.into();
    let folder = folder.parent().ok_or("a folder")?;
    let path = std::env::var("PATH").unwrap_or_default();
    let shell = Command::new("sh")
        .args(["-c", again])
        .env("PATH", format!("{}:{path}", folder.display()))
        .output()?;
    expect(&shell, 1, &["bind_sockets.v6only"])
}

/// Adapters that hang, close their output or start children are gone with the command. They are
/// known by a path of their own.
fn nothing_left() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let link = folder.path().join("adapter").display().to_string();
    Command::new("ln").arg("-s").arg(std::env::current_exe()?).arg(&link).status()?;
    for name in ["hangs-on-second-call", "closes-its-output", "opens-in-a-child"] {
        let command = [link.clone(), "--adapter".into(), name.into()];
        let output = conform(&["--environment", "plain", "--timeout", "1"], &command);
        expect(&output, 1, &["finding"])?;
        let mut left = Vec::new();
        for entry in std::fs::read_dir("/proc")?.flatten() {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if line.contains(&link) {
                left.push(line);
            }
        }
        if !left.is_empty() {
            return Err(format!("left behind: {left:?}").into());
        }
    }
    Ok(())
}
