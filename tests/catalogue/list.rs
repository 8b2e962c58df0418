//! The list that a reader sees.

use std::fmt::Write as _;

use expect_test::{ExpectFile, expect_file};

use crate::entry::{Entry, Shown};

pub(crate) fn expected() -> ExpectFile {
    expect_file!["../../matrix/bugs/LIST.md"]
}

pub(crate) fn of(entries: &[Entry]) -> String {
    let missed = |entry: &&Entry| matches!(entry.file.shown, Shown::Missed { .. });
    let (not_found, found): (Vec<_>, Vec<_>) = entries.iter().partition(missed);
    let mut text = format!(
        "# Public bugs in the setting up of listening sockets\n\n\
         {} are found, {} are not. `cargo test --test catalogue` tries each and keeps this list.\n\n\
         ## Found\n\n| where | bug | how |\n|---|---|---|\n",
        found.len(),
        not_found.len(),
    );
    for entry in found {
        row(&mut text, entry, &how(&entry.file.shown));
    }
    text.push_str("\n## Not found\n\n| where | bug | why not |\n|---|---|---|\n");
    for entry in not_found {
        row(&mut text, entry, &how(&entry.file.shown));
    }
    text
}

fn row(text: &mut String, entry: &Entry, last: &str) {
    let file = &entry.file;
    let number = file.link.rsplit('/').next().expect("a last part");
    writeln!(text, "| [{} {number}]({}) | {} | {last} |", file.project, file.link, file.bug)
        .expect("a text");
}

fn how(shown: &Shown) -> String {
    match shown {
        Shown::Variant { what, platform } => format!("a `bind_sockets` that {what}, on {platform}"),
        Shown::Answer { platform, step, got } => {
            format!("the judge refuses {got} at step {step} on {platform}")
        }
        Shown::Systems { answers, .. } => {
            let answers: Vec<_> = answers.iter().map(|(name, a)| format!("{name} {a}")).collect();
            format!("predicted: {}", answers.join(", "))
        }
        Shown::Missed { why, .. } => why.clone(),
    }
}
