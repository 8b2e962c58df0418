//! Texts and traces as a person reads them, however broken they are.

use std::fmt::Write;

use crate::script::{parse_bytes, parse_call_text};
use crate::trace::{TraceLine, read_line, write_header};

/// A script as it stands there, where every character can be seen, else as it is printed. What is no
/// script is shown in comments.
pub(super) fn script(data: &[u8]) -> String {
    match parse_bytes(data) {
        Ok(scripts) => match std::str::from_utf8(data) {
            Ok(text) if can_be_seen(text) => or_nothing(text.to_string()),
            _ => {
                let scripts: Vec<_> = scripts.iter().map(|one| one.script.to_string()).collect();
                or_nothing(scripts.join("---\n"))
            }
        },
        Err(error) => format!("# no script: {}\n{}", visible(&error.to_string()), comments(data)),
    }
}

/// The calls of traces, each with its outcome in a comment; what is no line of a trace is a comment.
pub(super) fn traces(data: &[u8]) -> String {
    let mut text = String::new();
    for line in String::from_utf8_lossy(data).lines() {
        match read_line(line) {
            Ok(TraceLine::Header(mut header)) => {
                let separator = if text.is_empty() { "" } else { "---\n" };
                // The steps say it again.
                header.script = String::new();
                let _ = writeln!(text, "{separator}# {}", visible(&write_header(&header)));
            }
            Ok(TraceLine::Step(step)) => {
                let call = parse_call_text(&step.call).map(|call| call.to_string());
                let call = visible(&call.unwrap_or(step.call));
                let _ = writeln!(text, "{call}  # {}", visible(&step.outcome.to_string()));
            }
            Ok(TraceLine::End { steps, why }) => {
                let _ = writeln!(text, "# the end, after {steps} steps: {why:?}");
            }
            Err(why) => {
                let _ = writeln!(text, "# no line of a trace: {}", visible(&why));
                let _ = writeln!(text, "# {}", visible(line));
            }
        }
    }
    or_nothing(text)
}

/// Lines that are none of anything.
pub(super) fn comments(data: &[u8]) -> String {
    let mut text = String::new();
    for line in data.split(|byte| *byte == b'\n') {
        text.push_str("# ");
        for chunk in line.utf8_chunks() {
            text.push_str(&visible(chunk.valid()));
            for byte in chunk.invalid() {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
        text.push('\n');
    }
    text
}

/// What would move a terminal's cursor, as it is written in a script's quotes.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            // All of them are below 0x100.
            let _ = write!(shown, "\\x{:02x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

fn can_be_seen(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t')
}

fn or_nothing(text: String) -> String {
    if text.trim().is_empty() { "# nothing".into() } else { text }
}
