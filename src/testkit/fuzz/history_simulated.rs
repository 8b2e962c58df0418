//! Random histories of calls, some made to fail, on the simulated kernel of every platform, and
//! the model's own laws.

use super::{Found, history_case};
use crate::judge::{judge, predict};
use crate::run::{ScriptJob, ScriptRun, simulate};
use crate::script::{Parsed, Platform, Script};
use crate::testkit::examine;
use crate::testkit::variants::right;
use crate::trace::{read_faithful, write};

/// One history in so many is also written down, which takes ten times as long as all the rest.
const WRITTEN_EVERY: usize = 32;
const TIMEOUT_MS: u64 = 10_000;

pub(super) fn body(data: &[u8]) -> Found {
    let (platform, script) = history_case(data);
    if let Some(finding) = examine(&script, platform, &right()).finding {
        return Err(finding.to_string());
    }
    if data.len().is_multiple_of(WRITTEN_EVERY) { written(platform, script) } else { Ok(()) }
}

/// What the simulated kernel did is allowed, too, to somebody who has the trace alone; and whoever
/// has not run it has a prediction for each step.
fn written(platform: Platform, script: Script) -> Found {
    let steps = script.steps.len();
    let predictions = predict(&script, platform, None).len();
    if predictions != steps {
        return Err(format!("{predictions} predictions of {steps} steps"));
    }
    let parsed = Parsed { source: script.to_string(), script, line: 1 };
    let job = ScriptJob { parsed, seed: None };
    let ScriptRun::Ran(trace) = simulate(platform, &job, TIMEOUT_MS) else {
        return Err("a simulation was not run".into());
    };
    let text = write(&trace);
    let read = read_faithful(&text).map_err(|error| format!("{text}{error}"))?;
    let verdict = judge(read.first().ok_or("a trace that is none")?);
    match verdict.divergences().next() {
        Some(divergence) => Err(format!("{text}{divergence}")),
        None => Ok(()),
    }
}
