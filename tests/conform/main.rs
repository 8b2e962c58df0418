//! `bindproof conform` and what it stands on: every wrong adapter is found, in at most four calls,
//! nothing is found in the right one, and nothing is left behind.
//!
//! This program is its own adapters: with `--adapter NAME` it plays one.

mod bad_input;
mod recall;
mod recorded;
mod right;
mod support;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().collect();
    if let [_, flag, name] = &words[..]
        && flag == support::ADAPTER_FLAG
    {
        return match bindproof::testkit::adapters::play(name) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(2)
            }
        };
    }
    let mut arguments = libtest_mimic::Arguments::from_args();
    // They wait for adapters more than they work.
    arguments.test_threads.get_or_insert(8);
    let trials = recall::trials()
        .into_iter()
        .chain(right::trials())
        .chain(bad_input::trials())
        .chain(recorded::trials());
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
