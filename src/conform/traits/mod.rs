//! Traits: what a subject does, question by question, each answered by a script and proved by its
//! trace.

mod answer;
mod table;

pub use table::TRAITS;

use super::bench::Run;
use super::environment::Environment;
use crate::script::{Env, Script, parse};

/// A question about a subject.
#[derive(Clone, Copy)]
pub struct Trait {
    /// Its name.
    pub id: &'static str,
    /// The question.
    pub question: &'static str,
    /// Why it matters to somebody who runs a server.
    pub why: &'static str,
    /// The script that is run.
    pub script: &'static str,
    /// Asked in every environment; else in the plain one only, with `env` lines of its own.
    pub everywhere: bool,
    read: fn(&Run) -> String,
}

impl std::fmt::Debug for Trait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

impl Trait {
    /// The trait of this name.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        TRAITS.iter().find(|one| one.id == id)
    }

    /// Is it asked in this environment?
    #[must_use]
    pub fn belongs_in(&self, environment: &Environment) -> bool {
        self.everywhere || environment.name == "plain"
    }

    /// Its script in an environment.
    ///
    /// # Panics
    /// Never: a test parses every script of the table.
    #[must_use]
    pub fn in_environment(&self, environment: &[Env]) -> Script {
        let mut script = parse(self.script).expect("a script").remove(0).script;
        script.title = Some(self.question.to_string());
        let own = std::mem::take(&mut script.env);
        script.env = environment.to_vec();
        script.env.extend(own);
        script
    }

    /// The answer that a run gives. Equal runs give equal answers, so that recorded ones can be
    /// read again.
    #[must_use]
    pub fn answer(&self, run: &Run) -> String {
        answer::unanswered(run).unwrap_or_else(|| (self.read)(run))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::TRAITS;
    use crate::conform::filters;

    #[test]
    fn every_trait_has_a_name_a_script_and_an_environment_that_a_subject_can_be_put_in() {
        let names: BTreeSet<_> = TRAITS.iter().map(|one| one.id).collect();
        assert_eq!(names.len(), TRAITS.len());
        for one in TRAITS {
            let script = one.in_environment(&[]);
            assert!(!script.steps.is_empty(), "{}", one.id);
            if crate::sandbox::HAS_FILTER {
                assert_eq!(filters::refused(&script.env).err(), None, "{}", one.id);
            }
            assert!(one.question.ends_with('?') && one.why.ends_with('.'), "{}", one.id);
            assert!(!one.everywhere || script.env.is_empty(), "{} has its own env", one.id);
        }
    }
}
