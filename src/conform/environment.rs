//! The environments that a subject is run in, by name.

use crate::script::{Env, parse_env_text};

/// An environment with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Environment {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub what: &'static str,
    lines: &'static [&'static str],
}

/// All of them; traits are read in each.
pub const ENVIRONMENTS: [Environment; 4] = [
    Environment {
        name: "plain",
        what: "IPv4 and IPv6 with both loopback addresses, which localhost names",
        lines: &[],
    },
    Environment {
        name: "no-ipv6",
        what: "socket(AF_INET6) is refused with EAFNOSUPPORT; names still have IPv6 addresses",
        lines: &["ipv6 off"],
    },
    Environment {
        name: "docker",
        what: "as in a container without IPv6: sockets can be had, no interface has an address, and \
               localhost names ::1 all the same",
        lines: &["ipv6 no-address"],
    },
    Environment {
        name: "bindv6only",
        what: "IPV6_V6ONLY is on by default (net.ipv6.bindv6only)",
        lines: &["bindv6only on"],
    },
];

impl Environment {
    /// Its `env` lines.
    #[must_use]
    pub fn lines(&self) -> Vec<Env> {
        self.lines
            .iter()
            .map(|line| parse_env_text(line).expect("the table above holds env lines"))
            .collect()
    }

    /// The environment of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ENVIRONMENTS.into_iter().find(|one| one.name == name)
    }
}

/// What tells workers apart: the `env` lines in an order of their own.
pub(super) fn key(env: &[Env]) -> Vec<Env> {
    let mut key = env.to_vec();
    key.sort();
    key.dedup();
    key
}
