//! A step as a line: the call, a tab, and the outcome in a word, or as JSON where no word does.

use serde_json::json;

use super::named_error;
use crate::trace::{self, Header, Outcome, TraceLine, TraceStep, Value, outcome_json, read_line};

/// The line of a step, without a newline.
pub(super) fn write_step(header: &Header, step: &TraceStep) -> String {
    format!("{}\t{}", step.call, word(header, &step.outcome))
}

fn word(header: &Header, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok(Value::Done) => "ok".into(),
        Outcome::Blocked => "blocks".into(),
        Outcome::Absent(name) => format!("absent {name}"),
        Outcome::Error { name, .. } if named_error(header, name) == *outcome => name.clone(),
        other => outcome_json(other).to_string(),
    }
}

/// The step with this number from its line.
pub(super) fn read_step(header: &Header, line: &str, number: usize) -> Result<TraceStep, String> {
    let (call, word) = line.rsplit_once('\t').ok_or("expected a call, a tab and an outcome")?;
    let outcome = match word.split_once(' ') {
        _ if word.starts_with('{') => {
            trace::json(word).map_err(|error| format!("expected JSON: {error}"))?
        }
        Some(("absent", name)) => outcome_json(&Outcome::Absent(name.into())),
        None if word == "ok" => json!({ "ok": true }),
        None if word == "blocks" => outcome_json(&Outcome::Blocked),
        None => outcome_json(&named_error(header, word)),
        Some(_) => return Err(format!("expected an outcome, found {word:?}")),
    };
    // The reader of traces knows what a call and its outcome may be.
    let whole = json!({ "step": number, "call": call, "outcome": outcome });
    match read_line(&whole.to_string())? {
        TraceLine::Step(step) => Ok(step),
        _ => unreachable!("an object with a step is a step"),
    }
}
