//! `bindproof gate`: what differs from the model, against what is known to.

use std::collections::BTreeSet;
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
    CONFIG_FILE, Config, Finding, Gate, LaneResult, When, changes, findings_of, write_findings,
};
use crate::report::gate as report;

pub(super) fn gate(args: &GateArgs) -> Result<Exit, CliError> {
    let config = config(args)?;
    let gate = config.load()?;
    let lanes = lanes(args, &config, &gate)?;
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
        return update(args, &config, &lanes, &results);
    }
    let mut unmatched = gate.unknown(&lanes);
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
    if let Some(lane) = args.lane.first() {
        config.lane = Some(lane.clone());
    }
    config.retries = args.retries.or(config.retries);
    Ok(config)
}

fn lanes(args: &GateArgs, config: &Config, gate: &Gate) -> Result<Vec<Observation>, CliError> {
    let Some(folder) = &args.observed else {
        return Ok(vec![here(args, config, gate, None)?]);
    };
    let mut lanes = evidence(Some(folder))?;
    for wanted in &args.lane {
        if !lanes.iter().any(|lane| lane.lane == *wanted) {
            let folder = folder.display();
            return Err(CliError::unusable(format!("{folder} has no lane {wanted}")));
        }
    }
    lanes.retain(|lane| args.lane.is_empty() || args.lane.contains(&lane.lane));
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

/// Adds what is new to the file of the lane's kernel, as findings of that lane's release.
fn update(
    args: &GateArgs,
    config: &Config,
    lanes: &[Observation],
    results: &[LaneResult],
) -> Result<Exit, CliError> {
    let (Some(folder), Some(reason), Some(link)) = (&config.baseline, &args.reason, &args.link)
    else {
        return Err(CliError::unusable(
            "--update needs --reason and --link, and --baseline or a baseline in bindproof.toml",
        ));
    };
    let finding = Finding {
        reason: reason.clone(),
        link: link.clone(),
        since: today(),
        when: When::default(),
        sometimes: false,
        behaviours: std::collections::BTreeMap::new(),
        programs: Vec::new(),
    };
    for (lane, result) in lanes.iter().zip(results) {
        if let Some(new) = findings_of(lane, result, args.only.as_deref(), &finding) {
            append(folder, &lane.header.platform.kernel, &new)?;
        }
    }
    Ok(Exit::Good)
}

fn append(folder: &Path, name: &str, finding: &Finding) -> Result<(), CliError> {
    std::fs::create_dir_all(folder)
        .map_err(|source| CliError::Write { what: folder.display().to_string(), source })?;
    let path = folder.join(format!("{name}.toml"));
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => text + "\n",
        Err(_) if !path.exists() => String::new(),
        Err(error) => {
            return Err(CliError::unusable(format!("cannot read {}: {error}", path.display())));
        }
    };
    write_file(&path, &(before + &write_findings(std::slice::from_ref(finding))))?;
    anstream::eprintln!(
        "{}: {} behaviours and {} conditions added",
        path.display(),
        finding.behaviours.len(),
        finding.programs.len()
    );
    Ok(())
}
