//! The answer of a behaviour in a few words.

use super::bindings::Bindings;
use super::verdict::fits;
use crate::script::{Answer, Expectation, Script};
use crate::trace::{Outcome, Trace, Value};

/// The steps that tell: those for which the behaviour says what it expects, else the last one.
/// Counted from 0.
pub(super) fn telling(script: &Script) -> impl Iterator<Item = usize> {
    let written =
        |index: &usize| !matches!(script.steps[*index].expectation, Expectation::Unwritten);
    let any = (0..script.steps.len()).any(|index| written(&index));
    let last = script.steps.len().saturating_sub(1);
    (0..script.steps.len()).filter(move |index| if any { written(index) } else { *index == last })
}

/// Answers side by side, without immediate repetition.
pub(super) fn joined(answers: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<String> = answers.collect();
    parts.dedup();
    parts.join(" ")
}

/// What a trace answered at the telling steps, of the words of [`words`].
pub(super) fn answer(script: &Script, words: &[String]) -> String {
    let word = |index: usize| words.get(index).cloned().unwrap_or_else(|| "-".to_string());
    joined(telling(script).map(word))
}

/// What each step of a trace answered, without the numbers that differ from run to run. Where an
/// address is what the script expects it is written as the script does, with the names of its
/// ports.
pub(super) fn words(script: &Script, trace: &Trace) -> Vec<String> {
    let bindings = Bindings::of(script, trace);
    let steps = script.steps.iter().zip(&trace.steps);
    steps
        .map(|(step, made)| {
            let expected: Vec<&Answer> = match &step.expectation {
                Expectation::All(answers) => answers.iter().collect(),
                Expectation::Some(platforms) => {
                    platforms.iter().flat_map(|(_, answers)| answers).collect()
                }
                Expectation::Unwritten => Vec::new(),
            };
            let as_written = expected.into_iter().find(|answer| {
                matches!(answer, Answer::OkValue(_)) && fits(answer, &made.outcome, &bindings)
            });
            match (as_written, &made.outcome) {
                (Some(answer), _) => answer.to_string(),
                (None, Outcome::Ok(Value::Local(_) | Value::Peer(_))) => "ok".into(),
                // The reason is long, and every lane of a system has the same.
                (None, Outcome::NotSupported(_)) => "n/a".into(),
                (None, outcome) => outcome.to_string(),
            }
        })
        .collect()
}
