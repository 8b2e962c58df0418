//! What a server counts on, broken on purpose: the gate fails, and names it.
//!
//! A wrong `bind_sockets` is put on the simulated kernel of Linux and on this machine's own, its answers
//! are stored as those of a lane, and `bindproof gate` compares that lane. `cargo test --test seeded --
//! --nocapture` shows what it prints. A worker is this program, which has a wrong one in it.

use std::fs;
use std::process::{Command, ExitCode};
use std::rc::Rc;

use bindproof::matrix::embedded;
use bindproof::matrix::observed::{EVIDENCE_FILE, Observation, Wish, observe, write};
use bindproof::run::{
    FIND_DESCRIPTOR_VERB, Launcher, Pool, PoolOptions, RealBind, ScriptJob, ScriptRun, SubjectName,
    WORKER_VERB, find_descriptor_main, probe, simulate_calling, worker_main_calling,
};
use bindproof::sandbox::probes;
use bindproof::script::Platform;
use bindproof::testkit::variants::{CallMistake, Mistake, VARIANTS, Variant, WalkMistake, right};
use libtest_mimic::{Arguments, Failed, Trial};

/// The three behaviours that matter most, what shows that they are broken, one behaviour for each way in
/// which it can be seen, and how many ways there are: a finding for each.
const SEEDED: [(&str, Mistake, &[&str], usize); 3] = [
    (
        "reuseaddr",
        Mistake::Call(CallMistake::NoReuseAddr),
        &["bind_sockets/restart-over-time-wait", "bind_sockets/options-read-back"],
        2,
    ),
    (
        "v6only",
        Mistake::Call(CallMistake::NoV6Only),
        &["bind_sockets/ipv6-listener-refuses-ipv4", "bind_sockets/options-read-back"],
        7,
    ),
    (
        "family-skip",
        Mistake::Walk(WalkMistake::NeverSkipsFamily),
        &["eafnosupport/bind-sockets-skips-family"],
        1,
    ),
];
/// The reference, where a worker is told which one to call.
const RIGHT: &str = "right";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [WORKER_VERB, RIGHT] => worker_main_calling(RealBind::default()),
        [WORKER_VERB, name] => worker_main_calling(variant(mistake(name)).real()),
        [FIND_DESCRIPTOR_VERB, id] => find_descriptor_main(id),
        _ => return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    };
    done.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn mistake(name: &str) -> Mistake {
    SEEDED.iter().find(|(known, ..)| *known == name).expect("a seeded one").1
}

fn variant(mistake: Mistake) -> &'static Variant {
    VARIANTS.iter().find(|one| one.mistake == mistake).expect("it is in the table")
}

fn trials() -> Vec<Trial> {
    let mut all = vec![
        Trial::test("simulated::the_reference_passes", || passes(&simulated(None))),
        Trial::test("real::the_reference_passes", || {
            real(RIGHT).map_or(Ok(()), |lane| passes(&lane))
        }),
    ];
    for (name, mistake, behaviours, findings) in SEEDED {
        all.push(Trial::test(format!("simulated::{name}_is_caught"), move || {
            is_caught(&simulated(Some(mistake)), variant(mistake).what, behaviours, findings)
        }));
        all.push(Trial::test(format!("real::{name}_is_caught"), move || {
            let Some(lane) = real(name) else { return Ok(()) };
            is_caught(&lane, variant(mistake).what, behaviours, findings)
        }));
    }
    all
}

fn observed(mut run: impl FnMut(&[ScriptJob]) -> Vec<ScriptRun>) -> Observation {
    let wish = Wish {
        lane: "seeded",
        day: "2026-01-01",
        behaviours: &embedded().expect("the behaviours parse"),
        env: &[],
        lattice: false,
        retries: 0,
    };
    let (lane, _) = observe(&wish, |jobs| Ok::<_, String>(run(jobs))).expect("a lane");
    lane
}

/// What simulated Linux answers.
fn simulated(mistake: Option<Mistake>) -> Observation {
    let bind = mistake.map_or_else(right, |mistake| variant(mistake).simulated());
    let run = |job: &ScriptJob| simulate_calling(Platform::Linux, job, 5_000, Rc::clone(&bind));
    observed(|jobs| jobs.iter().map(run).collect())
}

/// What this machine answers; nothing where it has no private network.
fn real(name: &str) -> Option<Observation> {
    let program = std::env::current_exe().expect("this program");
    let arguments = vec![WORKER_VERB.into(), name.into()];
    let launcher = Launcher { program, arguments };
    let private = &probes()[0];
    if let Some(why) = probe(&launcher, private) {
        eprintln!("SKIPPED: {} is not to be had here: {why}", private.name);
        return None;
    }
    let options = PoolOptions {
        subject: SubjectName::Reference,
        jobs: 2,
        script_timeout_ms: 20_000,
        sandbox: true,
    };
    let pool = Pool::new(launcher, options);
    Some(observed(|jobs| pool.run(jobs, &|_| ())))
}

/// What the gate says of a lane, and its exit code.
fn gate(lane: &Observation, format: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("seeded")).expect("a folder");
    fs::write(folder.path().join("seeded").join(EVIDENCE_FILE), write(lane)).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_bindproof"))
        .args(["gate", "--color", "never", "--format", format, "--observed"])
        .arg(folder.path())
        .output()
        .expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), text + &String::from_utf8_lossy(&output.stderr))
}

fn passes(lane: &Observation) -> Result<(), Failed> {
    let (code, text) = gate(lane, "terminal");
    if code == Some(0) { Ok(()) } else { Err(text.into()) }
}

fn is_caught(
    lane: &Observation,
    what: &str,
    behaviours: &[&str],
    findings: usize,
) -> Result<(), Failed> {
    let (code, text) = gate(lane, "terminal");
    println!("==== a bind_sockets that {what}\n{text}");
    if code != Some(1) {
        return Err(format!("{what}: exit code {code:?}:\n{text}").into());
    }
    // A person is shown the first ones of a finding, a program all.
    let (_, all) = gate(lane, "json");
    if let Some(id) = behaviours.iter().find(|id| !all.contains(*id)) {
        return Err(format!("{what}: {id} is not named in\n{all}").into());
    }
    let all: serde_json::Value = serde_json::from_str(&all)?;
    let found = all["lanes"][0]["findings"].as_array().map_or(0, Vec::len);
    if found == findings {
        return Ok(());
    }
    Err(format!("{what}: {found} findings, not {findings}:\n{text}").into())
}
