//! Adapters that are wrong on purpose, behind one program, and the right one.
//!
//! A wrong library is one of [`VARIANTS`] in front of this machine's
//! kernel; what breaks the protocol, or tells of sockets wrongly, is a [`Prank`].

mod library;
mod prank;
mod table;

use std::io;

pub use library::Library;
pub use prank::Prank;
pub use table::ADAPTERS;

use crate::testkit::variants::VARIANTS;

/// What is wrong with an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The library: the words of a variant.
    Library(&'static str),
    /// The adapter.
    Adapter(Prank),
}

/// A wrong adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultyAdapter {
    /// Its name, for the program that plays it.
    pub name: &'static str,
    /// What is wrong.
    pub wrong: Wrong,
    /// What a finding of it may be called: a rule, or a breach in a word.
    pub found_as: &'static [&'static str],
}

/// The name of the right one.
pub const RIGHT: &str = "right";

/// The name of a program that only listens.
pub(crate) const LISTENER: &str = "listener";

/// Plays an adapter by its name until stdin ends.
///
/// # Errors
/// stdin's or stdout's, or a name that no adapter has.
pub fn play(name: &str) -> io::Result<()> {
    if name == RIGHT {
        return crate::conform::serve(Library::right());
    }
    if name == LISTENER {
        return prank::listen();
    }
    let unknown = || io::Error::new(io::ErrorKind::InvalidInput, format!("no adapter {name}"));
    let adapter = ADAPTERS.iter().find(|adapter| adapter.name == name).ok_or_else(unknown)?;
    match adapter.wrong {
        Wrong::Library(what) => {
            let variant = VARIANTS.iter().find(|variant| variant.what == what);
            crate::conform::serve(Library::wrong(*variant.ok_or_else(unknown)?))
        }
        Wrong::Adapter(prank) => prank.play(),
    }
}
