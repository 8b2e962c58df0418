//! Rules: one with its evidence, and what reached them all.

use std::fmt::Write;

use anstyle::Style;
use serde_json::{Value, json};

use super::terminal::{paint, table, text};
use crate::matrix::{Coverage, Reach};
use crate::model::{Rule, ShownFact, record};
use crate::script::Platform;

/// The facts of every platform that are parts of a rule.
fn facts(rule: &Rule) -> Vec<(Platform, ShownFact)> {
    Platform::all()
        .flat_map(|platform| {
            let all = record(platform).shown().into_iter();
            all.map(move |fact| (platform, fact)).filter(|(_, fact)| fact.rule == rule.id)
        })
        .collect()
}

/// A rule with its evidence, its facts, and the behaviours in which it speaks.
#[must_use]
pub fn terminal(rule: &Rule, behaviours: &[String], width: u16) -> String {
    let mut output = format!("{}\n{}\n\n", paint(Style::new().bold(), rule.id), rule.sentence);
    let mut rows = table(width);
    rows.set_header(["platform", "confidence", "evidence"]);
    for evidence in rule.evidence {
        let platform = evidence.platform.map_or_else(|| "all".into(), |one| one.to_string());
        rows.add_row([platform, evidence.confidence.to_string(), evidence.source.into()]);
    }
    output.push_str(&text(&rows));
    let facts = facts(rule);
    if !facts.is_empty() {
        let mut rows = table(width);
        rows.set_header(["platform", "fact", "value", "confidence"]);
        for (platform, fact) in &facts {
            let confidence = match fact.doubt {
                Some((confidence, why)) => format!("{confidence}: {why}"),
                None => confidence(rule, *platform),
            };
            rows.add_row([platform.to_string(), words(fact.name), fact.value.clone(), confidence]);
            for (releases, values, source) in &fact.exceptions {
                rows.add_row(["", &format!("  {releases}"), values, source]);
            }
        }
        let _ = write!(output, "\n{}", text(&rows));
    }
    if !behaviours.is_empty() {
        let _ = writeln!(output, "\nBehaviours that rest on it, on some platform:");
        for id in behaviours {
            let _ = writeln!(output, "  {id}");
        }
    }
    output
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn confidence(rule: &Rule, platform: Platform) -> String {
    rule.confidence(platform).map_or_else(|| "-".into(), |confidence| confidence.to_string())
}

/// The same as one object.
#[must_use]
pub fn object(rule: &Rule, behaviours: &[String]) -> String {
    let evidence = rule.evidence.iter().map(|evidence| {
        json!({
            "platform": evidence.platform.map(|platform| platform.to_string()),
            "confidence": evidence.confidence.to_string(),
            "source": evidence.source,
        })
    });
    let facts = facts(rule).into_iter().map(|(platform, fact)| {
        let exceptions = fact.exceptions.iter().map(|(releases, values, source)| {
            json!({ "releases": releases, "value": values, "source": source })
        });
        json!({
            "platform": platform.to_string(),
            "fact": fact.name,
            "value": fact.value,
            "confidence": fact
                .doubt
                .map(|(confidence, _)| confidence)
                .or_else(|| rule.confidence(platform))
                .map(|confidence| confidence.to_string()),
            "source": fact.doubt.map(|(_, why)| why),
            "exceptions": exceptions.collect::<Vec<_>>(),
        })
    });
    let object = json!({
        "format": 1,
        "kind": "rule",
        "id": rule.id,
        "sentence": rule.sentence,
        "evidence": evidence.collect::<Vec<_>>(),
        "facts": facts.collect::<Vec<_>>(),
        "behaviours": behaviours,
    });
    format!("{object}\n")
}

/// A row a rule, and in how many traces it was reached.
#[must_use]
pub fn coverage_terminal(coverage: &Coverage) -> String {
    let mut rows = table(140);
    let platforms: Vec<_> = Platform::all().collect();
    let mut header = vec!["rule".to_string(), "real".into(), "search".into()];
    header.extend(platforms.iter().map(|platform| format!("simulated {platform}")));
    header.push(String::new());
    rows.set_header(header);
    let mut counts = [0_usize; 3];
    for (rule, reach, reason) in coverage.rows() {
        let index = if reach.real + reach.searched > 0 {
            0
        } else if reach == Reach::default() {
            2
        } else {
            1
        };
        counts[index] += 1;
        let mut row = vec![rule.id.to_string(), reach.real.to_string(), reach.searched.to_string()];
        let count = |platform| reach.simulated.get(platform).copied().unwrap_or_default();
        row.extend(platforms.iter().map(|platform| count(platform).to_string()));
        row.push(reason.unwrap_or_default().to_string());
        rows.add_row(row);
    }
    let [real, simulated, none] = counts;
    format!(
        "{}\n{real} rules reached by real traces, {simulated} by simulated ones only, {none} by none\n",
        text(&rows)
    )
}

/// The same, an object a rule.
#[must_use]
pub fn coverage_lines(coverage: &Coverage) -> String {
    coverage
        .rows()
        .map(|(rule, reach, reason)| {
            let simulated: serde_json::Map<_, _> = Platform::all()
                .map(|platform| {
                    let count = reach.simulated.get(&platform).copied().unwrap_or_default();
                    (platform.to_string(), Value::from(count))
                })
                .collect();
            let object = json!({
                "rule": rule.id,
                "real": reach.real,
                "search": reach.searched,
                "simulated": simulated,
                "reason": reason,
            });
            format!("{object}\n")
        })
        .collect()
}
