//! What a gate found: at a terminal, in a summary, as annotations of a pull request, as XML in the form
//! of `JUnit`, and as JSON.

mod github;
mod json;
mod junit;
mod markdown;
mod terminal;

use std::fmt::Write;

pub(super) use github::annotations;
pub use github::github;
pub use json::json;
pub(super) use json::{cluster as cluster_json, deviation as deviation_json};
pub use junit::junit;
pub(super) use junit::written;
pub use markdown::markdown;
pub use terminal::terminal;

use crate::matrix::{Change, Cluster, Deviation, Difference, LaneResult};

/// So many members of a group are shown where a person reads.
const MEMBERS_MAX: usize = 12;
/// So many flakes are named, of all lanes.
const FLAKES_MAX: usize = 20;

/// A finding: one line, and what there is to say of it.
struct Item {
    head: String,
    more: String,
}

/// What differs on a lane: groups of what is new, then what changed and what vanished.
fn items(result: &LaneResult) -> Vec<Item> {
    let known =
        |one: &&Difference| !matches!(one, Difference::New(_) | Difference::NewPrograms { .. });
    let others = result.compared.differences.iter().filter(known).map(difference);
    let changed = result.changes.iter().map(change);
    let new = result.clusters.iter().map(|one| cluster(result, one));
    new.chain(others).chain(changed).collect()
}

fn cluster(result: &LaneResult, cluster: &Cluster) -> Item {
    let mut more = String::new();
    let Some(first) = cluster.members.first() else {
        return Item { head: cluster.headline(), more };
    };
    more.push_str(&step(first));
    if !cluster.is_of_programs() {
        let rest = cluster.members.iter().skip(1).take(MEMBERS_MAX - 1);
        if cluster.members.len() > 1 {
            let _ = write!(more, "\nin {} step {}", first.behaviour, first.step);
        }
        for one in rest {
            let _ = write!(more, "\nin {} step {}: {}", one.behaviour, one.step, one.call);
        }
        if cluster.members.len() > MEMBERS_MAX {
            let _ = write!(more, "\nand in {} more", cluster.members.len() - MEMBERS_MAX);
        }
        for later in later(result, cluster) {
            let _ = write!(
                more,
                "\nthen in {} step {}: {}: got {}",
                later.behaviour, later.step, later.call, later.got
            );
        }
    }
    more.push_str("\nthe shortest script:\n");
    for line in cluster.script.to_string().lines() {
        let _ = writeln!(more, "  {line}");
    }
    let _ = write!(more, "replay: {}", cluster.replay);
    Item { head: format!("new: {}", cluster.headline()), more }
}

/// What is new in a group's behaviours after their first deviation.
fn later<'a>(
    result: &'a LaneResult,
    cluster: &'a Cluster,
) -> impl Iterator<Item = &'a Deviation> + 'a {
    result.compared.differences.iter().filter_map(|difference| match difference {
        Difference::New(one)
            if cluster
                .members
                .iter()
                .any(|first| first.behaviour == one.behaviour && first.step != one.step) =>
        {
            Some(one)
        }
        _ => None,
    })
}

fn step(one: &Deviation) -> String {
    let by = if one.rules.is_empty() { "the behaviour".into() } else { one.rules.join(", ") };
    let allowed = one.allowed.join(" or ");
    format!("step {}: {}\ngot {}, allowed {allowed} by {by}", one.step, one.call, one.got)
}

/// A difference by itself.
fn difference(difference: &Difference) -> Item {
    let more = match difference {
        Difference::New(one) => step(one),
        Difference::NewPrograms { programs, .. } => programs.first().map_or_else(String::new, step),
        Difference::Vanished { .. } => "it is in the baseline and did not happen".into(),
        Difference::Changed { known, deviation } => {
            format!("{}\nthe baseline says {known}", step(deviation))
        }
    };
    Item { head: difference.headline(), more }
}

/// An answer that is another one than before.
fn change(change: &Change) -> Item {
    Item {
        head: format!("answers otherwise: {}", change.what),
        more: format!("before: {}\nnow: {}", change.before, change.now),
    }
}

/// What was there in one run of a lane and not in the next.
fn flakes(result: &LaneResult) -> Vec<Item> {
    let differences = result.flakes.iter().map(difference);
    differences.chain(result.passing_changes.iter().map(change)).collect()
}

/// The flakes of all lanes by their names, at most so many, and how many more there are.
fn names_of_flakes(results: &[LaneResult]) -> (Vec<String>, usize) {
    let all = results.iter().flat_map(|result| {
        flakes(result).into_iter().map(|item| format!("{}: {}", result.lane, item.head))
    });
    let mut names: Vec<_> = all.collect();
    let more = names.len().saturating_sub(FLAKES_MAX);
    names.truncate(FLAKES_MAX);
    (names, more)
}

/// That some lanes could not be compared with what they answered before.
fn nothing_earlier(results: &[LaneResult]) -> Option<String> {
    let without = results.iter().filter(|result| result.nothing_earlier);
    let names: Vec<_> = without.map(|result| result.lane.as_str()).collect();
    (!names.is_empty()).then(|| format!("nothing earlier to compare with: {}", names.join(", ")))
}

fn headline(result: &LaneResult) -> String {
    let differences = result.compared.differences.len();
    format!(
        "{}: {} run, {} skipped, {} programs, {} known deviations, {differences} differences, {} changes, \
         {} findings, {} flakes on {} {}",
        result.lane,
        result.ran,
        result.skipped.len(),
        result.programs,
        result.compared.known,
        result.changes.len(),
        items(result).len(),
        flakes(result).len(),
        result.platform.kernel,
        result.platform.release,
    )
}
