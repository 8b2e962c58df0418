//! Builds the tree with its mutants, and leaves out the mutants that do not compile.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use serde_json::Value;

use crate::embed::{at_line, embed};
use crate::mutant::{Mutant, offset};

/// As the tests are built by `cargo test`, but quicker at work.
const CARGO: &[&str] = &[
    "--message-format=json",
    "--config=profile.dev.opt-level=1",
    "--config=profile.dev.package.\"*\".opt-level=0",
];
const ROUNDS_MAX: usize = 30;

fn cargo(tree: &Path, verb: &[&str]) -> io::Result<(bool, Vec<Value>)> {
    let done = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(verb)
        .args(CARGO)
        .current_dir(tree)
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&done.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Ok((done.status.success(), messages))
}

/// Mistakes that have nothing to do with how a mutant was written into its file: a trait or a
/// function that is not there, another number of arguments.
const UNVIABLE: &[&str] = &["E0061", "E0277", "E0369", "E0599", "E0624", "E0790"];

/// Those that a value of the wrong type, or one that cannot be a constant, makes.
const OF_A_VALUE: &[&str] = &["E0308", "E0658"];

/// A function that is not const, in one that is.
const NOT_CONST: &str = "E0015";

struct Mistake {
    file: String,
    line: usize,
    code: String,
    message: String,
}

/// The mistakes in a tree.
fn mistakes(messages: &[Value]) -> Vec<Mistake> {
    let mut found = Vec::new();
    for message in messages.iter().map(|one| &one["message"]) {
        if message["level"] != "error" {
            continue;
        }
        for span in message["spans"].as_array().into_iter().flatten() {
            if span["is_primary"] == true {
                let file = span["file_name"].as_str().unwrap_or_default().to_string();
                let line = span["line_start"].as_u64().unwrap_or(1) as usize;
                let code = message["code"]["code"].as_str().unwrap_or_default().to_string();
                let message = message["message"].as_str().unwrap_or_default();
                let message = format!("{code} {}", message.replace(['\n', '\t'], " "));
                found.push(Mistake { file, line, code, message });
            }
        }
    }
    found
}

/// Writes a file, unless it reads so: what did not change is not built again.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().expect("a file is in a folder"))?;
    fs::write(path, text)
}

/// Copies what git has, or would have, into the tree.
fn copy(tree: &Path, mutated: impl Fn(&str) -> bool, awake: &str) -> io::Result<()> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for file in listed.split('\0').filter(|file| !file.is_empty() && !mutated(file)) {
        // What is deleted and not committed is listed all the same.
        let Ok(mut text) = fs::read(file) else { continue };
        if file == "src/lib.rs" {
            text.extend_from_slice(awake.as_bytes());
        }
        replace(&tree.join(file), &text)?;
    }
    Ok(())
}

