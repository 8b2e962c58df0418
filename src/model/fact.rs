//! A fact of a platform, which may differ between its releases.

use std::fmt;

use super::evidence::Confidence;

/// A kernel's release; what is not written is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u16, pub u16, pub u16);

impl Release {
    /// Reads the leading numbers of a release such as `6.1.0-44-amd64`; `None` if there is none.
    ///
    /// ```
    /// use bindproof::model::Release;
    /// assert_eq!(Release::parse("6.1.0-44-amd64"), Some(Release(6, 1, 0)));
    /// assert_eq!(Release::parse("13"), Some(Release(13, 0, 0)));
    /// assert_eq!(Release::parse("next"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let mut parts = text[..end].split('.').map(|part| part.parse().ok());
        let first = parts.next()??;
        let mut next = || parts.next().flatten().unwrap_or(0);
        Some(Self(first, next(), next()))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Releases in which a fact has other values: from the first on, up to but without the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception<T: 'static> {
    /// The first release.
    pub from: Release,
    /// The first release after them.
    pub until: Release,
    /// What may be true there: one value, or several where nobody read or ran a release.
    pub values: &'static [T],
    /// Where that comes from.
    pub source: &'static str,
}

/// A fact: the value of the newest releases, and the older ones that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact<T: 'static> {
    /// The rule that the fact is a part of; its evidence is the fact's.
    pub rule: &'static str,
    /// The value.
    pub value: T,
    /// The exceptions.
    pub exceptions: &'static [Exception<T>],
    /// How sure the value is where that is less than its rule is on the platform, and why.
    pub doubt: Option<(Confidence, &'static str)>,
}

impl<T: Copy> Fact<T> {
    /// A fact of every release.
    #[must_use]
    pub const fn new(rule: &'static str, value: T) -> Self {
        Self { rule, value, exceptions: &[], doubt: None }
    }

    /// The fact with weaker evidence than its rule has on the platform.
    #[must_use]
    pub const fn but(self, confidence: Confidence, source: &'static str) -> Self {
        Self { doubt: Some((confidence, source)), ..self }
    }

    /// How sure the value is, where that is less than its rule is.
    #[must_use]
    pub fn doubted(&self) -> Option<Confidence> {
        self.doubt.map(|(confidence, _)| confidence)
    }

    /// What may be true in a release; `None` is an unknown one.
    #[must_use]
    pub fn values(&self, release: Option<Release>) -> Vec<T> {
        let Some(release) = release else { return vec![self.value] };
        self.exceptions
            .iter()
            .find(|exception| (exception.from..exception.until).contains(&release))
            .map_or_else(|| vec![self.value], |exception| exception.values.to_vec())
    }
}
