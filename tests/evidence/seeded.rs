//! What a server counts on, broken on purpose: the gate fails, and names it.
//!
//! A wrong `bind_sockets` is put on the simulated kernel of Linux, its answers are stored as those of a
//! lane, and `bindproof gate` compares that lane. `cargo test --test evidence seeded -- --nocapture`
//! shows what it prints.

use std::fs;
use std::rc::Rc;

use bindproof::matrix::embedded;
use bindproof::matrix::observed::{EVIDENCE_FILE, Wish, observe, write};
use bindproof::run::{ScriptJob, SimulatedBind, simulate_calling};
use bindproof::script::Platform;
use bindproof::testkit::variants::{CallMistake, Mistake, VARIANTS, WalkMistake, right};

use crate::written::bindproof;

/// What the gate says of a lane whose `bind_sockets` is this one, and its exit code.
fn gate(bind: &SimulatedBind) -> (Option<i32>, String) {
    let wish = Wish {
        lane: "seeded",
        day: "2026-01-01",
        behaviours: &embedded().expect("the behaviours parse"),
        env: &[],
        lattice: false,
        retries: 0,
    };
    let run = |job: &ScriptJob| simulate_calling(Platform::Linux, job, 5_000, Rc::clone(bind));
    let (lane, _) = observe(&wish, |jobs| Ok::<_, String>(jobs.iter().map(run).collect()))
        .expect("a simulated lane");
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("seeded")).expect("a folder");
    fs::write(folder.path().join("seeded").join(EVIDENCE_FILE), write(&lane)).expect("written");
    let output = bindproof()
        .args(["gate", "--color", "never", "--observed"])
        .arg(folder.path())
        .output()
        .expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), text + &String::from_utf8_lossy(&output.stderr))
}

/// A mistake, and the behaviours that show it, one for each way in which it can be seen.
fn is_caught(mistake: Mistake, behaviours: &[&str]) {
    let variant = VARIANTS.iter().find(|one| one.mistake == mistake).expect("it is in the table");
    let (code, text) = gate(&variant.simulated());
    println!("==== a bind_sockets that {}\n{text}", variant.what);
    assert_eq!(code, Some(1), "{}:\n{text}", variant.what);
    for id in behaviours {
        assert!(text.contains(id), "{}: {id} is not named in\n{text}", variant.what);
    }
}

#[test]
fn the_reference_passes() {
    let (code, text) = gate(&right());
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_forgotten_reuseaddr_is_caught() {
    is_caught(
        Mistake::Call(CallMistake::NoReuseAddr),
        &["bind_sockets/restart-over-time-wait", "bind_sockets/options-read-back"],
    );
}

#[test]
fn a_forgotten_v6only_is_caught() {
    is_caught(
        Mistake::Call(CallMistake::NoV6Only),
        &["bind_sockets/ipv6-listener-refuses-ipv4", "bind_sockets/options-read-back"],
    );
}

#[test]
fn a_missing_skip_of_eafnosupport_is_caught() {
    is_caught(
        Mistake::Walk(WalkMistake::NeverSkipsFamily),
        &["eafnosupport/bind-sockets-skips-family"],
    );
}
