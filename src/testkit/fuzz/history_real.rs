//! Random histories of calls on this machine's kernel, judged as they run.

use super::{Found, place};
use crate::script::{Choices, HistorySize, Script, history};

pub(super) fn script(data: &[u8]) -> Script {
    history(&mut Choices::of_bytes(data), HistorySize::default())
}

pub(super) fn body(data: &[u8]) -> Found {
    place::judged(&script(data))
}