/// Builds what has tests, and says where it is. Mutants that are not in it are added to `without`:
/// whether they compile nowhere, and why.
///
/// # Errors
/// When files or cargo fail, or what does not compile is not a mutant's doing.
pub fn compile(
    tree: &Path,
    mutants: &[Mutant],
    without: &mut BTreeMap<usize, (bool, String)>,
    targets: &[String],
) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for (id, mutant) in mutants.iter().enumerate() {
        files.entry(&mutant.file).or_default().push((id, mutant));
    }
    let mut sources = BTreeMap::new();
    for file in files.keys() {
        sources.insert(*file, fs::read_to_string(file)?);
    }
    let awake = include_str!("awake.rs.in").replace("COUNT", &mutants.len().to_string());
    copy(tree, |file| files.contains_key(file), &awake)?;

    // A const fn cannot look at what is awake; most need not be one here.
    let mut unconst: BTreeSet<usize> = BTreeSet::new();
    for round in 1..=ROUNDS_MAX {
        let mut written = BTreeMap::new();
        for (file, mutants) in &files {
            let present: Vec<_> =
                mutants.iter().filter(|(id, _)| !without.contains_key(id)).copied().collect();
            let (text, homeless) = embed(&sources[file], &present, &unconst);
            let why = "it has a place in no expression";
            // `||` may not stand between two `let`s, and an iterator's value is of another type.
            let nowhere = |id: usize| {
                mutants.iter().any(|(one, mutant)| {
                    *one == id && (mutant.replacement == "||" || mutant.genre == "FnValue")
                })
            };
            without.extend(homeless.into_iter().map(|id| (id, (nowhere(id), why.to_string()))));
            replace(&tree.join(file), text.as_bytes())?;
            written.insert(*file, (text, present));
        }
        let (fine, messages) = cargo(tree, &["check", "--lib"])?;
        eprintln!("round {round}: {} of {} mutants are left out", without.len(), mutants.len());
        if fine {
            break;
        }
        let before = (without.len(), unconst.clone());
        for mistake in mistakes(&messages) {
            let outside = || format!("{}:{}: {}", mistake.file, mistake.line, mistake.message);
            let found = written.get(&*mistake.file);
            let mut guilty = found.map_or(Vec::new(), |(text, _)| at_line(text, mistake.line));
            if mistake.code == NOT_CONST {
                if guilty.is_empty() {
                    // Somebody needs a constant of it.
                    let called = mistake.message.split('`').nth(1).unwrap_or_default();
                    let called = called.rsplit("::").next().unwrap_or_default();
                    let of_it = |id: &usize| mutants[*id].function_name() == called;
                    for id in unconst.iter().copied().filter(of_it) {
                        without.insert(id, (false, mistake.message.clone()));
                    }
                    // It may be needed in several places.
                    if !without.keys().any(of_it) {
                        return Err(outside().into());
                    }
                    unconst.retain(|id| !of_it(id));
                } else {
                    unconst.extend(guilty);
                }
                continue;
            }
            let (text, present) = found.ok_or_else(outside)?;
            let value = |id: &usize| mutants[*id].genre == "FnValue";
            let unviable = !guilty.is_empty()
                && (UNVIABLE.contains(&&*mistake.code)
                    || OF_A_VALUE.contains(&&*mistake.code) && guilty.iter().all(value));
            if guilty.is_empty() {
                guilty = arms_beside(present, &sources[&*mistake.file], text, mistake.line);
            }
            if guilty.is_empty() {
                return Err(outside().into());
            }
            for id in guilty {
                without.entry(id).or_insert((unviable, mistake.message.clone()));
            }
        }
        if before == (without.len(), unconst.clone()) {
            return Err("it does not compile, and no mutant is why".into());
        }
    }
    for (id, (unviable, _)) in without.iter_mut().filter(|(_, (unviable, _))| !unviable) {
        let mutant = &mutants[*id];
        let place = tree.join(&mutant.file);
        let written = fs::read(&place)?;
        // A guard for each arm leaves the match without an arm for every value; one arm less may not.
        if mutant.genre == "MatchArm" {
            replace(&place, without_it(&sources[&*mutant.file], mutant).as_bytes())?;
            *unviable = !cargo(tree, &["check", "--lib"])?.0;
            replace(&place, &written)?;
        }
    }
    let mut verb = vec!["test", "--no-run"];
    verb.extend(targets.iter().map(|target| &**target));
    let (fine, messages) = cargo(tree, &verb)?;
    if !fine {
        let all: Vec<_> = mistakes(&messages).into_iter().map(|one| one.message).collect();
        return Err(format!("the tests do not compile: {}", all.join("; ")).into());
    }
    let programs = messages.iter().filter(|one| one["profile"]["test"] == true);
    Ok(programs.filter_map(|one| one["executable"].as_str()).map(PathBuf::from).collect())
}

/// The source as cargo-mutants would write it.
fn without_it(source: &str, mutant: &Mutant) -> String {
    let (start, end) = (offset(source, mutant.span.start), offset(source, mutant.span.end));
    let rest = source[end..].strip_prefix(',').unwrap_or(&source[end..]);
    format!("{}{}{rest}", &source[..start], mutant.replacement)
}

/// The deleted match arms beside a line of the written file that no mutant is at: a match without
/// them does not cover every value, and the compiler says so where the match begins.
fn arms_beside(
    mutants: &[(usize, &Mutant)],
    source: &str,
    written: &str,
    line: usize,
) -> Vec<usize> {
    let lines: Vec<_> = written.lines().collect();
    let place = |id: usize| {
        let mark = format!("/*M{id}*/");
        lines.iter().position(|text| text.contains(&mark))
    };
    let arms: Vec<_> = mutants
        .iter()
        .filter(|(_, mutant)| mutant.genre == "MatchArm")
        .filter_map(|(id, mutant)| Some((place(*id)?, *id, *mutant)))
        .collect();
    let start = |one: &Mutant| one.function.as_ref().map(|f| offset(source, f.span.start));
    let next = arms.iter().filter(|(at, ..)| *at >= line).min_by_key(|(at, ..)| *at);
    let Some((.., next)) = next else { return Vec::new() };
    arms.iter().filter(|(.., one)| start(one) == start(next)).map(|(_, id, _)| *id).collect()
}
