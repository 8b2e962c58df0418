//! Scripts: what to do, as a value and as text.
//!
//! [`parse`] and `Display` are each other's inverse. Nothing here knows of an operating system
//! but the names and numbers in [`errors`].

mod call;
mod choices;
pub mod errors;
mod history;
mod lexis;
mod names;
mod parse;
mod parse_call;
mod parse_env;
mod parse_expectation;
mod print;
mod shape;
mod shrink;
#[cfg(test)]
mod tests;

pub use call::{
    Address, Answer, BindSocketsArgs, Call, Env, Expectation, Fail, FailOnly, Family, FamilyArg,
    Flag, FlagsArg, Half, Host, Name, Platform, Port, PortArg, ResolveArgs, Scope, Script, Setting,
    SocketOption, Step, Verb,
};
pub use choices::Choices;
pub use history::{HistorySize, history};
pub use names::{UnknownWord, nearest};
pub use parse::{
    LINE_LENGTH_MAX, ParseError, Parsed, STEPS_MAX, parse, parse_bytes, parse_call_text,
    parse_env_text,
};
pub(crate) use parse_call::parse_address;
pub(crate) use parse_expectation::parse_answer;
pub(crate) use print::alternatives;
pub use shrink::{SHRINK_TRIES_MAX, shrink};
