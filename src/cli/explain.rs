//! `bindproof explain`: a behaviour with its evidence.

use super::args::{ExplainArgs, Format};
use super::check::{load, unknown_behaviour};
use super::exit::{CliError, Exit};
use super::output::Output;
use crate::report::{json, terminal};

pub(super) fn explain(args: &ExplainArgs) -> Result<Exit, CliError> {
    let all = load(args.behaviours.as_deref())?;
    let behaviour = all
        .iter()
        .find(|behaviour| behaviour.id == args.id)
        .ok_or_else(|| unknown_behaviour(&args.id, &all))?;
    let text = match args.output.format {
        Format::Terminal => terminal::explain(behaviour),
        Format::Json => json::explain(behaviour),
    };
    super::emit(&Output::new(&args.output.output), &text, Exit::Good)
}
