//! What is printed of an input that failed, and the command that runs it again.

use std::cell::{Cell, RefCell};
use std::fmt::Write;

use super::Target;
use crate::script::Script;

thread_local! {
    /// The input that is being run. A panic inside a body must be readable as a finding is.
    static CURRENT: RefCell<Option<(&'static str, Vec<u8>)>> = const { RefCell::new(None) };
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

pub(super) fn remember(target: &Target, data: &[u8]) {
    CURRENT.with_borrow_mut(|current| match current {
        Some((name, bytes)) => {
            *name = target.name;
            bytes.clear();
            bytes.extend_from_slice(data);
        }
        None => *current = Some((target.name, data.to_vec())),
    });
}

/// From now on a panic also prints the input that is being run, as a script and as a command,
/// before the hook that was there runs: an engine's hook ends the process.
///
/// `expected` says which panics are part of a body and nothing to tell of.
pub fn watch_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if super::tcp_server::is_on_purpose(info.payload()) {
            return;
        }
        // Whatever prints the input may be what panics.
        if !TELLING.replace(true) {
            eprint!("{}", current());
        }
        before(info);
    }));
}

fn current() -> String {
    CURRENT.with_borrow(|current| match current {
        Some((name, data)) => input(name, data),
        None => String::new(),
    })
}

/// The input in words.
pub(super) fn input(name: &str, data: &[u8]) -> String {
    // The shell must see a word, even where there is no byte.
    let mut hex = String::from(if data.is_empty() { "''" } else { "" });
    for byte in data {
        let _ = write!(hex, "{byte:02x}");
    }
    let text = super::target(name).map_or_else(String::new, |target| target.print(data));
    format!(
        "---- the input of the fuzz target {name} ({} bytes)\n{}\n---- run it again with\n\
         cargo run --manifest-path fuzz/Cargo.toml --bin {name} -- --hex {hex}\n",
        data.len(),
        text.trim_end()
    )
}

/// The command that runs a script on this machine's kernel and judges what came of it.
#[must_use]
pub fn judged_again(script: &Script) -> String {
    format!("bindproof run --format json - <<'END' | bindproof judge -\n{script}END")
}
