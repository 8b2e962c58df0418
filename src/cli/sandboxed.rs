//! `bindproof __sandbox [--env LINE]… [--refuse CALL=ERROR]… [--host] -- COMMAND…`: runs another
//! program in the sandbox. Hidden: the comparisons under `ci/` use it.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use super::exit::Exit;
use crate::conform::filters;
use crate::run::wanted;
use crate::sandbox;
use crate::script::{Env, parse_env_text};

/// The hidden verb.
pub(super) const VERB: &str = "__sandbox";

pub(super) fn main(arguments: &[OsString]) -> ExitCode {
    match run(arguments) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("bindproof: {why}");
            Exit::Unusable.into()
        }
    }
}

fn run(arguments: &[OsString]) -> Result<ExitCode, String> {
    let (options, command) = arguments
        .iter()
        .position(|word| word == "--")
        .map(|at| (&arguments[..at], &arguments[at + 1..]))
        .ok_or("expected -- and a command")?;
    let (mut env, mut refuse, mut private): (Vec<Env>, _, _) = (Vec::new(), Vec::new(), true);
    let mut words = options.iter().map(|word| word.to_str().ok_or("expected UTF-8"));
    while let Some(word) = words.next().transpose()? {
        let mut value = || {
            words
                .next()
                .ok_or_else(|| format!("expected a value after {word}"))?
                .map_err(String::from)
        };
        match word {
            "--env" => env.push(parse_env_text(value()?).map_err(|error| error.to_string())?),
            "--refuse" => refuse.push(filters::parse(value()?)?),
            "--host" => private = false,
            other => return Err(format!("expected --env, --refuse or --host, found {other:?}")),
        }
    }
    let mut wanted = wanted(&env, private);
    wanted.refuse = refuse;
    sandbox::enter(&wanted).map_err(|refusal| refusal.reason)?;
    let (program, rest) = command.split_first().ok_or("expected a command after --")?;
    let status = Command::new(program)
        .args(rest)
        .status()
        .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or_else(|| Exit::Unusable.into(), ExitCode::from))
}
