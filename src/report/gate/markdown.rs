//! For the summary of a run.

use std::fmt::Write;

use super::{flakes, items, names_of_flakes, nothing_earlier};
use crate::matrix::LaneResult;

/// GitHub takes a summary of a step up to 1 MiB; so much is left for others.
const SUMMARY_MAX: usize = 900_000;

/// A table of the lanes, the findings, and why what was skipped was.
#[must_use]
pub fn markdown(results: &[LaneResult], unmatched: &[String]) -> String {
    let mut text = String::from(
        "| lane | system | run | skipped | programs | known | differences | findings | flakes |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for result in results {
        let _ = writeln!(
            text,
            "| {} | {} {} | {} | {} | {} | {} | {} | {} | {} |",
            result.lane,
            result.platform.kernel,
            result.platform.release,
            result.ran,
            result.skipped.len(),
            result.programs,
            result.compared.known,
            result.compared.differences.len(),
            items(result).len(),
            flakes(result).len(),
        );
    }
    let (flakes, more) = names_of_flakes(results);
    if !flakes.is_empty() {
        text.push_str("\nFlakes, which were not there each time:\n\n");
        for flake in flakes {
            let _ = writeln!(text, "- {flake}");
        }
        if more > 0 {
            let _ = writeln!(text, "- and {more} more");
        }
    }
    if let Some(line) = nothing_earlier(results) {
        let _ = writeln!(text, "\n{line}");
    }
    let found = results.iter().flat_map(|result| {
        items(result).into_iter().map(|item| {
            format!("\n**{}: {}**\n```text\n{}\n```\n", result.lane, item.head, item.more)
        })
    });
    let all: Vec<_> = found.chain(unmatched.iter().map(|line| format!("\n**{line}**\n"))).collect();
    for (index, paragraph) in all.iter().enumerate() {
        if text.len() + paragraph.len() > SUMMARY_MAX {
            let _ = writeln!(text, "\nand {} more findings", all.len() - index);
            break;
        }
        text.push_str(paragraph);
    }
    text
}
