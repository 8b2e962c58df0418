//! The command line: one file a verb.

mod args;
mod bind;
mod bind_lines;
mod check;
mod conform;
mod doctor;
mod exit;
mod explain;
mod gate;
mod generate;
mod judge;
mod matrix;
mod output;
mod predict;
mod record;
mod run;
mod sandboxed;
mod scripts;
mod search;
mod serve;
mod shrink;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Verb};
use exit::{CliError, Exit};

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Before anything that could start a thread: a worker enters its namespaces alone.
    if let Some(code) = hidden(&arguments) {
        return code;
    }
    let cli = match Cli::try_parse_from(with_default_verb(arguments)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout with code 0, everything else is wrong use.
            let code = if error.use_stderr() { Exit::Unusable } else { Exit::Good };
            // There is nobody left to tell when this fails.
            let _ = error.print();
            return code.into();
        }
    };
    cli.color.apply();
    let done = match cli.verb {
        Verb::Check(arguments) => check::check(&arguments),
        Verb::Run(arguments) => run::run(&arguments),
        Verb::Bind(arguments) => bind::bind(&arguments),
        Verb::Serve(arguments) => serve::serve(&arguments),
        Verb::Record(arguments) => record::record(&arguments),
        Verb::Gate(arguments) => gate::gate(&arguments),
        Verb::Matrix(arguments) => matrix::matrix(&arguments),
        Verb::Predict(arguments) => predict::predict(&arguments),
        Verb::Judge(arguments) => judge::judge(&arguments),
        Verb::Shrink(arguments) => shrink::shrink(&arguments),
        Verb::Explain(arguments) => explain::explain(&arguments),
        Verb::Conform(arguments) => conform::conform(&arguments),
        Verb::Doctor(arguments) => doctor::doctor(&arguments),
        Verb::Generate(arguments) => generate::generate(&arguments),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            anstream::eprintln!("bindproof: {error}");
            Exit::Unusable.into()
        }
    }
}

/// Reads a command line, without the program's name, and does nothing of what it says. Answers how
/// the command was understood, for whoever wants to look at it (feature `testing`).
///
/// # Errors
/// The exit code and the message of a command line that is refused, or that asks for help.
#[cfg(feature = "testing")]
pub fn understood(words: Vec<String>) -> Result<String, (i32, String)> {
    let arguments = std::iter::once("bindproof".into()).chain(words.into_iter().map(Into::into));
    match Cli::try_parse_from(with_default_verb(arguments.collect())) {
        Ok(cli) => Ok(format!("{:?}", cli.verb)),
        Err(error) => Err((error.exit_code(), error.to_string())),
    }
}

/// Every verb and flag, as clap knows them (feature `testing`).
#[cfg(feature = "testing")]
#[must_use]
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// The verbs that bindproof calls itself with.
fn hidden(arguments: &[OsString]) -> Option<ExitCode> {
    let verb = arguments.get(1)?.to_str()?;
    let done = match verb {
        crate::run::WORKER_VERB => crate::run::worker_main(),
        crate::conform::WORKER_VERB => crate::conform::worker_main(),
        crate::conform::ADAPTER_VERB => {
            eprintln!("bindproof: {}", crate::conform::adapter_main(&arguments[2..]));
            return Some(Exit::Unusable.into());
        }
        crate::search::SEARCH_VERB => crate::search::worker_main(),
        crate::run::FIND_DESCRIPTOR_VERB => {
            crate::run::find_descriptor_main(arguments.get(2)?.to_str()?)
        }
        bind_lines::VERB => return Some(bind_lines::main()),
        sandboxed::VERB => return Some(sandboxed::main(&arguments[2..])),
        _ => return None,
    };
    Some(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            Exit::Unusable.into()
        }
    })
}

/// `bindproof` alone, or with only flags and filters of `check`, is `bindproof check`.
fn with_default_verb(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let first = arguments.get(1).and_then(|word| word.to_str());
    let top = ["-h", "--help", "-V", "--version", "help"];
    let is_flag = |word: &str| word.starts_with('-') && !top.contains(&word);
    if first.is_none() || first.is_some_and(is_flag) {
        arguments.insert(1.min(arguments.len()), "check".into());
    }
    arguments
}

/// How wide a table for a person may be.
fn width() -> u16 {
    terminal_size::terminal_size().map_or(100, |(width, _)| width.0)
}

/// Writes the product of a command. A closed stdout ends it quietly.
fn emit(output: &output::Output, text: &str, exit: Exit) -> Result<Exit, CliError> {
    output.write(text).map(|()| exit)
}
