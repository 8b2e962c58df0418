//! For a person at a terminal.

use std::fmt::Write;

use super::{flakes, items, nothing_earlier};
use crate::matrix::LaneResult;
use crate::report::terminal::lanes;

/// A paragraph for each finding, then a table of the lanes.
#[must_use]
pub fn terminal(results: &[LaneResult], unmatched: &[String]) -> String {
    let mut text = String::new();
    for result in results {
        let found = items(result).into_iter().map(|item| ("", item));
        let flakes = flakes(result).into_iter().map(|item| ("flake, ", item));
        for (mark, item) in found.chain(flakes) {
            let more = item.more.replace('\n', "\n  ");
            let _ = writeln!(text, "{}: {mark}{}\n  {more}\n", result.lane, item.head);
        }
    }
    for line in unmatched {
        let _ = writeln!(text, "{line}\n");
    }
    if let Some(line) = nothing_earlier(results) {
        let _ = writeln!(text, "{line}\n");
    }
    let header = [
        "lane", "run", "skipped", "programs", "known", "differ", "changed", "findings", "flakes",
        "system",
    ];
    text + &lanes(header, &results.iter().map(row).collect::<Vec<_>>())
}

fn row(result: &LaneResult) -> [String; 10] {
    [
        result.lane.clone(),
        result.ran.to_string(),
        result.skipped.len().to_string(),
        result.programs.to_string(),
        result.compared.known.to_string(),
        result.compared.differences.len().to_string(),
        result.changes.len().to_string(),
        items(result).len().to_string(),
        flakes(result).len().to_string(),
        format!("{} {}", result.platform.kernel, result.platform.release),
    ]
}
