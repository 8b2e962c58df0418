//! The reference on the simulated kernel of every platform: what its contract promises, and what
//! the model allows.

mod failing;
mod promises;
#[path = "../strategies/swallow.rs"]
mod swallow;
