//! What tests and fuzzing share (feature `testing`): a generator of `bind_sockets` scripts, wrong
//! variants of `bind_sockets`, and the harness that must find them.
//!
//! | file | idea |
//! |---|---|
//! | `scripts`, `arguments`, `surroundings` | choices become a script around one `bind_sockets` |
//! | `variants` | implementations that are wrong on purpose, and the rule that each breaks |
//! | `harness` | a script on the simulated kernel of a platform, judged by the model |
//! | `adapters` | adapters that are wrong on purpose, for `conform` |
//! | `contract` | which rules of the model restate which rule of the reference's contract |

pub mod adapters;
mod arguments;
pub mod contract;
mod harness;
mod scripts;
mod surroundings;
pub mod variants;

pub use harness::{Examined, Finding, examine};
pub use scripts::bind_script;
