//! What is printed of an input that failed, and the command that runs it again.

use std::cell::RefCell;
use std::fmt::Write;

use super::Target;
use crate::script::Script;

thread_local! {
    /// The input that is being run. A panic inside a body must be readable as a finding is.
    static CURRENT: RefCell<Option<(&'static str, Vec<u8>)>> = const { RefCell::new(None) };
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
        tell_current();
        before(info);
    }));
}

/// The command comes first: what shows the input may be what panics, and a panic in a hook is the end.
fn tell_current() {
    CURRENT.with_borrow(|current| {
        let Some((name, data)) = current else { return };
        eprintln!("{}", command(name, data));
        let text = super::target(name).map_or_else(String::new, |target| target.print(data));
        eprintln!("---- which stands for\n{}", text.trim_end());
    });
}

/// The command that runs an input again.
fn command(name: &str, data: &[u8]) -> String {
    // The shell must see a word, even where there is no byte.
    let mut hex = String::from(if data.is_empty() { "''" } else { "" });
    for byte in data {
        let _ = write!(hex, "{byte:02x}");
    }
    format!(
        "---- the input of the fuzz target {name} ({} bytes): run it again with\n\
         cargo run --manifest-path fuzz/Cargo.toml --bin {name} -- --hex {hex}",
        data.len(),
    )
}

/// The command that runs a script on this machine's kernel and judges what came of it.
#[must_use]
pub fn judged_again(script: &Script) -> String {
    format!("bindproof run --format json - <<'END' | bindproof judge -\n{script}END")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::watch_panics;
    use crate::testkit::fuzz::{Target, place, target};

    const MARKER: &str = "BINDPROOF_TEST_PANIC";
    const THIS: &str = "testkit::fuzz::again::tests::a_panic_inside_a_body_is_told";

    /// Bodies hold the place of this process while they run. In a process of its own, because the
    /// hook is everybody's.
    #[test]
    fn a_panic_inside_a_body_is_told() {
        if let Ok(name) = std::env::var(MARKER) {
            let body = |_: &[u8]| place::with(|_| panic!("inside the body"));
            let known = target(&name).expect("the caller knows it");
            watch_panics();
            return Target { body, ..*known }.run(&[7, 0, 0, b'1']);
        }
        for (name, shown) in
            [("bind_sockets_real", "= bind_sockets"), ("resolve_differential", "resolve ")]
        {
            let output = Command::new(std::env::current_exe().expect("this program"))
                .args(["--exact", THIS, "--nocapture"])
                .env(MARKER, name)
                .output()
                .expect("it starts");
            let told = String::from_utf8_lossy(&output.stderr);
            let command = format!("--bin {name} -- --hex 07000031");
            for expected in [&command, shown, "inside the body"] {
                assert!(told.contains(expected), "{name}: no {expected:?} in\n{told}");
            }
        }
    }
}
