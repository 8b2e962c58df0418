//! Load and soak: `bindproof serve` in one process, its clients in this one, on loopback. Every
//! figure is printed, and what must hold is checked: a failed check ends the program with code 1.
//!
//! usage: `cargo bench --bench load -- [SCENARIO…]`, or `ci/load`. `BINDPROOF_LOAD_SHORT` sets the
//! number of short connections (1,000,000).

#[cfg(target_os = "linux")]
#[path = "../support/mod.rs"]
mod support;

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
type Scenario = (&'static str, fn() -> bool);

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
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let Some(unknown) = asked.iter().find(|word| all.iter().all(|(name, _)| name != word)) {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        eprintln!("no scenario {unknown}; there are {names:?}");
        return std::process::ExitCode::from(2);
    }
    let mut good = true;
    for (name, scenario) in all {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            let start = std::time::Instant::now();
            let passed = scenario();
            good &= passed;
            let verdict = if passed { "passed" } else { "FAILED" };
            println!("{name}: {verdict} in {:.1} s\n", start.elapsed().as_secs_f64());
        }
    }
    std::process::ExitCode::from(u8::from(!good))
}
