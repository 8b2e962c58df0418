//! The child process that searches, and its parent.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use super::lattice::program;
use super::runner::{Finding, Runner};
use super::tally::Tally;
use crate::judge::{Judge, machines};
use crate::run::{Launcher, Ports, environment_facts, local_platform, platform_facts};
use crate::sandbox::{self, Wanted};
use crate::script::{Choices, HistorySize, Script, history};
use crate::sys;
use crate::trace::{EndReason, Header, SubjectFacts, Trace, TraceStep, write};

/// The hidden verb of [`worker_main`].
pub const SEARCH_VERB: &str = "__search";
/// How many scripts are between two lines of progress.
const PROGRESS_EVERY: u64 = 500;
/// The port of the programs, which leave nothing behind.
const PROGRAM_PORT: u16 = 2_000;
/// More findings than this are counted, not told.
const FINDINGS_MAX: usize = 20;

/// A part of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchJob {
    /// The programs of so many sockets, from the first number up to but without the last.
    Programs {
        /// Two or three.
        sockets: u32,
        /// The first one.
        first: usize,
        /// The one after the last.
        until: usize,
    },
    /// Random histories, each by its own seed, counted up from the first.
    Histories {
        /// The seed of the first one.
        seed: u64,
        /// How many.
        count: u64,
    },
}

/// A line of a searching child.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchLine {
    /// The environment cannot be had: why.
    Refused(String),
    /// So many more scripts are done.
    Progress(u64),
    /// Something does not fit.
    Found(Box<Found>),
    /// The end.
    Done(Box<Tally>),
}

/// What does not fit, as text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Found {
    /// The command that shows it again.
    pub replay: String,
    /// The trace.
    pub trace: String,
    /// The divergences in words.
    pub divergences: Vec<String>,
}

/// What a parent learns while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many more scripts are done.
    Scripts(u64),
}

/// Searches in a network of its own: one job on stdin, lines on stdout. Must be called in a
/// process that has one thread.
///
/// # Errors
/// Of stdin or stdout.
pub fn worker_main() -> io::Result<()> {
    let mut text = String::new();
    io::stdin().lock().read_line(&mut text)?;
    let job: SearchJob = serde_json::from_str(&text)?;
    let mut output = io::stdout().lock();
    let wanted = Wanted { private_network: true, ..Wanted::default() };
    let entered = match sandbox::enter(&wanted) {
        Ok(entered) => entered,
        Err(refusal) => return say(&mut output, &SearchLine::Refused(refusal.reason)),
    };
    sys::prepare();
    let mut header = Header {
        platform: platform_facts(),
        subject: SubjectFacts {
            name: "reference".into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        environment: environment_facts(&[]),
        ..Header::default()
    };
    header.environment.network = Some("private".into());
    header.environment.hosts = entered.hosts;
    let Some(platform) = local_platform() else {
        return say(&mut output, &SearchLine::Refused("there is no model of this system".into()));
    };
    let (machines, fails) = match machines(&header) {
        Ok(found) => found,
        Err(why) => return say(&mut output, &SearchLine::Refused(why)),
    };
    let ephemeral = machines.first().map_or((0, 0), |machine| machine.ephemeral);
    let exact = matches!(job, SearchJob::Programs { .. });
    let runner = Runner::new(platform, Judge::new(machines, fails), exact);
    let mut search = Search { runner, header, output: &mut output, told: 0, since: 0 };
    match job {
        SearchJob::Programs { sockets, first, until } => {
            let mut ports = Ports::Always(PROGRAM_PORT);
            for number in first..until {
                let script = program(sockets, number);
                search.one(&script, &mut ports, || {
                    format!("bindproof check --exhaustive {sockets} --only {number}")
                })?;
            }
        }
        SearchJob::Histories { seed, count } => search.histories(seed, count, ephemeral)?,
    }
    let since = search.since;
    let tally = search.runner.finish();
    say(&mut output, &SearchLine::Progress(since))?;
    say(&mut output, &SearchLine::Done(Box::new(tally)))
}

struct Search<'a, W> {
    runner: Runner,
    header: Header,
    output: &'a mut W,
    told: usize,
    since: u64,
}

