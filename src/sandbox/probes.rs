//! The environments that `doctor` tries, each in a process of its own.

use super::wanted::Wanted;

/// One environment to try.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The `env` line that asks for it, or `private network`.
    pub name: &'static str,
    /// What it is good for.
    pub what: &'static str,
    /// What to ask for.
    pub wanted: Wanted,
}

/// Every environment that a script can ask for.
#[must_use]
pub fn probes() -> Vec<Probe> {
    let private = Wanted { private_network: true, ..Wanted::default() };
    let probe = |name, what, wanted| Probe { name, what, wanted };
    vec![
        probe("private network", "runs that share no port with the host", private.clone()),
        probe(
            "ipv6 off",
            "socket(AF_INET6) answers EAFNOSUPPORT",
            Wanted { ipv6_off: true, ..Wanted::default() },
        ),
        probe(
            "ipv6 no-address",
            "an interface without IPv6 addresses",
            Wanted { ipv6_no_address: true, ..private.clone() },
        ),
        probe(
            "bindv6only on",
            "the other default of IPV6_V6ONLY",
            Wanted { bindv6only: Some(true), ..private.clone() },
        ),
        probe(
            "hosts",
            "an own hosts file",
            Wanted { hosts: Some(vec!["127.0.0.1 localhost".into()]), ..private.clone() },
        ),
        probe(
            "ephemeral",
            "an own range of ephemeral ports",
            Wanted { ephemeral: Some((40_000, 40_003)), ..private.clone() },
        ),
        probe(
            "somaxconn",
            "an own limit of the backlog",
            Wanted { somaxconn: Some(8), ..private.clone() },
        ),
        probe(
            "user unprivileged",
            "ports below 1024 are refused",
            Wanted { unprivileged: true, ..private },
        ),
    ]
}
