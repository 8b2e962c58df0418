//! GitHub's workflow commands.

use std::fmt::Write;

use super::{flakes, items, nothing_earlier};
use crate::matrix::LaneResult;

/// GitHub shows so many annotations of one kind for a step.
const ANNOTATIONS_MAX: usize = 10;

/// Annotations, at most as many as are shown.
#[must_use]
pub fn github(results: &[LaneResult], unmatched: &[String]) -> String {
    let found = results.iter().flat_map(|result| {
        let title = |head| format!("{}: {head}", result.lane);
        items(result).into_iter().map(move |item| (title(item.head), item.more))
    });
    let unmatched = unmatched.iter().map(|line| (line.clone(), line.clone()));
    let found: Vec<_> = found.chain(unmatched).collect();
    let flakes = results.iter().flat_map(|result| {
        let title = |head| format!("{}: flake, {head}", result.lane);
        flakes(result).into_iter().map(move |item| (title(item.head), item.more))
    });
    let flakes: Vec<_> = flakes.collect();
    let mut text = annotations("bindproof gate", &found) + &of_kind("warning", "flakes", &flakes);
    if let Some(line) = nothing_earlier(results) {
        let _ = writeln!(text, "::notice title=bindproof gate::{}", data(&line));
    }
    text
}

/// Errors with a title and a text.
pub(in crate::report) fn annotations(command: &str, all: &[(String, String)]) -> String {
    of_kind("error", command, all)
}

/// Annotations of a kind; what is over the limit is counted in the last one.
fn of_kind(kind: &str, name: &str, all: &[(String, String)]) -> String {
    let mut text = String::new();
    let shown = if all.len() > ANNOTATIONS_MAX { ANNOTATIONS_MAX - 1 } else { all.len() };
    for (title, more) in &all[..shown] {
        let _ = writeln!(text, "::{kind} title={}::{}", property(title), data(more));
    }
    if all.len() > shown {
        let _ = writeln!(text, "::{kind} title={name}::and {} more", all.len() - shown);
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
