//! The life of a `TcpServer` with clients and faults, against a small model.

use std::any::Any;
use std::cell::Cell;
use std::fmt::Write;

use super::Found;
use crate::testkit::server::{OnPurpose, World, sequence};

thread_local! {
    /// Every listener of this process has a host of its own, where there are enough.
    static HOST: Cell<u32> = const { Cell::new(0) };
}

/// No sequence makes more listeners.
const HOSTS_EACH: u32 = 64;

pub(super) fn body(data: &[u8]) -> Found {
    // Descriptors are not used up here: an engine needs one to write down what it found.
    let mut world = World::new(false, HOST.get());
    HOST.set(HOST.get().wrapping_add(HOSTS_EACH));
    for action in sequence(data) {
        world.step(action)?;
    }
    world.finish()
}

/// One step a line.
pub(super) fn print(data: &[u8]) -> String {
    let mut text = String::from("# steps of bindproof::testkit::server\n");
    for action in sequence(data) {
        let _ = writeln!(text, "{action:?}");
    }
    text
}

/// Whether a panic is the handler's own.
pub(super) fn is_on_purpose(payload: &(dyn Any + Send)) -> bool {
    payload.is::<OnPurpose>()
}
