//! `bindproof predict`: what a platform may answer to a script.

use super::args::{Format, PredictArgs};
use super::exit::{CliError, Exit};
use super::output::Output;
use super::scripts::read_scripts;
use super::width;
use crate::judge::predict as of_script;
use crate::model::{Release, record};
use crate::report::judgement;

pub(super) fn predict(args: &PredictArgs) -> Result<Exit, CliError> {
    let release = args.release.as_deref().map(release).transpose()?;
    let mut text = String::new();
    for file in &args.files {
        let name = file.display().to_string();
        for (index, parsed) in read_scripts(file)?.into_iter().enumerate() {
            let predictions = of_script(&parsed.script, args.platform, release);
            text.push_str(&match args.output.format {
                Format::Json => judgement::predictions_lines(&name, index + 1, &predictions),
                Format::Terminal => {
                    let known = || record(args.platform).measured.to_string();
                    let release = args.release.clone().unwrap_or_else(known);
                    let title = format!("{name}:{} ({}, {release})", parsed.line, args.platform);
                    judgement::predictions_terminal(&title, &predictions, width())
                }
            });
        }
    }
    super::emit(&Output::new(&args.output.output), &text, Exit::Good)
}

fn release(text: &str) -> Result<Release, CliError> {
    Release::parse(text).ok_or_else(|| {
        CliError::unusable(format!("--release {text:?}: expected numbers such as 6.1.0"))
    })
}
