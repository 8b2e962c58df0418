//! Ranges of releases.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// Releases: conditions such as `>=6.1 <6.9`, all of which hold; a bare release is itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Releases {
    text: String,
    parts: Vec<(Comparison, Vec<u64>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    AtLeast,
    More,
    Is,
}

impl Releases {
    /// Is a release among them? One without a number is not.
    ///
    /// ```
    /// use bindproof::matrix::Releases;
    /// let releases = Releases::try_from(">=6.1 <6.9".to_string())?;
    /// assert!(releases.contain("6.1.0-50-cloud-amd64"));
    /// assert!(!releases.contain("6.12.117"));
    /// # Ok::<(), String>(())
    /// ```
    #[must_use]
    pub fn contain(&self, release: &str) -> bool {
        let Some(found) = release_numbers(release) else { return false };
        self.parts.iter().all(|part| holds(part, &found))
    }

    /// Can a release be among both?
    pub(super) fn meet(&self, other: &Self) -> bool {
        let parts = || self.parts.iter().chain(&other.parts);
        // If there is one at all, the lowest is where one of the conditions begins, or 0.
        let lowest = parts().filter_map(|(comparison, wanted)| match comparison {
            Comparison::AtLeast | Comparison::Is => Some(wanted.clone()),
            Comparison::More => Some([wanted.as_slice(), &[0]].concat()),
            Comparison::Less | Comparison::AtMost => None,
        });
        let mut lowest = std::iter::once(vec![0]).chain(lowest);
        lowest.any(|numbers| parts().all(|part| holds(part, &numbers)))
    }
}

fn holds((comparison, wanted): &(Comparison, Vec<u64>), found: &[u64]) -> bool {
    let ordering = found.cmp(wanted);
    match comparison {
        Comparison::Less => ordering == Ordering::Less,
        Comparison::AtMost => ordering != Ordering::Greater,
        Comparison::AtLeast => ordering != Ordering::Less,
        Comparison::More => ordering == Ordering::Greater,
        Comparison::Is => found.starts_with(wanted),
    }
}

/// The numbers that a release begins with, for an order of releases.
pub fn release_numbers(release: &str) -> Option<Vec<u64>> {
    let end = release.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(release.len());
    release[..end].split('.').map(|part| part.parse().ok()).collect()
}

impl TryFrom<String> for Releases {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut parts = Vec::new();
        for word in text.split_ascii_whitespace() {
            let (comparison, rest) = [
                ("<=", Comparison::AtMost),
                (">=", Comparison::AtLeast),
                ("<", Comparison::Less),
                (">", Comparison::More),
                ("", Comparison::Is),
            ]
            .into_iter()
            .find_map(|(sign, comparison)| Some((comparison, word.strip_prefix(sign)?)))
            .expect("the empty sign fits");
            let wanted = release_numbers(rest).filter(|_| !rest.is_empty()).ok_or_else(|| {
                format!("expected releases such as \">=6.1 <6.9\", found {word:?}")
            })?;
            parts.push((comparison, wanted));
        }
        if parts.is_empty() {
            return Err("expected releases such as \">=6.1 <6.9\", found nothing".into());
        }
        let releases = Self { text, parts };
        if !releases.meet(&releases) {
            return Err(format!("no release is {:?}", releases.text));
        }
        Ok(releases)
    }
}

impl From<Releases> for String {
    fn from(releases: Releases) -> Self {
        releases.text
    }
}
