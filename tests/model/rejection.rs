//! The judge rejects, too: in accepted traces one outcome is changed into another that could have
//! been, and the changed trace must not be accepted.
//!
//! A step that is not modelled cannot be rejected and is left out; how many there are is printed.
//! What is accepted all the same needs a reason in [`REASONS`].

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bindproof::judge::{Word, judge};
use bindproof::matrix::embedded;
use bindproof::run::{ScriptJob, ScriptRun, simulate};
use bindproof::script::{Choices, HistorySize, Platform, errors, history, parse, parse_call_text};
use bindproof::trace::{Outcome, Trace, Value};

/// Histories whose traces are changed on each platform.
const HISTORIES: u64 = 150;
/// Of a hundred changes so many must be rejected.
const REJECTED_MIN_PERCENT: u32 = 98;

/// Why a kind of change is accepted: the call, the old answer, the new one.
const REASONS: &[(&str, &str, &str, &str)] = &[
    ("get", "ok", "ok", "an option that nobody has seen the value of: any is allowed"),
    ("connect", "ok", "blocks", "a queue whose length is not known may be full"),
    ("connect", "blocks", "ok", "a queue whose length is not known may have room"),
    ("accept", "blocks", "EINVAL", "who listens not may be told so at once or be left waiting"),
    ("accept", "EINVAL", "blocks", "who listens not may be told so at once or be left waiting"),
    ("resolve", "ok", "ok", "an empty host is every address of a machine, and none is known"),
    ("*", "error", "error", "the platform fails here, and nobody has seen how"),
];

/// Changes of an outcome, each plausible for the call.
fn changes(verb: &str, outcome: &Outcome, platform: Platform) -> Vec<Outcome> {
    let error = |name: &str| {
        let code = errors::code(platform, name).or_else(|| errors::resolver_code(platform, name));
        Outcome::Error { name: name.into(), code }
    };
    let plausible: &[&str] = match verb {
        "socket" => &["EAFNOSUPPORT", "EMFILE"],
        "bind" => &["EADDRINUSE", "EADDRNOTAVAIL", "EACCES", "EINVAL"],
        "listen" => &["EADDRINUSE", "EINVAL"],
        "connect" => &["ECONNREFUSED", "EADDRNOTAVAIL", "EISCONN"],
        "set" | "get" => &["EINVAL", "ENOPROTOOPT"],
        "accept" => &["EINVAL", "ECONNABORTED"],
        "send" | "recv" => &["EPIPE", "ENOTCONN", "ECONNRESET"],
        "shutdown" => &["ENOTCONN"],
        "resolve" => &["EAI_NONAME", "EAI_SERVICE", "EAI_FAMILY"],
        "bind_sockets" => &["EADDRINUSE", "EACCES", "EAI_NONAME"],
        _ => &["EINVAL"],
    };
    let mut all: Vec<Outcome> = plausible.iter().map(|name| error(name)).collect();
    match outcome {
        Outcome::Ok(value) => all.extend(other_values(value).into_iter().map(Outcome::Ok)),
        Outcome::Error { .. } | Outcome::Blocked => all.extend(success(verb).map(Outcome::Ok)),
        Outcome::Absent(_) | Outcome::NotSupported(_) => {}
    }
    if matches!(verb, "accept" | "recv" | "connect") {
        all.push(Outcome::Blocked);
    }
    all.retain(|changed| changed != outcome);
    all
}

fn success(verb: &str) -> Option<Value> {
    Some(match verb {
        "socket" | "set" | "bind" | "listen" | "shutdown" | "dup" => Value::Done,
        "recv" | "send" => Value::Number(1),
        "accept" => Value::Peer(SocketAddr::from(([127, 0, 0, 1], 50_000))),
        "connect" => Value::Local(SocketAddr::from(([127, 0, 0, 1], 50_000))),
        "bind_sockets" => Value::Sockets(Vec::new()),
        "resolve" => Value::Records(Vec::new()),
        _ => return None,
    })
}

/// Other values of the same kind.
fn other_values(value: &Value) -> Vec<Value> {
    let other_port = |address: &SocketAddr| {
        SocketAddr::new(address.ip(), if address.port() == 1 { 2 } else { 1 })
    };
    let other_ip = |address: &SocketAddr| SocketAddr::from(([127, 0, 0, 77], address.port()));
    match value {
        Value::Switch(on) => vec![Value::Switch(!on)],
        Value::Number(number) => vec![Value::Number(number + 1)],
        Value::Word(word) => vec![Value::Word(if word == "yes" { "no" } else { "yes" }.into())],
        Value::Address(a) => vec![Value::Address(other_port(a)), Value::Address(other_ip(a))],
        Value::Local(a) => vec![Value::Local(other_port(a)), Value::Local(other_ip(a))],
        Value::Peer(a) => vec![Value::Peer(other_port(a)), Value::Peer(other_ip(a))],
        Value::Records(records) if !records.is_empty() => {
            vec![Value::Records(records[1..].to_vec())]
        }
        Value::Sockets(sockets) if !sockets.is_empty() => {
            let mut deaf = sockets.clone();
            deaf[0].listening = Some(false);
            vec![Value::Sockets(sockets[1..].to_vec()), Value::Sockets(deaf)]
        }
        Value::Done | Value::Records(_) | Value::Sockets(_) => Vec::new(),
    }
}

