//! Every target as a plain program, on stable and without an engine.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use super::{known, prepare};

const USAGE: &str = "\
usage: TARGET [FILE|FOLDER…]          runs inputs; without any, the target's corpus
       TARGET --print [FILE|FOLDER…]  shows them as scripts, where they stand for one
       TARGET --hex DIGITS            runs the input with these bytes
       TARGET --rate SECONDS [FILE…]  runs them again and again, and says how often a second
";

/// Replays or prints inputs of a target.
#[must_use]
pub fn main(name: &str) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(name, &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{name}: {why}");
            ExitCode::from(2)
        }
    }
}

fn run(name: &str, arguments: &[String]) -> Result<(), String> {
    let target = known(name);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["-h" | "--help"] => {
            print!("{USAGE}");
            Ok(())
        }
        ["--print", paths @ ..] => {
            let all = inputs(name, paths)?;
            // What an input stands for may depend on what can be had here.
            prepare(name);
            for (path, data) in all {
                let text = target.print(&data);
                let shown = format!("# {}\n{}\n---\n", path.display(), text.trim_end());
                // A closed stdout ends it.
                if io::stdout().write_all(shown.as_bytes()).is_err() {
                    break;
                }
            }
            Ok(())
        }
        ["--hex", digits] => {
            let data = bytes(digits).ok_or("expected pairs of hexadecimal digits")?;
            prepare(name);
            target.run(&data);
            println!("nothing found");
            Ok(())
        }
        ["--rate", seconds, paths @ ..] => {
            let seconds: u64 = seconds.parse().map_err(|_| "expected seconds")?;
            let all = inputs(name, paths)?;
            prepare(name);
            let (start, mut runs) = (Instant::now(), 0_u64);
            while start.elapsed().as_secs() < seconds && !all.is_empty() {
                all.iter().for_each(|(_, data)| target.run(data));
                runs += all.len() as u64;
            }
            println!("{name}: {:.0} a second", runs as f64 / start.elapsed().as_secs_f64());
            Ok(())
        }
        [flag, ..] if flag.starts_with('-') => Err(format!("unknown flag {flag}\n{USAGE}")),
        paths => {
            let all = inputs(name, paths)?;
            prepare(name);
            for (path, data) in &all {
                eprintln!("{}", path.display());
                target.run(data);
            }
            println!("{name}: {} inputs, nothing found", all.len());
            Ok(())
        }
    }
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Files, and the files of folders, in order. They are read before a namespace is entered.
fn inputs(name: &str, paths: &[&str]) -> Result<Vec<(PathBuf, Vec<u8>)>, String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files = Vec::new();
    if paths.is_empty() {
        folder(&corpus, &mut files)?;
    }
    for path in paths.iter().map(Path::new) {
        if path.is_dir() { folder(path, &mut files)? } else { files.push(path.to_path_buf()) }
    }
    files.into_iter().map(|path| Ok((path.clone(), fs::read(&path).map_err(at(&path))?))).collect()
}

fn folder(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(path).map_err(at(path))?;
    let mut found = Vec::new();
    for entry in entries {
        found.push(entry.map_err(at(path))?.path());
    }
    found.sort();
    files.extend(found);
    Ok(())
}

fn at(path: &Path) -> impl Fn(io::Error) -> String {
    move |error| format!("cannot read {}: {error}", path.display())
}
