//! What an exhaustive or random search found.

use std::fmt::Write;

use serde_json::{Value, json};

use super::terminal::system;
use crate::search::{Found, Tally};
use crate::trace::PlatformFacts;

/// Counts, the kinds of calls that are not modelled, and the findings with their replay commands.
#[must_use]
pub fn terminal(facts: &PlatformFacts, tally: &Tally, found: &[Found]) -> String {
    let mut text = String::new();
    for one in found {
        for divergence in &one.divergences {
            let _ = writeln!(text, "DIVERGED {divergence}");
        }
        let _ = writeln!(text, "  replay: {}\n", one.replay);
    }
    for (kind, count) in &tally.unmodelled_kinds {
        let _ = writeln!(text, "unmodelled {count:>9}  {kind}");
    }
    let share = if tally.steps == 0 {
        0.0
    } else {
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let share = tally.unmodelled as f64 * 100.0 / tally.steps as f64;
        share
    };
    let _ = writeln!(
        text,
        "{} scripts, {} calls: {} diverged, {} unmodelled ({share:.2} %), {} flaky on {}",
        tally.scripts,
        tally.steps,
        tally.diverged,
        tally.unmodelled,
        tally.flaky,
        system(facts)
    );
    if tally.open > 0 {
        let _ = writeln!(text, "{} calls had more than one allowed answer", tally.open);
    }
    let _ = writeln!(text, "digest of the outcomes {:016x}", tally.digest);
    text
}

/// The same as one object.
#[must_use]
pub fn object(facts: &PlatformFacts, tally: &Tally, found: &[Found]) -> String {
    let found: Vec<Value> = found
        .iter()
        .map(
            |one| json!({"replay": one.replay, "divergences": one.divergences, "trace": one.trace}),
        )
        .collect();
    let object = json!({
        "format": 1,
        "platform": {"os": facts.os, "kernel": facts.kernel, "release": facts.release},
        "scripts": tally.scripts,
        "steps": tally.steps,
        "diverged": tally.diverged,
        "unmodelled": tally.unmodelled,
        "open": tally.open,
        "flaky": tally.flaky,
        "digest": format!("{:016x}", tally.digest),
        "unmodelled_kinds": tally.unmodelled_kinds,
        "rules": tally.rules,
        "findings": found,
    });
    format!("{object}\n")
}
