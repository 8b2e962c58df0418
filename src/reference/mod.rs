//! The reference implementation: `bind_sockets`, a library that a server author can use by itself.
//!
//! [`bind_sockets`] is written once over the trait [`Os`]: [`RealOs`] is this machine's kernel,
//! [`Faulty`] makes any call fail on purpose. What a platform *is* comes as a value, [`OsFacts`].
//!
//! | file | idea |
//! |---|---|
//! | `options`, `arguments` | what is asked for; what of it is refused before any call |
//! | `records` | one resolver call, the order of its records, no address twice |
//! | `attempt` | a socket for each record; which answers skip one |
//! | `bind_sockets` | attempts until one succeeds, and nothing left open otherwise |
//! | `error` | why it failed |
//! | `os`, `real`, `faulty` | the calls, on this kernel, and failing by a plan |

pub(crate) mod arguments;
mod attempt;
mod bind_sockets;
mod error;
mod faulty;
mod options;
mod os;
mod real;
mod records;

pub use attempt::{SkipReason, Skipped};
pub use bind_sockets::{Bound, bind_sockets, bind_sockets_on};
pub use error::{BindError, CallError, SocketCall};
pub use faulty::{Fault, FaultFamily, FaultPlan, FaultSite, Faulty, FaultySocket};
pub use options::{BindOptions, Family, Port};
pub use os::{OptionName, Os, OsFacts, Query, RawError, Record, ResolveFailure};
pub use real::RealOs;
