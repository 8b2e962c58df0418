//! Where a lane's answers are not those of the model or of a behaviour.

use super::behaviour::Behaviour;
use super::observed::{Observation, Ran};
use super::verdict::{Verdict, judge as judge_expectations};
use crate::judge::{Judge, StepVerdict, TraceVerdict, judge, machines};
use crate::run::ScriptRun;
use crate::script::{Env, Platform, Script};
use crate::search::program;
use crate::trace::Header;

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

/// The deviations of one behaviour: what the model does not allow, and where the model does not
/// say, what the behaviour does not expect.
#[must_use]
pub fn of_behaviour(behaviour: &Behaviour, lane: &Header, ran: &Ran) -> Vec<Deviation> {
    let trace = ran.trace(&behaviour.parsed.source);
    let script = &behaviour.parsed.script;
    let judged = judge(&trace);
    let mut found = not_allowed(&behaviour.id, script, &judged);
    if expectations_hold(script, lane) {
        let platform = trace.header.platform.os.parse().ok();
        let run = ScriptRun::Ran(Box::new(trace));
        let Verdict::Failed(mismatches) = judge_expectations(behaviour, &run, platform) else {
            return found;
        };
        let unmodelled = |step: usize| {
            matches!(judged.steps.get(step - 1), None | Some(StepVerdict::Unmodelled(_)))
        };
        found.extend(mismatches.into_iter().filter(|one| unmodelled(one.step)).map(|one| {
            Deviation {
                behaviour: behaviour.id.clone(),
                step: one.step,
                call: written(script, one.step),
                got: one.got,
                allowed: vec![one.expected],
                rules: Vec::new(),
            }
        }));
        found.sort_by_key(|deviation| deviation.step);
    }
    found
}

/// The deviations of a lane's two-socket lattice, program by program.
#[must_use]
pub fn of_lattice(observation: &Observation) -> Vec<Deviation> {
    let header = &observation.header;
    let Some(lattice) = &observation.lattice else { return Vec::new() };
    // Without a model of the system nothing deviates.
    let Ok((machines, fails)) = machines(header) else { return Vec::new() };
    let fresh = Judge::new(machines, fails);
    (0..lattice.len())
        .flat_map(|number| {
            let mut judge = fresh.clone();
            let steps = lattice.steps(number, header).unwrap_or_default();
            let steps = steps.iter().map(|(call, outcome)| judge.step(call, outcome)).collect();
            let judged = TraceVerdict { steps };
            if judged.divergences().next().is_none() {
                return Vec::new();
            }
            not_allowed(&format!("{LATTICE_GROUP}/{number}"), &program(2, number), &judged)
        })
        .collect()
}

/// What the model does not allow, step by step.
fn not_allowed(id: &str, script: &Script, judged: &TraceVerdict) -> Vec<Deviation> {
    judged
        .divergences()
        .map(|divergence| Deviation {
            behaviour: id.to_string(),
            step: divergence.step,
            call: written(script, divergence.step),
            got: divergence.got.to_string(),
            allowed: divergence.allowed.clone(),
            rules: divergence.rules.iter().map(ToString::to_string).collect(),
        })
        .collect()
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
