//! What Linux kernels before the measured ones do differently.

use super::record::Record;
use crate::model::fact::{Exception, Fact, Release};
use crate::script::Platform;

/// The differences of a kernel, each off in the measured releases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinuxQuirks {
    /// A specific address does not see `TIME_WAIT`.
    pub specific_ignores_time_wait: bool,
    /// A specific IPv4 address does not see dual-stack and mapped owners.
    pub specific_misses_mapped: bool,
    /// A specific mapped address does not see the mapped wildcard.
    pub mapped_misses_mapped_any: bool,
    /// A specific mapped address sees an IPv6-only wildcard.
    pub mapped_meets_v6only: bool,
    /// The first owner of a port with `SO_REUSEADDR` or `SO_REUSEPORT` lets later ones in untested.
    pub first_owner_cache: bool,
}

/// The same as facts, with the releases that they hold in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct QuirkFacts {
    /// See [`LinuxQuirks::specific_ignores_time_wait`].
    specific_ignores_time_wait: Fact<bool>,
    /// See [`LinuxQuirks::specific_misses_mapped`].
    specific_misses_mapped: Fact<bool>,
    /// See [`LinuxQuirks::mapped_misses_mapped_any`].
    mapped_misses_mapped_any: Fact<bool>,
    /// See [`LinuxQuirks::mapped_meets_v6only`].
    mapped_meets_v6only: Fact<bool>,
    /// See [`LinuxQuirks::first_owner_cache`].
    first_owner_cache: Fact<bool>,
}

impl QuirkFacts {
    /// Each with its name.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &Fact<bool>)> {
        [
            ("specific_ignores_time_wait", &self.specific_ignores_time_wait),
            ("specific_misses_mapped", &self.specific_misses_mapped),
            ("mapped_misses_mapped_any", &self.mapped_misses_mapped_any),
            ("mapped_meets_v6only", &self.mapped_meets_v6only),
            ("first_owner_cache", &self.first_owner_cache),
        ]
        .into_iter()
    }
}

const EITHER: &[bool] = &[true, false];
const YES: &[bool] = &[true];
const GAP: &str = "between two releases that were read";

const fn releases(
    from: Release,
    until: Release,
    values: &'static [bool],
    source: &'static str,
) -> Exception<bool> {
    Exception { from, until, values, source }
}

const fn off(exceptions: &'static [Exception<bool>]) -> Fact<bool> {
    Fact { rule: "bind.conflict", value: false, exceptions, doubt: None }
}

/// The quirks of Linux, from the sources of 6.1-rc7, 6.1.166, 6.6.150, 6.8.1 and 6.12.19.
pub(super) static LINUX_QUIRKS: QuirkFacts = QuirkFacts {
    specific_ignores_time_wait: off(&[
        releases(Release(6, 1, 0), Release(6, 1, 166), EITHER, GAP),
        releases(Release(6, 2, 0), Release(6, 6, 150), EITHER, GAP),
    ]),
    specific_misses_mapped: off(&[
        releases(Release(6, 1, 0), Release(6, 1, 166), EITHER, GAP),
        releases(Release(6, 2, 0), Release(6, 6, 150), EITHER, GAP),
    ]),
    mapped_misses_mapped_any: off(&[
        releases(Release(6, 1, 0), Release(6, 1, 166), EITHER, GAP),
        releases(Release(6, 2, 0), Release(6, 6, 150), EITHER, GAP),
        releases(Release(6, 6, 150), Release(6, 6, 151), YES, "read in 6.6.150"),
        releases(Release(6, 6, 151), Release(6, 8, 1), EITHER, GAP),
    ]),
    mapped_meets_v6only: off(&[
        releases(Release(6, 6, 151), Release(6, 8, 1), EITHER, GAP),
        releases(Release(6, 8, 1), Release(6, 8, 2), YES, "read in 6.8.1"),
        releases(Release(6, 8, 2), Release(6, 12, 19), EITHER, GAP),
    ]),
    first_owner_cache: off(&[
        releases(Release(0, 0, 0), Release(6, 6, 151), YES, "read up to 6.6.150"),
        releases(Release(6, 6, 151), Release(6, 8, 1), EITHER, GAP),
    ]),
};

impl Record {
    /// Every combination of quirks that some release has: what an unknown release leaves possible.
    #[must_use]
    pub fn quirks_of_any_release(&self) -> Vec<LinuxQuirks> {
        let starts = LINUX_QUIRKS
            .named()
            .flat_map(|(_, fact)| fact.exceptions.iter().flat_map(|one| [one.from, one.until]));
        let mut all = self.quirks(None);
        for release in starts.filter(|_| self.platform == Platform::Linux) {
            all.extend(self.quirks(Some(release)));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Every combination of quirks that a release leaves possible.
    #[must_use]
    pub fn quirks(&self, release: Option<Release>) -> Vec<LinuxQuirks> {
        let mut all = vec![LinuxQuirks::default()];
        if self.platform != Platform::Linux {
            return all;
        }
        let facts = &LINUX_QUIRKS;
        let mut choose = |fact: &Fact<bool>, set: fn(&mut LinuxQuirks, bool)| {
            let values = fact.values(release);
            all = all
                .iter()
                .flat_map(|quirks| {
                    values.iter().map(|value| {
                        let mut quirks = *quirks;
                        set(&mut quirks, *value);
                        quirks
                    })
                })
                .collect();
        };
        choose(&facts.specific_ignores_time_wait, |q, on| q.specific_ignores_time_wait = on);
        choose(&facts.specific_misses_mapped, |q, on| q.specific_misses_mapped = on);
        choose(&facts.mapped_misses_mapped_any, |q, on| q.mapped_misses_mapped_any = on);
        choose(&facts.mapped_meets_v6only, |q, on| q.mapped_meets_v6only = on);
        choose(&facts.first_owner_cache, |q, on| q.first_owner_cache = on);
        all
    }
}
