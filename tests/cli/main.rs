//! The command as a user meets it: products, exit codes, messages.
#![cfg(feature = "cli")]

mod contract;
mod environments;
mod faithful;
mod judging;
mod mistakes;
#[cfg(unix)]
mod replays;
mod serve;
mod shrinking;
#[cfg(unix)]
mod signals;
mod tidy;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    /// The product as JSON, one value a line.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let parse =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        self.stdout.lines().map(parse).collect()
    }
}

/// Runs bindproof with this on stdin.
pub(crate) fn bindproof_with(arguments: &[&str], input: &str) -> Done {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bindproof"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A command that reads no input may be gone already.
    let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    Done {
        code: output.status.code().expect("it was not killed"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Runs bindproof.
pub(crate) fn bindproof(arguments: &[&str]) -> Done {
    bindproof_with(arguments, "")
}

/// Runs one script and reads its traces.
pub(crate) fn traces(script: &str, more: &[&str]) -> Vec<bindproof::trace::Trace> {
    let done = bindproof_with(&[&["run", "-", "--format", "json"], more].concat(), script);
    assert_eq!(done.code, 0, "{done:?}");
    bindproof::trace::read(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

/// A folder of this test's own.
pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_path_buf();
    (folder, path)
}
