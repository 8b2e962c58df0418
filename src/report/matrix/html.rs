//! The matrix as one HTML file that needs nothing else.
//!
//! It can be read without JavaScript: a cell links to its behaviour further down. With it, the
//! behaviour opens in a dialog, and there is a filter.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;

use super::findings::{FindingView, findings};
use super::groups::{Group, groups};
use super::terminal::programs;
use crate::judge::StepVerdict;
use crate::matrix::{Cell, Column, Matrix, Observed, Row};
use crate::model::rules;

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    version: &'static str,
    columns: Vec<ColumnView<'a>>,
    /// The columns, from 1 and after the behaviour's own, that are hidden at first.
    hidden: Vec<usize>,
    rows: Vec<RowView<'a>>,
    findings: Vec<FindingView>,
    rules: Vec<RuleView>,
}

struct ColumnView<'a> {
    name: &'a str,
    kernel: String,
    seen: String,
    counts: String,
    predicted: bool,
}

struct RowView<'a> {
    number: usize,
    id: &'a str,
    group: &'a str,
    name: &'a str,
    title: &'a str,
    differs: bool,
    cells: Vec<CellView>,
    evidence: Vec<&'a str>,
    env: Vec<String>,
    variants: Vec<Variant>,
    steps: Vec<StepView>,
    skipped: Vec<(String, String)>,
}

struct CellView {
    class: &'static str,
    text: String,
}

/// Columns that answered the same at every step.
struct Variant {
    /// The columns' numbers, from 0.
    columns: String,
    /// Their names, in few words.
    lanes: String,
    /// How it is known.
    source: String,
    predicted: bool,
}

struct StepView {
    number: usize,
    call: String,
    answers: Vec<CellView>,
    rules: Vec<String>,
}

struct RuleView {
    id: &'static str,
    sentence: &'static str,
    evidence: Vec<String>,
}

/// The page.
#[must_use]
pub fn html(matrix: &Matrix) -> String {
    let groups = groups(matrix);
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        columns: matrix.columns.iter().enumerate().map(|(i, c)| column(matrix, i, c)).collect(),
        hidden: hidden(matrix, &groups),
        rows: matrix.rows.iter().enumerate().map(|(i, r)| row(matrix, &groups, i, r)).collect(),
        findings: findings(matrix),
        rules: rules()
            .map(|rule| RuleView {
                id: rule.id,
                sentence: rule.sentence,
                evidence: rule
                    .evidence
                    .iter()
                    .map(|evidence| {
                        let platform = evidence.platform.map(|platform| format!("{platform}, "));
                        let platform = platform.unwrap_or_default();
                        format!("{platform}{}: {}", evidence.confidence, evidence.source)
                    })
                    .collect(),
            })
            .collect(),
    };
    page.render().expect("every part of the page can be written")
}

/// All but the lane that speaks for its kernel.
fn hidden(matrix: &Matrix, groups: &[Group]) -> Vec<usize> {
    let speaks = |index: &usize| groups.iter().any(|group| group.columns[0] == *index);
    (0..matrix.columns.len()).filter(|index| !speaks(index)).map(|index| index + 2).collect()
}

fn column<'a>(matrix: &Matrix, index: usize, column: &'a Column) -> ColumnView<'a> {
    let (kernel, seen) = match &column.seen {
        None => ("nobody has run it".to_string(), "predicted".to_string()),
        Some(seen) => {
            let platform = &seen.header.platform;
            let kernel = format!("{} {}", platform.kernel, platform.release);
            (kernel, format!("{}, {}, {}", seen.recorded, platform.arch, platform.libc))
        }
    };
    let count = |wanted: fn(&Cell) -> bool| {
        matrix.rows.iter().filter(|row| wanted(&row.cells[index])).count()
    };
    let counts = match column.seen {
        None => format!("{} behaviours", matrix.rows.len()),
        Some(_) => format!(
            "{} run, {} skipped, {} deviate; {} of {} programs of two sockets deviate",
            count(|cell| matches!(cell, Cell::Observed(_))),
            count(|cell| matches!(cell, Cell::Skipped(_))),
            count(Cell::deviates),
            programs(column),
            column.programs,
        ),
    };
    ColumnView { name: &column.name, kernel, seen, counts, predicted: column.seen.is_none() }
}

