//! `bindproof generate`: the manual page and the completions of shells, for packagers.

use std::io;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::{Cli, GenerateArgs, Generated};
use super::exit::{CliError, Exit};
use super::output::Output;

const NAME: &str = "bindproof";

pub(super) fn generate(args: &GenerateArgs) -> Result<Exit, CliError> {
    let mut command = Cli::command();
    let shell = match args.what {
        // A page for the program and for each verb.
        Generated::Man if args.output.is_dir() => {
            clap_mangen::generate_to(command, &args.output).map_err(CliError::unusable)?;
            return Ok(Exit::Good);
        }
        Generated::Man => {
            let page = page(command).map_err(CliError::unusable)?;
            return super::emit(&Output::new(&args.output), &page, Exit::Good);
        }
        Generated::Bash => Shell::Bash,
        Generated::Elvish => Shell::Elvish,
        Generated::Fish => Shell::Fish,
        Generated::Powershell => Shell::PowerShell,
        Generated::Zsh => Shell::Zsh,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, NAME, &mut script);
    let script = String::from_utf8_lossy(&script);
    super::emit(&Output::new(&args.output), &script, Exit::Good)
}

fn page(command: Command) -> io::Result<String> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
