//! What a platform would answer to a behaviour, by the model and by what the behaviour expects.

use super::answer::telling;
use super::behaviour::Behaviour;
use crate::judge::{Judge, usual_machines};
use crate::run::{Faults, Limits, Ports, SimulatedSubject, drive};
use crate::script::{Env, Expectation, Platform, alternatives};
use crate::trace::Outcome;

/// A prediction for one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredictedStep {
    /// The call as the script writes it.
    pub call: String,
    /// The answers that are allowed, or the reason why the model does not say.
    pub allowed: Result<Vec<String>, String>,
    /// The rules that say so.
    pub rules: Vec<String>,
    /// What the behaviour expects, where it is written.
    pub written: Option<String>,
}

/// A prediction for a whole behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// Every step.
    pub steps: Vec<PredictedStep>,
    /// The answers of the telling steps.
    pub answer: String,
    /// How sure the behaviour is of this platform.
    pub confidence: String,
}

/// Predicts a behaviour on a platform as it usually is, for a process that may do what root may.
///
/// The model plays the system; where it leaves several answers open, the script goes on with the
/// first.
#[must_use]
pub fn predict(behaviour: &Behaviour, platform: Platform) -> Prediction {
    let script = &behaviour.parsed.script;
    let (mut machines, fails) = usual_machines(platform, None, &script.env);
    for machine in &mut machines {
        machine.privileged = !script.env.contains(&Env::Unprivileged);
    }
    let mut judge = Judge::new(machines.clone(), fails.clone());
    let mut steps = Vec::new();
    if let Some(machine) = machines.first() {
        let mut subject = SimulatedSubject::new(machine.clone(), Faults::new(platform, &fails));
        let mut ports = Ports::private(machine.ephemeral);
        let mut sink = |made: crate::run::Made<'_>| {
            let (allowed, rules) = match judge.allowed(&made.call) {
                Ok(all) => {
                    let (mut answers, mut rules) = (Vec::new(), Vec::new());
                    for (answer, rule) in all {
                        push_new(&mut answers, answer);
                        push_new(&mut rules, rule.to_string());
                    }
                    (Ok(answers), rules)
                }
                Err(why) => (Err(why), Vec::new()),
            };
            let expectation = &script.steps[steps.len()].expectation;
            let call = made.written.to_string();
            steps.push(PredictedStep { call, allowed, rules, written: written(expectation, platform) });
            if !matches!(made.outcome, Outcome::NotSupported(_)) {
                judge.step(&made.call, &made.outcome);
            }
        };
        // Ports of a simulated network do not run out.
        let _ = drive(script, &mut subject, &mut ports, Some(platform), &Limits::default(), &mut sink);
    }
    let answers = telling(script).filter_map(|index| steps.get(index)).map(|step| {
        match (&step.written, &step.allowed) {
            // An address is written with the names of its ports, which says more than a number.
            (Some(written), _) if written.starts_with("ok=") => written.clone(),
            (_, Ok(answers)) => answers.join("|"),
            (Some(written), Err(_)) => written.clone(),
            (None, Err(_)) => "?".to_string(),
        }
    });
    let answer = super::answer::joined(answers);
    let confidence = behaviour.confidence(platform).unwrap_or("unknown").to_string();
    Prediction { steps, answer, confidence }
}

fn written(expectation: &Expectation, platform: Platform) -> Option<String> {
    match expectation {
        Expectation::Unwritten => Some("ok".into()),
        written => written.for_platform(platform).map(alternatives),
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