fn row<'a>(matrix: &Matrix, groups: &[Group], number: usize, row: &'a Row) -> RowView<'a> {
    let behaviour = &row.behaviour;
    let variants = variants(row);
    let cells: Vec<_> = row.cells.iter().map(cell).collect();
    let answers: BTreeSet<_> = row
        .cells
        .iter()
        .filter(|cell| !matches!(cell, Cell::Skipped(_)))
        .map(Cell::answer)
        .collect();
    let steps = (0..behaviour.parsed.script.steps.len()).map(|index| StepView {
        number: index + 1,
        call: behaviour.parsed.script.steps[index].call.to_string(),
        answers: variants
            .iter()
            .map(|(_, columns)| at_step(&row.cells[columns[0]], index))
            .collect(),
        rules: rules_at(row, index),
    });
    let (group, name) = behaviour.id.split_once('/').unwrap_or(("", &behaviour.id));
    RowView {
        number,
        id: &behaviour.id,
        group,
        name,
        title: behaviour.title(),
        differs: answers.len() > 1,
        cells,
        evidence: behaviour.comments(),
        env: behaviour.parsed.script.env.iter().map(ToString::to_string).collect(),
        steps: steps.collect(),
        skipped: skipped(matrix, row),
        variants: variants
            .into_iter()
            .map(|(_, columns)| Variant {
                columns: columns.iter().map(|c| format!(" {c} ")).collect(),
                lanes: names(matrix, groups, row, &columns),
                source: known_from(matrix, row, &columns),
                predicted: matches!(row.cells[columns[0]], Cell::Predicted(_)),
            })
            .collect(),
    }
}

fn cell(cell: &Cell) -> CellView {
    let text = shortened(cell.answer());
    let class = match cell {
        Cell::Skipped(_) => "s",
        Cell::Predicted(_) => "p",
        Cell::Observed(_) if cell.deviates() => "d",
        Cell::Observed(_) => class_of(&text),
    };
    let mark = match class {
        "d" => " !",
        "p" => " ?",
        _ => "",
    };
    CellView { class, text: if class == "s" { "–".into() } else { text + mark } }
}

/// `k` for an answer that is a success, `e` for any other.
fn class_of(answer: &str) -> &'static str {
    let last = answer.rsplit(' ').next().unwrap_or(answer);
    if last.starts_with("ok") { "k" } else { "e" }
}

/// What there is room for in a cell; the whole answer stands in the behaviour's own table.
fn shortened(answer: &str) -> String {
    const ROOM: usize = 16;
    if answer.chars().count() <= ROOM {
        return answer.to_string();
    }
    let last = answer.rsplit(' ').next().unwrap_or(answer);
    if last.chars().count() <= ROOM {
        return format!("… {last}");
    }
    last.chars().take(ROOM).chain(['…']).collect()
}

/// The columns by what they answered, step by step.
fn variants(row: &Row) -> Vec<(Vec<String>, Vec<usize>)> {
    let mut found: Vec<(Vec<String>, Vec<usize>)> = Vec::new();
    for (index, cell) in row.cells.iter().enumerate() {
        if matches!(cell, Cell::Skipped(_)) {
            continue;
        }
        let steps = row.behaviour.parsed.script.steps.len();
        let mut key: Vec<_> = (0..steps).map(|step| at_step(cell, step).text).collect();
        key.push(matches!(cell, Cell::Predicted(_)).to_string());
        match found.iter_mut().find(|(known, _)| *known == key) {
            Some((_, columns)) => columns.push(index),
            None => found.push((key, vec![index])),
        }
    }
    found
}

