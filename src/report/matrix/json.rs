//! The matrix as one JSON document; `matrix/schema/matrix.json` describes it.

use serde_json::{Value as Json, json};

use super::terminal::programs;
use crate::matrix::{Cell, Column, Matrix, Row};
use crate::report::gate::{cluster_json, deviation_json};

/// The format of the document.
const FORMAT: u32 = 1;

/// The whole matrix.
#[must_use]
pub fn object(matrix: &Matrix) -> String {
    let columns: Vec<_> = matrix.columns.iter().map(column).collect();
    let rows: Vec<_> = matrix.rows.iter().map(row).collect();
    let document = json!({ "format": FORMAT, "kind": "matrix", "columns": columns, "rows": rows });
    format!("{document}\n")
}

fn column(column: &Column) -> Json {
    let platform = column.seen.as_ref().map(|seen| &seen.header.platform);
    let environment = column.seen.as_ref().map(|seen| &seen.header.environment);
    json!({
        "name": column.name,
        "platform": column.platform.map(|platform| platform.to_string()),
        "kernel": column.kernel,
        "release": platform.map(|platform| &platform.release),
        "arch": platform.map(|platform| &platform.arch),
        "libc": platform.map(|platform| &platform.libc),
        "recorded": column.seen.as_ref().map(|seen| &seen.recorded),
        "ipv6": environment.and_then(|environment| environment.ipv6.as_ref()),
        "bindv6only": environment.and_then(|environment| environment.bindv6only),
        "network": environment.and_then(|environment| environment.network.as_ref()),
        "programs": column.programs,
        "programs_deviating": programs(column),
        "findings": column.clusters.iter().map(cluster_json).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Json {
    let cells: Vec<_> = row.cells.iter().map(cell).collect();
    json!({
        "id": row.behaviour.id,
        "title": row.behaviour.title(),
        "cells": cells,
    })
}

fn cell(cell: &Cell) -> Json {
    let (state, confidence, reason, deviations) = match cell {
        Cell::Observed(observed) => {
            let deviations: Vec<_> = observed.deviations.iter().map(deviation_json).collect();
            ("observed", Some(observed.confidence), None, deviations)
        }
        Cell::Predicted(predicted) => {
            ("predicted", Some(predicted.confidence.as_str()), None, Vec::new())
        }
        Cell::Skipped(why) => ("skipped", None, Some(why), Vec::new()),
    };
    json!({
        "state": state,
        "answer": (state != "skipped").then(|| cell.answer()),
        "confidence": confidence,
        "reason": reason,
        "deviations": deviations,
    })
}
