//! What the judge says of a step and of a trace.

use std::fmt;

use crate::trace::{Outcome, outcome_json};

/// The rule that would have allowed an answer, and what would have had to be different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// The rule.
    pub rule: &'static str,
    /// Under which condition, such as `on macos`.
    pub condition: String,
}

/// A step that the model does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The step, from 1.
    pub step: usize,
    /// The call with its concrete ports.
    pub call: String,
    /// What came.
    pub got: Outcome,
    /// What is allowed, as expectations are written.
    pub allowed: Vec<String>,
    /// The rules that say so.
    pub rules: Vec<&'static str>,
    /// The nearest rule that would have allowed it.
    pub nearest: Option<Nearest>,
}

impl Divergence {
    /// What came in words; with its number or all of its value where the words alone are allowed.
    #[must_use]
    pub fn got_in_words(&self) -> String {
        let words = self.got.to_string();
        if !self.allowed.contains(&words) {
            return words;
        }
        match &self.got {
            Outcome::Error { code: Some(code), .. } => format!("{words} with the number {code}"),
            got => outcome_json(got).to_string(),
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = self.allowed.join(" or ");
        let rules = self.rules.join(", ");
        write!(
            f,
            "step {}: {}: got {}, allowed {allowed} by {rules}",
            self.step,
            self.call,
            self.got_in_words()
        )?;
        match &self.nearest {
            Some(nearest) => write!(f, "; {} would allow it {}", nearest.rule, nearest.condition),
            None => Ok(()),
        }
    }
}

/// The verdict on a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepVerdict {
    /// A rule allows it.
    Allowed(&'static str),
    /// No rule does.
    Diverged(Box<Divergence>),
    /// The model does not say: why.
    Unmodelled(String),
}

/// A trace's verdict in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// Every step is allowed.
    Allowed,
    /// Some step is not modelled, and no step diverged.
    Unmodelled,
    /// Some step diverged.
    Diverged,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::Unmodelled => "unmodelled",
            Self::Diverged => "diverged",
        })
    }
}

/// The verdicts on the steps of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceVerdict {
    /// One for each step.
    pub steps: Vec<StepVerdict>,
}

impl TraceVerdict {
    /// All of it in one word.
    #[must_use]
    pub fn word(&self) -> Word {
        self.steps
            .iter()
            .map(|step| match step {
                StepVerdict::Allowed(_) => Word::Allowed,
                StepVerdict::Unmodelled(_) => Word::Unmodelled,
                StepVerdict::Diverged(_) => Word::Diverged,
            })
            .max()
            .unwrap_or(Word::Allowed)
    }

    /// The steps that diverged.
    pub fn divergences(&self) -> impl Iterator<Item = &Divergence> {
        self.steps.iter().filter_map(|step| match step {
            StepVerdict::Diverged(divergence) => Some(&**divergence),
            _ => None,
        })
    }
}
