//! `bindproof explain`: a rule or a behaviour with its evidence, and what reaches the rules.

use super::args::{ExplainArgs, Format, RunnerArgs};
use super::check::load;
use super::exit::{CliError, Exit};
use super::output::Output;
use super::scripts::run_jobs;
use super::width;
use crate::judge::rules_reached;
use crate::matrix::{Behaviour, Coverage};
use crate::model::{Rule, rule, rules};
use crate::report::{json, rules as report, terminal};
use crate::run::{Launcher, ScriptJob, ScriptRun, simulate};
use crate::script::{Platform, nearest};
use crate::search::{SearchJob, programs, search};

/// How many random histories the coverage is measured on.
const HISTORIES: u64 = 2_000;

pub(super) fn explain(args: &ExplainArgs) -> Result<Exit, CliError> {
    let all = load(args.behaviours.as_deref())?;
    let output = Output::new(&args.output.output);
    let Some(id) = args.id.as_deref() else { return coverage(args, &all, &output) };
    let text = if let Some(rule) = rule(id) {
        let behaviours = behaviours_of(rule, &all);
        match args.output.format {
            Format::Terminal => report::terminal(rule, &behaviours, width()),
            Format::Json => report::object(rule, &behaviours),
        }
    } else {
        let found = all.iter().find(|behaviour| behaviour.id == id);
        let behaviour = found.ok_or_else(|| unknown(id, &all))?;
        match args.output.format {
            Format::Terminal => terminal::explain(behaviour),
            Format::Json => json::explain(behaviour),
        }
    };
    super::emit(&output, &text, Exit::Good)
}

fn unknown(id: &str, all: &[Behaviour]) -> CliError {
    let behaviours = all.iter().map(|behaviour| behaviour.id.as_str());
    let like = nearest(id, rules().map(|rule| rule.id).chain(behaviours));
    let like = like.map_or_else(String::new, |like| format!(" (did you mean {like}?)"));
    CliError::unusable(format!(
        "no rule and no behaviour is called {id:?}{like}; see bindproof explain --coverage for the \
         rules and bindproof check --list for the behaviours"
    ))
}

/// The behaviours in which an answer of some simulated platform rests on a rule.
fn behaviours_of(rule: &Rule, all: &[Behaviour]) -> Vec<String> {
    let rests = |behaviour: &&Behaviour| {
        Platform::all().any(|platform| {
            let run = simulate(platform, &job(behaviour), RunnerArgs::usual().timeout_ms());
            matches!(run, ScriptRun::Ran(trace) if rules_reached(&trace).contains(rule.id))
        })
    };
    all.iter().filter(rests).map(|behaviour| behaviour.id.clone()).collect()
}

fn job(behaviour: &Behaviour) -> ScriptJob {
    ScriptJob { parsed: behaviour.parsed.clone(), seed: None }
}

/// Runs every behaviour on this machine and on each simulated platform, and searches a little.
fn coverage(args: &ExplainArgs, all: &[Behaviour], output: &Output) -> Result<Exit, CliError> {
    let mut coverage = Coverage::default();
    let jobs: Vec<_> = all.iter().map(job).collect();
    for platform in Platform::all() {
        for job in &jobs {
            if let ScriptRun::Ran(trace) = simulate(platform, job, RunnerArgs::usual().timeout_ms())
            {
                coverage.add(&trace);
            }
        }
    }
    for (behaviour, run) in all.iter().zip(run_jobs(&jobs, &RunnerArgs::usual())?) {
        match run {
            ScriptRun::Ran(trace) => coverage.add(&trace),
            ScriptRun::Skipped(why) | ScriptRun::Broken(why) => {
                anstream::eprintln!("{}: not run: {why}", behaviour.id);
            }
        }
    }
    let searches = [
        SearchJob::Programs { sockets: 2, first: 0, until: programs(2) },
        SearchJob::Histories { seed: 1, count: HISTORIES },
    ];
    let workers = std::thread::available_parallelism().map_or(1, Into::into);
    let launcher = Launcher::this_program()
        .map_err(|error| CliError::unusable(format!("cannot find this program: {error}")))?;
    match search(&launcher, &searches, workers, &|_| {}) {
        Ok((tally, _)) => coverage.add_search(&tally.rules),
        Err(why) => anstream::eprintln!("no search: {why}"),
    }
    let findings = coverage.findings();
    for finding in &findings {
        anstream::eprintln!("{finding}");
    }
    let text = match args.output.format {
        Format::Terminal => report::coverage_terminal(&coverage),
        Format::Json => report::coverage_lines(&coverage),
    };
    let exit = if findings.is_empty() { Exit::Good } else { Exit::Findings };
    super::emit(output, &text, exit)
}
