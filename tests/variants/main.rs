//! The whole system tested on itself: the harness finds every wrong `bind_sockets` and names the
//! rule that it breaks, and finds nothing in the right one.

mod found;
mod real;
mod right;
mod scripts;

use bindproof::matrix::embedded;
use bindproof::script::{Call, Choices, Script};
use bindproof::testkit::bind_script;

/// The built-in behaviours with a `bind_sockets`, then so many generated scripts.
fn scripts(generated: u64) -> Vec<Script> {
    let behaviours = embedded().expect("the behaviours parse").into_iter();
    behaviours
        .map(|behaviour| behaviour.parsed.script)
        .filter(|script| {
            script.steps.iter().any(|step| matches!(step.call, Call::BindSockets { .. }))
        })
        .chain((0..generated).map(|seed| bind_script(&mut Choices::of_seed(seed))))
        .collect()
}
