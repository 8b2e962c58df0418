//! `bindproof check`: every behaviour on this machine.

use std::path::Path;

use super::args::{CheckArgs, CheckFormat, RunnerArgs};
use super::exit::{CliError, Exit};
use super::output::{Output, write_file};
use super::scripts::run_jobs;
use super::search;
use crate::matrix::{Behaviour, Judged, Verdict, embedded, from_folder, judge};
use crate::report::{check as report, json, terminal};
use crate::run::{ScriptJob, ScriptRun, SubjectName};
use crate::script::nearest;
use crate::trace::{self, Outcome, Trace};

pub(super) fn check(args: &CheckArgs) -> Result<Exit, CliError> {
    let output = Output::new(&args.output);
    if args.exhaustive.is_some() || args.random.is_some() {
        return search::search(args, &output);
    }
    let behaviours = select(load(args.behaviours.as_deref())?, &args.filters)?;
    if args.list {
        let text = match args.format {
            CheckFormat::Json => json::list(&behaviours),
            _ => terminal::list(&behaviours),
        };
        return super::emit(&output, &text, Exit::Good);
    }
    let results = results(&behaviours, &args.runner)?;
    if let Some(folder) = &args.traces {
        write_traces(folder, &results)?;
    }
    let facts = args.runner.subject.platform_facts();
    let text = match args.format {
        CheckFormat::Terminal => terminal::check(&facts, &results, super::width()),
        CheckFormat::Json => json::check(&facts, &results),
        CheckFormat::Markdown => report::markdown(&facts, &results),
        CheckFormat::Github => report::github(&results),
        CheckFormat::Junit => report::junit(&results),
    };
    super::emit(&output, &text, exit(&results, args.runner.strict))
}

/// The flags that change what a behaviour meets.
fn flags(args: &RunnerArgs) -> String {
    let mut flags = String::new();
    if args.subject != SubjectName::Reference {
        flags += &format!(" --subject {}", args.subject);
    }
    for (flag, given) in [("no-sandbox", args.no_sandbox), ("allow-network", args.allow_network)] {
        if given {
            flags += &format!(" --{flag}");
        }
    }
    flags
}

/// The built-in behaviours, or those of a folder.
pub(super) fn load(folder: Option<&Path>) -> Result<Vec<Behaviour>, CliError> {
    match folder {
        None => embedded(),
        Some(folder) => from_folder(folder),
    }
    .map_err(CliError::unusable)
}

/// The behaviours whose id contains one of the filters; without filters, all.
pub(super) fn select(all: Vec<Behaviour>, filters: &[String]) -> Result<Vec<Behaviour>, CliError> {
    if all.is_empty() {
        return Err(CliError::unusable("there are no behaviours: expected files group/name.sock"));
    }
    for filter in filters {
        if !all.iter().any(|behaviour| behaviour.id.contains(filter.as_str())) {
            return Err(unknown_behaviour(filter, &all));
        }
    }
    let wanted = |behaviour: &Behaviour| {
        filters.is_empty() || filters.iter().any(|filter| behaviour.id.contains(filter.as_str()))
    };
    Ok(all.into_iter().filter(wanted).collect())
}

/// No behaviour has this in its id.
fn unknown_behaviour(text: &str, all: &[Behaviour]) -> CliError {
    let like = nearest(text, all.iter().map(|behaviour| behaviour.id.as_str()));
    let like = like.map_or_else(String::new, |like| format!(" (did you mean {like}?)"));
    CliError::unusable(format!("no behaviour is called {text:?}{like}; see bindproof check --list"))
}

fn results(behaviours: &[Behaviour], args: &RunnerArgs) -> Result<Vec<Judged>, CliError> {
    let job = |behaviour: &Behaviour| ScriptJob { parsed: behaviour.parsed.clone(), seed: None };
    let jobs: Vec<_> = behaviours.iter().map(job).collect();
    let runs = run_jobs(&jobs, args)?;
    let platform = args.subject.platform();
    let flags = flags(args);
    let mut results: Vec<_> = behaviours
        .iter()
        .zip(runs)
        .map(|(behaviour, run)| Judged {
            id: behaviour.id.clone(),
            title: behaviour.title().to_string(),
            replay: behaviour.replay() + &flags,
            verdict: judge(behaviour, &run, platform),
            traces: match run {
                ScriptRun::Ran(trace) => vec![*trace],
                _ => Vec::new(),
            },
        })
        .collect();
    rerun_taken_ports(behaviours, &mut results, args)?;
    Ok(results)
}

/// On the host's network somebody else may have taken a named port: one more run decides, and
/// both traces are kept.
fn rerun_taken_ports(
    behaviours: &[Behaviour],
    results: &mut [Judged],
    args: &RunnerArgs,
) -> Result<(), CliError> {
    let again: Vec<_> = (0..results.len())
        .filter(|index| {
            matches!(results[*index].verdict, Verdict::Failed(_))
                && results[*index].traces.iter().any(met_a_taken_port)
        })
        .collect();
    if again.is_empty() {
        return Ok(());
    }
    let jobs: Vec<_> = again
        .iter()
        .map(|index| ScriptJob { parsed: behaviours[*index].parsed.clone(), seed: None })
        .collect();
    for (index, run) in again.into_iter().zip(run_jobs(&jobs, args)?) {
        results[index].verdict = judge(&behaviours[index], &run, args.subject.platform());
        if let ScriptRun::Ran(trace) = run {
            results[index].traces.push(*trace);
        }
    }
    Ok(())
}

fn met_a_taken_port(trace: &Trace) -> bool {
    trace.header.environment.network.as_deref() == Some("host")
        && trace.steps.iter().any(|step| {
            matches!(&step.outcome, Outcome::Error { name, .. } if name == "EADDRINUSE" || name == "EACCES")
        })
}

fn write_traces(folder: &Path, results: &[Judged]) -> Result<(), CliError> {
    for result in results.iter().filter(|result| !result.traces.is_empty()) {
        let path = folder.join(format!("{}.jsonl", result.id));
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)
                .map_err(|source| CliError::Write { what: parent.display().to_string(), source })?;
        }
        write_file(&path, &result.traces.iter().map(trace::write).collect::<String>())?;
    }
    Ok(())
}

fn exit(results: &[Judged], strict: bool) -> Exit {
    let any = |wanted: fn(&Verdict) -> bool| results.iter().any(|result| wanted(&result.verdict));
    if any(|verdict| matches!(verdict, Verdict::Broken(_))) {
        Exit::Unusable
    } else if any(|verdict| matches!(verdict, Verdict::Failed(_)))
        || (strict && any(|verdict| matches!(verdict, Verdict::Skipped(_))))
    {
        Exit::Findings
    } else if any(|verdict| matches!(verdict, Verdict::Passed)) {
        Exit::Good
    } else {
        Exit::NothingJudged
    }
}
