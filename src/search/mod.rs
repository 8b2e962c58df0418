//! Many scripts in one process, judged as they run: every program of a small scope, and random
//! histories.

mod lattice;
mod runner;
mod tally;
mod worker;

pub use lattice::{KINDS, Kind, kinds, program, programs};
pub use runner::{Finding, Runner};
pub use tally::Tally;
pub use worker::{Found, Progress, SEARCH_VERB, SearchJob, SearchLine, search, worker_main};
