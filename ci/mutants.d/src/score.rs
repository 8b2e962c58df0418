//! What the one build and cargo-mutants found, put together.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use serde::Deserialize;

const CAUGHT_MIN_PERCENT: usize = 95;

#[derive(Deserialize)]
struct Survivors {
    #[serde(default)]
    survivor: Vec<Survivor>,
}

#[derive(Deserialize)]
struct Survivor {
    /// As cargo-mutants names it, without line and column: those change too often.
    mutant: String,
    /// How many there are of this name.
    #[serde(default = "one")]
    count: usize,
    reason: String,
}

fn one() -> usize {
    1
}

/// The mutants of `outcomes.tsv`, each with its outcome.
fn outcomes(out: &Path) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let text = fs::read_to_string(out.join("outcomes.tsv"))?;
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    Ok(lines
        .filter_map(|(name, rest)| Some((name.to_string(), rest.split('\t').next()?.to_string())))
        .collect())
}

/// Prints a configuration for cargo-mutants that holds only what is left to it.
///
/// # Errors
/// When a file cannot be read.
pub fn rest(out: &Path, configuration: &Path) -> Result<(), Box<dyn Error>> {
    let mut expressions = Vec::new();
    for (name, _) in outcomes(out)?.iter().filter(|(_, outcome)| outcome == "left") {
        expressions.push(format!("    {:?},", format!("^{}$", regex_syntax::escape(name))));
    }
    if expressions.is_empty() {
        // Nothing must mean nothing, and not everything.
        expressions.push("    \"^$\",".into());
    }
    println!("examine_re = [\n{}\n]", expressions.join("\n"));
    print!("{}", fs::read_to_string(configuration)?);
    Ok(())
}

/// `src/a.rs:1:2: replace …` without its line and column.
fn without_place(name: &str) -> String {
    let mut parts = name.splitn(4, ':');
    let (file, change) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    format!("{file}:{change}")
}

/// Prints the score and the survivors with their reasons.
///
/// # Errors
/// When a file cannot be read, too few are caught, or a survivor has no reason.
pub fn score(out: &Path, survivors: &Path) -> Result<(), Box<dyn Error>> {
    let mut all: BTreeMap<String, String> = outcomes(out)?.into_iter().collect();
    for outcome in ["caught", "missed", "timeout", "unviable"] {
        let file = out.join("mutants.out").join(format!("{outcome}.txt"));
        for name in fs::read_to_string(file).unwrap_or_default().lines() {
            // What is there of an older run is not in this list.
            if let Some(left) = all.get_mut(name).filter(|old| *old == "left") {
                *left = outcome.into();
            }
        }
    }
    let count = |outcome: &str| all.values().filter(|one| *one == outcome).count();
    let (caught, timeout, missed) = (count("caught"), count("timeout"), count("missed"));
    let left = count("left");

    let written: Survivors = toml::from_str(&fs::read_to_string(survivors)?)?;
    let mut alive: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, _) in all.iter().filter(|(_, outcome)| *outcome == "missed") {
        alive.entry(without_place(name)).or_default().push(name);
    }
    let mut mistakes = Vec::new();
    for (mutant, names) in &alive {
        match written.survivor.iter().find(|one| one.mutant == *mutant) {
            Some(one) if one.count >= names.len() => {
                println!("survives: {}: {}", names.join(", "), one.reason);
            }
            Some(one) => mistakes.push(format!(
                "{} survive, and {} a reason for {}: {}",
                names.len(),
                survivors.display(),
                one.count,
                names.join(", ")
            )),
            None => mistakes.push(format!("survives without a reason: {}", names.join(", "))),
        }
    }
    for one in &written.survivor {
        let file = one.mutant.split(':').next().unwrap_or_default();
        let asked = all.keys().any(|name| name.starts_with(file));
        if asked && !alive.contains_key(&one.mutant) {
            mistakes.push(format!("has a reason, and does not survive: {}", one.mutant));
        }
    }
    if left > 0 {
        mistakes.push(format!("{left} were asked by nobody"));
    }
    for mistake in &mistakes {
        println!("{mistake}");
    }
    let (noticed, viable) = (caught + timeout, caught + timeout + missed);
    println!(
        "{noticed} of {viable} caught ({:.1} %), {timeout} of them since a test did not end; \
         {missed} missed; {} more do not compile",
        noticed as f64 * 100.0 / viable.max(1) as f64,
        count("unviable"),
    );
    if noticed * 100 < viable * CAUGHT_MIN_PERCENT {
        return Err(format!("under {CAUGHT_MIN_PERCENT} %").into());
    }
    if mistakes.is_empty() { Ok(()) } else { Err("see above".into()) }
}
