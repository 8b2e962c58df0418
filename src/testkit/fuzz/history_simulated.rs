//! Random histories of calls, some made to fail, on the simulated kernel of every platform, and
//! the model's own laws.

use super::{Found, history_case};
use crate::testkit::examine;
use crate::testkit::variants::right;

pub(super) fn body(data: &[u8]) -> Found {
    let (platform, script) = history_case(data);
    match examine(&script, platform, &right()).finding {
        Some(finding) => Err(finding.to_string()),
        None => Ok(()),
    }
}
