//! Predicting: a script that nobody has run, carried over every world that is possible.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::fold::{Possible, WORLDS_MAX, missing};
use crate::model::{
    Allowed, Branch, Confidence, Expected, Machine, Port, Release, World, force, rule, step,
    usual_machines,
};
use crate::script::{
    self, Answer, Call, Expectation, Fail, Name, Platform, PortArg, Script, parse_answer,
};
use crate::trace::{Outcome, Value};

/// The first number that a named port is given.
const NAMED_FIRST: u16 = 2_000;

/// What may happen at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// The step, from 1.
    pub step: usize,
    /// The call as the script writes it.
    pub call: String,
    /// Every allowed answer, as expectations are written; an error says why the model does not say.
    pub allowed: Result<Vec<String>, String>,
    /// The rules that they rest on; those that speak come first.
    pub rules: Vec<&'static str>,
    /// The weakest of the evidence involved; `None` if nothing is predicted.
    pub confidence: Option<Confidence>,
}

/// What a platform may answer to a script, with the usual settings and those of its `env` lines.
/// No release is the newest measured one.
///
/// ```
/// use bindproof::judge::predict;
/// use bindproof::script::{Platform, parse};
///
/// let script = "a = socket inet\nbind a 0.0.0.0:p\nb = socket inet\nbind b 127.0.0.1:p\n";
/// let script = &parse(script)?[0].script;
/// let last = |platform| predict(script, platform, None).pop().unwrap().allowed.unwrap();
/// assert_eq!(last(Platform::Linux), ["EADDRINUSE"]);
/// assert_eq!(last(Platform::Windows), ["ok"]);
/// # Ok::<(), bindproof::script::ParseError>(())
/// ```
#[must_use]
pub fn predict(script: &Script, platform: Platform, release: Option<Release>) -> Vec<Prediction> {
    let (machines, fails) = usual_machines(platform, release, &script.env);
    predict_on(script, machines, fails)
}

/// What one of these machines may answer to a script, with these calls made to fail.
///
/// # Panics
/// If there is no machine.
#[must_use]
pub fn predict_on(script: &Script, machines: Vec<Machine>, fails: Vec<Fail>) -> Vec<Prediction> {
    let injected: Vec<_> = fails.into_iter().map(|fail| (fail, 0)).collect();
    let world = World { injected, ..World::new() };
    let possible =
        (0..machines.len()).map(|machine| Possible { machine, world: world.clone() }).collect();
    let certainty = machines[0].record.certainty(machines[0].release);
    let ports = Ports::new(script, machines[0].ephemeral);
    let mut predictor = Predictor { machines, possible, certainty, ports, lost: None };
    let steps = script.steps.iter().enumerate();
    steps.map(|(index, step)| predictor.step(index + 1, &step.call)).collect()
}

/// The script with what these machines may answer as its expectations. A step that is not modelled
/// may answer anything (`?`): without an expectation a behaviour would want it to succeed.
///
/// # Panics
/// If there is no machine.
#[must_use]
pub fn annotated(script: &Script, machines: Vec<Machine>, fails: Vec<Fail>) -> Script {
    let mut annotated = script.clone();
    let predictions = predict_on(script, machines, fails);
    for (step, prediction) in annotated.steps.iter_mut().zip(predictions) {
        let answers = prediction.allowed.ok().and_then(|allowed| {
            allowed.iter().map(|text| parse_answer(text).ok()).collect::<Option<Vec<_>>>()
        });
        step.expectation = Expectation::All(answers.unwrap_or_else(|| vec![Answer::Unknown]));
    }
    annotated
}

struct Predictor {
    machines: Vec<Machine>,
    possible: Vec<Possible>,
    /// How sure anything can be in this release.
    certainty: Confidence,
    ports: Ports,
    /// Why nothing can be said any more.
    lost: Option<String>,
}

/// Everything that was found out about one step.
#[derive(Default)]
struct Found {
    answers: Vec<String>,
    spoken: Vec<&'static str>,
    also: Vec<&'static str>,
    doubt: Option<Confidence>,
    unmodelled: Option<&'static str>,
    next: Vec<Possible>,
}

impl Predictor {
    fn step(&mut self, number: usize, written: &Call) -> Prediction {
        let call = written.to_string();
        let nothing = |why: String| Prediction {
            step: number,
            call: written.to_string(),
            allowed: Err(why),
            rules: Vec::new(),
            confidence: None,
        };
        if let Some(why) = &self.lost {
            return nothing(why.clone());
        }
        let mut found = Found::default();
        for one in std::mem::take(&mut self.possible) {
            if !self.follow(one, written, &mut found) {
                self.lost = Some(format!("step {number} is not modelled, and this depends on it"));
                break;
            }
        }
        if found.next.len() > WORLDS_MAX {
            self.lost = Some(format!("too many possible worlds after step {number}"));
        }
        self.possible = found.next;
        if let Some(why) = found.unmodelled {
            return nothing(why.to_string());
        }
        let mut rules = found.spoken;
        for rule in found.also {
            push_new(&mut rules, rule);
        }
        let confidence = self.confidence(&rules, found.doubt);
        Prediction { step: number, call, allowed: Ok(found.answers), rules, confidence }
    }

