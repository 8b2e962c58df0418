//! A whole run: every script in its environment, side by side, then what was found.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use super::bench::{Bench, Run, Setup};
use super::contract;
use super::environment::{Environment, key};
use super::finding::{self, Finding};
use super::notice::{Notice, Oddity};
use super::protocol::About;
use super::sight::Sight;
use super::traits::{TRAITS, Trait};
use crate::script::{Env, Script};

/// After so many breaches of the protocol the rest is not run: each may take its full time.
const BREACHES_MAX: usize = 10;

/// What is run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The environments.
    pub environments: Vec<Environment>,
    /// Hold it to the contract?
    pub contract: bool,
    /// Workers at once.
    pub jobs: usize,
}

/// What a script is run for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Trait(&'static Trait, &'static str),
    Contract,
}

struct Item {
    script: Script,
    purpose: Purpose,
}

/// The answer to a question in an environment.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The question.
    pub asked: &'static Trait,
    /// The environment's name.
    pub environment: &'static str,
    /// The answer in a few words.
    pub answer: String,
    /// The proof; an error says why there is none.
    pub run: Result<Run, String>,
}

/// How the contract fared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Calls of the subject that were judged.
    pub judged: usize,
    /// Calls that the library cannot be asked to make.
    pub not_asked: usize,
    /// Steps that the model does not say anything about.
    pub unmodelled: usize,
    /// Scripts whose environment cannot be had, by reason.
    pub skipped: BTreeMap<String, usize>,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Conformance {
    /// What the adapter says of itself.
    pub about: Option<About>,
    /// How it was looked at, and why not better.
    pub sight: Option<(Sight, String)>,
    /// The environments, and why one could not be had.
    pub environments: Vec<(Environment, Option<String>)>,
    /// The traits.
    pub cells: Vec<Cell>,
    /// The contract, if it was asked for.
    pub held: Option<Held>,
    /// What is wrong, each on its shortest script.
    pub findings: Vec<Finding>,
    /// Scripts that were run, those for shrinking left out.
    pub scripts: usize,
}

/// What the threads share.
#[derive(Default)]
struct Shared {
    runs: BTreeMap<usize, Result<Run, String>>,
    notices: Vec<Notice>,
    about: Option<About>,
    sight: Option<(Sight, String)>,
    breaches: usize,
}

/// Runs everything; `done` hears of each script, and how many there are.
pub fn conduct(setup: &Setup, plan: &Plan, done: &(dyn Fn(usize) + Sync)) -> Conformance {
    let hello = hello(setup);
    let offers = |call: &str| {
        let about = hello.about.as_ref();
        about.is_some_and(|about| about.calls.iter().any(|one| one == call))
    };
    let items = items(plan, offers("raw"));
    let done = || done(items.len());
    let mut groups: BTreeMap<Vec<Env>, Vec<usize>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        groups.entry(key(&item.script.env)).or_default().push(index);
    }
    let scripts = items.len();
    let groups: VecDeque<_> = groups.into_iter().collect();
    let (groups, shared) = (Mutex::new(groups), Mutex::new(hello));
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let group = groups.lock().expect("no holder panics").pop_front();
                    let Some((env, members)) = group else { break };
                    run_group(setup, &env, &members, &items, &shared, &done);
                }
            });
        }
    });
    let shared = shared.into_inner().expect("no holder panics");
    let mut conformance = Conformance {
        about: shared.about,
        sight: shared.sight,
        environments: plan.environments.iter().map(|one| (*one, None)).collect(),
        cells: Vec::new(),
        held: plan.contract.then(Held::default),
        findings: Vec::new(),
        scripts,
    };
    let runs: Vec<_> = shared.runs.into_values().collect();
    for (item, run) in items.iter().zip(&runs) {
        take(&mut conformance, item, run);
    }
    let scripts = items.iter().map(|item| &item.script);
    conformance.findings =
        finding::find(setup, plan.contract, &shared.notices, scripts.zip(&runs).collect());
    conformance
}

