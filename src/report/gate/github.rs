//! GitHub's workflow commands.

use std::fmt::Write;

use super::items;
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
    let mut text = annotations("bindproof gate", &found.chain(unmatched).collect::<Vec<_>>());
    for result in results.iter().filter(|result| !result.flakes.is_empty()) {
        let lane = property(&result.lane);
        let _ = writeln!(text, "::warning title={lane}::{} flakes", result.flakes.len());
    }
    text
}

/// Errors with a title and a text; what is over the limit is counted in the last one.
pub(in crate::report) fn annotations(command: &str, all: &[(String, String)]) -> String {
    let mut text = String::new();
    let shown = if all.len() > ANNOTATIONS_MAX { ANNOTATIONS_MAX - 1 } else { all.len() };
    for (title, more) in &all[..shown] {
        let _ = writeln!(text, "::error title={}::{}", property(title), data(more));
    }
    if all.len() > shown {
        let _ = writeln!(text, "::error title={command}::and {} more", all.len() - shown);
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
