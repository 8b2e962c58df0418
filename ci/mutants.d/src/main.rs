//! Builds all mutants of cargo-mutants into one program, and asks the tests which they notice.
//!
//! `ask LIST.json TREE OUT JOBS [--again] [--quick] TARGET…` writes `OUT/outcomes.tsv`; what cannot be built so is
//! *left* to cargo-mutants. `rest OUT CONFIG` prints a configuration for cargo-mutants with which it
//! tries what is left. `score OUT SURVIVORS` puts both together, and fails under 95 %.

mod compile;
mod embed;
mod measure;
mod mutant;
mod score;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use measure::{Luck, Ran};
use mutant::Mutant;

const USAGE: &str =
    "usage: mutants-in-one-build ask LIST.json TREE OUT JOBS [--again] [--quick] TARGET…
                          rest OUT CONFIG
                          score OUT SURVIVORS";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let verb = arguments.next().ok_or(USAGE)?;
    let mut path = || arguments.next().map(PathBuf::from).ok_or(USAGE);
    match &*verb {
        "ask" => {
            let (list, tree, out) = (path()?, path()?, path()?);
            let jobs = arguments.next().and_then(|jobs| jobs.parse().ok()).ok_or(USAGE)?;
            let mut targets: Vec<String> = arguments.collect();
            let mut option = |name: &str| {
                let found = targets.iter().position(|target| target == name);
                found.map(|at| targets.remove(at)).is_some()
            };
            let how = How { jobs, again: option("--again"), quick: option("--quick") };
            ask(&list, &tree, &out, &how, &targets)
        }
        "rest" => score::rest(&path()?, &path()?),
        "score" => score::score(&path()?, &path()?),
        _ => Err(USAGE.into()),
    }
}

/// Of the last run of the same list: what each mutant came to.
fn earlier(out: &Path, list: u64) -> BTreeMap<String, (String, String)> {
    let text = fs::read_to_string(out.join("outcomes.tsv")).unwrap_or_default();
    let mut lines = text.lines();
    if lines.next() != Some(&*format!("# {list:x}")) {
        return BTreeMap::new();
    }
    lines
        .filter_map(|line| {
            let mut parts = line.splitn(3, '\t');
            let name = parts.next()?.to_string();
            Some((name, (parts.next()?.into(), parts.next()?.into())))
        })
        .collect()
}

struct How {
    jobs: usize,
    /// Believes what the last run caught.
    again: bool,
    /// Leaves out the slow tests.
    quick: bool,
}

/// A test that takes longer is a slow one.
const QUICK: Duration = Duration::from_millis(700);

fn ask(
    list: &Path,
    tree: &Path,
    out: &Path,
    how: &How,
    targets: &[String],
) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(list)?;
    let mutants: Vec<Mutant> = serde_json::from_str(&text)?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let list = hasher.finish();
    fs::create_dir_all(tree)?;
    fs::create_dir_all(out)?;
    let (tree, out) = (fs::canonicalize(tree)?, fs::canonicalize(out)?);

    // What did not compile the last time does not now.
    let earlier = earlier(&out, list);
    let was = |id: usize, words: &[&str]| {
        let found = earlier.get(&mutants[id].name);
        found.filter(|(outcome, _)| words.contains(&&**outcome))
    };
    let mut without = BTreeMap::new();
    for id in 0..mutants.len() {
        if let Some((outcome, why)) = was(id, &["unviable", "left"]) {
            without.insert(id, (outcome == "unviable", why.clone()));
        }
    }
    let programs = compile::compile(&tree, &mutants, &mut without, targets)?;

    let mut outcomes = File::create(out.join("outcomes.tsv"))?;
    writeln!(outcomes, "# {list:x}")?;
    let mut ids = Vec::new();
    for (id, mutant) in mutants.iter().enumerate() {
        let caught = was(id, &["caught", "timeout"]).filter(|_| how.again);
        if let Some((unviable, why)) = without.get(&id) {
            let outcome = if *unviable { "unviable" } else { "left" };
            writeln!(outcomes, "{}\t{outcome}\t{why}", mutant.name)?;
        } else if let Some((outcome, by)) = caught {
            writeln!(outcomes, "{}\t{outcome}\t{by}", mutant.name)?;
        } else {
            ids.push(id);
        }
    }
    let mut tests = measure::survey(&tree, &programs, &out)?;
    tests.retain(|test| !how.quick || test.time <= QUICK);
    eprintln!("{} mutants, {} tests", ids.len(), tests.len());
    // What was missed is asked last: it takes longest.
    ids.sort_by_key(|id| was(*id, &["missed"]).is_some());
    let luck: Vec<_> = tests.iter().map(|_| Luck::default()).collect();
    let queue = Mutex::new(ids.iter().enumerate());
    let outcomes = Mutex::new(outcomes);
    let work = || -> io::Result<()> {
        loop {
            let Some((at, id)) = queue.lock().expect("nobody panics").next() else { return Ok(()) };
            let (outcome, by) = match measure::measure(&tree, &tests, &luck, *id)? {
                Some((by, Ran::TooLong)) => ("timeout", by),
                Some((by, _)) => ("caught", by),
                None if tests.iter().any(|test| test.reached.contains(id)) => {
                    ("missed", String::new())
                }
                None => ("missed", "no test comes here".into()),
            };
            let name = &mutants[*id].name;
            if outcome == "missed" {
                eprintln!("{} of {}: missed {name} {by}", at + 1, ids.len());
            }
            let mut outcomes = outcomes.lock().expect("nobody panics");
            writeln!(outcomes, "{name}\t{outcome}\t{by}")?;
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..how.jobs).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("nobody panics"))
    })?;
    Ok(())
}
