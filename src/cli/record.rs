//! `bindproof record`: what this machine answers, as the evidence of a lane.

use std::path::Path;

use super::args::{RecordArgs, RunnerArgs};
use super::check;
use super::exit::{CliError, Exit};
use super::output::{Output, write_file};
use super::scripts::{read_bytes, run_jobs};
use crate::matrix::observed::{EVIDENCE_FILE, Lattice, Observation, Wish, observe, read, write};
use crate::script::parse_env_text;
use crate::trace::utf8;

pub(super) fn record(args: &RecordArgs) -> Result<Exit, CliError> {
    let observation = match &args.from {
        Some(file) => recorded_elsewhere(file, &args.lane)?,
        None => recorded_here(args)?,
    };
    let text = write(&observation);
    let skipped = observation.behaviours.values().filter(|one| one.run.is_err()).count();
    let exit = if args.runner.strict && skipped > 0 { Exit::Findings } else { Exit::Good };
    if let Some(output) = &args.output {
        return super::emit(&Output::new(output), &text, exit);
    }
    let folder = args.observed.join(&args.lane);
    std::fs::create_dir_all(&folder)
        .map_err(|source| CliError::Write { what: folder.display().to_string(), source })?;
    let file = folder.join(EVIDENCE_FILE);
    write_file(&file, &text)?;
    let ran = observation.behaviours.len() - skipped;
    let lattice = observation.lattice.as_ref().map_or(0, Lattice::len);
    anstream::eprintln!(
        "{}: {ran} behaviours, {skipped} skipped, {lattice} programs of two sockets",
        file.display()
    );
    Ok(exit)
}

fn recorded_elsewhere(file: &Path, lane: &str) -> Result<Observation, CliError> {
    let name = file.display();
    let bytes = read_bytes(file)?;
    let observation = utf8(&bytes)
        .and_then(read)
        .map_err(|error| CliError::unusable(format!("{name}: {error}")))?;
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
    let wish = Wish {
        lane: &args.lane,
        day: &today(),
        behaviours: &check::load(None)?,
        env: &env,
        lattice: true,
        retries: args.retries,
    };
    let mut observation = observed(&wish, &args.runner)?;
    if let Some(release) = &args.release {
        set_release(&mut observation, release);
    }
    Ok(observation)
}

/// Observes this machine.
pub(super) fn observed(wish: &Wish, runner: &RunnerArgs) -> Result<Observation, CliError> {
    let (observation, flakes) = observe(wish, |jobs| run_jobs(jobs, runner))?;
    for id in flakes {
        anstream::eprintln!("flake: {id} fits in another run");
    }
    Ok(observation)
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
