//! What tests and fuzzing share (feature `testing`): a generator of `bind_sockets` scripts, wrong
//! variants of `bind_sockets`, and the harness that must find them.
//!
//! | file | idea |
//! |---|---|
//! | `scripts`, `arguments`, `surroundings` | choices become a script around one `bind_sockets` |
//! | `variants` | implementations that are wrong on purpose, and the rule that each breaks |
//! | `harness` | a script on the simulated kernel of a platform, judged by the model |
//! | `adapters` | adapters that are wrong on purpose, for `conform` |
//! | `promises` | what every success of `bind_sockets` promises |
//! | `resolver` | this machine's `getaddrinfo`, in the words of the model |
//! | `server` | a server, its clients and the small model of what each must see |
//! | `fuzz` | the bodies of the fuzz targets |
//! | `contract` | which rules of the model restate which rule of the reference's contract |

pub mod adapters;
mod arguments;
pub mod contract;
pub mod fuzz;
mod harness;
pub mod promises;
pub mod resolver;
mod scripts;
pub mod server;
mod surroundings;
pub mod variants;

pub use harness::{Examined, Finding, examine};
pub use scripts::bind_script;
