//! `bind_sockets` on this machine's kernel and resolver: arguments and environments, judged.

use super::{Found, place};
use crate::script::{Choices, Script};
use crate::testkit::bind_script;

/// What can be had here of the surroundings that the bytes ask for.
pub(super) fn script(data: &[u8]) -> Script {
    let script = bind_script(&mut Choices::of_bytes(data));
    Script { env: place::provided(script.env), ..script }
}

pub(super) fn body(data: &[u8]) -> Found {
    place::judged(&script(data))
}
