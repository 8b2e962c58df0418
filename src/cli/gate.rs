//! `bindproof gate`: what differs from the model, against what is known to.

use std::collections::BTreeSet;
use std::path::Path;

use super::args::{GateArgs, GateFormat};
use super::check::load;
use super::exit::{CliError, Exit};
use super::matrix::evidence;
use super::output::{Output, write_file};
use super::record::{observe, today};
use crate::matrix::observed::{Observation, Recorded, fingerprint};
use crate::matrix::{
    Baseline, Behaviour, Compared, Deviation, Difference, Finding, LATTICE_GROUP, Programs,
    Releases, When, baselines, compare, embedded_baselines, of_behaviour, of_lattice,
    write_findings,
};
use crate::report::gate as report;

/// The name of a run on this machine that was given none.
const HERE: &str = "here";

pub(super) fn gate(args: &GateArgs) -> Result<Exit, CliError> {
    let behaviours = load(args.behaviours.as_deref())?;
    let known = match &args.baseline {
        Some(folder) => baselines(folder),
        None => embedded_baselines(),
    }
    .map_err(CliError::unusable)?;
    let lanes = lanes(args, &behaviours)?;
    let mut results = Vec::new();
    for lane in &lanes {
        let compared = of_lane(&behaviours, lane, &known);
        results.push(retried(args, &behaviours, lane, &known, compared)?);
    }
    if args.update {
        return update(args, &lanes, &results);
    }
    let unmatched =
        if args.observed.is_some() { unmatched(&known, &lanes, &results) } else { Vec::new() };
    let text = match args.format {
        GateFormat::Terminal => report::terminal(&results, &unmatched),
        GateFormat::Markdown => report::markdown(&results, &unmatched),
        GateFormat::Github => report::github(&results, &unmatched),
        GateFormat::Junit => report::junit(&results, &unmatched),
    };
    let differs = results.iter().any(|result| !result.compared.differences.is_empty());
    let exit = if differs || !unmatched.is_empty() {
        Exit::Findings
    } else if results.iter().all(|result| result.ran == 0) {
        Exit::NothingJudged
    } else {
        Exit::Good
    };
    super::emit(&Output::new(&args.output), &text, exit)
}

fn lanes(args: &GateArgs, behaviours: &[Behaviour]) -> Result<Vec<Observation>, CliError> {
    let Some(folder) = &args.observed else {
        let name = args.lane.first().map_or(HERE, String::as_str);
        return Ok(vec![observe(behaviours, name, &[], &args.runner, 0)?]);
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

fn of_lane(behaviours: &[Behaviour], lane: &Observation, known: &[Baseline]) -> Compared {
    let mut deviations: Vec<Deviation> = of_lattice(lane);
    let mut ran = BTreeSet::new();
    for behaviour in behaviours {
        let Some(Recorded { fingerprint: found, run: Ok(run) }) =
            lane.behaviours.get(&behaviour.id)
        else {
            continue;
        };
        if *found == fingerprint(&behaviour.parsed.script) {
            ran.insert(behaviour.id.as_str());
            deviations.extend(of_behaviour(behaviour, &lane.header, run));
        }
    }
    if lane.lattice.is_some() {
        ran.insert(LATTICE_GROUP);
    }
    compare(&lane.lane, &lane.header, &deviations, &|id| ran.contains(id), known)
}

/// Runs a lane again while it differs; a difference that a later run does not have is a flake.
fn retried(
    args: &GateArgs,
    behaviours: &[Behaviour],
    lane: &Observation,
    known: &[Baseline],
    mut compared: Compared,
) -> Result<report::LaneResult, CliError> {
    let mut flakes = Vec::new();
    for _ in 0..args.retries {
        if compared.differences.is_empty() {
            break;
        }
        let again =
            of_lane(behaviours, &observe(behaviours, &lane.lane, &[], &args.runner, 0)?, known);
        let (stays, gone): (Vec<_>, Vec<_>) =
            compared.differences.into_iter().partition(|one| again.differences.contains(one));
        compared.differences = stays;
        flakes.extend(gone);
    }
    Ok(report::LaneResult {
        lane: lane.lane.clone(),
        platform: lane.header.platform.clone(),
        recorded: lane.recorded.clone(),
        ran: lane.behaviours.values().filter(|one| one.run.is_ok()).count(),
        skipped: lane.behaviours.values().filter(|one| one.run.is_err()).count(),
        compared,
        flakes,
    })
}

/// Findings of these lanes' files that hold on none of them.
fn unmatched(
    known: &[Baseline],
    lanes: &[Observation],
    results: &[report::LaneResult],
) -> Vec<String> {
    let mut found = Vec::new();
    for file in known {
        let meant = lanes.iter().any(|lane| {
            [&lane.lane, &lane.header.platform.kernel, &lane.header.platform.os]
                .contains(&&file.name)
        });
        for (index, finding) in file.findings.iter().enumerate().filter(|_| meant) {
            let key = (file.name.clone(), index + 1);
            if !results.iter().any(|result| result.compared.used.contains(&key)) {
                let reason = &finding.reason;
                let path = file.path.display();
                found.push(format!("{path}: finding {} ({reason}) holds on no lane", index + 1));
            }
        }
    }
    found
}

/// Adds what is new to the file of the lane's kernel, as findings of that lane's release.
fn update(
    args: &GateArgs,
    lanes: &[Observation],
    results: &[report::LaneResult],
) -> Result<Exit, CliError> {
    let (Some(folder), Some(reason), Some(link)) = (&args.baseline, &args.reason, &args.link)
    else {
        return Err(CliError::unusable("--update needs --baseline, --reason and --link"));
    };
    for (lane, result) in lanes.iter().zip(results) {
        let mut finding = Finding {
            reason: reason.clone(),
            link: link.clone(),
            since: today(),
            when: when(lane),
            behaviours: std::collections::BTreeMap::new(),
            programs: Vec::new(),
        };
        for difference in &result.compared.differences {
            add(&mut finding, difference, args.only.as_deref());
        }
        if finding.behaviours.is_empty() && finding.programs.is_empty() {
            continue;
        }
        append(folder, &lane.header.platform.kernel, &finding)?;
    }
    Ok(Exit::Good)
}

/// This release of the system; the lane by its name where it has no release.
fn when(lane: &Observation) -> When {
    let release = Releases::try_from(lane.header.platform.release.clone()).ok();
    let name = release.is_none().then(|| lane.lane.clone());
    let ipv6 = lane.header.environment.ipv6.clone().filter(|state| state != "on");
    When { lane: name, release, ipv6, ..When::default() }
}

fn add(finding: &mut Finding, difference: &Difference, only: Option<&str>) {
    let wanted = |id: &str| only.is_none_or(|only| id.contains(only));
    match difference {
        Difference::New(one) if wanted(&one.behaviour) => {
            let step = format!("{} {}", one.step, one.got);
            finding.behaviours.entry(one.behaviour.clone()).or_default().push(step);
        }
        Difference::NewPrograms { condition, first, .. } if wanted(LATTICE_GROUP) => {
            finding.programs.push(Programs {
                condition: condition.clone(),
                call: first.call.split(' ').take(2).collect::<Vec<_>>().join(" "),
                got: first.got.clone(),
            });
        }
        _ => {}
    }
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
