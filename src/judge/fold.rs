//! The fold: a set of possible worlds, and a step at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::diagnosis;
use super::setting::machines;
use super::verdict::{Divergence, StepVerdict, TraceVerdict};
use crate::model::{Allowed, Branch, Machine, World, force, step};
use crate::script::{Address, Call, Fail, Name, Port, Script, parse, parse_call_text};
use crate::trace::{Outcome, Trace};

/// More worlds than this are not followed.
pub(super) const WORLDS_MAX: usize = 512;

/// One possibility: which machine it is, and what its sockets are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Possible {
    pub(super) machine: usize,
    pub(super) world: World,
}

/// Judges steps as they come.
#[derive(Debug, Clone)]
pub struct Judge {
    machines: Arc<[Machine]>,
    possible: Vec<Possible>,
    steps: usize,
    /// Why nothing can be said any more.
    lost: Option<String>,
}

impl Judge {
    /// A judge of fresh sockets on one of these machines, with these calls made to fail.
    #[must_use]
    pub fn new(machines: Vec<Machine>, fails: Vec<Fail>) -> Self {
        let injected: Vec<_> = fails.into_iter().map(|fail| (fail, 0)).collect();
        let possible = (0..machines.len())
            .map(|machine| Possible {
                machine,
                world: World { injected: injected.clone(), ..World::new() },
            })
            .collect();
        Self { machines: machines.into(), possible, steps: 0, lost: None }
    }

