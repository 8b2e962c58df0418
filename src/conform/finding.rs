//! What is wrong with a subject, each on its shortest script.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use super::bench::{Bench, Run, Setup};
use super::contract;
use super::environment::key;
use super::notice::{Notice, Oddity};
use crate::judge::Divergence;
use crate::script::{Call, Env, Script, Step, parse_call_text, shrink};

/// How long a reply is waited for while a script is made shorter, in milliseconds.
const SHRINK_REPLY_TIMEOUT_MS: u64 = 1_000;
/// So many scripts are tried that need a fresh adapter each.
const FRESH_TRIES_MAX: usize = 40;
/// So many scripts are tried to make one shorter.
const TRIES_MAX: usize = 150;
/// So long one script is made shorter, in milliseconds.
const SHRINK_TIMEOUT_MS: u64 = 3_000;
/// So many calls before a script may be what it takes.
const WARM_UP_MAX: usize = 3;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that is broken, or what was noticed, in one word.
    pub kind: String,
    /// What it is, in words.
    pub says: String,
    /// The shortest script that shows it; empty where none is needed.
    pub script: Script,
    /// Did a fresh adapter show it again?
    pub reproduced: bool,
    /// The run that showed it.
    pub run: Run,
}

impl Finding {
    /// How many calls show it.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.script.steps.len()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.kind, self.says)?;
        write!(f, "{}", self.script)
    }
}

/// What a run can be wrong in: two runs that agree in this show the same finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// An oddity, by its word.
    Oddity(&'static str),
    /// A divergence: the first rule, the call's word and the answer's.
    Divergence(&'static str, String, String),
}

/// Everything that is wrong with a run.
fn ways(contract: bool, run: &Run) -> Vec<(Way, String)> {
    let mut all: Vec<_> = run
        .notices
        .iter()
        .filter(|notice| contract || counts_without_contract(&notice.oddity))
        .map(|notice| (Way::Oddity(notice.oddity.word()), notice.oddity.to_string()))
        .collect();
    if let Some(trace) = run.trace.as_ref().filter(|_| contract) {
        let judged = contract::judge(trace);
        all.extend(judged.divergences.iter().map(|one| (way(one), one.to_string())));
        let backlogs = contract::wrong_backlogs(run).into_iter();
        all.extend(backlogs.map(|says| (Way::Oddity("bind_sockets.listening"), says)));
    }
    all
}

/// What it leaves open is a trait of a library, and wrong by the contract.
fn counts_without_contract(oddity: &Oddity) -> bool {
    !matches!(oddity, Oddity::Leaked(_) | Oddity::StillOpen(_))
}

fn way(divergence: &Divergence) -> Way {
    let verb = parse_call_text(&divergence.call).map(|call| call.verb().to_string());
    let rule = divergence.rules.first().copied().unwrap_or("none");
    let got = divergence.got.word().to_string();
    Way::Divergence(rule, verb.unwrap_or_default(), got)
}

impl Way {
    fn word(&self) -> &str {
        match self {
            Self::Oddity(word) | Self::Divergence(word, ..) => word,
        }
    }
}

/// The findings of all runs, each once.
pub(super) fn find(
    setup: &Setup,
    contract: bool,
    notices: &[Notice],
    runs: Vec<(&Script, &Result<Run, String>)>,
) -> Vec<Finding> {
    // The shortest script for each way.
    let mut first: BTreeMap<Way, (&Script, &Run, String)> = BTreeMap::new();
    for (script, run) in runs {
        let Ok(run) = run else { continue };
        for (way, says) in ways(contract, run) {
            let shorter = |known: &(&Script, &Run, String)| {
                script.steps.len() + script.env.len() < known.0.steps.len() + known.0.env.len()
            };
            if first.get(&way).is_none_or(shorter) {
                first.insert(way, (script, run, says));
            }
        }
    }
    let mut findings = Vec::new();
    for notice in notices {
        let way = Way::Oddity(notice.oddity.word());
        if first.contains_key(&way) {
            continue;
        }
        findings.push(Finding {
            kind: way.word().to_string(),
            says: notice.oddity.to_string(),
            script: Script::default(),
            reproduced: true,
            run: Run { notices: vec![notice.clone()], ..Run::default() },
        });
    }
    let mut reducer = Reducer::new(setup, contract);
    for (way, (script, run, says)) in first {
        let found = reducer.reduce(&way, script);
        findings.push(match found {
            Some((script, run, says)) => {
                Finding { kind: way.word().to_string(), says, script, reproduced: true, run }
            }
            None => Finding {
                kind: way.word().to_string(),
                says,
                script: script.clone(),
                reproduced: false,
                run: run.clone(),
            },
        });
    }
    findings
}

struct Reducer {
    setup: Setup,
    contract: bool,
    benches: BTreeMap<Vec<Env>, Option<Bench>>,
}

impl Reducer {
    fn new(setup: &Setup, contract: bool) -> Self {
        let mut setup = setup.clone();
        let reply = &mut setup.limits.reply_timeout_ms;
        *reply = (*reply).min(SHRINK_REPLY_TIMEOUT_MS);
        Self { setup, contract, benches: BTreeMap::new() }
    }

    fn run(&mut self, script: &Script, fresh: bool) -> Option<Run> {
        let setup = &self.setup;
        let bench = self
            .benches
            .entry(key(&script.env))
            .or_insert_with_key(|env| Bench::new(setup, env).ok());
        bench.as_mut().map(|bench| bench.run(script, fresh))
    }

    /// Does the script show this, and how?
    fn shows(&mut self, wanted: &Way, script: &Script, fresh: bool) -> Option<(Run, String)> {
        let run = self.run(script, fresh)?;
        let says = ways(self.contract, &run).into_iter().find(|(way, _)| way == wanted)?.1;
        Some((run, says))
    }

    /// The shortest script that shows it on a fresh adapter, with its run.
    fn reduce(&mut self, wanted: &Way, script: &Script) -> Option<(Script, Run, String)> {
        let is_breach = matches!(wanted, Way::Oddity(_));
        // A breach ends the adapter, so each of its runs needs a fresh one anyhow.
        let short = self.shrink(wanted, script, is_breach);
        if let Some((run, says)) = self.shows(wanted, &short, true) {
            return Some((short, run, says));
        }
        // It takes calls before it.
        for calls in 1..=WARM_UP_MAX {
            let warmed = warmed_up(script, calls);
            if self.shows(wanted, &warmed, true).is_some() {
                let short = self.shrink(wanted, &warmed, true);
                let (run, says) = self.shows(wanted, &short, true)?;
                return Some((short, run, says));
            }
        }
        None
    }

    fn shrink(&mut self, wanted: &Way, script: &Script, fresh: bool) -> Script {
        let mut tries = 0;
        let limit = if fresh { FRESH_TRIES_MAX } else { TRIES_MAX };
        let deadline = Instant::now() + Duration::from_millis(SHRINK_TIMEOUT_MS);
        shrink(script, |shorter| {
            tries += 1;
            tries <= limit
                && Instant::now() < deadline
                && self.shows(wanted, shorter, fresh).is_some()
        })
    }
}

/// The script after so many plain calls.
fn warmed_up(script: &Script, calls: usize) -> Script {
    let mut warmed = script.clone();
    let plain = (0..calls).map(|number| {
        let text = format!("w{number} = bind_sockets address=127.0.0.1");
        let call: Call = parse_call_text(&text).expect("a call");
        Step { call, expectation: crate::script::Expectation::Unwritten }
    });
    warmed.steps.splice(0..0, plain);
    warmed
}