/// A kind of change, as [`REASONS`] names it.
fn kind(verb: &str, from: &Outcome, to: &Outcome) -> (String, String, String) {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Ok(_) => "ok".to_string(),
        other => other.word().to_string(),
    };
    (verb.to_string(), word(from), word(to))
}

fn reason(kind: &(String, String, String)) -> Option<&'static str> {
    let fits = |pattern: &str, word: &str| {
        let is_error = !matches!(word, "ok" | "blocks" | "absent");
        pattern == "*" || pattern == word || (pattern == "error" && is_error)
    };
    let found = REASONS.iter().find(|(verb, from, to, _)| {
        fits(verb, &kind.0) && fits(from, &kind.1) && fits(to, &kind.2)
    });
    found.map(|(_, _, _, why)| *why)
}

#[derive(Default)]
struct Tally {
    changed: u32,
    rejected: u32,
    unmodelled: u32,
    accepted: BTreeMap<(String, String, String), (u32, String)>,
}

impl Tally {
    fn change_each_step(&mut self, trace: &Trace, platform: Platform, place: &str) {
        let verdict = judge(trace);
        if verdict.word() == Word::Diverged {
            panic!("{place}: not accepted as it is: {:?}", verdict.divergences().next());
        }
        for (index, step) in trace.steps.iter().enumerate() {
            if !matches!(verdict.steps[index], bindproof::judge::StepVerdict::Allowed(_)) {
                self.unmodelled += 1;
                continue;
            }
            let verb = parse_call_text(&step.call).expect("a call").verb().to_string();
            for outcome in changes(&verb, &step.outcome, platform) {
                let kind = kind(&verb, &step.outcome, &outcome);
                let mut changed = trace.clone();
                changed.steps[index].outcome = outcome;
                self.changed += 1;
                if judge(&changed).word() == Word::Diverged {
                    self.rejected += 1;
                } else {
                    let example = || format!("{place} step {}: {}", index + 1, step.call);
                    self.accepted.entry(kind).or_insert_with(|| (0, example())).0 += 1;
                }
            }
        }
    }

    fn report(&self, what: &str) {
        println!(
            "{what}: {} of {} changes rejected ({:.2} %), {} steps not modelled",
            self.rejected,
            self.changed,
            f64::from(self.rejected) * 100.0 / f64::from(self.changed),
            self.unmodelled,
        );
        let mut without_reason = Vec::new();
        for (kind, (count, example)) in &self.accepted {
            let (verb, from, to) = kind;
            let why = reason(kind);
            println!("  {count:>5} {verb}: {to} for {from}: {}", why.unwrap_or("NO REASON"));
            if why.is_none() {
                without_reason.push(format!("{verb}: {to} for {from} ({count}), first {example}"));
            }
        }
        assert!(without_reason.is_empty(), "{what}:\n{}", without_reason.join("\n"));
        assert!(
            self.rejected * 100 >= self.changed * REJECTED_MIN_PERCENT,
            "{what}: only {} of {} are rejected",
            self.rejected,
            self.changed
        );
    }
}

fn simulated(platform: Platform, text: &str) -> Trace {
    let parsed = parse(text).expect("it parses").remove(0);
    match simulate(platform, &ScriptJob { parsed, seed: None }, 30_000) {
        ScriptRun::Ran(trace) => *trace,
        other => panic!("{other:?}"),
    }
}

#[test]
fn changed_answers_of_every_platform_are_rejected() {
    for platform in Platform::all() {
        let mut tally = Tally::default();
        for behaviour in embedded().expect("they parse") {
            let trace = simulated(platform, &behaviour.parsed.source);
            tally.change_each_step(&trace, platform, &behaviour.id);
        }
        for seed in 0..HISTORIES {
            let script = history(&mut Choices::of_seed(seed), HistorySize::default());
            let trace = simulated(platform, &script.to_string());
            tally.change_each_step(&trace, platform, &format!("history {seed}"));
        }
        tally.report(&platform.to_string());
    }
}

/// The same with what this kernel really answered.
#[cfg(target_os = "linux")]
#[test]
fn changed_answers_of_this_kernel_are_rejected() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_bindproof"))
        .args(["check", "--traces"])
        .arg(folder.path())
        .output()
        .expect("it starts");
    assert!(done.status.success(), "{done:?}");
    let mut tally = Tally::default();
    for behaviour in embedded().expect("they parse") {
        // What was skipped left no trace.
        let file = folder.path().join(&behaviour.id).with_extension("jsonl");
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        for trace in bindproof::trace::read(&text).expect("a trace") {
            tally.change_each_step(&trace, Platform::Linux, &behaviour.id);
        }
    }
    assert!(tally.changed > 1_000, "only {} changes", tally.changed);
    tally.report("this kernel");
}
