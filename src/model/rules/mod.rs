//! The registry: every rule that an answer may rest on, with its sentence and its evidence.
//!
//! Branches and facts name a rule by its id. A test reads the sources and keeps the two from
//! drifting apart: no id without an entry here, no entry without a use.

mod bind;
mod bind_sockets;
mod connect;
mod descriptors;
mod listen;
mod options;
mod script;
mod serve;
mod stream;
mod unreached;

pub use unreached::UNREACHED;

use std::sync::LazyLock;

use super::evidence::Rule;
use super::resolve;

/// All of them, by id.
static SORTED: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let mut all: Vec<_> = [
        bind::RULES,
        bind_sockets::RULES,
        connect::RULES,
        descriptors::RULES,
        listen::RULES,
        options::RULES,
        resolve::RULES,
        script::RULES,
        serve::RULES,
        stream::RULES,
    ]
    .into_iter()
    .flatten()
    .collect();
    all.sort_by_key(|rule| rule.id);
    all
});

/// Every rule, by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    SORTED.iter().copied()
}

/// The rule with this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    let index = SORTED.binary_search_by_key(&id, |rule| rule.id).ok()?;
    Some(SORTED[index])
}

/// Bind names for the evidence of one rule, platform by platform.
macro_rules! evidence {
    ($($platform:ident $confidence:ident $source:expr),+ $(,)?) => {
        &[$($crate::model::evidence::Evidence::on(
            $crate::script::Platform::$platform,
            $crate::model::evidence::Confidence::$confidence,
            $source,
        )),+]
    };
}
use evidence;
