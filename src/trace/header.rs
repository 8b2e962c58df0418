//! The first line of a trace: everything that changes answers.

use std::fmt;

/// What answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlatformFacts {
    /// The interface offered: `linux`, `macos`, `freebsd`, `windows`, or another system's name.
    pub os: String,
    /// What answered: `linux`, `gvisor`, `xnu`, `freebsd`, `nt`, `wine`, `simulated`.
    pub kernel: String,
    /// The kernel's release.
    pub release: String,
    /// The processor architecture.
    pub arch: String,
    /// The C library whose resolver answers: `glibc`, `musl`, `system`, and so on.
    pub libc: String,
}

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectFacts {
    /// `kernel`, `reference`, `simulated:windows`, or an adapter's own name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The surroundings of the run. `None` is unknown, and a judge allows each possibility then.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Environment {
    /// `on`, `off` (`socket()` refuses the family) or `no-address`.
    pub ipv6: Option<String>,
    /// What refuses IPv6: `seccomp`, `kernel` or `injection`.
    pub ipv6_off_by: Option<String>,
    /// The default of `IPV6_V6ONLY`.
    pub bindv6only: Option<bool>,
    /// The upper limit of a backlog.
    pub somaxconn: Option<u32>,
    /// The ephemeral range, both ends included.
    pub ephemeral: Option<(u16, u16)>,
    /// The first port that needs no privilege.
    pub low_port: Option<u16>,
    /// May the process bind ports below `low_port`?
    pub privileged: Option<bool>,
    /// The effective user id.
    pub uid: Option<u32>,
    /// `private` (a network namespace of its own) or `host`.
    pub network: Option<String>,
    /// The lines of the hosts file, where the sandbox wrote one.
    pub hosts: Option<Vec<String>>,
    /// The addresses that the resolver answers by injection (`env records`), as a script writes them.
    pub records: Option<Vec<String>>,
    /// The `fail` lines in force, in the language's form (`bind:inet6#2 EADDRINUSE`).
    pub fail: Vec<String>,
}

/// The header of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Header {
    /// The full source text of the script.
    pub script: String,
    /// What answered.
    pub platform: PlatformFacts,
    /// What was asked.
    pub subject: SubjectFacts,
    /// The surroundings.
    pub environment: Environment,
    /// The seed that made the script, if one did.
    pub seed: Option<u64>,
}

/// One step of a trace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceStep {
    /// Counted from 1.
    pub step: usize,
    /// The call as text, with concrete ports.
    pub call: String,
    /// What it answered.
    pub outcome: crate::trace::Outcome,
}

/// Why a trace ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndReason {
    /// Every step was made.
    Complete,
    /// A limit on steps, sockets or time ended the run.
    Limit,
    /// The process that made the calls died.
    Died,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complete => "complete",
            Self::Limit => "limit",
            Self::Died => "died",
        })
    }
}

/// A whole trace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trace {
    /// The first line.
    pub header: Header,
    /// A line a call.
    pub steps: Vec<TraceStep>,
    /// The last line.
    pub end: EndReason,
}
