//! Histories of a `TcpServer` with clients and faults, on real sockets and a clock that does not
//! wait, against a small model.
//!
//! | file | idea |
//! |---|---|
//! | `actions` | what can happen, and how bytes become a sequence of it |
//! | `world` | the server, its clients, and what the model knows of each |
//! | `account` | what must have happened by now, and what must be left |
//! | `handler` | an echo that fails, panics or stops its server on demand |
//! | `parts` | a clock that moves on instead of waiting; a listener whose `accept` fails |

mod account;
mod actions;
mod handler;
mod parts;
mod world;

pub use actions::{Action, Injected, SEQUENCE_MAX, sequence};
pub use handler::OnPurpose;
pub use world::World;

/// A promise that is kept, or which one is not.
pub type Check = Result<(), String>;

macro_rules! ensure {
    ($kept:expr, $($why:tt)*) => {
        if !$kept {
            return Err(format!($($why)*));
        }
    };
}
use ensure;
