//! A target that fails: whoever runs it sees that a failure is seen.

use super::Found;

/// What must be found. No engine guesses that many bytes; each right one is new coverage, and so
/// a canary that is found says that coverage is fed back, too.
const WORD: &[u8; 4] = b"bind";

pub(super) fn body(data: &[u8]) -> Found {
    let mut right = 0;
    for (wanted, found) in WORD.iter().zip(data) {
        if wanted != found {
            return Ok(());
        }
        right += 1;
    }
    if right == WORD.len() { Err("the canary was found, as it must be".into()) } else { Ok(()) }
}
