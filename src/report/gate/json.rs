//! One JSON document; `matrix/schema/gate.json` describes it.

use serde_json::{Value as Json, json};

use crate::matrix::{Change, Cluster, Deviation, Difference, LaneResult};

/// The format of the document.
const FORMAT: u32 = 1;

/// Every lane with what differs.
#[must_use]
pub fn json(results: &[LaneResult], unmatched: &[String]) -> String {
    let lanes: Vec<_> = results.iter().map(lane).collect();
    let document =
        json!({ "format": FORMAT, "kind": "gate", "lanes": lanes, "unmatched": unmatched });
    format!("{document}\n")
}

fn lane(result: &LaneResult) -> Json {
    let platform = &result.platform;
    let skipped: Vec<_> =
        result.skipped.iter().map(|(id, why)| json!({ "id": id, "reason": why })).collect();
    json!({
        "lane": result.lane,
        "os": platform.os,
        "kernel": platform.kernel,
        "release": platform.release,
        "arch": platform.arch,
        "libc": platform.libc,
        "recorded": result.recorded,
        "run": result.ran,
        "skipped": skipped,
        "programs": result.programs,
        "known": result.compared.known,
        "findings": result.clusters.iter().map(cluster).collect::<Vec<_>>(),
        "differences": result.compared.differences.iter().map(difference).collect::<Vec<_>>(),
        "flakes": result.flakes.iter().map(difference).collect::<Vec<_>>(),
        "passing_changes": result.passing_changes.iter().map(change).collect::<Vec<_>>(),
        "changes": result.changes.iter().map(change).collect::<Vec<_>>(),
        "nothing_earlier": result.nothing_earlier,
    })
}

/// Deviations with one cause.
pub(in crate::report) fn cluster(cluster: &Cluster) -> Json {
    json!({
        "condition": cluster.condition,
        "of": if cluster.is_of_programs() { "programs" } else { "behaviours" },
        "members": cluster.members.iter().map(|one| &one.behaviour).collect::<Vec<_>>(),
        "first": cluster.members.first().map(deviation),
        "script": cluster.script.to_string(),
        "replay": cluster.replay,
        "reasons": cluster
            .reasons
            .iter()
            .map(|(reason, link)| json!({ "reason": reason, "link": link }))
            .collect::<Vec<_>>(),
    })
}

fn change(change: &Change) -> Json {
    json!({ "what": change.what, "before": change.before, "now": change.now })
}

fn difference(difference: &Difference) -> Json {
    match difference {
        Difference::New(one) => json!({ "is": "new", "deviation": deviation(one) }),
        Difference::NewPrograms { condition, programs } => json!({
            "is": "new",
            "condition": condition,
            "programs": programs.len(),
            "deviation": programs.first().map(deviation),
        }),
        Difference::Vanished { known, .. } => json!({ "is": "vanished", "known": known }),
        Difference::Changed { known, deviation: one } => {
            json!({ "is": "changed", "known": known, "deviation": deviation(one) })
        }
    }
}

/// A step that nobody expected.
pub(in crate::report) fn deviation(deviation: &Deviation) -> Json {
    json!({
        "behaviour": deviation.behaviour,
        "step": deviation.step,
        "call": deviation.call,
        "got": deviation.got,
        "allowed": deviation.allowed,
        "rules": deviation.rules,
    })
}
