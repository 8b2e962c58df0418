//! bindproof: see, check and rely on how an operating system answers a server that opens its
//! listening sockets.

pub mod matrix;
pub mod reference;
pub mod run;
pub mod sandbox;
pub mod script;
pub mod sys;
pub mod trace;

pub use reference::{BindOptions, Family, Port};
