//! What `getaddrinfo` may answer to a question about a TCP socket, by C library.
//!
//! A pure value. Each library's procedure stands in a file of its own, in the library's order of
//! checks, because which of two errors is answered is part of the answer; what several of them
//! share is beside it: spellings of IPv4 addresses, scopes, services, the hosts file, the order of
//! results. What nobody ran or read is [`Unmodelled`], never a guess.
//!
//! Supposed of every machine: the services file has the usual names, no interface is named by a
//! number alone, glibc's `host.conf` says `multi on` (as every distribution ships it), and macOS is
//! not on a network that needs NAT64 addresses.

mod answer;
mod asked;
mod freebsd;
mod glibc;
mod hosts;
mod ipv4;
mod macos;
mod musl;
mod name;
mod number;
mod order;
mod rules;
mod scope;
mod service;
#[cfg(test)]
mod tests;
mod windows;

use std::net::SocketAddr;

use super::machine::Ipv6;
use crate::script::{FamilyArg, FlagsArg, Platform};
use answer::Answer;
use asked::Asked;
pub use rules::RULES;

/// The C library whose resolver answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Libc {
    /// The GNU C library.
    Glibc,
    /// musl.
    Musl,
    /// The only one of its platform.
    System,
}

/// The arguments of `getaddrinfo`; the socket type is `SOCK_STREAM`, the protocol 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The host.
    pub host: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// The family.
    pub family: FamilyArg,
    /// The flags; absent is 0.
    pub flags: FlagsArg,
}

/// What the answer depends on besides the question.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The platform.
    pub platform: Platform,
    /// Whose resolver.
    pub libc: Libc,
    /// The lines of the hosts file; `None` is unknown.
    pub hosts: Option<&'a [String]>,
    /// How much of IPv6 there is.
    pub ipv6: Ipv6,
    /// The private network: no interface but loopback, and no name server that answers. Elsewhere
    /// nothing is known of either.
    pub isolated: bool,
}

/// One thing that may be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possible {
    /// The answer.
    pub answer: Resolved,
    /// The rule that says so.
    pub rule: &'static str,
}

/// What `getaddrinfo` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// Success.
    Records {
        /// The addresses.
        addresses: Vec<SocketAddr>,
        /// The order is not known.
        any_order: bool,
    },
    /// Success, with addresses that depend on the machine.
    SomeRecords,
    /// This error.
    Error(&'static str),
    /// Some error.
    SomeError,
}

/// Why the model does not say.
pub type Unmodelled = &'static str;

/// Everything that may be answered, without repetition.
///
/// ```
/// use bindproof::model::Ipv6;
/// use bindproof::model::resolve::{Libc, Question, Resolved, Setting, resolve};
/// use bindproof::script::{FamilyArg, FlagsArg, Platform};
///
/// let setting = Setting {
///     platform: Platform::Linux,
///     libc: Libc::Glibc,
///     hosts: None,
///     ipv6: Ipv6::On,
///     isolated: false,
/// };
/// let question = Question {
///     host: Some("0x7f.1".into()),
///     service: Some("65616".into()),
///     family: FamilyArg::Unspec,
///     flags: FlagsArg::Absent,
/// };
/// let answers = resolve(&setting, &question).unwrap();
/// assert_eq!(
///     answers[0].answer,
///     Resolved::Records { addresses: vec!["127.0.0.1:80".parse().unwrap()], any_order: false }
/// );
/// ```
///
/// # Errors
/// Why the model does not say.
pub fn resolve(setting: &Setting, question: &Question) -> Result<Vec<Possible>, Unmodelled> {
    let asked = Asked::new(setting.platform, question);
    if asked.host.into_iter().chain(asked.service).any(|text| text.contains('\0')) {
        return Err("a text with NUL cannot be handed to the resolver");
    }
    let answer: Answer = match (setting.platform, setting.libc) {
        (Platform::Linux, Libc::Glibc) => glibc::resolve(setting, &asked),
        (Platform::Linux, Libc::Musl) => musl::resolve(setting, &asked),
        (Platform::Linux, Libc::System) => Err("a C library that is neither glibc nor musl"),
        (Platform::Macos, _) => macos::resolve(setting, &asked),
        (Platform::Freebsd, _) => freebsd::resolve(setting, &asked),
        (Platform::Windows, _) => windows::resolve(setting, &asked),
    };
    answer.map(answer::distinct)
}
