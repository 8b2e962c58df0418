//! `bind_sockets` on the simulated kernel of every platform: the model explains every answer,
//! nothing stays open, and every success is as the contract says.

use super::{Found, bind_case};
use crate::testkit::variants::right;
use crate::testkit::{examine, promises};

pub(super) fn body(data: &[u8]) -> Found {
    let (platform, script) = bind_case(data);
    let examined = examine(&script, platform, &right());
    if let Some(finding) = examined.finding {
        return Err(finding.to_string());
    }
    promises::kept(platform, &script, &examined.steps)
}
