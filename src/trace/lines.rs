//! Writing and reading traces, line by line.

use super::header::{EndReason, Header, Trace, TraceStep};
use super::parts::parsed;
use super::wire::{EndLine, FORMAT, HeaderLine, Marks, StepLine, outcome, outcome_json};
use crate::script::parse_call_text;

/// The longest line that is read, in bytes: a header holds a whole script.
pub const TRACE_LINE_MAX: usize = 4 << 20;

/// Why a text is not a trace, and on which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: usize,
    /// What was expected.
    pub message: String,
}

/// Bytes as text.
///
/// # Errors
/// The line of the first byte that is no UTF-8.
///
/// ```
/// let error = bindproof::trace::utf8(b"one\ntwo \xff\n").unwrap_err();
/// assert_eq!(error.to_string(), "line 2: expected UTF-8");
/// ```
pub fn utf8(bytes: &[u8]) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        ReadError { line, message: "expected UTF-8".into() }
    })
}

/// A line of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceLine {
    /// The first one.
    Header(Box<Header>),
    /// A call.
    Step(TraceStep),
    /// The last one.
    End {
        /// How many steps were written.
        steps: usize,
        /// Why the trace ends.
        why: EndReason,
    },
}

/// The header as a line of JSON, without a newline.
#[must_use]
pub fn write_header(header: &Header) -> String {
    json(&HeaderLine::from(header))
}

/// A step as a line of JSON, without a newline.
#[must_use]
pub fn write_step(step: &TraceStep) -> String {
    let line =
        StepLine { step: step.step, call: step.call.clone(), outcome: outcome_json(&step.outcome) };
    json(&line)
}

/// The last line, without a newline.
#[must_use]
pub fn write_end(steps: usize, why: EndReason) -> String {
    json(&EndLine { kind: "end".into(), steps, why: why.to_string() })
}

/// A whole trace, with a newline after every line.
#[must_use]
pub fn write(trace: &Trace) -> String {
    let mut text = write_header(&trace.header);
    text.push('\n');
    for step in &trace.steps {
        text.push_str(&write_step(step));
        text.push('\n');
    }
    text.push_str(&write_end(trace.steps.len(), trace.end));
    text.push('\n');
    text
}

fn json(line: &impl serde::Serialize) -> String {
    serde_json::to_string(line).expect("strings and numbers always serialise")
}

/// Reads one line.
///
/// # Errors
/// What was expected instead.
pub fn read_line(text: &str) -> Result<TraceLine, String> {
    if text.len() > TRACE_LINE_MAX {
        return Err(format!("expected a line of at most {TRACE_LINE_MAX} bytes"));
    }
    let marks: Marks = parsed(text).map_err(|error| format!("expected a JSON object: {error}"))?;
    if marks.format.is_some() || marks.kind.as_ref().is_some_and(|kind| kind == "trace") {
        return header(text, &marks);
    }
    if marks.step.is_some() {
        let line: StepLine =
            parsed(text).map_err(|error| format!("expected step, call and outcome: {error}"))?;
        let call = parse_call_text(&line.call).map_err(|error| {
            format!("expected a call, found {:?}: {}", line.call, error.message)
        })?;
        let outcome = outcome(&line.outcome, call.verb())?;
        return Ok(TraceLine::Step(TraceStep { step: line.step, call: line.call, outcome }));
    }
    let line: EndLine =
        parsed(text).map_err(|error| format!("expected a header, a step or the end: {error}"))?;
    if line.kind != "end" {
        return Err(format!("expected the kind \"end\", found {:?}", line.kind));
    }
    let why = match line.why.as_str() {
        "complete" => EndReason::Complete,
        "limit" => EndReason::Limit,
        "died" => EndReason::Died,
        other => return Err(format!("expected complete, limit or died, found {other:?}")),
    };
    Ok(TraceLine::End { steps: line.steps, why })
}

fn header(text: &str, marks: &Marks) -> Result<TraceLine, String> {
    let shown = |mark: &Option<serde_json::Value>| mark.clone().unwrap_or_default();
    if marks.format != Some(FORMAT.into()) {
        return Err(format!(
            "this trace has format {}, and this version reads format {FORMAT} only",
            shown(&marks.format)
        ));
    }
    if !marks.kind.as_ref().is_some_and(|kind| kind == "trace") {
        return Err(format!("expected the kind \"trace\", found {}", shown(&marks.kind)));
    }
    let line: HeaderLine =
        parsed(text).map_err(|error| format!("expected a whole header: {error}"))?;
    Ok(TraceLine::Header(Box::new(line.try_into()?)))
}

/// Reads traces that stand one after the other.
///
/// # Errors
/// The first line that is not as it must be; a trace that was cut off is named by the line after
/// its last.
pub fn read(text: &str) -> Result<Vec<Trace>, ReadError> {
    let mut traces = Vec::new();
    let mut open: Option<(Header, Vec<TraceStep>)> = None;
    let mut number = 0;
    for line in text.lines() {
        number += 1;
        let wrong = |message: String| ReadError { line: number, message };
        match (read_line(line).map_err(wrong)?, &mut open) {
            (TraceLine::Header(header), None) => open = Some((*header, Vec::new())),
            (TraceLine::Header(_), Some(_)) => {
                return Err(wrong(
                    "the trace before this header was cut off: it has no end".into(),
                ));
            }
            (_, None) => return Err(wrong("expected a header first".into())),
            (TraceLine::Step(step), Some((_, steps))) => {
                let next = steps.len() + 1;
                if step.step != next {
                    return Err(wrong(format!("expected step {next}, found step {}", step.step)));
                }
                steps.push(step);
            }
            (TraceLine::End { steps: count, why }, Some((_, steps))) => {
                if count != steps.len() {
                    let found = steps.len();
                    return Err(wrong(format!(
                        "the end counts {count} steps, but {found} stand here"
                    )));
                }
                if let Some((header, steps)) = open.take() {
                    traces.push(Trace { header, steps, end: why });
                }
            }
        }
    }
    if open.is_some() {
        let message = "the trace was cut off: it has no end".into();
        return Err(ReadError { line: number + 1, message });
    }
    Ok(traces)
}
