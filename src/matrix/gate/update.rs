//! What is new as entries of a baseline.

use super::LaneResult;
use crate::matrix::baseline::{Difference, Finding, Programs, Releases, When, call_of};
use crate::matrix::deviation::LATTICE_GROUP;
use crate::matrix::observed::Observation;

/// What is new on a lane as one finding with the rest of `finding`, or `None` where nothing is. `only`
/// limits it to behaviours that contain a text.
#[must_use]
pub fn findings_of(
    lane: &Observation,
    result: &LaneResult,
    only: Option<&str>,
    finding: &Finding,
) -> Option<Finding> {
    let mut finding = Finding { when: when(lane), ..finding.clone() };
    let wanted = |id: &str| only.is_none_or(|only| id.contains(only));
    for difference in &result.compared.differences {
        match difference {
            Difference::New(one) if wanted(&one.behaviour) => {
                let step = format!("{} {}", one.step, one.got);
                finding.behaviours.entry(one.behaviour.clone()).or_default().push(step);
            }
            Difference::NewPrograms { condition, programs } if wanted(LATTICE_GROUP) => {
                finding.programs.extend(programs.first().map(|first| Programs {
                    condition: condition.clone(),
                    call: call_of(first),
                    got: first.got.clone(),
                }));
            }
            _ => {}
        }
    }
    let any = !finding.behaviours.is_empty() || !finding.programs.is_empty();
    any.then_some(finding)
}

/// This release of the system; the lane by its name where it has no release.
fn when(lane: &Observation) -> When {
    let release = Releases::try_from(lane.header.platform.release.clone()).ok();
    let name = release.is_none().then(|| lane.lane.clone());
    let ipv6 = lane.header.environment.ipv6.clone().filter(|state| state != "on");
    When { lane: name, release, ipv6, ..When::default() }
}
