//! `bind_sockets` on this machine's kernel and resolver: arguments and environments, judged.

use std::fmt::Write;

use super::{Found, place};
use crate::script::{Choices, Env, Script};
use crate::testkit::bind_script;

/// The script that runs here, and the surroundings that the bytes ask for beyond it, which cannot be
/// had here.
fn script(data: &[u8]) -> (Script, Vec<Env>) {
    let script = bind_script(&mut Choices::of_bytes(data));
    let (env, missing) = script.env.into_iter().partition(place::is_provided);
    (Script { env, ..script }, missing)
}

pub(super) fn body(data: &[u8]) -> Found {
    place::judged(&script(data).0)
}

pub(super) fn print(data: &[u8]) -> String {
    let (script, missing) = script(data);
    let mut text = String::from("# bindproof run FILE\n");
    for line in missing {
        let _ = writeln!(text, "# not provided here: env {line}");
    }
    text + &script.to_string()
}
