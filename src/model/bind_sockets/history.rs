//! One history of a call: how its single calls went, the rules that it rests on, and how it ended.

use std::borrow::Cow;

use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::evidence::Confidence;
use crate::model::world::World;

pub(super) struct Ended {
    pub(super) expected: Expected,
    pub(super) rule: &'static str,
    pub(super) basis: Basis,
    pub(super) world: World,
}

/// The rules that a history rests on, and how sure it is where that is less than they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Basis {
    pub(super) rules: Vec<&'static str>,
    pub(super) doubt: Option<Confidence>,
}

impl Basis {
    pub(super) fn of(rule: &'static str) -> Self {
        Self { rules: vec![rule], doubt: None }
    }

    /// The same with one more call.
    pub(super) fn and(mut self, way: &Self) -> Self {
        self.rules.extend(&way.rules);
        self.doubt = self.doubt.max(way.doubt);
        self
    }
}

impl Ended {
    pub(super) fn branch(self) -> Branch {
        let after = self.world;
        let branch =
            Branch::with(self.expected, self.rule, move |world: &mut World| *world = after);
        let rules = self.basis.rules.into_iter();
        rules.fold(branch, Branch::resting_on).doubted(self.basis.doubt)
    }
}

/// How a sub-call ended.
pub(super) enum Sub {
    Ok,
    /// An error, known or not.
    Error(Expected),
}

pub(super) fn is(error: &Expected, name: &str) -> bool {
    matches!(error, Expected::Error(found) if found == name)
}

pub(super) fn injected(error: String) -> Expected {
    Expected::Error(Cow::Owned(error))
}

/// Every way that a call may go, with the world after it.
pub(super) fn followed(
    world: &World,
    allowed: Allowed,
) -> Result<Vec<(World, Sub, Basis)>, &'static str> {
    let branches = match allowed {
        Allowed::Branches(branches) => branches,
        Allowed::Unmodelled(why) => return Err(why),
    };
    branches
        .into_iter()
        .map(|branch| {
            let mut after = world.clone();
            let basis = Basis { rules: branch.rules().collect(), doubt: branch.doubt };
            let sub = match branch.expected {
                Expected::Done => Sub::Ok,
                error @ (Expected::Error(_) | Expected::SomeError) => Sub::Error(error),
                _ => return Err("an answer that bind_sockets cannot meet"),
            };
            (branch.effect)(&mut after);
            Ok((after, sub, basis))
        })
        .collect()
}
