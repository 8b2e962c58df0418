//! Implementations of `bind_sockets` that are wrong on purpose, one mistake each.
//!
//! They are how the harness is tested: it must find every one, and nothing in the right one. The
//! reference knows nothing of them; a mistake stands
//!
//! * in `arguments`: what is asked for is changed, then the reference is called;
//! * in `calls`: the reference is called on a system that makes its calls wrongly;
//! * in `walk`: in a copy of the reference's walk over the records.

mod arguments;
mod bare;
mod calls;
mod table;
mod walk;

use std::rc::Rc;

pub use arguments::ArgumentMistake;
pub use bare::Bare;
pub use calls::CallMistake;
pub use table::VARIANTS;
pub use walk::WalkMistake;
use walk::walk;

use crate::reference::{BindError, BindOptions, Bound, bind_sockets_on};
use crate::run::{RealBind, SimulatedBind};
use crate::script::Platform;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mistake {
    /// With the arguments.
    Argument(ArgumentMistake),
    /// With a call on a socket.
    Call(CallMistake),
    /// With the walk over the records.
    Walk(WalkMistake),
}

/// A wrong `bind_sockets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// What it does wrong, in words.
    pub what: &'static str,
    /// The mistake.
    pub mistake: Mistake,
    /// The rule of the reference's contract that it breaks.
    pub breaks: &'static str,
    /// The platforms on whose simulated kernel that must be seen. On the others it answers as the
    /// right one, or the model does not know the difference.
    pub seen_on: &'static [Platform],
}

impl Variant {
    /// `bind_sockets`, done wrongly.
    ///
    /// # Errors
    /// As the reference, where the mistake does not change that.
    pub fn bind_sockets<O: Bare>(
        &self,
        os: &mut O,
        options: &BindOptions,
    ) -> Result<Bound<O::Socket>, BindError> {
        match self.mistake {
            Mistake::Argument(mistake) => arguments::bind_sockets(os, options, mistake),
            Mistake::Call(mistake) => calls::bind_sockets(os, options, mistake),
            Mistake::Walk(mistake) => walk(os, options, Some(mistake)),
        }
    }

    /// The same for this machine's kernel.
    #[must_use]
    pub fn real(&self) -> RealBind {
        let variant = *self;
        RealBind::new(move |os, options| variant.bind_sockets(os, options))
    }

    /// The same for the simulated kernel.
    #[must_use]
    pub fn simulated(&self) -> SimulatedBind {
        let variant = *self;
        Rc::new(move |os, options| variant.bind_sockets(os, options))
    }
}

/// The right one: the reference.
#[must_use]
pub fn right() -> SimulatedBind {
    Rc::new(bind_sockets_on)
}

/// The copy of its walk that [`WalkMistake`]s are made in, without one.
#[must_use]
pub fn copy() -> SimulatedBind {
    Rc::new(|os, options| walk(os, options, None))
}