/// The lanes of a variant; all that ran of one kernel are named together.
fn names(matrix: &Matrix, groups: &[Group], row: &Row, columns: &[usize]) -> String {
    let parts = groups.iter().flat_map(|group| {
        let ran = |index: &&usize| !matches!(row.cells[**index], Cell::Skipped(_));
        let ran: Vec<_> = group.columns.iter().filter(ran).collect();
        if ran.len() > 1 && ran.iter().all(|index| columns.contains(index)) {
            return vec![format!("{} ({} lanes)", group.name, ran.len())];
        }
        let here = columns.iter().filter(|index| group.columns.contains(index));
        here.map(|index| matrix.columns[*index].name.clone()).collect()
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// How the answers of a variant are known, and when they were last seen.
fn known_from(matrix: &Matrix, row: &Row, columns: &[usize]) -> String {
    let words: BTreeSet<String> = columns
        .iter()
        .map(|index| match &row.cells[*index] {
            Cell::Observed(observed) => {
                let day = matrix.columns[*index].seen.as_ref().map(|seen| seen.recorded.as_str());
                format!("{} {}", observed.confidence, day.unwrap_or(""))
            }
            Cell::Predicted(predicted) => {
                format!("predicted; {}: {}", matrix.columns[*index].name, predicted.confidence)
            }
            Cell::Skipped(_) => String::new(),
        })
        .collect();
    words.into_iter().collect::<Vec<_>>().join(", ")
}

/// What a cell has at a step.
fn at_step(cell: &Cell, index: usize) -> CellView {
    match cell {
        Cell::Observed(observed) => observed_at(observed, index),
        Cell::Predicted(predicted) => {
            let text = match predicted.steps.get(index).map(|step| &step.allowed) {
                Some(Ok(answers)) => answers.join(" or "),
                _ => predicted.written[index]
                    .clone()
                    .map_or("?".into(), |text| text + " (as written)"),
            };
            CellView { class: "p", text }
        }
        Cell::Skipped(_) => CellView { class: "s", text: String::new() },
    }
}

fn observed_at(observed: &Observed, index: usize) -> CellView {
    let Some(text) = observed.words.get(index).cloned() else {
        return CellView { class: "s", text: "not reached".into() };
    };
    match observed.deviations.iter().find(|deviation| deviation.step == index + 1) {
        Some(deviation) => CellView {
            class: "d",
            text: format!("{text} ! allowed {}", deviation.allowed.join(" or ")),
        },
        None => CellView { class: class_of(&text), text },
    }
}

/// The rules that allow or forbid a step, over all columns.
fn rules_at(row: &Row, index: usize) -> Vec<String> {
    let mut found = BTreeMap::new();
    for cell in &row.cells {
        match cell {
            Cell::Observed(observed) => {
                if let Some(StepVerdict::Allowed(rule)) = observed.verdicts.get(index) {
                    found.insert(rule.to_string(), ());
                }
                let here = observed.deviations.iter().filter(|one| one.step == index + 1);
                found.extend(here.flat_map(|one| one.rules.iter().map(|rule| (rule.clone(), ()))));
            }
            Cell::Predicted(predicted) => {
                if let Some(step) = predicted.steps.get(index) {
                    found.extend(step.rules.first().map(|rule| (rule.to_string(), ())));
                }
            }
            Cell::Skipped(_) => {}
        }
    }
    found.into_keys().collect()
}

/// Why lanes skipped a behaviour, with their names.
fn skipped(matrix: &Matrix, row: &Row) -> Vec<(String, String)> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (cell, column) in row.cells.iter().zip(&matrix.columns) {
        if let Cell::Skipped(why) = cell {
            found.entry(why).or_default().push(&column.name);
        }
    }
    found.into_iter().map(|(why, lanes)| (lanes.join(", "), why.to_string())).collect()
}
