//! Traits × runtimes × environments.

mod html;

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::json;

pub use html::html;

use super::terminal::{table as rows, text};
use crate::conform::{ENVIRONMENTS, Environment, Proved, Recorded, TRAITS, Trait};
use crate::trace::{Outcome, SocketFacts, Value};

/// The traits that the filters leave; all without filters.
#[must_use]
pub fn selected(filters: &[String]) -> Vec<&'static Trait> {
    let wanted = |one: &&Trait| {
        filters.is_empty() || filters.iter().any(|filter| one.id.contains(filter.as_str()))
    };
    TRAITS.iter().filter(wanted).collect()
}

/// The answer of a runtime to a question in an environment.
fn cell<'a>(
    recorded: &'a Recorded,
    asked: &Trait,
    environment: &Environment,
) -> Option<Proved<'a>> {
    recorded
        .proved()
        .find(|proved| proved.asked.id == asked.id && proved.environment == *environment)
}

/// Who gives which answer, by trait and environment; with one trait, its traces too.
#[must_use]
pub fn table(runtimes: &[Recorded], asked: &[&'static Trait], width: u16) -> String {
    let mut table = rows(width);
    table.add_row(["trait", "environment", "answer", "runtimes"]);
    for one in asked {
        let mut id = one.id;
        for environment in ENVIRONMENTS.iter().filter(|environment| one.belongs_in(environment)) {
            let mut name = environment.name;
            for (answer, who) in answers(runtimes, one, environment) {
                table.add_row([id, name, &answer, &who.join(", ")]);
                (id, name) = ("", "");
            }
        }
    }
    let mut output = text(&table);
    if let [one] = asked {
        let _ = write!(output, "\n{}", details(runtimes, one));
    }
    output
}

/// Each answer with the runtimes that give it, the most common first.
fn answers<'a>(
    runtimes: &'a [Recorded],
    asked: &Trait,
    environment: &Environment,
) -> Vec<(String, Vec<&'a str>)> {
    let mut answers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for recorded in runtimes {
        if let Some(proved) = cell(recorded, asked, environment) {
            let lane = recorded.observation.lane.as_str();
            answers.entry(proved.answer.to_string()).or_default().push(lane);
        }
    }
    let mut answers: Vec<_> = answers.into_iter().collect();
    answers.sort_by_key(|(_, who)| std::cmp::Reverse(who.len()));
    answers
}

/// A question with every trace.
fn details(runtimes: &[Recorded], asked: &Trait) -> String {
    let mut output = format!("{}\n{}\n", asked.question, asked.why);
    for recorded in runtimes {
        for environment in &ENVIRONMENTS {
            let Some(proved) = cell(recorded, asked, environment) else { continue };
            let name = &recorded.observation.lane;
            let _ = writeln!(output, "\n{name}, {}: {}", environment.name, proved.answer);
            for line in lines(&proved) {
                let _ = writeln!(output, "  {line}");
            }
        }
    }
    output
}

/// The proof of an answer, a line a call.
fn lines(proved: &Proved<'_>) -> Vec<String> {
    match &proved.run {
        Err(why) => vec![why.clone()],
        Ok(run) => {
            let mut lines = Vec::new();
            for step in run.trace.iter().flat_map(|trace| &trace.steps) {
                lines.push(format!("{}  {}", step.call, step.outcome));
                if let Outcome::Ok(Value::Sockets(sockets)) = &step.outcome {
                    lines.extend(sockets.iter().map(socket));
                }
            }
            lines.extend(run.seen.iter().filter_map(|seen| {
                Some(format!("{} has a queue of {}", seen.socket, seen.backlog?))
            }));
            lines.extend(run.notices.iter().map(|notice| notice.oddity.to_string()));
            lines
        }
    }
}

/// A socket, with what could be read of it.
fn socket(facts: &SocketFacts) -> String {
    let options = [
        ("reuseaddr", facts.reuseaddr),
        ("reuseport", facts.reuseport),
        ("v6only", facts.v6only),
        ("nonblocking", facts.nonblocking),
        ("cloexec", facts.cloexec),
        ("listening", facts.listening),
    ];
    let on = |on| if on { "on" } else { "off" };
    let read = options.iter().filter_map(|(name, value)| Some(format!("{name} {}", on((*value)?))));
    format!("    {} {}", facts.address, read.collect::<Vec<_>>().join(", "))
}

/// Everything as one object.
#[must_use]
pub fn object(runtimes: &[Recorded], asked: &[&'static Trait]) -> String {
    let runtimes = runtimes.iter().map(|recorded| {
        let traits =
            recorded.proved().filter(|proved| asked.iter().any(|one| one.id == proved.asked.id));
        let traits = traits.map(|proved| {
            json!({
                "trait": proved.asked.id,
                "environment": proved.environment.name,
                "answer": proved.answer,
                "proof": lines(&proved),
            })
        });
        json!({
            "name": recorded.about.name,
            "version": recorded.about.version,
            "runtime": recorded.about.runtime,
            "recorded": recorded.observation.recorded,
            "traits": traits.collect::<Vec<_>>(),
        })
    });
    let object = json!({
        "format": 1,
        "kind": "runtimes",
        "runtimes": runtimes.collect::<Vec<_>>(),
    });
    format!("{object}\n")
}
