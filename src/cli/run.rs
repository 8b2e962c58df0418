//! `bindproof run`: scripts in, traces out; nothing is judged.

use super::args::{Format, RunArgs};
use super::exit::{CliError, Exit};
use super::output::Output;
use super::scripts::{read_scripts, run_jobs};
use crate::report::terminal;
use crate::run::{ScriptJob, ScriptRun};
use crate::trace;

pub(super) fn run(args: &RunArgs) -> Result<Exit, CliError> {
    let mut jobs = Vec::new();
    let mut names = Vec::new();
    for file in &args.files {
        for parsed in read_scripts(file)? {
            names.push(format!("{}:{}", file.display(), parsed.line));
            jobs.push(ScriptJob { parsed, seed: None });
        }
    }
    let output = Output::new(&args.output.output);
    if args.list {
        let lines: String = names
            .iter()
            .zip(&jobs)
            .map(|(name, job)| {
                format!("{name} {}\n", job.parsed.script.title.as_deref().unwrap_or(""))
            })
            .collect();
        return super::emit(&output, &lines, Exit::Good);
    }
    let runs = run_jobs(&jobs, &args.runner)?;
    let mut text = String::new();
    let mut ran = 0;
    let mut broken = false;
    for (name, run) in names.iter().zip(&runs) {
        match run {
            ScriptRun::Ran(trace) => {
                ran += 1;
                match args.output.format {
                    Format::Json => text.push_str(&trace::write(trace)),
                    Format::Terminal => text.push_str(&terminal::trace(name, trace)),
                }
            }
            ScriptRun::Skipped(why) => anstream::eprintln!("{name}: skipped: {why}"),
            ScriptRun::Broken(why) => {
                broken = true;
                anstream::eprintln!("{name}: {why}");
            }
        }
    }
    output.write(&text)?;
    Ok(if broken {
        Exit::Unusable
    } else if ran == 0 {
        Exit::NothingJudged
    } else if args.runner.strict && ran < runs.len() {
        Exit::Findings
    } else {
        Exit::Good
    })
}
