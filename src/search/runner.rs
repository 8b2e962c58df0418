//! One script on the kernel under the eyes of a judge.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::tally::Tally;
use crate::judge::{Divergence, Judge, StepVerdict};
use crate::run::{
    Faults, KernelSubject, Limits, Ports, PortsExhausted, Subject, SubjectName, drive,
};
use crate::script::{Call, Fail, Name, Platform, Script};
use crate::trace::{Outcome, SubjectFacts};

/// A script that the model does not explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The script.
    pub script: Script,
    /// Every call with its concrete ports, and what it answered.
    pub steps: Vec<(Call, Outcome)>,
    /// What did not fit.
    pub divergences: Vec<Divergence>,
}

/// Runs scripts, one after the other, in the network that this process is in.
#[derive(Debug)]
pub struct Runner {
    platform: Platform,
    template: Judge,
    limits: Limits,
    /// Digest every outcome and count the answers that were allowed.
    exact: bool,
    fails: Vec<Fail>,
    records: Option<Vec<SocketAddr>>,
    /// What was seen so far.
    pub tally: Tally,
    rules: BTreeMap<&'static str, u64>,
}

/// How long a step may take that the model says will wait in vain, in milliseconds.
const BLOCKS_TIMEOUT_MS: u64 = 1;

/// The kernel, which is not waited for where the judge knows that nothing will come.
struct Watched<'a> {
    inner: KernelSubject,
    judge: &'a RefCell<Judge>,
}

impl Subject for Watched<'_> {
    fn facts(&self) -> SubjectFacts {
        self.inner.facts()
    }

    fn call(&mut self, call: &Call, timeout_ms: u64) -> Outcome {
        let may_wait = matches!(
            call,
            Call::Accept { .. }
                | Call::Recv { .. }
                | Call::Connect { .. }
                | Call::ConnectNew { .. }
        );
        let in_vain = may_wait && self.judge.borrow().expects_block(call);
        self.inner.call(call, if in_vain { BLOCKS_TIMEOUT_MS } else { timeout_ms })
    }

    fn port_of(&mut self, name: &Name) -> Option<u16> {
        self.inner.port_of(name)
    }
}

impl Runner {
    /// A runner whose scripts start from the worlds of `template`.
    #[must_use]
    pub fn new(platform: Platform, template: Judge, exact: bool) -> Self {
        Self {
            platform,
            template,
            limits: Limits { call_timeout_ms: 1_000, ..Limits::default() },
            exact,
            fails: Vec::new(),
            records: None,
            tally: Tally::new(),
            rules: BTreeMap::new(),
        }
    }

    /// The same with calls that fail on purpose and a resolver that answers this; the judge must
    /// have been told of both.
    #[must_use]
    pub fn injecting(self, fails: Vec<Fail>, records: Option<Vec<SocketAddr>>) -> Self {
        Self { fails, records, ..self }
    }

    /// Runs a script and judges it. What does not fit must not fit twice: the ports of a script
    /// can meet what an earlier one left behind.
    ///
    /// # Errors
    /// [`PortsExhausted`] before the first call.
    pub fn run(
        &mut self,
        script: &Script,
        ports: &mut Ports,
    ) -> Result<Option<Finding>, PortsExhausted> {
        self.tally.scripts += 1;
        let (mut finding, mut tally) = self.attempt(script, ports)?;
        if finding.is_some() {
            (finding, tally) = self.attempt(script, ports)?;
            tally.flaky = u64::from(finding.is_none());
        }
        self.tally.absorb(&tally);
        Ok(finding)
    }

    fn attempt(
        &mut self,
        script: &Script,
        ports: &mut Ports,
    ) -> Result<(Option<Finding>, Tally), PortsExhausted> {
        let judge = RefCell::new(self.template.clone());
        let inner = KernelSubject::new(
            SubjectName::Reference,
            self.platform,
            Faults::new(self.platform, &self.fails).answering(self.records.clone()),
            None,
        );
        let mut subject = Watched { inner, judge: &judge };
        let (mut steps, mut divergences) = (Vec::new(), Vec::new());
        let mut tally = Tally { digest: self.tally.digest, ..Tally::default() };
        let (rules, exact) = (&mut self.rules, self.exact);
        drive(script, &mut subject, ports, None, &self.limits, &mut |made| {
            let mut judge = judge.borrow_mut();
            judge.learn_from(made.written, &made.call);
            if exact {
                tally.digest(made.outcome.word());
                tally.open += u64::from(judge.allowed(&made.call).is_ok_and(|all| all.len() > 1));
            }
            tally.steps += 1;
            match judge.step(&made.call, &made.outcome) {
                StepVerdict::Allowed(rule) => *rules.entry(rule).or_default() += 1,
                StepVerdict::Unmodelled(why) => {
                    tally.unmodelled += 1;
                    *tally.unmodelled_kinds.entry(kind_of(&why)).or_default() += 1;
                }
                StepVerdict::Diverged(divergence) => {
                    tally.diverged += 1;
                    divergences.push(*divergence);
                }
            }
            steps.push((made.call, made.outcome));
        })?;
        let found = !divergences.is_empty();
        Ok((found.then(|| Finding { script: script.clone(), steps, divergences }), tally))
    }

    /// The counts, with the rules that spoke.
    #[must_use]
    pub fn finish(mut self) -> Tally {
        let rules = self.rules.iter().map(|(rule, count)| ((*rule).to_string(), *count));
        self.tally.rules = rules.collect();
        self.tally
    }
}

/// The reason without the number of the step that led to it.
fn kind_of(why: &str) -> String {
    match why.strip_prefix("after step ").and_then(|rest| rest.split_once(": ")) {
        Some((_, why)) => format!("after: {why}"),
        None => why.to_string(),
    }
}
