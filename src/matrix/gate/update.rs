//! What is new as entries of a baseline.

use std::collections::BTreeSet;

use super::LaneResult;
use crate::matrix::baseline::{Difference, Finding, Programs, Releases, When, call_of, is_about};
use crate::matrix::deviation::LATTICE_GROUP;
use crate::matrix::observed::Observation;

/// What is new on lanes as findings with the rest of `finding`, each with the name of the kernel whose
/// file it belongs to. `all` are the lanes at hand, also those without a result: a finding holds on no
/// other one of them than where it was made. Lanes that deviate alike share one where its condition
/// tells them from the others. `only` limits it to behaviours that contain a text.
#[must_use]
pub fn findings_of(
    all: &[&Observation],
    results: &[LaneResult],
    only: Option<&str>,
    finding: &Finding,
) -> Vec<(String, Finding)> {
    let mut alike: Vec<(String, Finding, BTreeSet<&str>)> = Vec::new();
    for lane in all {
        let result = results.iter().find(|result| result.lane == lane.lane);
        let Some(new) = result.and_then(|result| new_on(lane, result, only, finding)) else {
            continue;
        };
        let kernel = &lane.header.platform.kernel;
        match alike.iter_mut().find(|(name, one, _)| name == kernel && *one == new) {
            Some((_, _, lanes)) => drop(lanes.insert(&lane.lane)),
            None => alike.push((kernel.clone(), new, BTreeSet::from([lane.lane.as_str()]))),
        }
    }
    let mut found = Vec::new();
    for (kernel, finding, lanes) in alike {
        let holds = |lane: &&&Observation| {
            is_about(&kernel, &lane.lane, &lane.header)
                && finding.when.holds(&lane.lane, &lane.header)
        };
        let there: BTreeSet<_> = all.iter().filter(holds).map(|one| one.lane.as_str()).collect();
        if there == lanes {
            found.push((kernel, finding));
            continue;
        }
        for lane in lanes {
            let when = When { lane: Some(lane.to_string()), ..finding.when.clone() };
            found.push((kernel.clone(), Finding { when, ..finding.clone() }));
        }
    }
    found
}

/// What is new on one lane, or `None` where nothing is.
fn new_on(
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
    let release = &lane.header.platform.release;
    let found = Releases::try_from(release.clone()).ok().filter(|one| one.contain(release));
    let name = found.is_none().then(|| lane.lane.clone());
    let ipv6 = lane.header.environment.ipv6.clone().filter(|state| state != "on");
    When { lane: name, release: found, ipv6, ..When::default() }
}
