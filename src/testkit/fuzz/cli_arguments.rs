//! The command line: whatever the words, they are taken or refused with a reason.

use std::fmt::Write;

use super::{Found, as_text};
use crate::cli;

/// More words than any command takes.
const WORDS_MAX: usize = 24;

/// One word a line, so that a dictionary and a person can read it.
fn words(data: &[u8]) -> Vec<String> {
    as_text(data).split('\n').take(WORDS_MAX).map(str::to_string).collect()
}

pub(super) fn body(data: &[u8]) -> Found {
    match cli::understood(words(data)) {
        Ok(shown) if shown.is_empty() => Err("taken as nothing".into()),
        Ok(_) => Ok(()),
        // Help and version go to stdout with 0, everything else is wrong use.
        Err((0 | 2, message)) if !message.trim().is_empty() => Ok(()),
        Err((code, message)) => Err(format!("refused with code {code} and {message:?}")),
    }
}

/// The command, as a shell would be given it.
pub(super) fn print(data: &[u8]) -> String {
    let mut text = String::from("bindproof");
    for word in words(data) {
        text.push(' ');
        text.push_str(&quoted(&word));
    }
    text
}

fn quoted(word: &str) -> String {
    if !word.contains(char::is_control) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut text = String::from("$'");
    for c in word.chars() {
        match c {
            '\'' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text + "'"
}
