//! Renderers. They see values of `matrix` and `trace`, and know nothing of how these came about.

pub mod check;
pub mod conform;
pub mod gate;
pub mod json;
pub mod judgement;
pub mod matrix;
pub mod rules;
pub mod runtimes;
pub mod search;
pub mod terminal;
