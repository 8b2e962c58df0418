//! Where a lane's answers are not those of the model or of a behaviour.

use super::answer::words;
use super::behaviour::Behaviour;
use super::observed::{Observation, Ran};
use super::verdict::{Mismatch, Verdict, judge as judge_expectations};
use crate::judge::{Divergence, Judge, StepVerdict, TraceVerdict, judge, machines};
use crate::run::ScriptRun;
use crate::script::{Call, Env, Platform, Script};
use crate::search::program;
use crate::trace::{Header, Outcome, Trace};

/// Behaviours of this group are programs of the two-socket lattice; the name is the number.
pub const LATTICE_GROUP: &str = "lattice";

/// A step whose answer nobody expected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deviation {
    /// `group/name`, or `lattice/NUMBER`.
    pub behaviour: String,
    /// The step, from 1.
    pub step: usize,
    /// The call as the script writes it.
    pub call: String,
    /// What came: `ok`, an error's name, `blocks`.
    pub got: String,
    /// What was allowed or expected instead.
    pub allowed: Vec<String>,
    /// The rules of the model that say so; none where only the behaviour's expectation does.
    pub rules: Vec<String>,
}

/// For which systems the expectations of behaviours are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// For systems as they usually are, as those of the built-in behaviours.
    Usually,
    /// For whatever they are run on.
    Everywhere,
}

/// The deviations of one behaviour: what the model does not allow, and where the model does not
/// say, what the behaviour does not expect. Expectations that hold everywhere count also where the
/// model allows the answer, up to the first deviation: what comes later is a consequence.
#[must_use]
pub fn of_behaviour(
    behaviour: &Behaviour,
    lane: &Header,
    ran: &Ran,
    expected: Expected,
) -> Vec<Deviation> {
    let trace = ran.trace(&behaviour.parsed.source);
    let judged = judge(&trace);
    of_trace(behaviour, lane, &trace, &judged, expected)
}

/// The same for a trace with the verdict of the model on it.
pub(super) fn of_trace(
    behaviour: &Behaviour,
    lane: &Header,
    trace: &Trace,
    judged: &TraceVerdict,
    expected: Expected,
) -> Vec<Deviation> {
    let script = &behaviour.parsed.script;
    // Without the numbers that differ from run to run.
    let words = words(script, trace);
    let word = |step: usize| words.get(step.wrapping_sub(1)).cloned();
    let mut found = not_allowed(&behaviour.id, script, judged);
    for deviation in &mut found {
        deviation.got = word(deviation.step).unwrap_or_default();
    }
    if expected == Expected::Everywhere || expectations_hold(script, lane) {
        let platform = trace.header.platform.os.parse().ok();
        let run = ScriptRun::Ran(Box::new(trace.clone()));
        let Verdict::Failed(mismatches) = judge_expectations(behaviour, &run, platform) else {
            return found;
        };
        let unmodelled = |step: usize| {
            matches!(judged.steps.get(step - 1), None | Some(StepVerdict::Unmodelled(_)))
        };
        let first = found.first().map_or(usize::MAX, |deviation| deviation.step);
        // Of the built-in behaviours the model knows more than what they expect: each release.
        let counts = |one: &Mismatch| {
            unmodelled(one.step) || (expected == Expected::Everywhere && one.step < first)
        };
        found.extend(mismatches.into_iter().filter(counts).map(|one| Deviation {
            behaviour: behaviour.id.clone(),
            step: one.step,
            call: written(script, one.step),
            got: word(one.step).unwrap_or(one.got),
            allowed: vec![one.expected],
            rules: Vec::new(),
        }));
        found.sort_by_key(|deviation| deviation.step);
    }
    found
}

/// A call with its outcome, what the judge says of it, and the judge after it.
struct Judged {
    call: &'static Call,
    outcome: Outcome,
    verdict: StepVerdict,
    judge: Judge,
}

/// The deviations of a lane's two-socket lattice, program by program: of each the first, of which
/// the others are consequences.
#[must_use]
pub fn of_lattice(observation: &Observation) -> Vec<Deviation> {
    let header = &observation.header;
    let Some(lattice) = &observation.lattice else { return Vec::new() };
    // Without a model of the system nothing deviates.
    let Ok((machines, fails)) = machines(header) else { return Vec::new() };
    let fresh = Judge::new(machines, fails);
    // Programs that begin alike stand together: what they share is judged once.
    let mut path: Vec<Judged> = Vec::new();
    let mut found = Vec::new();
    for number in 0..lattice.len() {
        let Some(steps) = lattice.steps(number, header) else { continue };
        let same = |(one, (call, outcome)): &(&Judged, &(&Call, Outcome))| {
            one.call == *call && one.outcome == *outcome
        };
        path.truncate(path.iter().zip(&steps).take_while(same).count());
        for (call, outcome) in steps.into_iter().skip(path.len()) {
            let mut judge = path.last().map_or(&fresh, |last| &last.judge).clone();
            let verdict = judge.step(call, &outcome);
            path.push(Judged { call, outcome, verdict, judge });
        }
        let first = path.iter().find_map(|one| match &one.verdict {
            StepVerdict::Diverged(divergence) => Some(divergence.as_ref()),
            StepVerdict::Allowed(_) | StepVerdict::Unmodelled(_) => None,
        });
        if let Some(divergence) = first {
            let id = format!("{LATTICE_GROUP}/{number}");
            found.push(deviation(&id, &program(2, number), divergence));
        }
    }
    found
}

/// What the model does not allow, step by step.
fn not_allowed(id: &str, script: &Script, judged: &TraceVerdict) -> Vec<Deviation> {
    judged.divergences().map(|divergence| deviation(id, script, divergence)).collect()
}

fn deviation(id: &str, script: &Script, divergence: &Divergence) -> Deviation {
    Deviation {
        behaviour: id.to_string(),
        step: divergence.step,
        call: written(script, divergence.step),
        got: divergence.got.to_string(),
        allowed: divergence.allowed.clone(),
        rules: divergence.rules.iter().map(ToString::to_string).collect(),
    }
}

fn written(script: &Script, step: usize) -> String {
    script.steps.get(step.wrapping_sub(1)).map_or_else(String::new, |step| step.call.to_string())
}

/// What a behaviour expects is written for a system as it usually is, or for the environment that
/// the behaviour asks for.
fn expectations_hold(script: &Script, lane: &Header) -> bool {
    let environment = &lane.environment;
    let ipv6 = match environment.ipv6.as_deref() {
        Some("off") => script.env.contains(&Env::Ipv6Off),
        Some("no-address") => script.env.contains(&Env::Ipv6NoAddress),
        _ => true,
    };
    let windows = lane.platform.os == Platform::Windows.to_string();
    ipv6 && (environment.bindv6only != Some(true) || windows) && lane.platform.libc != "musl"
}
