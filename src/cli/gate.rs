//! `bindproof gate`: what differs from the model, against what is known to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::args::{GateArgs, GateFormat};
use super::exit::{CliError, Exit};
use super::matrix::evidence;
use super::output::{Output, write_file};
use super::record::{observed, today};
use super::scripts::pool;
use super::shrink::shortest;
use crate::matrix::observed::Observation;
use crate::matrix::{
    CONFIG_FILE, Config, Difference, Finding, Gate, LaneResult, When, baseline, changes,
    findings_of, write_findings,
};
use crate::report::gate as report;

pub(super) fn gate(args: &GateArgs) -> Result<Exit, CliError> {
    let config = config(args)?;
    if args.update {
        make_folder(&config)?;
    }
    let gate = config.load()?;
    let (lanes, others): (Vec<_>, Vec<_>) = lanes(args, &config, &gate)?
        .into_iter()
        .partition(|lane| args.lane.is_empty() || args.lane.contains(&lane.lane));
    let all: Vec<_> = lanes.iter().chain(&others).collect();
    let mut results = Vec::new();
    let again = args.again.iter().map(|folder| evidence(Some(folder)));
    let again = again.collect::<Result<Vec<_>, _>>()?.concat();
    if args.observed.is_some() {
        for lane in &lanes {
            results.push(held_again(&gate, lane, &again)?);
        }
    } else {
        let retries = config.retries.unwrap_or(0);
        for lane in &lanes {
            results.push(gate.hold(lane, retries, |ids| here(args, &config, &gate, Some(ids)))?);
        }
    }
    if let Some(folder) = &args.since {
        since(folder, &gate, &lanes, &again, &mut results)?;
    }
    if args.update {
        let findings = findings_of(&all, &results, args.only.as_deref(), &finding(args));
        append(&config, findings)?;
        return left_over(args, gate.unknown(&lanes), &results);
    }
    let mut unmatched = gate.unknown(&lanes);
    let strays = gate.strays(&all);
    if args.observed.is_some() && args.lane.is_empty() {
        unmatched.extend(strays);
    } else {
        // It may be about another machine's lane.
        strays.iter().for_each(|stray| anstream::eprintln!("note: {stray}"));
    }
    if args.observed.is_some() {
        unmatched.extend(gate.unmatched(&lanes, &results));
    } else {
        for cluster in results.iter_mut().flat_map(|result| &mut result.clusters) {
            if let Some(script) = shortest(&pool(&args.runner)?, &cluster.script) {
                cluster.script = script;
            }
        }
    }
    let text = match args.format {
        GateFormat::Terminal => report::terminal(&results, &unmatched),
        GateFormat::Markdown => report::markdown(&results, &unmatched),
        GateFormat::Github => report::github(&results, &unmatched),
        GateFormat::Junit => report::junit(&results, &unmatched),
        GateFormat::Json => report::json(&results, &unmatched),
    };
    let skipped = results.iter().any(|result| !result.skipped.is_empty());
    let exit = if results.iter().any(|result| !result.passes())
        || !unmatched.is_empty()
        || (args.runner.strict && skipped)
    {
        Exit::Findings
    } else if results.iter().all(|result| result.ran == 0) {
        Exit::NothingJudged
    } else {
        Exit::Good
    };
    super::emit(&Output::new(&args.output), &text, exit)
}

/// The project's file, where flags win.
fn config(args: &GateArgs) -> Result<Config, CliError> {
    let usual = Path::new(CONFIG_FILE);
    let mut config = match &args.config {
        Some(file) => Config::read(file).map_err(CliError::unusable)?,
        None if usual.is_file() => Config::read(usual).map_err(CliError::unusable)?,
        None => Config::default(),
    };
    if let Some(folder) = &args.behaviours {
        config.behaviours = Some(folder.clone());
    }
    if let Some(folder) = &args.baseline {
        config.baseline = Some(folder.clone());
    }
    match args.lane.as_slice() {
        [_, _, ..] if args.observed.is_none() => {
            return Err(CliError::unusable("this machine is one lane: expected --lane once"));
        }
        [lane, ..] => config.lane = Some(lane.clone()),
        [] => {}
    }
    config.retries = args.retries.or(config.retries);
    Ok(config)
}

fn lanes(args: &GateArgs, config: &Config, gate: &Gate) -> Result<Vec<Observation>, CliError> {
    let Some(folder) = &args.observed else {
        return Ok(vec![here(args, config, gate, None)?]);
    };
    let lanes = evidence(Some(folder))?;
    for wanted in &args.lane {
        if !lanes.iter().any(|lane| lane.lane == *wanted) {
            let folder = folder.display();
            return Err(CliError::unusable(format!("{folder} has no lane {wanted}")));
        }
    }
    if lanes.is_empty() {
        return Err(CliError::unusable(format!("{} has no lanes", folder.display())));
    }
    Ok(lanes)
}

