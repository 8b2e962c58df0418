//! What the thin programs of `fuzz_targets/` share. The bodies are in `bindproof::testkit::fuzz`.

mod replay;

use bindproof::testkit::fuzz::{Target, target, watch_panics};

pub use replay::main;

#[cfg(fuzzing)]
pub use libfuzzer_sys;

/// The program of a target: under an engine its entry points, else a `main` that replays and
/// prints inputs.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(
            // Before the engine has threads: a namespace is entered by a process with one.
            init: $crate::prepare($name),
            |data: &[u8]| $crate::known($name).run(data)
        );

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            $crate::main($name)
        }
    };
}

/// The target of a program.
///
/// # Panics
/// If there is none of this name.
#[must_use]
pub fn known(name: &str) -> &'static Target {
    target(name).unwrap_or_else(|| panic!("{name} is no fuzz target"))
}

/// Makes the process ready for its first input.
pub fn prepare(name: &str) {
    if let Err(why) = known(name).prepare() {
        eprintln!("{name}: NOT in a private network, but in the host's: {why}");
    }
    watch_panics();
}
