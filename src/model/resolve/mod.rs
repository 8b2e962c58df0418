//! stub
#![allow(missing_docs)]
use crate::script::{FamilyArg, FlagsArg, Platform};
use std::net::SocketAddr;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Libc {
    Glibc,
    Musl,
    System,
}
pub struct Question {
    pub host: Option<String>,
    pub service: Option<String>,
    pub family: FamilyArg,
    pub flags: FlagsArg,
}
pub struct Setting<'a> {
    pub platform: Platform,
    pub libc: Libc,
    pub hosts: Option<&'a [String]>,
    pub ipv6_addresses: Option<bool>,
}
pub struct Possible {
    pub answer: Resolved,
    pub rule: &'static str,
}
pub enum Resolved {
    Records { addresses: Vec<SocketAddr>, any_order: bool },
    Error(&'static str),
}
pub type Unmodelled = &'static str;
/// # Errors
/// Always.
pub fn resolve(_s: &Setting, _q: &Question) -> Result<Vec<Possible>, Unmodelled> {
    Err("stub")
}
pub(crate) const RULES: &[crate::model::Rule] = &[];
