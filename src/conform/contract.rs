//! The contract of `bind_sockets`, held against runs of a subject.

use crate::judge::{Divergence, Judge, StepVerdict, machines};
use crate::matrix::{Behaviour, embedded};
use crate::script::{
    Answer, Call, Expectation, Script, Step, Verb, errors, parse, parse_call_text,
};
use crate::trace::{Outcome, Trace};

use super::bench::Run;
use super::filters;
use super::subject::UNNAMED;

/// The backlog where none is asked for (R1).
const BACKLOG: i32 = 128;

/// What the judge says of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// Calls of the subject that were judged.
    pub judged: usize,
    /// What does not fit.
    pub divergences: Vec<Divergence>,
    /// Why nothing can be said of some steps.
    pub unmodelled: Vec<String>,
}

/// The length of a queue against what was asked for: the backlog as given, 128 by default, no
/// longer than the system allows; a negative one is the longest (R21).
#[must_use]
pub fn wrong_backlogs(run: &Run) -> Vec<String> {
    let Some(trace) = &run.trace else { return Vec::new() };
    let Some(limit) = trace.header.environment.somaxconn else { return Vec::new() };
    let mut wrong = Vec::new();
    for step in &trace.steps {
        let Ok(Call::BindSockets { name, args }) = parse_call_text(&step.call) else { continue };
        let asked = u32::try_from(args.backlog.unwrap_or(BACKLOG)).unwrap_or(u32::MAX);
        for seen in run.seen.iter().filter(|seen| seen.socket.starts_with(&format!("{name}."))) {
            if let Some(found) = seen.backlog.filter(|found| *found != asked.min(limit)) {
                let wanted = asked.min(limit);
                wrong.push(format!(
                    "{}: the queue of {} is {found}, not {wanted}",
                    step.call, seen.socket
                ));
            }
        }
    }
    wrong
}

/// Judges a run by the rules of the reference and of the system. Errors count by their names: an
/// error without one is any error, and where the contract has an error of its own, before any
/// call, every error is right.
#[must_use]
pub fn judge(trace: &Trace) -> Judged {
    let mut judged = Judged::default();
    let (machines, fails) = match machines(&trace.header) {
        Ok(found) => found,
        Err(why) => {
            judged.unmodelled.push(why);
            return judged;
        }
    };
    let script = parse(&trace.header.script).ok().and_then(|mut all| all.pop());
    let written = script.map(|parsed| parsed.script.steps).unwrap_or_default();
    let mut judge = Judge::new(machines, fails);
    let raw = !trace.steps.iter().any(|step| step.call.contains("bind_sockets"));
    for (index, step) in trace.steps.iter().enumerate() {
        let Ok(call) = parse_call_text(&step.call) else { continue };
        if let Some(written) = written.get(index) {
            judge.learn_from(&written.call, &call);
        }
        let outcome = as_allowed(&judge, &call, &step.outcome);
        let is_subjects = raw || matches!(call, Call::BindSockets { .. });
        match judge.step(&call, &outcome) {
            StepVerdict::Allowed(_) => judged.judged += usize::from(is_subjects),
            StepVerdict::Unmodelled(why) => judged.unmodelled.push(why),
            StepVerdict::Diverged(mut divergence) => {
                judged.judged += usize::from(is_subjects);
                divergence.got.clone_from(&step.outcome);
                judged.divergences.push(*divergence);
            }
        }
    }
    judged
}

/// The error that the contract allows, where a subject's error says the same in its own way.
fn as_allowed(judge: &Judge, call: &Call, outcome: &Outcome) -> Outcome {
    let (Call::BindSockets { .. }, Outcome::Error { name, .. }) = (call, outcome) else {
        return outcome.clone();
    };
    let Ok(allowed) = judge.allowed(call) else { return outcome.clone() };
    let errors = allowed.iter().map(|(answer, _)| answer).filter(|answer| is_error(answer));
    let own = |error: &&String| errors::REFERENCE.contains(&error.as_str());
    let mut fitting = errors.clone().filter(|error| name == UNNAMED || own(error));
    match fitting.next() {
        Some(error) if !errors.clone().any(|error| error == name) => {
            let code = crate::run::local_platform().and_then(|platform| {
                errors::code(platform, error).or_else(|| errors::resolver_code(platform, error))
            });
            Outcome::Error { name: error.clone(), code }
        }
        _ => outcome.clone(),
    }
}

fn is_error(answer: &str) -> bool {
    !answer.starts_with("ok") && answer != "blocks" && answer != "absent" && answer != "error"
}

/// The behaviours that a subject can be held to: they serve nobody, and ask for nothing that another
/// program cannot be put in. Those without `bind_sockets` are for a subject that offers the calls
/// themselves.
///
/// # Panics
/// Never: a test reads every embedded behaviour.
#[must_use]
pub fn behaviours(raw: bool) -> Vec<Behaviour> {
    let all = embedded().expect("the embedded behaviours parse");
    let wanted = |behaviour: &Behaviour| {
        let script = &behaviour.parsed.script;
        is_for_subjects(script) && (raw || !is_raw(script))
    };
    all.into_iter().filter(wanted).collect()
}

/// No call in it is one of a library.
pub(super) fn is_raw(script: &Script) -> bool {
    let own = |call: &Call| matches!(call.verb(), Verb::BindSockets | Verb::Serve | Verb::Stop);
    !script.steps.iter().any(|step| own(&step.call))
}

fn is_for_subjects(script: &Script) -> bool {
    let fits = |step: &Step| match &step.call {
        Call::BindSockets { args, .. } => args.port_attempts.is_none() && args.exclusive.is_none(),
        // Some libraries accept from the start.
        Call::Accept { listener, .. } => listener.index.is_none(),
        Call::Serve { .. } | Call::ServeMore { .. } | Call::Stop { .. } => false,
        // Nobody waits for ever, and the resolver is asked by bind_sockets.
        Call::Resolve { .. } => false,
        _ => !waits_in_vain(step),
    };
    script.steps.iter().all(fits) && filters::refused(&script.env).is_ok()
}

/// An adapter that waits for ever looks like one that hangs.
fn waits_in_vain(step: &Step) -> bool {
    let blocks = |answers: &[Answer]| answers.contains(&Answer::Blocks);
    match &step.expectation {
        Expectation::Unwritten => false,
        Expectation::All(answers) => blocks(answers),
        Expectation::Some(all) => all.iter().any(|(_, answers)| blocks(answers)),
    }
}
