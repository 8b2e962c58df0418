//! The matrix: behaviours × lanes.

mod groups;
mod json;
mod markdown;
mod terminal;

pub use json::object;
pub use markdown::markdown;
pub use terminal::{details, table};
