//! `bindproof record`: what this machine answers, as the evidence of a lane.

use std::io::Read;
use std::path::Path;

use super::args::{RecordArgs, RunnerArgs};
use super::check;
use super::exit::{CliError, Exit};
use super::output::{Output, write_file};
use super::scripts::run_jobs;
use crate::judge::{Word, judge};
use crate::matrix::Behaviour;
use crate::matrix::observed::{EVIDENCE_FILE, Lattice, Observation, in_environment, read, write};
use crate::run::{ScriptJob, ScriptRun};
use crate::script::{Env, Parsed, parse_env_text};

pub(super) fn record(args: &RecordArgs) -> Result<Exit, CliError> {
    let observation = match &args.from {
        Some(file) => recorded_elsewhere(file, &args.lane)?,
        None => recorded_here(args)?,
    };
    let text = write(&observation);
    if let Some(output) = &args.output {
        Output::new(output).write(&text)?;
        return Ok(Exit::Good);
    }
    let folder = args.observed.join(&args.lane);
    std::fs::create_dir_all(&folder)
        .map_err(|source| CliError::Write { what: folder.display().to_string(), source })?;
    let file = folder.join(EVIDENCE_FILE);
    write_file(&file, &text)?;
    let skipped = observation.behaviours.values().filter(|one| one.run.is_err()).count();
    let ran = observation.behaviours.len() - skipped;
    let lattice = observation.lattice.as_ref().map_or(0, Lattice::len);
    anstream::eprintln!(
        "{}: {ran} behaviours, {skipped} skipped, {lattice} programs of two sockets",
        file.display()
    );
    Ok(Exit::Good)
}

fn recorded_elsewhere(file: &Path, lane: &str) -> Result<Observation, CliError> {
    let name = file.display();
    let mut text = String::new();
    let done = if file == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(file).map(|content| text = content)
    };
    done.map_err(|error| CliError::unusable(format!("cannot read {name}: {error}")))?;
    let observation =
        read(&text).map_err(|error| CliError::unusable(format!("{name}: {error}")))?;
    if observation.lane == lane {
        return Ok(observation);
    }
    let found = observation.lane;
    Err(CliError::unusable(format!("{name}: line 2: this is the lane {found}, not {lane}")))
}

fn recorded_here(args: &RecordArgs) -> Result<Observation, CliError> {
    let env = args
        .env
        .iter()
        .map(|line| {
            parse_env_text(line)
                .map_err(|error| CliError::unusable(format!("--env {line:?}: {}", error.message)))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut observation =
        observe(&check::load(None)?, &args.lane, &env, &args.runner, args.retries)?;
    if let Some(release) = &args.release {
        set_release(&mut observation, release);
    }
    Ok(observation)
}

/// Runs behaviours and the two-socket lattice on this machine.
pub(super) fn observe(
    behaviours: &[Behaviour],
    lane: &str,
    env: &[Env],
    runner: &RunnerArgs,
    retries: u32,
) -> Result<Observation, CliError> {
    let mut scripts: Vec<Result<Parsed, String>> =
        behaviours.iter().map(|one| in_environment(&one.parsed, env)).collect();
    scripts.extend(lattice(env)?.into_iter().map(Ok));
    let mut runs = run_some(&scripts, runner)?;
    let lattice = runs.split_off(behaviours.len());
    for _ in 0..retries {
        retry(behaviours, &scripts, &mut runs, runner)?;
    }
    Observation::collect(lane, &today(), behaviours, &runs, Some(&lattice))
        .map_err(CliError::unusable)
}

/// Runs again what differs from the model, and keeps a run that does not.
fn retry(
    behaviours: &[Behaviour],
    scripts: &[Result<Parsed, String>],
    runs: &mut [ScriptRun],
    runner: &RunnerArgs,
) -> Result<(), CliError> {
    let differs = |run: &ScriptRun| match run {
        ScriptRun::Ran(trace) => judge(trace).word() == Word::Diverged,
        ScriptRun::Skipped(_) | ScriptRun::Broken(_) => false,
    };
    let again: Vec<_> = (0..runs.len()).filter(|index| differs(&runs[*index])).collect();
    let scripts: Vec<_> = again.iter().map(|index| scripts[*index].clone()).collect();
    for (index, run) in again.into_iter().zip(run_some(&scripts, runner)?) {
        if matches!(run, ScriptRun::Ran(_)) && !differs(&run) {
            anstream::eprintln!("flake: {} fits in another run", behaviours[index].id);
            runs[index] = run;
        }
    }
    Ok(())
}

fn lattice(env: &[Env]) -> Result<Vec<Parsed>, CliError> {
    Lattice::scripts()
        .map(|script| {
            let source = script.to_string();
            in_environment(&Parsed { script, source, line: 1 }, env).map_err(CliError::unusable)
        })
        .collect()
}

/// Runs the scripts that there are; the others are skipped with their reason.
fn run_some(
    scripts: &[Result<Parsed, String>],
    runner: &RunnerArgs,
) -> Result<Vec<ScriptRun>, CliError> {
    let jobs: Vec<_> = scripts
        .iter()
        .flatten()
        .map(|parsed| ScriptJob { parsed: parsed.clone(), seed: None })
        .collect();
    let mut done = run_jobs(&jobs, runner)?.into_iter();
    Ok(scripts
        .iter()
        .map(|script| match script {
            Ok(_) => done.next().expect("a run for each job"),
            Err(why) => ScriptRun::Skipped(why.clone()),
        })
        .collect())
}

fn set_release(observation: &mut Observation, release: &str) {
    observation.header.platform.release = release.to_string();
    for recorded in observation.behaviours.values_mut() {
        if let Ok(ran) = &mut recorded.run {
            ran.header.platform.release = release.to_string();
        }
    }
}

pub(super) fn today() -> String {
    time::OffsetDateTime::now_utc().date().to_string()
}
