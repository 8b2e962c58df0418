//! Bodies of the fuzz targets: plain functions from bytes, so that the same inputs are run by
//! libFuzzer, by `cargo test` on stable, and by hand.
//!
//! A body answers what it found, in words; [`Target::run`] panics with that. Nothing here knows of
//! a fuzzing engine: `fuzz/` has a thin program for each target.
//!
//! | file | idea |
//! |---|---|
//! | `place` | the network that the targets on the real kernel run in |
//! | `again` | what is printed of an input that failed, and the command that runs it again |
//! | `generated` | bytes become a platform and a script |
//! | `shown` | texts and traces as a person reads them |
//! | the others | one target each |

mod again;
mod bind_sockets_real;
mod bind_sockets_simulated;
mod canary;
#[cfg(feature = "cli")]
mod cli_arguments;
mod generated;
mod history_real;
mod history_simulated;
mod judge_trace;
mod place;
mod resolve_differential;
mod script_text;
mod shown;
mod tcp_server;
mod trace_json;

pub use again::{judged_again, watch_panics};
pub use generated::{bind_case, history_case};

/// What the bytes of a target's inputs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Decisions of a generator ([`Choices`](crate::script::Choices)).
    Choices,
    /// Text, which a dictionary helps with.
    Text,
}

/// What a body found, in words.
type Found = Result<(), String>;

/// One fuzz target.
#[derive(Debug)]
pub struct Target {
    /// Its name: that of its program and of its corpus.
    pub name: &'static str,
    /// What it is about, in one line.
    pub about: &'static str,
    /// What its inputs are.
    pub input: Input,
    /// Whether it makes calls on this machine's kernel, in a private network where there is one.
    pub real: bool,
    body: fn(&[u8]) -> Found,
    print: fn(&[u8]) -> String,
}

impl Target {
    /// To be called once, while the process has one thread, before the first input: enters a
    /// private network if the target wants one. Answers why that cannot be had; the target then
    /// runs in the host's network, on fresh ports.
    ///
    /// # Errors
    /// The sandbox's refusal, in words. The process may be half inside then, where the sandbox
    /// refuses late.
    pub fn prepare(&self) -> Result<(), String> {
        crate::sys::ignore_broken_pipes();
        if self.real { place::enter() } else { Ok(()) }
    }

    /// Runs one input.
    ///
    /// # Errors
    /// What was found, in words.
    pub fn examine(&self, data: &[u8]) -> Result<(), String> {
        again::remember(self, data);
        (self.body)(data)
    }

    /// The same, as an engine wants it.
    ///
    /// # Panics
    /// With what was found.
    pub fn run(&self, data: &[u8]) {
        if let Err(found) = self.examine(data) {
            panic!("a finding of the fuzz target {}\n{found}", self.name);
        }
    }

    /// The input as a person reads it, without a character that cannot be seen: the script that it
    /// stands for; the calls of a trace with their outcomes in comments; a server's life, a step a
    /// line; a command line as a shell takes it. What is none of these is shown in comments.
    ///
    /// ```
    /// use bindproof::testkit::fuzz::target;
    /// let history = target("history_simulated").unwrap();
    /// assert!(history.print(&[]).contains("a = socket inet"));
    /// ```
    #[must_use]
    pub fn print(&self, data: &[u8]) -> String {
        (self.print)(data)
    }
}

/// Every target, the canary last.
pub const TARGETS: &[Target] = &[
    Target {
        name: "bind_sockets_real",
        about: "bind_sockets, arguments and environments, on this kernel, judged",
        input: Input::Choices,
        real: true,
        body: bind_sockets_real::body,
        print: bind_sockets_real::print,
    },
    Target {
        name: "history_real",
        about: "histories of calls on this kernel, judged",
        input: Input::Choices,
        real: true,
        body: history_real::body,
        print: generated::print_history_real,
    },
    Target {
        name: "bind_sockets_simulated",
        about: "bind_sockets on the simulated kernel of every platform, judged",
        input: Input::Choices,
        real: false,
        body: bind_sockets_simulated::body,
        print: generated::print_bind,
    },
    Target {
        name: "history_simulated",
        about: "histories of calls, some made to fail, on the simulated kernel of every platform",
        input: Input::Choices,
        real: false,
        body: history_simulated::body,
        print: generated::print_history,
    },
    Target {
        name: "tcp_server",
        about: "the life of a TcpServer with clients and faults, against a small model",
        input: Input::Choices,
        real: true,
        body: tcp_server::body,
        print: tcp_server::print,
    },
    Target {
        name: "script_text",
        about: "the parser of scripts, and that printing is its inverse",
        input: Input::Text,
        real: false,
        body: script_text::body,
        print: shown::script,
    },
    Target {
        name: "trace_json",
        about: "the reader of traces, and that writing is its inverse",
        input: Input::Text,
        real: false,
        body: trace_json::body,
        print: shown::traces,
    },
    Target {
        name: "judge_trace",
        about: "the judge, on traces that anybody may have written",
        input: Input::Text,
        real: false,
        body: judge_trace::body,
        print: shown::traces,
    },
    #[cfg(feature = "cli")]
    Target {
        name: "cli_arguments",
        about: "the command line",
        input: Input::Text,
        real: false,
        body: cli_arguments::body,
        print: cli_arguments::print,
    },
    Target {
        name: "resolve_differential",
        about: "the model of the resolver against getaddrinfo, on numeric hosts and services",
        input: Input::Text,
        real: true,
        body: resolve_differential::body,
        print: resolve_differential::print,
    },
    Target {
        name: "canary",
        about: "finds something on purpose: whoever runs it must see it fail",
        input: Input::Text,
        real: false,
        body: canary::body,
        print: shown::comments,
    },
];

/// The target with this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

fn as_text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}
