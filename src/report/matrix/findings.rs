//! The findings of all lanes for the page: the same one on several lanes stands once.

use crate::matrix::{Cluster, Matrix};

/// A finding with the lanes that have it.
pub(super) struct FindingView {
    pub(super) lanes: String,
    pub(super) headline: String,
    pub(super) call: String,
    pub(super) got: String,
    pub(super) allowed: String,
    pub(super) rules: Vec<String>,
    /// Behaviours, with the number of their section.
    pub(super) members: Vec<(usize, String)>,
    pub(super) script: String,
    pub(super) replay: String,
    pub(super) reasons: Vec<(String, String)>,
}

/// Every finding, in the order of the columns.
pub(super) fn findings(matrix: &Matrix) -> Vec<FindingView> {
    let mut found: Vec<(&Cluster, Vec<&str>)> = Vec::new();
    for column in &matrix.columns {
        for cluster in &column.clusters {
            let same = |(known, _): &&mut (&Cluster, Vec<&str>)| {
                known.condition == cluster.condition && known.members == cluster.members
            };
            match found.iter_mut().find(same) {
                Some((_, lanes)) => lanes.push(&column.name),
                None => found.push((cluster, vec![&column.name])),
            }
        }
    }
    found.into_iter().filter_map(|(cluster, lanes)| view(matrix, cluster, &lanes)).collect()
}

fn view(matrix: &Matrix, cluster: &Cluster, lanes: &[&str]) -> Option<FindingView> {
    let first = cluster.members.first()?;
    let place = |id: &str| matrix.rows.iter().position(|row| row.behaviour.id == id);
    let members = cluster
        .members
        .iter()
        .filter_map(|one| Some((place(&one.behaviour)?, one.behaviour.clone())));
    Some(FindingView {
        lanes: lanes.join(", "),
        headline: cluster.headline(),
        call: first.call.clone(),
        got: first.got.clone(),
        allowed: first.allowed.join(" or "),
        rules: first.rules.clone(),
        members: members.collect(),
        script: cluster.script.to_string(),
        replay: cluster.replay.clone(),
        reasons: cluster.reasons.clone(),
    })
}
