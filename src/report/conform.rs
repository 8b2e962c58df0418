//! A subject's traits and how it fares by the contract.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::{Value as Json, json};

use super::terminal::{paint, system, table, text};
use crate::conform::{Conformance, Finding, Run, Sight};
use crate::matrix::quoted;
use crate::trace::{PlatformFacts, outcome_json};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Who was asked, on what, and how it was looked at.
fn head(facts: &PlatformFacts, conformance: &Conformance) -> String {
    let who = match &conformance.about {
        Some(about) if about.runtime.is_empty() => format!("{} {}", about.name, about.version),
        Some(about) => format!("{} {} on {}", about.name, about.version, about.runtime),
        None => "an adapter that has not said hello".into(),
    };
    let how = match &conformance.sight {
        Some((Sight::Inside, _)) => "its sockets read by copies of their descriptors".to_string(),
        Some((Sight::Outside, why)) => format!("its sockets seen from outside only: {why}"),
        None => "its sockets not seen".into(),
    };
    format!("{who}; {}; {how}\n", system(facts))
}

/// The table of traits, then what is wrong, each with the command that shows it again.
#[must_use]
pub fn terminal(
    facts: &PlatformFacts,
    conformance: &Conformance,
    command: &str,
    width: u16,
) -> String {
    let mut output = head(facts, conformance);
    output.push('\n');
    let mut rows = table(width);
    let names: Vec<_> = conformance.environments.iter().map(|(one, _)| one.name).collect();
    rows.add_row(std::iter::once("trait").chain(names.iter().copied()));
    let mut asked: Vec<&str> = Vec::new();
    for cell in &conformance.cells {
        if !asked.contains(&cell.asked.id) {
            asked.push(cell.asked.id);
        }
    }
    for id in &asked {
        let answer = |environment: &&str| {
            let cell = conformance
                .cells
                .iter()
                .find(|cell| cell.asked.id == *id && cell.environment == *environment);
            cell.map_or_else(String::new, |cell| cell.answer.clone())
        };
        rows.add_row(std::iter::once((*id).to_string()).chain(names.iter().map(answer)));
    }
    output.push_str(&text(&rows));
    for (environment, refused) in &conformance.environments {
        if let Some(why) = refused {
            let _ = writeln!(output, "{}: cannot be had here: {why}", environment.name);
        }
    }
    output.push_str(&findings(&conformance.findings, command));
    output.push_str(&verdict(conformance));
    output
}

/// Each finding with its script, its run and the command that shows it again.
#[must_use]
pub fn findings(findings: &[Finding], command: &str) -> String {
    let mut output = String::new();
    for finding in findings {
        let _ = writeln!(output, "\n{} {}", paint(BAD, &finding.kind), finding.says);
        output.push_str(&run_lines(&finding.run));
        if !finding.reproduced {
            output.push_str("    a fresh adapter does not show it again\n");
        }
        let _ = writeln!(output, "  again: {}", replay(finding, command));
    }
    output
}

/// The steps of a run.
fn run_lines(run: &Run) -> String {
    let mut output = String::new();
    for step in run.trace.iter().flat_map(|trace| &trace.steps) {
        let _ = writeln!(output, "  {:3}  {}  {}", step.step, step.call, step.outcome);
    }
    output
}

/// The command that shows a finding again.
fn replay(finding: &Finding, command: &str) -> String {
    if finding.script.steps.is_empty() {
        return format!("bindproof conform --contract tornado -- {command}");
    }
    let lines: Vec<_> = finding.script.to_string().lines().map(quoted).collect();
    format!("printf '%s\\n' {} | bindproof conform --script - -- {command}", lines.join(" "))
}

fn verdict(conformance: &Conformance) -> String {
    let count = conformance.findings.len();
    let found = match count {
        0 => paint(GOOD, "no findings"),
        1 => paint(BAD, "1 finding"),
        _ => paint(BAD, &format!("{count} findings")),
    };
    let mut output = String::from("\n");
    match &conformance.held {
        None => {
            let _ = writeln!(output, "{} scripts, {found}", conformance.scripts);
        }
        Some(held) => {
            let word = if count == 0 { paint(GOOD, "passes") } else { paint(BAD, "fails") };
            let _ = writeln!(
                output,
                "{word} the contract: {} scripts, {} calls judged, {} not asked, \
                 {} steps unmodelled, {found}",
                conformance.scripts, held.judged, held.not_asked, held.unmodelled
            );
            for (why, count) in &held.skipped {
                let _ = writeln!(output, "skipped {count}: {why}");
            }
        }
    }
    output
}

/// Everything as one object.
#[must_use]
pub fn object(facts: &PlatformFacts, conformance: &Conformance, command: &str) -> String {
    let cells = conformance.cells.iter().map(|cell| {
        let run = cell.run.as_ref();
        json!({
            "trait": cell.asked.id,
            "question": cell.asked.question,
            "environment": cell.environment,
            "answer": cell.answer,
            "skipped": run.err(),
            "steps": run.ok().map(steps),
        })
    });
    let findings = conformance.findings.iter().map(|finding| {
        json!({
            "kind": finding.kind,
            "says": finding.says,
            "calls": finding.calls(),
            "script": finding.script.to_string(),
            "reproduced": finding.reproduced,
            "steps": steps(&finding.run),
            "replay": replay(finding, command),
        })
    });
    let about = conformance.about.as_ref();
    let object = json!({
        "format": 1,
        "kind": "conform",
        "subject": about.map(|about| json!({
            "name": about.name, "version": about.version, "runtime": about.runtime,
        })),
        "platform": {
            "os": facts.os, "kernel": facts.kernel, "release": facts.release,
            "arch": facts.arch, "libc": facts.libc,
        },
        "sight": conformance.sight.as_ref().map(|(sight, why)| json!({
            "how": match sight { Sight::Inside => "inside", Sight::Outside => "outside" },
            "why": why,
        })),
        "traits": cells.collect::<Vec<_>>(),
        "contract": conformance.held.as_ref().map(|held| json!({
            "verdict": if conformance.findings.is_empty() { "pass" } else { "fail" },
            "judged": held.judged,
            "not_asked": held.not_asked,
            "unmodelled": held.unmodelled,
            "skipped": held.skipped,
        })),
        "findings": findings.collect::<Vec<_>>(),
    });
    format!("{object}\n")
}

fn steps(run: &Run) -> Vec<Json> {
    let steps = run.trace.iter().flat_map(|trace| &trace.steps);
    steps.map(|step| json!({ "call": step.call, "outcome": outcome_json(&step.outcome) })).collect()
}

/// Single scripts on a subject: steps, what was noticed, and what the judge says.
#[must_use]
pub fn replayed(run: &Run, says: &[String]) -> String {
    let mut output = run_lines(run);
    for seen in &run.seen {
        if let Some(backlog) = seen.backlog {
            let _ = writeln!(output, "       {} has a queue of {backlog}", seen.socket);
        }
    }
    for line in says {
        let _ = writeln!(output, "{}", paint(BAD, line));
    }
    output
}
