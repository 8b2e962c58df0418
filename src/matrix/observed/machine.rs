//! An observation of this machine.

use super::{Lattice, Observation, in_environment};
use crate::judge::{Word, judge};
use crate::matrix::Behaviour;
use crate::run::{ScriptJob, ScriptRun};
use crate::script::{Env, Parsed};

/// What is to be observed.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// The lane's name.
    pub lane: &'a str,
    /// The day, `2026-11-25`.
    pub day: &'a str,
    /// The behaviours.
    pub behaviours: &'a [Behaviour],
    /// `env` lines for every script.
    pub env: &'a [Env],
    /// Every program of two sockets besides.
    pub lattice: bool,
    /// How often what differs from the model is run again; a run that fits is kept.
    pub retries: u32,
}

/// Runs behaviours and the two-socket lattice with `run`, which answers in the order of its jobs.
/// The ids of behaviours that fitted only in another run come besides.
///
/// # Errors
/// The runner's, and what [`Observation::collect`] refuses.
pub fn observe<E: From<String>>(
    wish: &Wish,
    mut run: impl FnMut(&[ScriptJob]) -> Result<Vec<ScriptRun>, E>,
) -> Result<(Observation, Vec<String>), E> {
    let Wish { behaviours, env, .. } = wish;
    let mut scripts: Vec<Result<Parsed, String>> =
        behaviours.iter().map(|one| in_environment(&one.parsed, env)).collect();
    if wish.lattice {
        for script in Lattice::scripts() {
            let source = script.to_string();
            scripts.push(Ok(in_environment(&Parsed { script, source, line: 1 }, env)?));
        }
    }
    let mut runs = run_some(&scripts, &mut run)?;
    let lattice = runs.split_off(behaviours.len());
    let mut flakes = Vec::new();
    let mut again: Vec<usize> = Vec::new();
    if wish.retries > 0 {
        again = (0..runs.len()).filter(|index| differs(&runs[*index])).collect();
    }
    for _ in 0..wish.retries {
        let scripts: Vec<_> = again.iter().map(|index| scripts[*index].clone()).collect();
        let later = again.iter().copied().zip(run_some(&scripts, &mut run)?).collect::<Vec<_>>();
        for (index, run) in later {
            if matches!(run, ScriptRun::Ran(_)) && !differs(&run) {
                flakes.push(behaviours[index].id.clone());
                runs[index] = run;
                again.retain(|one| *one != index);
            }
        }
    }
    let lattice = wish.lattice.then_some(lattice.as_slice());
    let observation = Observation::collect(wish.lane, wish.day, behaviours, &runs, lattice)?;
    Ok((observation, flakes))
}

/// Does the model not allow it, or could it not be run?
fn differs(run: &ScriptRun) -> bool {
    match run {
        ScriptRun::Ran(trace) => judge(trace).word() == Word::Diverged,
        ScriptRun::Broken(_) => true,
        ScriptRun::Skipped(_) => false,
    }
}

/// Runs the scripts that there are; the others are skipped with their reason.
fn run_some<E>(
    scripts: &[Result<Parsed, String>],
    run: &mut impl FnMut(&[ScriptJob]) -> Result<Vec<ScriptRun>, E>,
) -> Result<Vec<ScriptRun>, E> {
    let job = |parsed: &Parsed| ScriptJob { parsed: parsed.clone(), seed: None };
    let jobs: Vec<_> = scripts.iter().flatten().map(job).collect();
    let mut done = run(&jobs)?.into_iter();
    Ok(scripts
        .iter()
        .map(|script| match script {
            Ok(_) => done.next().expect("a run for each job"),
            Err(why) => ScriptRun::Skipped(why.clone()),
        })
        .collect())
}
