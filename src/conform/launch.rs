//! How the processes of a conformance run are started: this program under a hidden verb, or a test
//! binary at one of its tests.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::fault::Breach;
use crate::run::FIND_DESCRIPTOR_VERB;

/// The hidden verb that becomes an adapter.
pub const ADAPTER_VERB: &str = "__adapter";
/// What a test binary is told to be.
pub(super) const ROLE: &str = "BINDPROOF_CONFORM_ROLE";
/// Which calls are refused to it, each as `CALL=ERROR`, joined by commas.
pub(super) const REFUSED: &str = "BINDPROOF_CONFORM_REFUSED";
/// How the filter of a test binary begins that shall look for a descriptor.
pub(super) const FIND: &str = "bindproof-find-descriptor=";
/// The line after which a test binary speaks for itself.
pub(super) const PREAMBLE: &str = "bindproof conform speaks";
/// How the line of an adapter begins that could not be started.
pub(super) const FAILED: &str = "bindproof conform: no adapter: ";

/// How to start an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Launch {
    /// A command, by way of this program, which puts filters in front of it.
    Command {
        /// This program.
        this: PathBuf,
        /// The adapter and its arguments.
        command: Vec<String>,
    },
    /// A test of this test binary.
    Test {
        /// The test binary.
        binary: PathBuf,
        /// The full name of the test.
        name: String,
    },
}

impl Launch {
    /// The name of the program, for messages.
    pub(super) fn program(&self) -> String {
        match self {
            Self::Command { command, .. } => command.first().cloned().unwrap_or_default(),
            Self::Test { binary, .. } => binary.display().to_string(),
        }
    }

    /// The line to wait for before the first request.
    pub(super) fn preamble(&self) -> Option<&'static str> {
        match self {
            Self::Command { .. } => None,
            Self::Test { .. } => Some(PREAMBLE),
        }
    }

    /// The command that a subject spawns to look for a descriptor, whose name is added to it.
    pub(super) fn finder(&self) -> Vec<String> {
        match self {
            Self::Command { this, .. } => {
                vec![this.display().to_string(), FIND_DESCRIPTOR_VERB.to_string()]
            }
            Self::Test { binary, name } => {
                let binary = binary.display().to_string();
                let words = ["--exact", name, "--nocapture", "--test-threads=1", FIND];
                std::iter::once(binary).chain(words.map(Into::into)).collect()
            }
        }
    }

    /// The command that starts it, with these calls refused.
    pub(super) fn command(&self, refused: &[String]) -> Command {
        match self {
            Self::Command { this, command } => {
                let mut started = Command::new(this);
                started.arg(ADAPTER_VERB);
                for call in refused {
                    started.args(["--refuse", call]);
                }
                started.arg("--").args(command);
                started
            }
            Self::Test { binary, name } => {
                let mut started = test_command(binary, name, "adapter");
                started.env(REFUSED, refused.join(","));
                started
            }
        }
    }
}

/// A test binary that runs one test in a role.
pub(super) fn test_command(binary: &PathBuf, name: &str, role: &str) -> Command {
    let mut command = Command::new(binary);
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(ROLE, role);
    command
}

/// Why the process of an adapter cannot be started.
pub(super) fn breach(error: &io::Error, program: String) -> Breach {
    match error.kind() {
        io::ErrorKind::NotFound => Breach::NotFound(program),
        _ => Breach::NotExecutable(format!("{program}: {error}")),
    }
}

/// From the line of [`adapter_main`].
pub(super) fn failed(why: &str) -> Breach {
    match why.strip_prefix("not found: ") {
        Some(program) => Breach::NotFound(program.to_string()),
        None => Breach::NotExecutable(why.to_string()),
    }
}

/// Becomes the adapter: `[--refuse CALL=ERROR]… -- COMMAND…`. Returns only if that cannot be.
pub fn adapter_main(arguments: &[OsString]) -> String {
    let why = become_adapter(arguments);
    // On stdout, where the parent waits for a reply.
    println!("{FAILED}{why}");
    why
}

fn become_adapter(arguments: &[OsString]) -> String {
    let mut words = arguments.iter();
    let mut refused = Vec::new();
    loop {
        match words.next().and_then(|word| word.to_str()) {
            Some("--") => break,
            Some("--refuse") => match words.next().and_then(|word| word.to_str()) {
                Some(call) => refused.push(call),
                None => return "expected CALL=ERROR after --refuse".into(),
            },
            _ => return "expected --refuse or --".into(),
        }
    }
    let Some(program) = words.next() else { return "expected a command after --".into() };
    crate::sys::end_with_parent();
    if let Err(why) = super::filters::refuse_here(&refused) {
        return why;
    }
    let error = crate::sys::become_program(Command::new(program).args(words));
    match error.kind() {
        io::ErrorKind::NotFound => format!("not found: {}", program.display()),
        _ => format!("{}: {error}", program.display()),
    }
}
