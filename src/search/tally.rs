//! Counts of a search.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Scripts run.
    pub scripts: u64,
    /// Calls made.
    pub steps: u64,
    /// Calls that the model does not say anything of.
    pub unmodelled: u64,
    /// Calls that it does not allow.
    pub diverged: u64,
    /// Calls with more than one allowed answer, where that was counted.
    pub open: u64,
    /// Scripts that were run again because something did not fit, and fitted then.
    pub flaky: u64,
    /// Why calls are not modelled, with how often.
    pub unmodelled_kinds: BTreeMap<String, u64>,
    /// The rules that spoke, with how often.
    pub rules: BTreeMap<String, u64>,
    /// A digest of every outcome, in order.
    pub digest: u64,
}

/// FNV-1a's offset basis: a digest of nothing.
const DIGEST_START: u64 = 0xcbf2_9ce4_8422_2325;
const DIGEST_PRIME: u64 = 0x0000_0100_0000_01b3;

impl Tally {
    /// Counts of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { digest: DIGEST_START, ..Self::default() }
    }

    /// Takes an outcome into the digest.
    pub fn digest(&mut self, outcome: &str) {
        for byte in outcome.bytes().chain([b'\n']) {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(DIGEST_PRIME);
        }
    }

    /// Adds the counts of the part of a search that comes after this one.
    pub fn add(&mut self, later: &Self) {
        let digest = self.digest;
        self.absorb(later);
        self.digest = digest;
        self.digest(&format!("{:016x}", later.digest));
    }

    /// Takes the counts of a script that was run from here.
    pub(super) fn absorb(&mut self, later: &Self) {
        self.scripts += later.scripts;
        self.steps += later.steps;
        self.unmodelled += later.unmodelled;
        self.diverged += later.diverged;
        self.open += later.open;
        self.flaky += later.flaky;
        for (kind, count) in &later.unmodelled_kinds {
            *self.unmodelled_kinds.entry(kind.clone()).or_default() += count;
        }
        for (rule, count) in &later.rules {
            *self.rules.entry(rule.clone()).or_default() += count;
        }
        self.digest = later.digest;
    }
}
