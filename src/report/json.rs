//! JSON, one object a line or one document, each with its format number.

use serde_json::{Value as Json, json};

use crate::matrix::{Behaviour, Judged, Verdict};
use crate::sandbox::Probe;
use crate::script::Platform;
use crate::trace::{Environment, Outcome, PlatformFacts, SocketFacts, outcome_json, sockets_json};

/// The format of the documents here.
const FORMAT: u32 = 1;

fn line(json: &Json) -> String {
    format!("{json}\n")
}

fn platform(facts: &PlatformFacts) -> Json {
    json!({
        "os": facts.os,
        "kernel": facts.kernel,
        "release": facts.release,
        "arch": facts.arch,
        "libc": facts.libc,
    })
}

/// The sockets of `bindproof bind --json`.
#[must_use]
pub fn sockets(facts: &[SocketFacts]) -> String {
    line(&json!({ "sockets": sockets_json(facts) }))
}

/// The error of `bindproof bind --json`; `call` is null for arguments refused before any call.
#[must_use]
pub fn bind_error(outcome: &Outcome, call: Option<&str>) -> String {
    let outcome = outcome_json(outcome);
    line(&json!({
        "error": { "name": outcome["error"], "code": outcome["code"], "call": call },
    }))
}

/// The behaviours, an object a line.
#[must_use]
pub fn list(behaviours: &[Behaviour]) -> String {
    behaviours
        .iter()
        .map(|behaviour| line(&json!({ "id": behaviour.id, "title": behaviour.title() })))
        .collect()
}

/// One document with every verdict.
#[must_use]
pub fn check(facts: &PlatformFacts, results: &[Judged]) -> String {
    let mut counts = [0_usize; 4];
    let rows: Vec<_> = results
        .iter()
        .map(|result| {
            let (index, word, why, mismatches) = match &result.verdict {
                Verdict::Passed => (0, "passed", None, Vec::new()),
                Verdict::Failed(mismatches) => (1, "failed", None, mismatches.clone()),
                Verdict::Skipped(why) => (2, "skipped", Some(why), Vec::new()),
                Verdict::Broken(why) => (3, "broken", Some(why), Vec::new()),
            };
            counts[index] += 1;
            let mismatches: Vec<_> = mismatches
                .iter()
                .map(|mismatch| {
                    json!({
                        "step": mismatch.step,
                        "call": mismatch.call,
                        "expected": mismatch.expected,
                        "got": mismatch.got,
                    })
                })
                .collect();
            json!({
                "id": result.id,
                "title": result.title,
                "verdict": word,
                "reason": why,
                "mismatches": mismatches,
                "runs": result.traces.len(),
            })
        })
        .collect();
    line(&json!({
        "format": FORMAT,
        "kind": "check",
        "platform": platform(facts),
        "counts": {
            "passed": counts[0], "failed": counts[1], "skipped": counts[2], "broken": counts[3],
        },
        "results": rows,
    }))
}

/// A behaviour with its evidence.
#[must_use]
pub fn explain(behaviour: &Behaviour) -> String {
    let confidence: serde_json::Map<_, _> = Platform::all()
        .map(|platform| (platform.to_string(), json!(behaviour.confidence(platform))))
        .collect();
    line(&json!({
        "format": FORMAT,
        "kind": "behaviour",
        "id": behaviour.id,
        "title": behaviour.title(),
        "evidence": behaviour.comments(),
        "confidence": confidence,
        "script": behaviour.parsed.source,
    }))
}

/// What a machine offers.
#[must_use]
pub fn doctor(
    facts: &PlatformFacts,
    surroundings: &Environment,
    findings: &[(Probe, Option<String>)],
) -> String {
    let rows: Vec<_> = findings
        .iter()
        .map(|(probe, refusal)| {
            json!({
                "name": probe.name,
                "what": probe.what,
                "offered": refusal.is_none(),
                "reason": refusal,
            })
        })
        .collect();
    line(&json!({
        "format": FORMAT,
        "kind": "doctor",
        "platform": platform(facts),
        "ipv6": surroundings.ipv6,
        "privileged": surroundings.privileged,
        "environments": rows,
    }))
}
