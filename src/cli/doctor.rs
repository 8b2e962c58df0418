//! `bindproof doctor`: what this machine can do.

use super::args::{DoctorArgs, Format};
use super::exit::{CliError, Exit};
use super::output::Output;
use crate::report::{json, terminal};
use crate::run::{Launcher, environment_facts, platform_facts, probe};
use crate::sandbox::probes;

pub(super) fn doctor(args: &DoctorArgs) -> Result<Exit, CliError> {
    let launcher = Launcher::this_program()
        .map_err(|error| CliError::unusable(format!("cannot find this program: {error}")))?;
    let findings: Vec<_> = probes()
        .into_iter()
        .map(|wanted| {
            let refusal = probe(&launcher, &wanted);
            (wanted, refusal)
        })
        .collect();
    let facts = platform_facts();
    let surroundings = environment_facts(&[]);
    let text = match args.output.format {
        Format::Terminal => terminal::doctor(&facts, &surroundings, &findings),
        Format::Json => json::doctor(&facts, &surroundings, &findings),
    };
    super::emit(&Output::new(&args.output.output), &text, Exit::Good)
}
