//! How fast the bodies are without an engine, each beside what bounds it, in one run.
//!
//! usage: cargo run --profile bench --manifest-path fuzz/Cargo.toml --example speed [-- SECONDS [FOLDER]]
//!
//! SECONDS for each of them; FOLDER/TARGET/… in place of the committed corpora, such as what fuzzing added.
//!
//! `history_real` is compared with a bare loop that makes the same calls and nothing else, in turns,
//! so that a busy machine slows both.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use bindproof::run::Ports;
use bindproof::sandbox::{self, Wanted};
use bindproof::sys;
use bindproof::testkit::fuzz::{Target, history_case, target};

#[path = "speed/bare.rs"]
mod bare;

fn main() {
    let seconds = std::env::args().nth(1).map_or(10, |text| text.parse().expect("seconds"));
    let each = Duration::from_secs(seconds);
    for name in ["script_text", "trace_json", "judge_trace", "bind_sockets_simulated"] {
        let (rate, _) = rate(known(name), &inputs(name), each);
        println!("{name}: {rate:.0} executions a second");
    }
    let name = "history_simulated";
    let all = inputs(name);
    let calls: usize = all.iter().map(|data| history_case(data).1.steps.len()).sum();
    let (executions, rounds) = rate(known(name), &all, each);
    println!("{name}: {executions:.0} executions, {:.0} calls a second", calls as f64 * rounds);
    against_a_bare_loop(each);
}

fn known(name: &str) -> &'static Target {
    target(name).expect("a target")
}

fn inputs(name: &str) -> Vec<Vec<u8>> {
    let committed = || Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folder = std::env::args_os().nth(2).map_or_else(committed, Into::into);
    let mut files: Vec<_> = fs::read_dir(folder.join(name))
        .expect("a corpus")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("an input")).collect()
}

/// Executions a second of processor time, and how many times all inputs that is.
fn rate(target: &Target, inputs: &[Vec<u8>], each: Duration) -> (f64, f64) {
    let (start, before, mut runs) = (Instant::now(), processor_time(), 0_u64);
    while start.elapsed() < each {
        inputs.iter().for_each(|data| target.run(data));
        runs += inputs.len() as u64;
    }
    let spent = match (before, processor_time()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed(),
    };
    let rate = runs as f64 / spent.as_secs_f64();
    (rate, rate / inputs.len() as f64)
}

/// What this thread has had of a processor, where the system tells: on a busy machine the time on
/// the wall says nothing.
fn processor_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

/// The same histories in turns: as the target makes them, and as bare calls, each time in a network
/// that nobody has used.
fn against_a_bare_loop(each: Duration) {
    let name = "history_real";
    let target = known(name);
    // Before a second thread: this one enters a private network.
    if let Err(why) = target.prepare() {
        return println!("{name}: not measured, there is no private network: {why}");
    }
    let wanted = Wanted { private_network: true, ..Wanted::default() };
    let fresh = || {
        sandbox::change(None, &wanted).expect("the network was private before");
        Ports::private(sys::surroundings().ephemeral.expect("a range"))
    };
    let inputs = inputs(name);
    let mut ports = fresh();
    let scripts: Vec<_> = inputs.iter().map(|data| bare::calls(data, &mut ports)).collect();
    let calls: usize = scripts.iter().map(Vec::len).sum();
    let (mut judged, mut bare_time, mut rounds) = (Duration::ZERO, Duration::ZERO, 0_u32);
    while judged + bare_time < each {
        drop(fresh());
        let start = Instant::now();
        inputs.iter().for_each(|data| target.run(data));
        judged += start.elapsed();
        let mut ports = fresh();
        let start = Instant::now();
        scripts.iter().for_each(|calls| bare::make(calls, &mut ports));
        bare_time += start.elapsed();
        rounds += 1;
    }
    let per_second = |time: Duration| calls as f64 * f64::from(rounds) / time.as_secs_f64();
    let (judged, bare) = (per_second(judged), per_second(bare_time));
    println!(
        "{name}: {judged:.0} calls a second judged, {bare:.0} in a bare loop: {:.2} of it",
        judged / bare
    );
}
