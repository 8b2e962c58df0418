//! What the model says: predictions of scripts, and verdicts on traces.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::terminal::{paint, table, text};
use crate::judge::{Prediction, StepVerdict, TraceVerdict, Word};
use crate::trace::{EndReason, Trace};

/// The predictions of one script, a line a call.
#[must_use]
pub fn predictions_terminal(title: &str, predictions: &[Prediction], width: u16) -> String {
    let mut rows = table(width);
    for one in predictions {
        let (answer, confidence) = match (&one.allowed, one.confidence) {
            (Ok(allowed), Some(confidence)) => (allowed.join(" or "), confidence.to_string()),
            (Ok(allowed), None) => (allowed.join(" or "), String::new()),
            (Err(why), _) => (format!("unmodelled: {why}"), String::new()),
        };
        let rules = one.rules.join(", ");
        rows.add_row([&one.step.to_string(), &one.call, &answer, &confidence, &rules]);
    }
    format!("# {title}\n{}", text(&rows))
}

/// The same, an object a call; scripts count from 1.
#[must_use]
pub fn predictions_lines(file: &str, script: usize, predictions: &[Prediction]) -> String {
    predictions
        .iter()
        .map(|one| {
            let mut object =
                json!({ "file": file, "script": script, "step": one.step, "call": one.call });
            match &one.allowed {
                Ok(allowed) => object["allowed"] = json!(allowed),
                Err(why) => object["unmodelled"] = json!(why),
            }
            object["rules"] = json!(one.rules);
            object["confidence"] = json!(one.confidence.map(|one| one.to_string()));
            format!("{object}\n")
        })
        .collect()
}

/// The verdict on a trace: its word, every step that diverged or is not modelled, and for a
/// divergence the command that shows it `again`, where there is one.
#[must_use]
pub fn verdict_terminal(
    name: &str,
    trace: &Trace,
    verdict: &TraceVerdict,
    again: Option<&str>,
) -> String {
    let word = verdict.word();
    let style = match word {
        Word::Allowed => AnsiColor::Green.on_default(),
        Word::Unmodelled => AnsiColor::Yellow.on_default(),
        Word::Diverged => AnsiColor::Red.on_default().bold(),
    };
    let of = |wanted: fn(&StepVerdict) -> bool| verdict.steps.iter().filter(|s| wanted(s)).count();
    let early = match trace.end {
        EndReason::Complete => "",
        EndReason::Limit => ", ended early by a limit on steps, sockets or time",
        EndReason::Died => ", ended early: the process that made the calls died",
    };
    let mut output = format!(
        "{} {name}: {} steps, {} diverged, {} unmodelled{early}\n",
        paint(style, &word.to_string()),
        trace.steps.len(),
        of(|step| matches!(step, StepVerdict::Diverged(_))),
        of(|step| matches!(step, StepVerdict::Unmodelled(_))),
    );
    for (made, step) in trace.steps.iter().zip(&verdict.steps) {
        match step {
            StepVerdict::Allowed(_) => {}
            StepVerdict::Unmodelled(why) => {
                let _ = writeln!(
                    output,
                    "  step {}: {}: {}, unmodelled: {why}",
                    made.step, made.call, made.outcome
                );
            }
            StepVerdict::Diverged(one) => {
                let bold = Style::new().bold();
                let _ = writeln!(output, "  step {}: {}", one.step, paint(bold, &one.call));
                let _ = writeln!(output, "    got {}", one.got_in_words());
                let _ = writeln!(
                    output,
                    "    allowed {} by {}",
                    one.allowed.join(" or "),
                    one.rules.join(", ")
                );
                let _ = match &one.nearest {
                    Some(nearest) => writeln!(
                        output,
                        "    {} would allow it {}",
                        nearest.rule, nearest.condition
                    ),
                    None => writeln!(output, "    no rule near it would allow it"),
                };
            }
        }
    }
    if let (Word::Diverged, Some(again)) = (word, again) {
        let _ = writeln!(output, "  replay: {again}");
    }
    output
}

/// The same, an object for every step that diverged or is not modelled, and one for the whole trace
/// if there is none or the trace ended early.
#[must_use]
pub fn verdict_lines(name: &str, trace: &Trace, verdict: &TraceVerdict) -> String {
    let mut lines = String::new();
    for (made, step) in trace.steps.iter().zip(&verdict.steps) {
        let object = match step {
            StepVerdict::Allowed(_) => continue,
            StepVerdict::Unmodelled(why) => json!({
                "trace": name,
                "verdict": Word::Unmodelled.to_string(),
                "step": made.step,
                "call": made.call,
                "got": made.outcome.to_string(),
                "allowed": null,
                "rule": null,
                "why": why,
            }),
            StepVerdict::Diverged(one) => json!({
                "trace": name,
                "verdict": Word::Diverged.to_string(),
                "step": made.step,
                "call": made.call,
                "got": one.got_in_words(),
                "allowed": one.allowed,
                "rule": one.rules.first(),
                "rules": one.rules,
                "nearest": one.nearest.as_ref().map(|nearest| {
                    json!({ "rule": nearest.rule, "condition": nearest.condition })
                }),
            }),
        };
        let _ = writeln!(lines, "{object}");
    }
    if lines.is_empty() || trace.end != EndReason::Complete {
        let object = json!({
            "trace": name,
            "verdict": verdict.word().to_string(),
            "step": null,
            "call": null,
            "got": null,
            "allowed": null,
            "rule": null,
            "end": trace.end.to_string(),
        });
        let _ = writeln!(lines, "{object}");
    }
    lines
}
