//! `bind_sockets`: the rules of the reference, as its model states them a second time.

use crate::model::evidence::{Confidence, Evidence, Rule};
use crate::script::Platform;

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
        id: "bind_sockets.bind",
        sentence: "An error of bind ends the call, unless a lost port or a missing ::1 of localhost explains it.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.cloexec",
        sentence: "No spawned program inherits a socket.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.exclusive",
        sentence: "SO_EXCLUSIVEADDRUSE is set on Windows where it was asked for, and never else; its errors end the call.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.family",
        sentence: "An address whose family is missing (EAFNOSUPPORT from socket) is skipped; every other error of socket ends the call.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.link-local",
        sentence: "On macOS an address of localhost with an interface is skipped.",
        evidence: &[Evidence::on(
            Platform::Macos,
            Confidence::Measured,
            "the reference on the simulated platform, by tests/reference",
        )],
    },
    Rule {
        id: "bind_sockets.listening",
        sentence: "Every socket listens, with the backlog as it was given; an error of listen ends the call.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.localhost",
        sentence: "Where localhost is ::1 and that address is not there (EADDRNOTAVAIL from bind), it is skipped.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.nonblocking",
        sentence: "Every socket is non-blocking before it is bound; an error of that ends the call.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.order",
        sentence: "IPv4 sockets come first, and inside a family the resolver's order is kept.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.port",
        sentence: "With port 0 all sockets share the port that the first one got, which getsockname tells; its error ends the call.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.records",
        sentence: "There is one socket for each different address that the resolver answers and that is not skipped.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.resolver",
        sentence: "The resolver is asked once, and its error ends the call.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.retry",
        sentence: "Where the port that the system chose is taken for a later socket, everything starts again on another, as often as was allowed.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.reuseaddr",
        sentence: "SO_REUSEADDR is set except on Windows; a system that lacks it (ENOPROTOOPT) needs none, and every other error ends the call.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.reuseport",
        sentence: "SO_REUSEPORT is set if it was asked for, and never else; its errors end the call.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.sockets",
        sentence: "Where nothing fails, the sockets of all addresses are returned; where something does, none stays open.",
        evidence: PROPERTIES,
    },
    Rule {
        id: "bind_sockets.v6only",
        sentence: "IPV6_V6ONLY is set on every IPv6 socket, whatever the default; its errors end the call.",
        evidence: PROPERTIES,
    },
];
