//! `bindproof __bind`: calls the reference again and again. Hidden: the comparison with Tornado
//! under `ci/` uses it, for it makes thousands of calls and looks at the sockets of each.
//!
//! A line on stdin is a JSON array with the arguments of `bindproof bind`; the answer is the line
//! that `bind --json` prints. The sockets listen until the next line; `[]` closes them and is
//! answered by `{}`. Arguments that `bind` does not take are answered by `{"usage":"why"}`.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use clap::Parser;
use serde_json::json;

use super::args::{Cli, Verb};
use super::bind;
use super::exit::{CliError, Exit};

/// The hidden verb.
pub(super) const VERB: &str = "__bind";

pub(super) fn main() -> ExitCode {
    match answer_all() {
        Ok(()) => Exit::Good.into(),
        Err(why) => {
            eprintln!("bindproof: {why}");
            Exit::Unusable.into()
        }
    }
}

fn answer_all() -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    let mut answer = Ok(Vec::new());
    for line in io::stdin().lock().lines() {
        let line = line.map_err(CliError::unusable)?;
        let words: Vec<String> = serde_json::from_str(&line)
            .map_err(|why| CliError::unusable(format!("expected an array of text: {why}")))?;
        // Closes the sockets of the line before.
        drop(std::mem::replace(&mut answer, Ok(Vec::new())));
        let text = if words.is_empty() {
            "{}\n".to_string()
        } else {
            match Cli::try_parse_from(
                ["bindproof", "bind"].map(String::from).into_iter().chain(words),
            ) {
                Ok(Cli { verb: Verb::Bind(args), .. }) => {
                    answer = bind::called(&args);
                    bind::as_json(&answer)?
                }
                Ok(_) => return Err(CliError::unusable("expected the arguments of bind")),
                Err(why) => format!("{}\n", json!({ "usage": why.to_string() })),
            }
        };
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
            .map_err(|source| CliError::Write { what: "stdout".into(), source })?;
    }
    Ok(())
}