/// Holds a lane, where what was recorded of it again stands for running it again.
fn held_again(
    gate: &Gate,
    lane: &Observation,
    again: &[Observation],
) -> Result<LaneResult, CliError> {
    let mut later = again.iter().filter(|one| one.lane == lane.lane);
    let retries = u32::try_from(later.clone().count()).unwrap_or(u32::MAX);
    gate.hold(lane, retries, |_| Ok(later.next().expect("as many as there are").clone()))
}

/// Observes this machine: the behaviours with these ids, or all.
fn here(
    args: &GateArgs,
    config: &Config,
    gate: &Gate,
    ids: Option<&BTreeSet<String>>,
) -> Result<Observation, CliError> {
    let behaviours = gate.wanted(ids);
    observed(&config.wish(&behaviours, &today(), ids), &args.runner)
}

/// Adds what lanes answered otherwise in the evidence of a folder.
fn since(
    folder: &Path,
    gate: &Gate,
    lanes: &[Observation],
    again: &[Observation],
    results: &mut [LaneResult],
) -> Result<(), CliError> {
    let earlier = evidence(Some(folder))?;
    for (lane, result) in lanes.iter().zip(results) {
        let same = |one: &&Observation| one.lane == lane.lane;
        let Some(before) = earlier.iter().find(same) else {
            result.nothing_earlier = true;
            continue;
        };
        let again: Vec<_> = again.iter().filter(same).collect();
        (result.changes, result.passing_changes) = changes(&gate.behaviours, before, lane, &again);
    }
    Ok(())
}

/// The folder of the baselines that are updated.
fn folder(config: &Config) -> Result<&Path, CliError> {
    config.baseline.as_deref().ok_or_else(|| {
        CliError::unusable("--update needs --baseline, or a baseline in bindproof.toml")
    })
}

/// A project that knows of nothing yet has none.
fn make_folder(config: &Config) -> Result<(), CliError> {
    let folder = folder(config)?;
    std::fs::create_dir_all(folder)
        .map_err(|source| CliError::Write { what: folder.display().to_string(), source })
}

/// What every finding has that is added.
fn finding(args: &GateArgs) -> Finding {
    Finding {
        reason: args.reason.clone().unwrap_or_default(),
        link: args.link.clone().unwrap_or_default(),
        since: today(),
        when: When::default(),
        sometimes: false,
        behaviours: BTreeMap::new(),
        programs: Vec::new(),
    }
}

/// Adds findings to the files of their kernels. Nothing is written if one of them could not be read
/// afterwards.
fn append(config: &Config, findings: Vec<(String, Finding)>) -> Result<(), CliError> {
    let mut files: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    for (kernel, finding) in findings {
        files.entry(kernel).or_default().push(finding);
    }
    let mut texts = Vec::new();
    for (kernel, findings) in &files {
        let path = folder(config)?.join(format!("{kernel}.toml"));
        let before = match std::fs::read_to_string(&path) {
            Ok(text) => text + "\n",
            Err(_) if !path.exists() => String::new(),
            Err(error) => {
                return Err(CliError::unusable(format!("cannot read {}: {error}", path.display())));
            }
        };
        let text = before + &write_findings(findings);
        baseline(&path, &text)
            .map_err(|error| CliError::unusable(format!("nothing is added: {error}")))?;
        texts.push((path, text, findings));
    }
    for (path, text, findings) in texts {
        write_file(&path, &text)?;
        let behaviours: usize = findings.iter().map(|one| one.behaviours.len()).sum();
        let conditions: usize = findings.iter().map(|one| one.programs.len()).sum();
        let path = path.display();
        anstream::eprintln!("{path}: {behaviours} behaviours and {conditions} conditions added");
    }
    Ok(())
}

/// Prints what cannot be added: a person has to take it out of the baselines, or to find out why.
fn left_over(
    args: &GateArgs,
    unknown: Vec<String>,
    results: &[LaneResult],
) -> Result<Exit, CliError> {
    let mut lines = unknown;
    for LaneResult { lane, compared, .. } in results {
        let wanted = |one: &&Difference| {
            args.only.as_ref().is_none_or(|only| one.behaviour().contains(only))
        };
        let known = compared.differences.iter().filter(wanted).filter_map(Difference::of_known);
        lines.extend(known.map(|known| format!("{lane}: {known}")));
    }
    let exit = if lines.is_empty() { Exit::Good } else { Exit::Findings };
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    super::emit(&Output::new(Path::new("-")), &text, exit)
}
