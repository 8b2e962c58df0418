//! The matrix at a terminal: a table of the kernels, and a behaviour in detail.

use std::collections::BTreeMap;
use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::groups::groups;
use crate::matrix::{Cell, Column, Matrix, Row};
use crate::report::terminal::{lanes, table as rows, text as lines};

const DEVIATES: Style = AnsiColor::Red.on_default().bold();
const PREDICTED: Style = AnsiColor::Yellow.on_default();
const BOLD: Style = Style::new().bold();

/// The width of the table.
const WIDTH: usize = 100;
/// The width of a column of answers, its gap included.
const ANSWER_WIDTH: usize = 11;

/// A line a behaviour, a column a kernel, at most 100 columns wide.
#[must_use]
pub fn table(matrix: &Matrix) -> String {
    let groups = groups(matrix);
    let name_width = WIDTH.saturating_sub(groups.len() * ANSWER_WIDTH).max(20);
    let mut text = pad("behaviour", name_width);
    for group in &groups {
        let mark = if group.predicted { "?" } else { "" };
        text.push_str(&pad(&format!("{}{mark}", group.name), ANSWER_WIDTH));
    }
    let mut text = format!("{BOLD}{}{BOLD:#}\n", text.trim_end());
    for row in &matrix.rows {
        let mut line = pad(&row.behaviour.id, name_width);
        for group in &groups {
            let found = group.answer(matrix, row);
            let mut marks = String::new();
            if found.deviates {
                marks.push('!');
            }
            if found.varies {
                marks.push('*');
            }
            let cell =
                format!("{}{marks}", last_word(found.answer, ANSWER_WIDTH - 1 - marks.len()));
            let gap = " ".repeat(ANSWER_WIDTH - cell.chars().count());
            let style = match (found.deviates, group.predicted) {
                (true, _) => DEVIATES,
                (false, true) => PREDICTED,
                (false, false) => Style::new(),
            };
            let _ = write!(line, "{style}{cell}{style:#}{gap}");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push('\n');
    let header = [
        "lane", "recorded", "run", "skipped", "deviate", "programs", "deviate", "findings",
        "release",
    ];
    let rows = matrix.columns.iter().enumerate().map(|(i, c)| lane_row(matrix, i, c));
    text.push_str(&lanes(header, &rows.collect::<Vec<_>>()));
    text.push_str(
        "\n?  nobody has run it: predicted by the model and the behaviours' sources\n\
         !  not what the model allows or the behaviour expects   *  other releases answer otherwise\n\
         Where several answers tell and there is no room, the last one stands.\n\
         One behaviour in detail: bindproof matrix GROUP/NAME\n",
    );
    text
}

fn lane_row(matrix: &Matrix, index: usize, column: &Column) -> [String; 9] {
    let count = |wanted: fn(&Cell) -> bool| {
        matrix.rows.iter().filter(|row| wanted(&row.cells[index])).count().to_string()
    };
    let Some(seen) = &column.seen else {
        let mut row = [(); 9].map(|()| String::new());
        row[0].clone_from(&column.name);
        row[1] = "predicted".to_string();
        return row;
    };
    [
        column.name.clone(),
        seen.recorded.clone(),
        count(|cell| matches!(cell, Cell::Observed(_))),
        count(|cell| matches!(cell, Cell::Skipped(_))),
        count(Cell::deviates),
        column.programs.to_string(),
        programs(column).to_string(),
        column.clusters.len().to_string(),
        seen.header.platform.release.clone(),
    ]
}

/// How many programs of the lattice deviate.
pub(super) fn programs(column: &Column) -> usize {
    let mut ids: Vec<_> = column.lattice.iter().map(|deviation| &deviation.behaviour).collect();
    ids.dedup();
    ids.len()
}

/// One behaviour: each answer with the lanes that gave it.
#[must_use]
pub fn details(matrix: &Matrix, row: &Row) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}\n{}\n\n", row.behaviour.id, row.behaviour.title());
    let _ = writeln!(text, "{}", row.behaviour.parsed.script.to_string().trim_end());
    let mut answers: BTreeMap<(&str, bool), Vec<usize>> = BTreeMap::new();
    for (index, cell) in row.cells.iter().enumerate() {
        answers.entry((cell.answer(), cell.deviates())).or_default().push(index);
    }
    for ((answer, deviates), columns) in answers {
        let style = if deviates { DEVIATES } else { BOLD };
        let mark = if deviates { "  (deviates)" } else { "" };
        let _ = writeln!(text, "\n{style}{answer}{style:#}{mark}");
        let mut lanes = rows(100);
        for index in columns {
            lanes.add_row([&matrix.columns[index].name, &source(matrix, row, index)]);
        }
        text.push_str(&lines(&lanes));
    }
    for (index, cell) in row.cells.iter().enumerate() {
        let Cell::Observed(observed) = cell else { continue };
        for deviation in &observed.deviations {
            let _ = writeln!(
                text,
                "\n{}: step {}: {}\n  got {}, allowed {}",
                matrix.columns[index].name,
                deviation.step,
                deviation.call,
                deviation.got,
                deviation.allowed.join(" or "),
            );
            if !deviation.rules.is_empty() {
                let _ = writeln!(text, "  by {}", deviation.rules.join(", "));
            }
        }
    }
    text
}

/// How a cell is known.
fn source(matrix: &Matrix, row: &Row, column: usize) -> String {
    let seen = matrix.columns[column].seen.as_ref();
    match (&row.cells[column], seen) {
        (Cell::Observed(observed), Some(seen)) => {
            let release = &seen.header.platform.release;
            format!("{}, {} on {release}", observed.confidence, seen.recorded)
        }
        (Cell::Observed(observed), None) => observed.confidence.to_string(),
        (Cell::Predicted(predicted), _) => {
            format!("predicted by the model; the behaviour's evidence: {}", predicted.confidence)
        }
        (Cell::Skipped(why), _) => format!("not run: {why}"),
    }
}

fn pad(text: &str, width: usize) -> String {
    let text = shortened(text, width - 1);
    let gap = width - text.chars().count();
    text + &" ".repeat(gap)
}

/// The whole answer, or where there is no room for it that of its last step, which decides.
fn last_word(answer: &str, width: usize) -> String {
    if answer.chars().count() <= width {
        return answer.to_string();
    }
    shortened(answer.rsplit(' ').next().unwrap_or(answer), width)
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}
