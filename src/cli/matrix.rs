//! `bindproof matrix`: all lanes side by side.

use std::path::Path;

use super::args::{MatrixArgs, MatrixFormat};
use super::check::{load, select};
use super::exit::{CliError, Exit};
use super::output::Output;
use crate::conform::{TRAITS, record};
use crate::matrix::observed::{self, Observation};
use crate::matrix::{Matrix, embedded_baselines};
use crate::report::{matrix as report, runtimes};
use crate::script::nearest;

/// Up to so many behaviours that a filter leaves are shown in detail.
const DETAILED_MAX: usize = 3;

pub(super) fn matrix(args: &MatrixArgs) -> Result<Exit, CliError> {
    if args.runtimes {
        return runtimes(args);
    }
    let behaviours = select(load(args.behaviours.as_deref())?, &args.filters)?;
    let mut matrix = Matrix::new(&behaviours, &evidence(args.observed.as_deref())?);
    matrix.explain(&embedded_baselines().map_err(CliError::unusable)?);
    let detailed = !args.filters.is_empty() && matrix.rows.len() <= DETAILED_MAX;
    let text = match args.format {
        MatrixFormat::Terminal if detailed => {
            let rows: Vec<_> =
                matrix.rows.iter().map(|row| report::details(&matrix, row)).collect();
            rows.join("\n")
        }
        MatrixFormat::Terminal => report::table(&matrix),
        MatrixFormat::Html => report::html(&matrix),
        MatrixFormat::Json => report::object(&matrix),
        MatrixFormat::Markdown => report::markdown(&matrix),
    };
    super::emit(&Output::new(&args.output), &text, Exit::Good)
}

/// Traits in place of behaviours, runtimes in place of lanes.
fn runtimes(args: &MatrixArgs) -> Result<Exit, CliError> {
    let recorded = match &args.recorded {
        Some(folder) => record::read_folder(folder),
        None => record::embedded(),
    };
    let recorded = recorded.map_err(CliError::unusable)?;
    let asked = runtimes::selected(&args.filters);
    if asked.is_empty() {
        let like = nearest(&args.filters[0], TRAITS.iter().map(|one| one.id));
        let like = like.map_or_else(String::new, |like| format!(" (did you mean {like}?)"));
        let wanted = &args.filters[0];
        return Err(CliError::unusable(format!("no trait is called {wanted:?}{like}")));
    }
    let text = match args.format {
        MatrixFormat::Terminal => runtimes::table(&recorded, &asked, super::width()),
        MatrixFormat::Html => runtimes::html(&recorded, &asked),
        MatrixFormat::Json => runtimes::object(&recorded, &asked),
        MatrixFormat::Markdown => {
            return Err(CliError::unusable("runtimes are shown as terminal, html or json"));
        }
    };
    super::emit(&Output::new(&args.output), &text, Exit::Good)
}

/// The evidence of a folder, or what is built in.
pub(super) fn evidence(folder: Option<&Path>) -> Result<Vec<Observation>, CliError> {
    match folder {
        Some(folder) => observed::read_folder(folder),
        None => observed::embedded(),
    }
    .map_err(CliError::unusable)
}
