//! bindproof: see, check and rely on how an operating system answers a server that opens its
//! listening sockets.

#[cfg(feature = "cli")]
pub mod cli;
pub mod conform;
pub mod judge;
pub mod matrix;
pub mod model;
pub mod reference;
#[cfg(feature = "cli")]
pub mod report;
pub mod reproduce;
pub mod run;
pub mod sandbox;
pub mod script;
pub mod search;
pub mod sys;
#[cfg(feature = "testing")]
pub mod testkit;
pub mod trace;

pub use matrix::gate;
pub use reference::{BindOptions, Family, Port};
