//! An observation as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value as Json};

use super::steps::write_step;
use super::{Observation, Recorded};
use crate::trace::{EndReason, Header, write_header};

/// The format that is written and the only one that is read.
pub(super) const FORMAT: &str = "bindproof outcomes 1";

/// The text of an observation. Equal observations have equal texts.
#[must_use]
pub fn write(observation: &Observation) -> String {
    let Observation { lane, recorded, header, behaviours, lattice } = observation;
    let mut text = format!("{FORMAT}\nlane {lane}\nrecorded {recorded}\n");
    let _ = writeln!(text, "header {}", write_header(header));
    for (id, recorded) in behaviours {
        behaviour(&mut text, header, id, recorded);
    }
    if let Some(lattice) = lattice {
        text.push_str("\n@ lattice\n");
        for line in lattice.lines() {
            let _ = writeln!(text, "{line}");
        }
    }
    let _ = writeln!(text, "\nend {} behaviours", behaviours.len());
    text
}

fn behaviour(text: &mut String, header: &Header, id: &str, recorded: &Recorded) {
    let _ = write!(text, "\n@ {id} {}", recorded.fingerprint);
    let ran = match &recorded.run {
        Ok(ran) => ran,
        Err(why) => {
            let _ = writeln!(text, " skipped {}", why.replace('\n', " "));
            return;
        }
    };
    let other = difference(header, &ran.header);
    if !other.is_empty() {
        let _ = write!(text, " {}", Json::Object(other));
    }
    text.push('\n');
    for step in &ran.steps {
        let _ = writeln!(text, "{}", write_step(&ran.header, step));
    }
    match ran.end {
        EndReason::Complete => {}
        EndReason::Limit => text.push_str("! limit\n"),
        EndReason::Died => text.push_str("! died\n"),
    }
}

/// What is different in the environment of one behaviour.
fn difference(base: &Header, one: &Header) -> Map<String, Json> {
    let (base, one) = (environment(base), environment(one));
    one.into_iter().filter(|(key, value)| base.get(key) != Some(value)).collect()
}

/// The environment as the header of a trace has it.
pub(super) fn environment(header: &Header) -> Map<String, Json> {
    let line: Json = serde_json::from_str(&write_header(header)).expect("it was just written");
    match line {
        Json::Object(mut line) => match line.remove("environment") {
            Some(Json::Object(environment)) => environment,
            _ => unreachable!("a header has an environment"),
        },
        _ => unreachable!("a header is an object"),
    }
}

/// The header that most runs have, without a script.
pub(super) fn usual_header<'a>(headers: impl Iterator<Item = &'a Header>) -> Option<Header> {
    let mut counts: BTreeMap<Header, usize> = BTreeMap::new();
    for header in headers {
        *counts.entry(header.clone()).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(header, _)| header)
}
