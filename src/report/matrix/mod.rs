//! The matrix: behaviours × lanes.

mod findings;
mod groups;
mod html;
mod json;
mod markdown;
mod terminal;

pub use html::html;
pub use json::object;
pub use markdown::markdown;
pub use terminal::{details, table};
