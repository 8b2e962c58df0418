//! The test of an implementation, which is also each process that the test starts.

use std::fmt::Write as _;
use std::io::Write as _;

use super::{Implementation, serve};
use crate::conform::bench::{Bench, Setup};
use crate::conform::conduct::{Conformance, Plan, conduct};
use crate::conform::environment::ENVIRONMENTS;
use crate::conform::finding::Finding;
use crate::conform::launch::{self, Launch};
use crate::conform::session::SessionLimits;
use crate::conform::{contract, filters, worker_main};
use crate::run::has_descriptor;
use crate::script::parse;
use crate::sys;

/// One script in place of everything: how a finding is replayed.
const SCRIPT: &str = "BINDPROOF_CONFORM_SCRIPT";

/// Holds an [`Implementation`] to the contract of `bind_sockets`.
#[derive(Debug)]
pub struct Check<F> {
    make: F,
    known: Vec<(String, String)>,
}

impl<I: Implementation, F: FnOnce() -> I> Check<F> {
    /// A check of what `make` makes.
    #[must_use]
    pub fn new(make: F) -> Self {
        Self { make, known: Vec::new() }
    }

    /// This rule or kind of finding is broken on purpose, for this reason.
    #[must_use]
    pub fn known(mut self, kind: &str, reason: &str) -> Self {
        self.known.push((kind.to_string(), reason.to_string()));
        self
    }

    /// Runs everything. Call it in a function with `#[test]`, and nothing else: the test binary is
    /// started again at this test, in every environment.
    ///
    /// # Panics
    /// With what was found, each on its shortest script, and how to replay it.
    ///
    /// # Platforms
    /// On Linux in all environments, each in a network of its own; elsewhere in the plain one, on
    /// the host's network.
    pub fn run(self) {
        if let Some(id) = std::env::args()
            .find_map(|word| word.strip_prefix(launch::FIND).map(ToString::to_string))
        {
            speak(if has_descriptor(&id) { "yes" } else { "no" });
            std::process::exit(0);
        }
        match std::env::var(launch::ROLE).as_deref() {
            Ok("worker") => be_worker(),
            Ok("adapter") => be_adapter((self.make)()),
            _ => self.be_test(),
        }
    }

    fn be_test(self) {
        let name = std::thread::current().name().map(ToString::to_string);
        let name = name.filter(|name| name != "main").expect("run it in a function with #[test]");
        let binary = std::env::current_exe().expect("a test binary has a path");
        let setup = Setup {
            launch: Launch::Test { binary, name: name.clone() },
            limits: SessionLimits::default(),
            sight: None,
            sandbox: true,
        };
        if let Ok(text) = std::env::var(SCRIPT) {
            replay(&setup, &text);
            return;
        }
        let plan = Plan {
            environments: ENVIRONMENTS.to_vec(),
            contract: true,
            jobs: std::thread::available_parallelism().map_or(1, Into::into),
        };
        let conformance = conduct(&setup, &plan, &|_| ());
        if let Some(wrong) = self.wrong(&conformance, &name) {
            panic!("{wrong}");
        }
    }

    /// What a test must say; `None` if all is as it should be.
    fn wrong(&self, conformance: &Conformance, test: &str) -> Option<String> {
        let mut text = String::new();
        let is_known = |finding: &Finding| self.known.iter().any(|(kind, _)| *kind == finding.kind);
        for finding in conformance.findings.iter().filter(|finding| !is_known(finding)) {
            let _ = write!(text, "\n{finding}");
            let script = finding.script.to_string().replace('\'', r"'\''");
            let _ = writeln!(
                text,
                "again: {SCRIPT}='{}' cargo test {test} -- --exact --nocapture",
                script.trim_end()
            );
        }
        for (kind, reason) in &self.known {
            if !conformance.findings.iter().any(|finding| finding.kind == *kind) {
                let _ = writeln!(text, "\n{kind} is known ({reason}), and nothing breaks it");
            }
        }
        let judged = conformance.held.as_ref().map_or(0, |held| held.judged);
        if judged == 0 {
            text.push_str("\nno call of bind_sockets was judged");
        }
        (!text.is_empty()).then(|| format!("{} does not conform:\n{text}", I::NAME))
    }
}

/// A line that no test harness writes into.
fn speak(line: &str) {
    let mut output = std::io::stdout();
    // Its reader says so if it is gone.
    let _ = writeln!(output, "\n{line}").and_then(|()| output.flush());
}

fn be_adapter<I: Implementation>(implementation: I) -> ! {
    sys::end_with_parent();
    let refused = std::env::var(launch::REFUSED).unwrap_or_default();
    let refused: Vec<_> = refused.split(',').filter(|call| !call.is_empty()).collect();
    if let Err(why) = filters::refuse_here(&refused) {
        speak(launch::PREAMBLE);
        println!("{}{why}", launch::FAILED);
        std::process::exit(2);
    }
    speak(launch::PREAMBLE);
    let code = i32::from(serve(implementation).is_err());
    std::process::exit(code)
}

/// A test harness has two threads, and a network is entered by a process with one.
fn be_worker() -> ! {
    let code = super::super::forked::in_child(|| {
        speak(launch::PREAMBLE);
        match worker_main() {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("{error}");
                2
            }
        }
    });
    std::process::exit(code)
}

/// One script, on a fresh adapter.
fn replay(setup: &Setup, text: &str) {
    let script = parse(text).expect("a script").remove(0).script;
    let mut bench = Bench::new(setup, &script.env).expect("its environment can be had");
    let run = bench.run(&script, true);
    let mut wrong: Vec<_> = run.notices.iter().map(|one| one.oddity.to_string()).collect();
    for step in run.trace.iter().flat_map(|trace| &trace.steps) {
        println!("{:3}  {}  {}", step.step, step.call, step.outcome);
    }
    if let Some(trace) = &run.trace {
        wrong.extend(contract::judge(trace).divergences.iter().map(ToString::to_string));
    }
    wrong.extend(contract::wrong_backlogs(&run));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
