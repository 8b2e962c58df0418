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
mod stream;
mod unreached;

pub use unreached::UNREACHED;

use super::evidence::Rule;
use super::resolve;

/// Every rule, in the order of ids inside a call.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        bind::RULES,
        bind_sockets::RULES,
        connect::RULES,
        descriptors::RULES,
        listen::RULES,
        options::RULES,
        resolve::RULES,
        script::RULES,
        stream::RULES,
    ]
    .into_iter()
    .flatten()
}

/// The rule with this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
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
