//! Runs the tests that reach a mutant until one of them notices it.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// A test's time on a quiet machine says little about a busy one.
const TIMEOUT_MIN: Duration = Duration::from_secs(10);
const TIMEOUT_TIMES: u32 = 8;
/// So many tests are asked one by one, the most promising first.
const FAVOURITES: usize = 10;
const SLOW: Duration = Duration::from_millis(500);

#[derive(Serialize, Deserialize, Clone)]
pub struct Test {
    program: PathBuf,
    built: SystemTime,
    pub name: String,
    passed: bool,
    /// Whether its program takes more than one name. One that does not is also run as a whole, and
    /// is of no use if a test of it fails anyway.
    together: bool,
    pub time: Duration,
    pub reached: BTreeSet<usize>,
}

/// How often a test was asked, and how often it noticed.
#[derive(Default)]
pub struct Luck {
    asked: AtomicU32,
    noticed: AtomicU32,
}

/// A test program without what cargo makes of its name.
fn name_of(program: &Path) -> String {
    let program = program.file_stem().unwrap_or_default().to_string_lossy();
    program.rsplit_once('-').map_or(&*program, |(name, _)| name).into()
}

impl Test {
    /// Cheap, often right and with little else to do comes first.
    fn price(&self, luck: &Luck) -> f64 {
        let width = (self.reached.len() as f64).sqrt();
        let asked = luck.asked.load(Ordering::Relaxed) + 4;
        let noticed = luck.noticed.load(Ordering::Relaxed) + 1;
        self.time.as_secs_f64() * width * f64::from(asked) / f64::from(noticed)
    }
}

#[derive(PartialEq, Clone, Copy)]
pub enum Ran {
    Passed,
    Failed,
    TooLong,
}

fn run(
    tree: &Path,
    program: &Path,
    names: &[&str],
    variable: (&str, &str),
    limit: Duration,
) -> io::Result<Ran> {
    let mut child = Command::new(program)
        .args(names)
        .args(["--exact", "--test-threads=1"])
        .env(variable.0, variable.1)
        .env("CARGO_MANIFEST_DIR", tree)
        .current_dir(tree)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    let start = Instant::now();
    let mut nap = Duration::from_millis(1);
    let ran = loop {
        match child.try_wait()? {
            Some(status) if status.success() => break Ran::Passed,
            Some(_) => break Ran::Failed,
            None if start.elapsed() > limit => break Ran::TooLong,
            None => std::thread::sleep(nap),
        }
        nap = (nap * 2).min(Duration::from_millis(20));
    };
    // What a mutant started and did not wait for goes as well.
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
    child.wait()?;
    Ok(ran)
}

/// Every test of the programs that passes, with its time and the mutants that it reaches. What an
/// earlier run found out of the same program is believed.
pub fn survey(tree: &Path, programs: &[PathBuf], scratch: &Path) -> io::Result<Vec<Test>> {
    let kept = scratch.join("survey.json");
    let known: Vec<Test> = fs::read(&kept)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    let mut tests = Vec::new();
    for program in programs {
        let built = fs::metadata(program)?.modified()?;
        let known: Vec<_> = known
            .iter()
            .filter(|test| test.program == *program && test.built == built)
            .cloned()
            .collect();
        if !known.is_empty() {
            tests.extend(known);
            continue;
        }
        let listed = Command::new(program)
            .args(["--list", "--format", "terse"])
            .current_dir(tree)
            .output()?;
        // libtest-mimic takes one name.
        let together = Command::new(program)
            .args(["a", "b", "--list"])
            .current_dir(tree)
            .output()?
            .status
            .success();
        for line in String::from_utf8_lossy(&listed.stdout).lines() {
            let Some(name) = line.strip_suffix(": test") else { continue };
            let file = scratch.join("reached");
            let _ = fs::remove_file(&file);
            let start = Instant::now();
            let variable = ("MUTANTS_REACHED", &*file.to_string_lossy());
            let ran = run(tree, program, &[name], variable, Duration::from_secs(300))?;
            let time = start.elapsed();
            let reached = fs::read_to_string(&file).unwrap_or_default();
            tests.push(Test {
                program: program.clone(),
                built,
                name: name.into(),
                passed: ran == Ran::Passed,
                together,
                time,
                reached: reached.lines().filter_map(|id| id.parse().ok()).collect(),
            });
        }
        fs::write(&kept, serde_json::to_vec(&tests)?)?;
    }
    let whole: BTreeSet<_> = tests
        .iter()
        .filter(|test| !test.passed && !test.together)
        .map(|test| test.program.clone())
        .collect();
    for test in &mut tests {
        test.passed &= !whole.contains(&test.program);
    }
    for test in tests.iter().filter(|test| !test.passed) {
        eprintln!("not used, since it fails without a mutant: {}", test.name);
    }
    tests.retain(|test| test.passed);
    Ok(tests)
}

