//! `bindproof shrink`: the shortest script that still diverges, and a program that shows it.

use std::time::Duration;

use indicatif::ProgressBar;

use super::args::ShrinkArgs;
use super::exit::{CliError, Exit};
use super::output::Output;
use super::scripts::{pool, read_scripts_or_traces, refuse_network};
use crate::judge::{Divergence, StepVerdict, annotated, judge_on, machines, reduce};
use crate::model::Machine;
use crate::reproduce::{Form, reproduce};
use crate::run::{Pool, ScriptJob, ScriptRun};
use crate::script::{Fail, Platform, Script, parse};
use crate::trace::{Header, Trace};

pub(super) fn shrink(args: &ShrinkArgs) -> Result<Exit, CliError> {
    let pool = pool(&args.runner)?;
    let mut scripts = Vec::new();
    for file in &args.files {
        scripts.extend(read_scripts_or_traces(file)?);
    }
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(100));
    let (mut product, mut found, mut judged) = (String::new(), 0, false);
    for script in &scripts {
        if !args.runner.allow_network {
            refuse_network(script)?;
        }
        let mut reducer = Reducer {
            pool: &pool,
            against: args.against,
            last: None,
            judged: false,
            failure: None,
        };
        let reduced = reduce(script, |shorter| {
            bar.set_message(format!("{} calls", shorter.steps.len()));
            bar.tick();
            reducer.first_divergence(shorter)
        });
        if let Some(failure) = reducer.failure.take() {
            bar.finish_and_clear();
            return Err(failure);
        }
        judged |= reducer.judged;
        let Some(reduced) = reduced else { continue };
        found += 1;
        if found > 1 && args.form.is_some_and(|form| form != Form::Script) {
            bar.finish_and_clear();
            return Err(CliError::unusable(
                "more than one script diverges, and a program shows one: give one at a time, or use \
                 --as script",
            ));
        }
        bar.suspend(|| anstream::eprintln!("{}", reduced.divergence));
        // The header of a run of the shortest script says what to expect of it.
        reducer.first_divergence(&reduced.script);
        let Some(header) = &reducer.last else { continue };
        if found > 1 {
            product.push_str("---\n");
        }
        product.push_str(&written(&reduced.script, header, args)?);
    }
    bar.finish_and_clear();
    if found == 0 {
        anstream::eprintln!("nothing {}", if judged { "diverges" } else { "was judged" });
    }
    let exit = match (found, judged) {
        (0, true) => Exit::Good,
        (0, false) => Exit::NothingJudged,
        _ => Exit::Findings,
    };
    super::emit(&Output::new(&args.output), &product, exit)
}

/// The shortest script that diverges from this machine's own model as `script` does; `None` if it
/// does not, or cannot be run.
pub(super) fn shortest(pool: &Pool, script: &Script) -> Option<Script> {
    let mut reducer = Reducer { pool, against: None, last: None, judged: false, failure: None };
    reduce(script, |shorter| reducer.first_divergence(shorter)).map(|reduced| reduced.script)
}

fn written(script: &Script, header: &Header, args: &ShrinkArgs) -> Result<String, CliError> {
    let Some(form) = args.form else { return Ok(script.to_string()) };
    let (machines, fails) = of(header, args.against).map_err(CliError::unusable)?;
    let mut script = annotated(script, machines, fails);
    let whose = args.against.map_or_else(|| header.platform.os.clone(), |p| p.to_string());
    script.title =
        Some(format!("What the model of {whose} expects, and something answers otherwise"));
    if form == Form::Script {
        return Ok(script.to_string());
    }
    reproduce(&script, form).map_err(|error| CliError::unusable(error.to_string()))
}

/// The machines that a run is judged by: its own, or those of another platform that are set up
/// alike.
fn of(header: &Header, against: Option<Platform>) -> Result<(Vec<Machine>, Vec<Fail>), String> {
    let Some(platform) = against else { return machines(header) };
    let mut header = header.clone();
    header.platform.os = platform.to_string();
    header.platform.kernel = "unknown".into();
    header.platform.libc = String::new();
    header.environment.somaxconn = None;
    header.environment.bindv6only = None;
    machines(&header)
}

struct Reducer<'a> {
    pool: &'a Pool,
    against: Option<Platform>,
    /// The header of the last run.
    last: Option<Header>,
    /// Did the model say something of any step?
    judged: bool,
    failure: Option<CliError>,
}

impl Reducer<'_> {
    fn first_divergence(&mut self, script: &Script) -> Option<Divergence> {
        if self.failure.is_some() {
            return None;
        }
        match self.run(script) {
            Ok(mut trace) => {
                self.last = Some(trace.header.clone());
                if let Some(platform) = self.against {
                    for step in &mut trace.steps {
                        step.outcome = step.outcome.numbered_as_on(platform);
                    }
                }
                let verdict = judge_on(&trace, of(&trace.header, self.against));
                self.judged |=
                    verdict.steps.iter().any(|step| !matches!(step, StepVerdict::Unmodelled(_)));
                verdict.steps.into_iter().find_map(|step| match step {
                    StepVerdict::Diverged(divergence) => Some(*divergence),
                    _ => None,
                })
            }
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }

    fn run(&self, script: &Script) -> Result<Trace, CliError> {
        // With its expectations, so that a step which waits in vain does so for a short time.
        let expected = match &self.last {
            Some(header) => machines(header)
                .map_or_else(|_| script.clone(), |(all, fails)| annotated(script, all, fails)),
            None => script.clone(),
        };
        let parsed = parse(&expected.to_string())
            .map_err(|error| CliError::unusable(error.to_string()))?
            .remove(0);
        match self.pool.run(&[ScriptJob { parsed, seed: None }], &|_| {}).remove(0) {
            ScriptRun::Ran(trace) => Ok(*trace),
            ScriptRun::Skipped(why) | ScriptRun::Broken(why) => Err(CliError::unusable(why)),
        }
    }
}
