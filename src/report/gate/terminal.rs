//! For a person at a terminal.

use std::fmt::Write;

use super::{difference, headline, items};
use crate::matrix::LaneResult;

/// A paragraph for each finding, then a line for each lane.
#[must_use]
pub fn terminal(results: &[LaneResult], unmatched: &[String]) -> String {
    let mut text = String::new();
    for result in results {
        let found = items(result).into_iter().map(|item| ("", item));
        let flakes = result.flakes.iter().map(|one| ("flake, ", difference(one)));
        for (mark, item) in found.chain(flakes) {
            let more = item.more.replace('\n', "\n  ");
            let _ = writeln!(text, "{}: {mark}{}\n  {more}\n", result.lane, item.head);
        }
    }
    for line in unmatched {
        let _ = writeln!(text, "{line}\n");
    }
    for result in results {
        let _ = writeln!(text, "{}", headline(result));
    }
    text
}
