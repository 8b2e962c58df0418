//! What forks (W1 to W9, D14, D18) or uses up descriptors (A8) runs in processes of its own.
//!
//! Forking needs a process with one thread, which no test runner offers. So this program is its own
//! subject: with a scenario in the environment it does that and nothing else, without it, it is a
//! test runner that starts itself once for each test and looks at what comes out.

#[cfg(unix)]
mod scenarios;
#[cfg(unix)]
mod trials;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    if let Ok(name) = std::env::var(trials::SCENARIO) {
        scenarios::run(&name);
        return std::process::ExitCode::SUCCESS;
    }
    let arguments = libtest_mimic::Arguments::from_args();
    libtest_mimic::run(&arguments, trials::all()).exit_code()
}

/// Nothing can be forked here; `tests/server` sees that it is refused.
#[cfg(not(unix))]
fn main() {
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), Vec::new()).exit();
}
