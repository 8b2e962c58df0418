//! A script on the simulated kernel of a platform, under a `bind_sockets` of choice, judged by the
//! model as it runs.

use std::fmt;

use super::contract::OPEN_SOCKETS;
use crate::judge::{Divergence, Judge, StepVerdict};
use crate::model::usual_machines;
use crate::run::{Faults, Limits, Ports, SimulatedBind, SimulatedSubject, drive};
use crate::script::{Call, Env, Platform, Script};
use crate::trace::Outcome;

/// What the model does not explain of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose kernel was simulated.
    pub platform: Platform,
    /// The script.
    pub script: Script,
    /// Every call with its concrete ports, and what it answered.
    pub steps: Vec<(Call, Outcome)>,
    /// What did not fit.
    pub divergences: Vec<Divergence>,
    /// How many sockets are open that `bind_sockets` neither returned nor closed.
    pub leaked: usize,
}

/// What came of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examined {
    /// How many steps the model had an opinion on.
    pub judged: usize,
    /// Why it had none on the others.
    pub unmodelled: Vec<String>,
    /// Every call with its concrete ports, and what it answered.
    pub steps: Vec<(Call, Outcome)>,
    /// What it does not explain.
    pub finding: Option<Finding>,
}

impl Finding {
    /// The rules that it breaks, one for each divergence: the model's, and the contract's own on
    /// what stays open.
    #[must_use]
    pub fn rules(&self) -> Vec<&'static str> {
        let first = |divergence: &Divergence| divergence.rules.first().copied();
        let mut rules: Vec<_> = self.divergences.iter().filter_map(first).collect();
        if self.leaked > 0 {
            rules.push(OPEN_SOCKETS);
        }
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "on the simulated kernel of {}:", self.platform)?;
        write!(f, "{}", self.script)?;
        writeln!(f, "answers:")?;
        for (index, (call, outcome)) in self.steps.iter().enumerate() {
            writeln!(f, "{:3}  {call}  {outcome}", index + 1)?;
        }
        self.divergences.iter().try_for_each(|divergence| writeln!(f, "{divergence}"))?;
        if self.leaked > 0 {
            writeln!(f, "{} sockets are open that nobody can name", self.leaked)?;
        }
        Ok(())
    }
}

/// Runs and judges a script, as in a private network and by somebody who may bind every port,
/// unless it asks for a user without privilege.
///
/// # Panics
/// If a script has more named ports than there are ports.
#[must_use]
pub fn examine(script: &Script, platform: Platform, bind: &SimulatedBind) -> Examined {
    let (mut machines, fails) = usual_machines(platform, None, &script.env);
    let privileged = !script.env.contains(&Env::Unprivileged);
    for machine in &mut machines {
        (machine.privileged, machine.isolated) = (privileged, true);
    }
    let machine = machines[0].clone();
    let faults = Faults::new(platform, &fails);
    let mut ports = Ports::private(machine.ephemeral);
    let mut judge = Judge::new(machines, fails);
    let mut subject = SimulatedSubject::calling(machine, faults, bind.clone());
    let mut examined = Examined::default();
    let mut divergences = Vec::new();
    let limits = Limits::default();
    drive(script, &mut subject, &mut ports, Some(platform), &limits, &mut |made| {
        judge.learn_from(made.written, &made.call);
        match judge.step(&made.call, &made.outcome) {
            StepVerdict::Allowed(_) => examined.judged += 1,
            StepVerdict::Unmodelled(why) => examined.unmodelled.push(why),
            StepVerdict::Diverged(divergence) => {
                examined.judged += 1;
                divergences.push(*divergence);
            }
        }
        examined.steps.push((made.call, made.outcome));
    })
    .expect("a private network has ports enough");
    let leaked = subject.leaked();
    if !divergences.is_empty() || leaked > 0 {
        let (script, steps) = (script.clone(), examined.steps.clone());
        examined.finding = Some(Finding { platform, script, steps, divergences, leaked });
    }
    examined
}
