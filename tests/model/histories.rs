//! Random histories that a kernel really answered, judged again on every system.
//!
//! `histories.txt` holds the header of their traces and the histories, a call a line. They were
//! chosen out of some thousand: each makes a difference for the model that the others do not make
//! (a change of the model that ci/mutants tries, and that no other test notices).
//! `BINDPROOF_RECORD_HISTORIES=FILE` records the scripts of a file in its place, `FIRST..LAST` the
//! random histories of these seeds.

use std::fmt::Write as _;
use std::path::PathBuf;

use bindproof::judge::{Judge, judge};
use bindproof::model::usual_machines;
use bindproof::run::{Ports, environment_facts, local_platform, platform_facts};
use bindproof::script::{Choices, Fail, HistorySize, Platform, Script, Verb, history, parse};
use bindproof::search::Runner;
use bindproof::trace::{
    EndReason, Environment, Header, Outcome, Trace, TraceStep, Value, read, write,
};

use crate::told::outcome;

fn path() -> PathBuf {
    let given = std::env::var_os("BINDPROOF_HISTORIES").map(PathBuf::from);
    given.unwrap_or_else(|| {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/model/histories.txt"))
    })
}

/// An outcome as [`outcome`] reads it.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok(Value::Done) => "ok".into(),
        Outcome::Ok(Value::Switch(on)) => if *on { "on" } else { "off" }.into(),
        Outcome::Ok(Value::Number(number)) => number.to_string(),
        Outcome::Ok(Value::Word(word)) => word.clone(),
        Outcome::Ok(Value::Address(address)) => format!("address {address}"),
        Outcome::Ok(Value::Local(address)) => format!("local {address}"),
        Outcome::Ok(Value::Peer(address)) => format!("peer {address}"),
        Outcome::Error { name, .. } => name.clone(),
        Outcome::Blocked => "blocks".into(),
        Outcome::Absent(name) => format!("absent {name}"),
        other => panic!("no history asks for {other:?}"),
    }
}

/// A trace without steps, whose header is that of all.
fn header_of(line: &str) -> Header {
    read(line).expect("a header").remove(0).header
}

fn traces(text: &str) -> Vec<Trace> {
    let (header, rest) = text.split_once('\n').expect("a header");
    let header =
        header_of(&format!("{header}\n{}", r#"{"kind":"end","steps":0,"why":"complete"}"#));
    let platform: Platform = header.platform.os.parse().expect("a platform");
    let story = |text: &str| {
        let (script, lines) = text.split_once("---\n").expect("the script and its calls");
        let steps = lines.lines().enumerate().map(|(index, line)| {
            let (call, word) = line.split_once(" -> ").expect("CALL -> OUTCOME");
            TraceStep { step: index + 1, call: call.into(), outcome: outcome(platform, word) }
        });
        let header = Header { script: script.into(), ..header.clone() };
        Trace { header, steps: steps.collect(), end: EndReason::Complete }
    };
    rest.split("\n\n").map(str::trim_start).filter(|one| !one.is_empty()).map(story).collect()
}

#[test]
fn every_recorded_history_is_explained() {
    if let Ok(what) = std::env::var("BINDPROOF_RECORD_HISTORIES") {
        record(&what);
    }
    let text = std::fs::read_to_string(path()).expect("the histories").replace("\r\n", "\n");
    let traces = traces(&text);
    assert!(!traces.is_empty());
    let mut found = Vec::new();
    for (number, trace) in traces.iter().enumerate() {
        if let Some(divergence) = judge(trace).divergences().next() {
            found.push(format!("history {number}: {divergence}\n{}", trace.header.script));
        }
    }
    assert!(found.is_empty(), "{} diverge:\n{}", found.len(), found.join("\n"));
}

/// Runs histories here. Meant for a private network: `unshare --map-root-user --net sh -c "ip link
/// set lo up; …"`.
fn record(what: &str) {
    let scripts: Vec<Script> = match what.split_once("..") {
        Some((from, to)) => {
            let seeds = from.parse::<u64>().expect("a seed")..to.parse().expect("a seed");
            seeds.map(|seed| history(&mut Choices::of_seed(seed), HistorySize::default())).collect()
        }
        None => {
            let text = std::fs::read_to_string(what).expect("scripts");
            parse(&text).expect("they parse").into_iter().map(|one| one.script).collect()
        }
    };
    let environment = Environment { network: Some("private".into()), ..environment_facts(&[]) };
    let header = Header { platform: platform_facts(), environment, ..Header::default() };
    let platform = local_platform().expect("a platform");
    let (mut machines, _) = usual_machines(platform, None, &[]);
    for machine in &mut machines {
        machine.privileged = header.environment.privileged == Some(true);
    }
    // The first step never fits, and what does not fit is told with all its steps.
    let first = "resolve host=127.0.0.1 service=80 flags=numerichost";
    let fails =
        Vec::from([Fail { verb: Verb::Resolve, only: None, nth: None, error: "EAI_FAIL".into() }]);
    let mut ports = Ports::private(header.environment.ephemeral.expect("a range"));
    let mut runner = Runner::new(platform, Judge::new(machines, fails), false);
    let empty = Trace { header: header.clone(), steps: Vec::new(), end: EndReason::Complete };
    let mut text = write(&empty).lines().next().expect("a header").to_string() + "\n";
    for script in scripts {
        let longer = parse(&format!("{first}\n{script}")).expect("it parses").remove(0).script;
        let finding = runner.run(&longer, &mut ports).expect("ports enough").expect("a finding");
        write!(text, "\n{script}---\n").expect("text");
        for (call, outcome) in &finding.steps[1..] {
            writeln!(text, "{call} -> {}", told(outcome)).expect("text");
        }
    }
    std::fs::write(path(), text).expect("it is written");
}