/// What the adapter says of itself, and to what nobody can know.
fn hello(setup: &Setup) -> Shared {
    let mut shared = Shared::default();
    // Where there is no such environment, each script says so.
    if let Ok(mut bench) = Bench::new(setup, &[]) {
        shared.notices = bench.probe_honesty();
        shared.about.clone_from(&bench.about);
        shared.sight.clone_from(&bench.sight);
        shared.notices.extend(bench.finish());
    }
    shared
}

fn items(plan: &Plan, raw: bool) -> Vec<Item> {
    let mut items = Vec::new();
    for environment in &plan.environments {
        let lines = environment.lines();
        for asked in TRAITS.iter().filter(|asked| asked.belongs_in(environment)) {
            items.push(Item {
                script: asked.in_environment(&lines),
                purpose: Purpose::Trait(asked, environment.name),
            });
        }
    }
    let plain = plan.environments.iter().any(|environment| environment.name == "plain");
    if plan.contract && plain {
        items.extend(contract::behaviours(raw).into_iter().map(|behaviour| Item {
            script: Script { title: Some(behaviour.id), ..behaviour.parsed.script },
            purpose: Purpose::Contract,
        }));
    }
    items
}

fn run_group(
    setup: &Setup,
    env: &[Env],
    members: &[usize],
    items: &[Item],
    shared: &Mutex<Shared>,
    done: &(dyn Fn() + Sync),
) {
    let keep = |index: usize, run: Result<Run, String>| {
        shared.lock().expect("no holder panics").runs.insert(index, run);
        done();
    };
    let mut bench = match Bench::new(setup, env) {
        Ok(bench) => bench,
        Err(why) => {
            members.iter().for_each(|index| keep(*index, Err(why.clone())));
            return;
        }
    };
    for index in members {
        if shared.lock().expect("no holder panics").breaches >= BREACHES_MAX {
            keep(*index, Err(format!("given up after {BREACHES_MAX} breaches of the protocol")));
            continue;
        }
        let run = bench.run(&items[*index].script, false);
        let breaches = run.notices.iter().filter(|one| matches!(one.oddity, Oddity::Fault(_)));
        shared.lock().expect("no holder panics").breaches += breaches.count();
        keep(*index, Ok(run));
    }
    let (about, sight) = (bench.about.clone(), bench.sight.clone());
    let notices = bench.finish();
    let mut shared = shared.lock().expect("no holder panics");
    shared.notices.extend(notices);
    shared.about = shared.about.take().or(about);
    shared.sight = shared.sight.take().or(sight);
}

/// What one run adds to the whole.
fn take(conformance: &mut Conformance, item: &Item, run: &Result<Run, String>) {
    if let Purpose::Trait(asked, environment) = item.purpose {
        let answer = match run {
            Ok(run) => asked.answer(run),
            Err(why) if why.starts_with("given up") => "not asked: given up".into(),
            Err(_) => "cannot be had here".into(),
        };
        if let Err(why) = run
            && !why.starts_with("given up")
            && item.script.env == Environment::named(environment).map_or(vec![], |e| e.lines())
            && let Some((_, refused)) =
                conformance.environments.iter_mut().find(|(one, _)| one.name == environment)
        {
            *refused = Some(why.clone());
        }
        conformance.cells.push(Cell { asked, environment, answer, run: run.clone() });
    }
    let Some(held) = &mut conformance.held else { return };
    match run {
        Err(why) => *held.skipped.entry(why.clone()).or_default() += 1,
        Ok(Run { trace: Some(trace), .. }) => {
            let judged = contract::judge(trace);
            held.judged += judged.judged;
            let unasked = |why: &&String| why.starts_with("the subject did not make the call");
            let not_asked = judged.unmodelled.iter().filter(unasked).count();
            held.not_asked += not_asked;
            held.unmodelled += judged.unmodelled.len() - not_asked;
        }
        Ok(_) => {}
    }
}
