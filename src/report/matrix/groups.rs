//! Lanes of one kernel as one column: most of them answer alike.

use std::cmp::Reverse;

use crate::matrix::{Cell, Column, Matrix, Row, release_numbers};

/// The lanes of one kernel.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// The kernel's name, or the platform's where nobody has run it.
    pub(super) name: String,
    /// Nobody has run it.
    pub(super) predicted: bool,
    /// The columns; the first one speaks for all: the newest release as it usually is.
    pub(super) columns: Vec<usize>,
}

/// The groups in the order of the columns.
pub(super) fn groups(matrix: &Matrix) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, column) in matrix.columns.iter().enumerate() {
        let name = match (&column.seen, column.platform) {
            (None, Some(platform)) => platform.to_string(),
            _ => column.kernel.clone(),
        };
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.columns.push(index),
            None => {
                let predicted = column.seen.is_none();
                groups.push(Group { name, predicted, columns: vec![index] });
            }
        }
    }
    for group in &mut groups {
        group.columns.sort_by_key(|index| {
            let column = &matrix.columns[*index];
            let seen = column.seen.as_ref();
            let release = seen.and_then(|seen| release_numbers(&seen.header.platform.release));
            (!is_usual(column), Reverse(release), column.name.clone())
        });
    }
    groups
}

/// Is the lane's system as it usually is?
pub(super) fn is_usual(column: &Column) -> bool {
    column.seen.as_ref().is_none_or(|seen| {
        let environment = &seen.header.environment;
        environment.ipv6.as_deref() == Some("on")
            && environment.bindv6only != Some(true)
            && seen.header.platform.libc != "musl"
    })
}

/// What a group answers to a behaviour.
pub(super) struct GroupAnswer<'a> {
    /// The answer of the lane that speaks for it.
    pub(super) answer: &'a str,
    /// It is not what the model or the behaviour expects.
    pub(super) deviates: bool,
    /// Another lane that is as it usually is answers something else.
    pub(super) varies: bool,
}

impl Group {
    /// What it answers to a behaviour.
    pub(super) fn answer<'a>(&self, matrix: &Matrix, row: &'a Row) -> GroupAnswer<'a> {
        let ran = |index: &&usize| !matches!(row.cells[**index], Cell::Skipped(_));
        let speaker = self.columns.iter().find(ran).unwrap_or(&self.columns[0]);
        let cell = &row.cells[*speaker];
        let varies = self.columns.iter().any(|index| {
            is_usual(&matrix.columns[*index])
                && !matches!(row.cells[*index], Cell::Skipped(_))
                && row.cells[*index].answer() != cell.answer()
        });
        GroupAnswer { answer: cell.answer(), deviates: cell.deviates(), varies }
    }
}
