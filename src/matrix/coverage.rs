//! Rule coverage: which rules were reached by real traces, which by simulated ones only, and
//! which by none.

use std::collections::BTreeMap;

use crate::judge::rules_reached;
use crate::model::{Rule, UNREACHED, rules};
use crate::script::Platform;
use crate::trace::Trace;

/// How often a rule was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Traces of the system's own kernel in which an answer rests on it.
    pub real: u64,
    /// Calls of a search on the system's own kernel that it allowed.
    pub searched: u64,
    /// Traces of each simulated platform in which an answer rests on it.
    pub simulated: BTreeMap<Platform, u64>,
}

/// What reached the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    reached: BTreeMap<String, Reach>,
}

impl Coverage {
    /// Counts a trace. Traces of other implementations of an interface count for nothing.
    pub fn add(&mut self, trace: &Trace) {
        let facts = &trace.header.platform;
        let own = matches!(facts.kernel.as_str(), "linux" | "xnu" | "freebsd" | "nt");
        let simulated = (facts.kernel == "simulated").then(|| facts.os.parse::<Platform>());
        for rule in rules_reached(trace) {
            let reach = self.reached.entry(rule.to_string()).or_default();
            match &simulated {
                Some(Ok(platform)) => *reach.simulated.entry(*platform).or_default() += 1,
                _ => reach.real += u64::from(own),
            }
        }
    }

    /// Counts what a search on the system's own kernel tallied.
    pub fn add_search(&mut self, tallied: &BTreeMap<String, u64>) {
        for (rule, count) in tallied {
            self.reached.entry(rule.clone()).or_default().searched += count;
        }
    }

    /// Every rule with what reached it, and the reason why nothing does where there is one.
    pub fn rows(&self) -> impl Iterator<Item = (&'static Rule, Reach, Option<&'static str>)> {
        rules().map(|rule| {
            let reason = UNREACHED.iter().find(|(id, _)| *id == rule.id).map(|(_, why)| *why);
            (rule, self.reached.get(rule.id).cloned().unwrap_or_default(), reason)
        })
    }

    /// What is wrong: rules that nothing reaches and that have no reason, reasons of rules that
    /// something reaches, and rules that are reached and not registered.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (rule, reach, reason) in self.rows() {
            match (reach == Reach::default(), reason) {
                (true, None) => found.push(format!("{} is reached by nothing", rule.id)),
                (false, Some(_)) => {
                    found.push(format!("{} is reached, and has a reason why it is not", rule.id));
                }
                _ => {}
            }
        }
        for id in self.reached.keys().filter(|id| crate::model::rule(id).is_none()) {
            found.push(format!("{id} is reached and not registered"));
        }
        found
    }
}