impl<W: Write> Search<'_, W> {
    fn histories(&mut self, seed: u64, count: u64, ephemeral: (u16, u16)) -> io::Result<()> {
        let mut ports = Ports::private(ephemeral);
        for seed in (0..count).map(|index| seed.wrapping_add(index)) {
            let script = history(&mut Choices::of_seed(seed), HistorySize::default());
            self.one(&script, &mut ports, || format!("bindproof check --random 1 --seed {seed}"))?;
        }
        Ok(())
    }

    fn one(
        &mut self,
        script: &Script,
        ports: &mut Ports,
        replay: impl FnOnce() -> String,
    ) -> io::Result<()> {
        let exhausted = |error| io::Error::other(format!("{error}"));
        if let Some(finding) = self.runner.run(script, ports).map_err(exhausted)?
            && self.told < FINDINGS_MAX
        {
            self.told += 1;
            let found = self.found(&finding, replay());
            say(self.output, &SearchLine::Found(Box::new(found)))?;
        }
        self.since += 1;
        if self.since == PROGRESS_EVERY {
            say(self.output, &SearchLine::Progress(std::mem::take(&mut self.since)))?;
        }
        Ok(())
    }

    fn found(&self, finding: &Finding, replay: String) -> Found {
        let steps = finding.steps.iter().enumerate().map(|(index, (call, outcome))| TraceStep {
            step: index + 1,
            call: call.to_string(),
            outcome: outcome.clone(),
        });
        let header = Header { script: finding.script.to_string(), ..self.header.clone() };
        let trace = Trace { header, steps: steps.collect(), end: EndReason::Complete };
        Found {
            replay,
            trace: write(&trace),
            divergences: finding.divergences.iter().map(ToString::to_string).collect(),
        }
    }
}

fn say(output: &mut impl Write, line: &SearchLine) -> io::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    output.write_all(text.as_bytes())?;
    output.flush()
}

/// Works the jobs off with so many children at a time.
///
/// # Errors
/// Why a child could not search.
pub fn search(
    launcher: &Launcher,
    jobs: &[SearchJob],
    workers: usize,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(Tally, Vec<Found>), String> {
    let next = AtomicUsize::new(0);
    let parts: Mutex<BTreeMap<usize, Part>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, jobs.len().max(1)) {
            scope.spawn(|| {
                while let Some((index, job)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    jobs.get(index).map(|job| (index, job))
                } {
                    let part = child(launcher, job, progress);
                    if part.is_err() {
                        // Nothing more is started; what runs comes to its end.
                        next.store(jobs.len(), Ordering::Relaxed);
                    }
                    parts.lock().expect("no holder panics").insert(index, part);
                }
            });
        }
    });
    let (mut tally, mut found) = (Tally::new(), Vec::new());
    // In the order of the jobs, so that the digest does not depend on the number of workers.
    for part in parts.into_inner().expect("no holder panics").into_values() {
        let (one, mut more) = part?;
        tally.add(&one);
        found.append(&mut more);
    }
    Ok((tally, found))
}

type Part = Result<(Tally, Vec<Found>), String>;

fn child(launcher: &Launcher, job: &SearchJob, progress: &(dyn Fn(Progress) + Sync)) -> Part {
    let broken = |error: io::Error| format!("the searching process broke: {error}");
    let mut process = Command::new(&launcher.program)
        .arg(SEARCH_VERB)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(broken)?;
    let mut text = serde_json::to_string(job).map_err(|error| error.to_string())?;
    text.push('\n');
    if let Some(mut input) = process.stdin.take() {
        input.write_all(text.as_bytes()).map_err(broken)?;
    }
    let mut found = Vec::new();
    let mut answer = Err("the searching process ended without an answer".to_string());
    if let Some(output) = process.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.map_err(broken)?;
            match serde_json::from_str(&line).map_err(|error| broken(error.into()))? {
                SearchLine::Refused(why) => answer = Err(why),
                SearchLine::Progress(scripts) => progress(Progress::Scripts(scripts)),
                SearchLine::Found(one) => found.push(*one),
                SearchLine::Done(tally) => answer = Ok(*tally),
            }
        }
    }
    process.wait().map_err(broken)?;
    answer.map(|tally| (tally, found))
}