    /// One world goes on in every way that it can; false if nobody can say how.
    fn follow(&mut self, mut one: Possible, written: &Call, found: &mut Found) -> bool {
        let call = match self.ports.concrete(written, &mut one.world) {
            Ok(call) if missing(&one.world, &call).is_none() => call,
            _ => {
                push_new(&mut found.answers, "absent".to_string());
                push_new(&mut found.spoken, "script.absent");
                push_new(&mut found.next, one);
                return true;
            }
        };
        let machine = &self.machines[one.machine];
        match step(machine, &one.world, &call) {
            Allowed::Branches(branches) => {
                for branch in branches {
                    self.take(&one, branch, found);
                }
                true
            }
            // It may fail and change nothing, or succeed.
            Allowed::Unmodelled(why) => {
                found.unmodelled = found.unmodelled.or(Some(why));
                let mut done = one.clone();
                let followed = force(machine, &mut done.world, &call, &Outcome::Ok(Value::Done));
                push_new(&mut found.next, one);
                push_new(&mut found.next, done);
                followed
            }
        }
    }

    fn take(&self, one: &Possible, branch: Branch, found: &mut Found) {
        push_new(&mut found.answers, self.ports.text(&branch.expected, &one.world));
        push_new(&mut found.spoken, branch.rule);
        for rule in &branch.also {
            push_new(&mut found.also, *rule);
        }
        found.doubt = found.doubt.max(branch.doubt);
        let mut after = one.clone();
        (branch.effect)(&mut after.world);
        push_new(&mut found.next, after);
    }

    /// The weakest of the rules, of a single fact and of the release.
    fn confidence(&self, rules: &[&str], doubt: Option<Confidence>) -> Option<Confidence> {
        let platform = self.machines[0].platform();
        let of_rules = rules.iter().map(|id| {
            let known = rule(id).and_then(|rule| rule.confidence(platform));
            known.unwrap_or(Confidence::Recalled)
        });
        of_rules.chain(doubt).chain([self.certainty]).max()
    }
}

fn push_new<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// The numbers behind symbolic ports, which the script never sees.
struct Ports {
    named: BTreeMap<String, u16>,
    /// What a number is called in the script.
    words: BTreeMap<u16, String>,
    /// Numbers that the script writes.
    literal: BTreeSet<u16>,
    ephemeral: (u16, u16),
}

impl Ports {
    fn new(script: &Script, ephemeral: (u16, u16)) -> Self {
        let literal = script.steps.iter().filter_map(|step| match &step.call {
            Call::BindSockets { args, .. } => match &args.port {
                Some(PortArg::Text(text)) => text.parse().ok(),
                _ => None,
            },
            call => match call.address()?.port {
                script::Port::Number(number) => Some(number),
                _ => None,
            },
        });
        let literal: BTreeSet<u16> = literal.collect();
        let free =
            |port: &u16| !(ephemeral.0..=ephemeral.1).contains(port) && !literal.contains(port);
        let numbers = (NAMED_FIRST..=u16::MAX).filter(free);
        let named: BTreeMap<_, _> = script.named_ports().into_iter().zip(numbers).collect();
        let words = named.iter().map(|(name, number)| (*number, name.clone())).collect();
        Self { named, words, literal, ephemeral }
    }

    /// The call with numbers; an error names the socket that has no port.
    fn concrete(&mut self, call: &Call, world: &mut World) -> Result<Call, Name> {
        let mut call = call.clone();
        match &mut call {
            Call::Bind { address, .. }
            | Call::ConnectNew { address, .. }
            | Call::Connect { address, .. } => {
                address.port = script::Port::Number(match &address.port {
                    script::Port::Number(number) => *number,
                    script::Port::Named(name) => self.named.get(name).copied().unwrap_or(0),
                    script::Port::Of(name) => {
                        self.port_of(name, world).ok_or_else(|| name.clone())?
                    }
                });
            }
            Call::BindSockets { args, .. } => {
                if let Some(PortArg::Named(name)) = &args.port {
                    let number = self.named.get(name).copied().unwrap_or(0);
                    args.port = Some(PortArg::Text(number.to_string()));
                }
            }
            _ => {}
        }
        Ok(call)
    }

    /// The number of a socket's port. One that the kernel chose is as good as any other that
    /// nobody else has.
    fn port_of(&mut self, name: &Name, world: &mut World) -> Option<u16> {
        let (_, socket) = world.named(name)?;
        let port = socket.local?.port;
        if let Some(number) = world.number(port) {
            return (number != 0).then_some(number);
        }
        let (low, high) = self.ephemeral;
        let taken = |port: &u16| self.literal.contains(port) || world.chosen.contains(&Some(*port));
        let number = (low..=high).find(|port| !taken(port))?;
        world.learn(port, number);
        self.words.entry(number).or_insert_with(|| format!("@{name}"));
        Some(number)
    }

    /// An answer with its ports as the script calls them; a port that has no name says nothing.
    fn text(&self, expected: &Expected, world: &World) -> String {
        let (Expected::Name(ip, port) | Expected::LocalName(ip, port) | Expected::Peer(ip, port)) =
            expected
        else {
            return expected.to_string();
        };
        let number = world.number(*port);
        match (number.and_then(|number| self.words.get(&number)), ip, port) {
            (Some(word), IpAddr::V4(ip), _) => format!("ok={ip}:{word}"),
            (Some(word), IpAddr::V6(ip), _) => format!("ok=[{ip}]:{word}"),
            (None, ip, Port::Number(number)) => format!("ok={}", SocketAddr::new(*ip, *number)),
            (None, _, Port::Chosen(_)) => "ok".into(),
        }
    }
}
