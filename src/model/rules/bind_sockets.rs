//! `bind_sockets`: the rules of the reference, as its model states them a second time.

use crate::model::evidence::{Confidence, Evidence, Rule};

const PROPERTIES: &[Evidence] = &[Evidence::everywhere(
    Confidence::Measured,
    "the reference on each simulated platform and on this kernel, by tests/reference",
)];

pub(in crate::model) const RULES: &[Rule] = &[
    Rule {
        id: "bind_sockets.arguments",
        sentence: "Arguments that no call could take are refused before any call, with an error of bind_sockets itself.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.cloexec",
        sentence: "No spawned program inherits a socket.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.errors",
        sentence: "The first error that is no reason to skip an address ends the call with that error, and every socket is closed.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.listening",
        sentence: "Every socket listens, with the backlog as it was given.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.nonblocking",
        sentence: "Every socket is non-blocking before it is bound.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.order",
        sentence: "IPv4 sockets come first, and inside a family the resolver's order is kept.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.port",
        sentence: "With port 0 all sockets share the port that the first one got; where it is taken for a later one, everything starts again on another.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.records",
        sentence: "There is one socket for each different address that the resolver answers and that is not skipped.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.reuseaddr",
        sentence: "SO_REUSEADDR is set except on Windows; a system that lacks it (ENOPROTOOPT) needs none.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.reuseport",
        sentence: "SO_REUSEPORT is set if it was asked for, and never else.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.skips",
        sentence: "Skipped is an address whose family is missing (EAFNOSUPPORT from socket), and for localhost a ::1 that is not there and on macOS a scoped address.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.sockets",
        sentence: "Where nothing fails, the sockets of all addresses are returned.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.v6only",
        sentence: "IPV6_V6ONLY is set on every IPv6 socket, whatever the default.",
        evidence: PROPERTIES,
    },
];
