//! Load and soak: `bindproof serve` in one process, its clients in this one, on loopback. Every
//! figure is printed, and what must hold is checked: a failed check ends the program with code 1.
//!
//! usage: `cargo bench --bench load -- [--quick] [SCENARIO…]`, or `ci/load`. `--quick` is less of
//! everything, with the same promises.

#[cfg(target_os = "linux")]
#[path = "../support/mod.rs"]
mod support;

#[cfg(target_os = "linux")]
use std::time::Duration;

#[cfg(target_os = "linux")]
mod restarts;
#[cfg(target_os = "linux")]
mod scenarios;

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("the load looks at processes through /proc: Linux only");
}

/// A name, and what tells whether every promise was kept.
#[cfg(target_os = "linux")]
type Scenario = (&'static str, fn(&Size) -> bool);

/// How much of everything.
#[cfg(target_os = "linux")]
struct Size {
    /// Connections at once.
    held: usize,
    /// Short connections.
    short: usize,
    /// How long clients wait at the limit of descriptors.
    at_limit: Duration,
    /// Rounds of clients that are reset.
    resets: usize,
    /// How long fast clients are timed, alone and beside slow ones.
    fast: Duration,
    /// Restarts and kills.
    restarts: usize,
}

#[cfg(target_os = "linux")]
const FULL: Size = Size {
    held: 10_000,
    short: 1_000_000,
    at_limit: Duration::from_secs(10),
    resets: 100,
    fast: Duration::from_secs(4),
    restarts: 20,
};

#[cfg(target_os = "linux")]
const QUICK: Size = Size {
    held: 2_000,
    short: 20_000,
    at_limit: Duration::from_secs(2),
    resets: 5,
    fast: Duration::from_secs(1),
    restarts: 3,
};

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let all: &[Scenario] = &[
        ("held", scenarios::held),
        ("short", scenarios::short),
        ("descriptors", scenarios::descriptors),
        ("resets", scenarios::resets),
        ("slow", scenarios::slow),
        ("stop", scenarios::stop),
        ("restart", restarts::restart),
        ("worker", restarts::worker),
    ];
    let mut asked: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words = asked.len();
    asked.retain(|word| word != "--quick");
    let size = if asked.len() < words { &QUICK } else { &FULL };
    if let Some(unknown) = asked.iter().find(|word| all.iter().all(|(name, _)| name != word)) {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        eprintln!("no scenario {unknown}; there are {names:?}");
        return std::process::ExitCode::from(2);
    }
    let mut good = true;
    for (name, scenario) in all {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            let start = std::time::Instant::now();
            let passed = scenario(size);
            good &= passed;
            let verdict = if passed { "passed" } else { "FAILED" };
            println!("{name}: {verdict} in {:.1} s\n", start.elapsed().as_secs_f64());
        }
    }
    std::process::ExitCode::from(u8::from(!good))
}
