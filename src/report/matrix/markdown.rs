//! The matrix as a table in Markdown, a column a kernel.

use std::fmt::Write;

use super::groups::groups;
use crate::matrix::Matrix;

/// The table, then what the marks mean.
#[must_use]
pub fn markdown(matrix: &Matrix) -> String {
    let groups = groups(matrix);
    let mut text = String::from("| behaviour |");
    for group in &groups {
        let mark = if group.predicted { " (predicted)" } else { "" };
        let _ = write!(text, " {}{mark} |", group.name);
    }
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(groups.len()));
    for row in &matrix.rows {
        let _ = write!(text, "| {} |", row.behaviour.id);
        for group in &groups {
            let found = group.answer(matrix, row);
            let answer = escaped(found.answer);
            let _ = match found.deviates {
                true => write!(text, " **{answer}** |"),
                false => write!(text, " {answer} |"),
            };
        }
        text.push('\n');
    }
    text.push_str("\nBold answers are not what the model allows or the behaviour expects.\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
