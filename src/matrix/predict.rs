//! What a platform would answer to a behaviour, by the model and by what the behaviour expects.

use super::answer::{joined, telling};
use super::behaviour::Behaviour;
use crate::judge::{Prediction, predict_on};
use crate::model::usual_machines;
use crate::script::{Env, Expectation, Platform, alternatives};

/// A prediction for a whole behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predicted {
    /// What the model says of each step.
    pub steps: Vec<Prediction>,
    /// What the behaviour expects of each step, where it is written.
    pub written: Vec<Option<String>>,
    /// The answers of the telling steps.
    pub answer: String,
    /// How sure the behaviour is of this platform.
    pub confidence: String,
}

/// Predicts a behaviour on a platform as it usually is, for a process that may do what root may.
#[must_use]
pub fn predict(behaviour: &Behaviour, platform: Platform) -> Predicted {
    let script = &behaviour.parsed.script;
    let (mut machines, fails) = usual_machines(platform, None, &script.env);
    for machine in &mut machines {
        machine.privileged = !script.env.contains(&Env::Unprivileged);
    }
    let steps = predict_on(script, machines, fails);
    let expected = |expectation: &Expectation| match expectation {
        Expectation::Unwritten => Some("ok".into()),
        written => written.for_platform(platform).map(alternatives),
    };
    let written: Vec<_> = script.steps.iter().map(|step| expected(&step.expectation)).collect();
    let answer = joined(telling(script).map(|index| {
        match (&written[index], steps.get(index).map(|step| &step.allowed)) {
            // An address is written with the names of its ports, which says more than a number.
            (Some(written), _) if written.starts_with("ok=") => written.clone(),
            (_, Some(Ok(answers))) => answers.join("|"),
            (Some(written), _) => written.clone(),
            (None, _) => "?".to_string(),
        }
    }));
    let confidence = behaviour.confidence(platform).unwrap_or("unknown").to_string();
    Predicted { steps, written, answer, confidence }
}
