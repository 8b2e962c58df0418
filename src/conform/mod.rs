//! Any implementation, in any language, under the same judge.
//!
//! An adapter is a child process that opens listening sockets with one library, as it is told on
//! its stdin (`adapters/PROTOCOL.md`). The harness looks at its sockets itself.
//!
//! [`conduct`] runs everything on an adapter. A project in Rust needs no adapter: it implements
//! [`Implementation`] and runs a [`Check`] in one test.
//!
//! | file | idea |
//! |---|---|
//! | `protocol`, `fault` | the lines, and what breaks their rules |
//! | `session`, `launch`, `filters` | one adapter process, how it is started, what is refused to it |
//! | `sight` | its sockets, seen by the harness |
//! | `subject` | an adapter under the driver of scripts |
//! | `worker`, `bench` | the process in an environment, and its parent |
//! | `traits`, `environment`, `contract` | what is run, and how it is judged |
//! | `conduct`, `finding` | all of it, and what was found on its shortest script |
//! | `record` | traits as evidence |
//! | `library`, `forked` | implementations in Rust, under `cargo test` |

mod bench;
mod conduct;
pub mod contract;
mod environment;
mod fault;
pub mod filters;
mod finding;
mod forked;
mod launch;
mod library;
mod notice;
mod protocol;
pub mod record;
mod session;
mod sight;
mod subject;
mod traits;
mod worker;

pub use bench::{Bench, Run, Setup};
pub use conduct::{Cell, Conformance, Held, Plan, conduct};
pub use environment::{ENVIRONMENTS, Environment};
pub use fault::{Breach, Fault};
pub use finding::Finding;
pub use launch::{ADAPTER_VERB, Launch, adapter_main};
#[cfg(feature = "testing")]
pub(crate) use library::Server;
pub use library::{Asked, AskedFamily, AskedPort, Check, Implementation, Refusal, serve};
pub use notice::{Notice, Oddity, Said, Seen};
pub use protocol::{About, ErrorReply, FORMAT, LINE_MAX};
pub use record::{Proved, Recorded};
pub use session::SessionLimits;
pub use sight::Sight;
pub use subject::UNNAMED;
pub use traits::{TRAITS, Trait};
pub use worker::{WORKER_VERB, worker_main};