    /// What the model allows for a call now: each answer with its rule, without repetition.
    ///
    /// # Errors
    /// Why the model does not say.
    pub fn allowed(&self, call: &Call) -> Result<Vec<(String, &'static str)>, String> {
        if let Some(why) = &self.lost {
            return Err(why.clone());
        }
        let mut all: Vec<(String, &'static str)> = Vec::new();
        for one in &self.possible {
            let answers = if let Some(missing) = missing(&one.world, call) {
                let _ = missing;
                vec![("absent".to_string(), "script.absent")]
            } else {
                match step(&self.machines[one.machine], &one.world, call) {
                    Allowed::Unmodelled(why) => return Err(why.to_string()),
                    Allowed::Branches(branches) => {
                        branches.iter().map(|b| (b.expected.to_string(), b.rule)).collect()
                    }
                }
            };
            for answer in answers {
                if !all.contains(&answer) {
                    all.push(answer);
                }
            }
        }
        Ok(all)
    }

    /// Every rule that this answer rests on, in some world that allows it.
    #[must_use]
    pub fn rules(&self, call: &Call, outcome: &Outcome) -> Vec<&'static str> {
        let mut rules = Vec::new();
        for one in &self.possible {
            if missing(&one.world, call).is_some() {
                if matches!(outcome, Outcome::Absent(_)) {
                    rules.push("script.absent");
                }
                continue;
            }
            let machine = &self.machines[one.machine];
            for branch in step(machine, &one.world, call).branches().into_iter().flatten() {
                if branch.expected.fits(&one.world, machine, outcome) {
                    rules.extend(branch.rules());
                }
            }
        }
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// Whether nothing but waiting in vain is allowed for a call.
    #[must_use]
    pub fn expects_block(&self, call: &Call) -> bool {
        self.allowed(call).is_ok_and(|answers| answers.iter().all(|(answer, _)| answer == "blocks"))
    }

    /// `@NAME` was this number in the run.
    fn learn_port(&mut self, name: &Name, number: u16) {
        for one in &mut self.possible {
            let local = one.world.named(name).and_then(|(_, socket)| socket.local);
            if let Some(local) = local {
                one.world.learn(local.port, number);
            }
        }
    }

    /// The script writes `@NAME` where the call that was made has a number.
    pub fn learn_from(&mut self, written: &Call, made: &Call) {
        if let (
            Some(Address { port: Port::Of(name), .. }),
            Some(Address { port: Port::Number(number), .. }),
        ) = (written.address(), made.address())
        {
            self.learn_port(name, *number);
        }
    }

    /// Judges one call and what it answered.
    pub fn step(&mut self, call: &Call, outcome: &Outcome) -> StepVerdict {
        self.steps += 1;
        if let Some(why) = &self.lost {
            return StepVerdict::Unmodelled(why.clone());
        }
        if let Outcome::NotSupported(why) = outcome {
            self.lose_count();
            return StepVerdict::Unmodelled(format!("the subject did not make the call: {why}"));
        }
        let mut next = Vec::new();
        let mut rule = None;
        let mut unmodelled = None;
        let alone = self.possible.len() == 1;
        for mut one in std::mem::take(&mut self.possible) {
            let machine = &self.machines[one.machine];
            if let Some(name) = missing(&one.world, call) {
                if matches!(outcome, Outcome::Absent(found) if *found == name.to_string()) {
                    rule = rule.or(Some("script.absent"));
                    next.push(one);
                } else {
                    self.possible.push(one);
                }
                continue;
            }
            let mut branches = match step(machine, &one.world, call) {
                Allowed::Branches(branches) => branches,
                Allowed::Unmodelled(why) => {
                    unmodelled = Some(why);
                    self.possible.push(one);
                    continue;
                }
            };
            branches.retain(|branch| branch.expected.fits(&one.world, machine, outcome));
            if alone && branches.len() == 1 {
                let branch = branches.pop().expect("there is one");
                rule = Some(branch.rule);
                take(&mut one.world, branch, outcome);
                next.push(one);
                continue;
            }
            for branch in branches {
                rule = rule.or(Some(branch.rule));
                let mut world = one.world.clone();
                take(&mut world, branch, outcome);
                let after = Possible { machine: one.machine, world };
                if !next.contains(&after) {
                    next.push(after);
                }
            }
            self.possible.push(one);
        }
        if let Some(why) = unmodelled {
            // Any answer may be right there; the worlds that have a say go on only if all have.
            let before = std::mem::take(&mut self.possible);
            self.possible = if next.is_empty() { before } else { next };
            return self.unmodelled(call, outcome, why);
        }
        if next.is_empty() {
            return self.diverged(call, outcome);
        }
        if next.len() > WORLDS_MAX {
            self.lost = Some("too many possible worlds".into());
        }
        self.possible = next;
        StepVerdict::Allowed(rule.unwrap_or("script.absent"))
    }

    fn unmodelled(&mut self, call: &Call, outcome: &Outcome, why: &str) -> StepVerdict {
        self.follow(call, outcome, why);
        StepVerdict::Unmodelled(why.to_string())
    }

    fn diverged(&mut self, call: &Call, outcome: &Outcome) -> StepVerdict {
        let (mut allowed, mut rules): (Vec<String>, Vec<&'static str>) = (Vec::new(), Vec::new());
        for (answer, rule) in self.allowed(call).unwrap_or_default() {
            if !allowed.contains(&answer) {
                allowed.push(answer);
            }
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        let nearest = self.possible.first().and_then(|one| {
            diagnosis::nearest(&self.machines[one.machine], &one.world, call, outcome)
        });
        if let Some(broken) = self.possible.first().and_then(|one| {
            diagnosis::broken_rule(&self.machines[one.machine], &one.world, call, outcome)
        }) {
            rules.retain(|rule| *rule != broken);
            rules.insert(0, broken);
        }
        self.follow(call, outcome, "a step that diverged cannot be followed");
        StepVerdict::Diverged(Box::new(Divergence {
            step: self.steps,
            call: call.to_string(),
            got: outcome.clone(),
            allowed,
            rules,
            nearest,
        }))
    }

    /// After a step that is not modelled nobody knows which calls it made, so that `#N` of an
    /// `env fail` line cannot be counted on.
    fn lose_count(&mut self) {
        let counts = |one: &Possible| one.world.injected.iter().any(|(fail, _)| fail.nth.is_some());
        if self.possible.iter().any(counts) {
            let calls = "which calls were counted for env fail";
            self.lost = Some(format!("after step {}: {calls} is not known", self.steps));
        }
    }

    /// Goes on from what happened, whatever the model thinks of it.
    fn follow(&mut self, call: &Call, outcome: &Outcome, why: &str) {
        self.lose_count();
        for one in &mut self.possible {
            if !force(&self.machines[one.machine], &mut one.world, call, outcome) {
                self.lost = Some(format!("after step {}: {why}", self.steps));
            }
        }
    }
}

fn take(world: &mut World, branch: Branch, outcome: &Outcome) {
    (branch.effect)(world);
    branch.expected.learn(world, outcome);
}

/// A name of the call that no socket has.
pub(super) fn missing(world: &World, call: &Call) -> Option<Name> {
    let used = call.sockets_used().into_iter().find(|name| world.descriptor(name).is_none());
    let port_of = match call.address() {
        Some(Address { port: Port::Of(name), .. }) => Some(name),
        _ => None,
    };
    let server = call.server_used();
    let server = server.filter(|name| world.servers.iter().all(|one| one.name != **name));
    used.or(server).or(port_of).cloned()
}

/// The verdict on a whole trace, by what its header says of the machine.
#[must_use]
pub fn judge(trace: &Trace) -> TraceVerdict {
    judge_on(trace, machines(&trace.header))
}

/// The verdict on a whole trace by the rules of other machines than its header's, with these calls
/// made to fail; an error says why nothing can be said.
#[must_use]
pub fn judge_on(
    trace: &Trace,
    machines: Result<(Vec<Machine>, Vec<Fail>), String>,
) -> TraceVerdict {
    fold(trace, machines, |judge, call, outcome| judge.step(call, outcome))
}

/// The rules that the answers of a trace rest on, each once.
#[must_use]
pub fn rules_reached(trace: &Trace) -> BTreeSet<&'static str> {
    let mut rules = BTreeSet::new();
    let _ = fold(trace, machines(&trace.header), |judge, call, outcome| {
        rules.extend(judge.rules(call, outcome));
        judge.step(call, outcome)
    });
    rules
}

fn fold(
    trace: &Trace,
    machines: Result<(Vec<Machine>, Vec<Fail>), String>,
    mut visit: impl FnMut(&mut Judge, &Call, &Outcome) -> StepVerdict,
) -> TraceVerdict {
    let (machines, fails) = match machines {
        Ok(found) => found,
        Err(why) => {
            let steps = trace.steps.iter().map(|_| StepVerdict::Unmodelled(why.clone())).collect();
            return TraceVerdict { steps };
        }
    };
    let script: Option<Script> = parse(&trace.header.script)
        .ok()
        .filter(|scripts| scripts.len() == 1)
        .and_then(|mut scripts| scripts.pop())
        .map(|parsed| parsed.script);
    let mut judge = Judge::new(machines, fails);
    let steps = trace.steps.iter().enumerate().map(|(index, made)| {
        let Ok(call) = parse_call_text(&made.call) else {
            return StepVerdict::Unmodelled("the call does not parse".into());
        };
        if let Some(step) = script.as_ref().and_then(|script| script.steps.get(index)) {
            judge.learn_from(&step.call, &call);
        }
        visit(&mut judge, &call, &made.outcome)
    });
    TraceVerdict { steps: steps.collect() }
}
