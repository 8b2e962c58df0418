//! The table of runtimes as one HTML file that needs nothing else, and no JavaScript.

use askama::Template;

use super::{cell, lines};
use crate::conform::{ENVIRONMENTS, Recorded, Trait};
use crate::script::Script;

#[derive(Template)]
#[template(path = "runtimes.html")]
struct Page<'a> {
    version: &'static str,
    runtimes: Vec<RuntimeView<'a>>,
    sections: Vec<SectionView<'a>>,
}

struct RuntimeView<'a> {
    lane: &'a str,
    name: &'a str,
    version: &'a str,
    runtime: &'a str,
    system: String,
    recorded: &'a str,
}

struct SectionView<'a> {
    name: &'static str,
    what: &'static str,
    rows: Vec<RowView<'a>>,
}

struct RowView<'a> {
    id: &'static str,
    question: &'static str,
    why: &'static str,
    script: String,
    cells: Vec<CellView<'a>>,
}

struct CellView<'a> {
    answer: &'a str,
    class: &'static str,
    lines: Vec<String>,
}

/// The page.
#[must_use]
pub fn html(runtimes: &[Recorded], asked: &[&'static Trait]) -> String {
    let sections = ENVIRONMENTS.iter().map(|environment| {
        let rows = asked.iter().filter(|one| one.belongs_in(environment)).map(|one| RowView {
            id: one.id,
            question: one.question,
            why: one.why,
            script: Script { title: None, ..one.in_environment(&environment.lines()) }.to_string(),
            cells: runtimes
                .iter()
                .map(|recorded| match cell(recorded, one, environment) {
                    Some(proved) => CellView {
                        answer: proved.answer,
                        class: class(proved.answer),
                        lines: lines(&proved),
                    },
                    None => CellView { answer: "–", class: "s", lines: Vec::new() },
                })
                .collect(),
        });
        SectionView { name: environment.name, what: environment.what, rows: rows.collect() }
    });
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        runtimes: runtimes.iter().map(runtime).collect(),
        sections: sections.filter(|section| !section.rows.is_empty()).collect(),
    };
    page.render().expect("every part of the page can be written")
}

fn runtime(recorded: &Recorded) -> RuntimeView<'_> {
    let platform = &recorded.observation.header.platform;
    RuntimeView {
        lane: &recorded.observation.lane,
        name: &recorded.about.name,
        version: &recorded.about.version,
        runtime: &recorded.about.runtime,
        system: format!("{} {}, {}", platform.kernel, platform.release, platform.libc),
        recorded: &recorded.observation.recorded,
    }
}

/// Errors and what was not asked look different; whether they are wrong, a reader decides.
fn class(answer: &str) -> &'static str {
    if answer.starts_with("not asked") || answer == "–" {
        "s"
    } else if answer.starts_with('E') || answer.starts_with("an error") {
        "e"
    } else {
        "k"
    }
}
