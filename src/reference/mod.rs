//! The reference implementation: `bind_sockets`, a library that a server author can use by itself.

mod options;
mod os;

pub use options::{BindOptions, Family, Port};
pub use os::{OptionName, Os, OsFacts, Query, RawError, Record, ResolveFailure};