/// Tests that are asked together, since starting a program costs more than they do.
struct Batch<'a> {
    program: &'a Path,
    names: Vec<&'a str>,
    time: Duration,
}

impl Batch<'_> {
    fn title(&self) -> String {
        match &self.names[..] {
            [one] => format!("{} {one}", name_of(self.program)),
            [] => name_of(self.program),
            all => format!("{} (one of {})", name_of(self.program), all.len()),
        }
    }

    fn notices(&self, tree: &Path, id: usize) -> io::Result<Option<(String, Ran)>> {
        let limit = TIMEOUT_MIN.max(self.time * TIMEOUT_TIMES);
        let id = id.to_string();
        let once = || run(tree, self.program, &self.names, ("MUTANT_AWAKE", &id), limit);
        let mut ran = once()?;
        // A test that fails by chance fails once.
        if ran == Ran::Failed {
            ran = once()?;
        }
        Ok((ran != Ran::Passed).then(|| (self.title(), ran)))
    }
}

/// The quick ones of each program together, the slow ones alone; all of a program that takes one
/// name at most.
fn batches<'a>(tests: &[&'a Test]) -> Vec<Batch<'a>> {
    let mut batches: Vec<Batch<'a>> = Vec::new();
    let mut alone = Vec::new();
    for test in tests {
        let batch = batches.iter_mut().find(|batch| batch.program == test.program);
        let names: Vec<&str> = if test.together { vec![&test.name] } else { Vec::new() };
        let new = Batch { program: &test.program, names, time: test.time };
        match batch {
            _ if test.together && test.time > SLOW => alone.push(new),
            Some(batch) => {
                batch.names.extend(new.names);
                batch.time += test.time;
            }
            None => batches.push(new),
        }
    }
    batches.extend(alone);
    batches.sort_by_key(|batch| batch.time);
    batches
}

/// The test that noticed a mutant, and whether by never ending.
pub fn measure(
    tree: &Path,
    tests: &[Test],
    luck: &[Luck],
    id: usize,
) -> io::Result<Option<(String, Ran)>> {
    let mut order: Vec<usize> =
        (0..tests.len()).filter(|at| tests[*at].reached.contains(&id)).collect();
    // Another thread changes the prices, and a sort wants them to stand still.
    order.sort_by_cached_key(|at| tests[*at].price(&luck[*at]).to_bits());
    for at in order.iter().take(FAVOURITES) {
        let test = &tests[*at];
        luck[*at].asked.fetch_add(1, Ordering::Relaxed);
        let one = Batch { program: &test.program, names: vec![&test.name], time: test.time };
        if let Some(found) = one.notices(tree, id)? {
            luck[*at].noticed.fetch_add(1, Ordering::Relaxed);
            return Ok(Some(found));
        }
    }
    let others: Vec<&Test> = order.iter().skip(FAVOURITES).map(|at| &tests[*at]).collect();
    for batch in batches(&others) {
        if let Some(found) = batch.notices(tree, id)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
