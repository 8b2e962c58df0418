//! Why a rule is believed.

use std::fmt;

use crate::script::Platform;

/// How sure a statement is; the later, the weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Seen on a real kernel or C library, and recorded.
    Measured,
    /// A third party's test suite, run against the real system, says so.
    Tested,
    /// The vendor's documentation says so.
    Documented,
    /// Read in the system's source.
    Source,
    /// Concluded from other facts.
    Inferred,
    /// Remembered, without a source at hand.
    Recalled,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Measured => "measured",
            Self::Tested => "tested",
            Self::Documented => "documented",
            Self::Source => "source",
            Self::Inferred => "inferred",
            Self::Recalled => "recalled",
        })
    }
}

/// What supports a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// On which platform; `None` is all of them.
    pub platform: Option<Platform>,
    /// How sure it is.
    pub confidence: Confidence,
    /// Where it comes from: a run, a file and line, a document.
    pub source: &'static str,
}

impl Evidence {
    /// Evidence for one platform.
    #[must_use]
    pub const fn on(platform: Platform, confidence: Confidence, source: &'static str) -> Self {
        Self { platform: Some(platform), confidence, source }
    }

    /// Evidence that holds on every platform.
    #[must_use]
    pub const fn everywhere(confidence: Confidence, source: &'static str) -> Self {
        Self { platform: None, confidence, source }
    }
}

/// A statement about operating systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// `call.subject`, such as `bind.conflict`.
    pub id: &'static str,
    /// The statement, in one sentence.
    pub sentence: &'static str,
    /// What supports it, platform by platform. A platform that is not named does not have the
    /// rule.
    pub evidence: &'static [Evidence],
}

impl Rule {
    /// How sure the rule is on a platform; `None` where it does not hold.
    #[must_use]
    pub fn confidence(&self, platform: Platform) -> Option<Confidence> {
        self.evidence
            .iter()
            .filter(|evidence| evidence.platform.is_none_or(|only| only == platform))
            .map(|evidence| evidence.confidence)
            .max()
    }
}
