//! The judge, on traces that anybody may have written.

use super::Found;
use crate::judge::{judge, rules_reached};
use crate::model::rule;
use crate::trace::{read, write};

pub(super) fn body(data: &[u8]) -> Found {
    let text = String::from_utf8_lossy(data);
    let Ok(traces) = read(&text) else { return Ok(()) };
    for trace in &traces {
        let verdict = judge(trace);
        if verdict.steps.len() != trace.steps.len() {
            return Err(format!("{} verdicts on {} steps", verdict.steps.len(), trace.steps.len()));
        }
        if judge(trace) != verdict {
            return Err("another verdict the second time".into());
        }
        for divergence in verdict.divergences() {
            if divergence.allowed.is_empty() && divergence.rules.is_empty() {
                return Err(format!("nothing is allowed, and no rule says so: {divergence}"));
            }
            let unknown = divergence.rules.iter().find(|id| rule(id).is_none());
            if let Some(id) = unknown {
                return Err(format!("{id} is no rule: {divergence}"));
            }
        }
        if let Some(id) = rules_reached(trace).into_iter().find(|id| rule(id).is_none()) {
            return Err(format!("{id} is no rule"));
        }
        let again = read(&write(trace)).map_err(|error| error.to_string())?;
        if again.len() != 1 || judge(&again[0]) != verdict {
            return Err("another verdict on the trace that was written and read".into());
        }
    }
    Ok(())
}
