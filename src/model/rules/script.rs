//! What a script brings with it, and `socket`.

use super::evidence;
use crate::model::evidence::{Confidence, Evidence, Rule};

pub(in crate::model) const RULES: &[Rule] = &[
    Rule {
        id: "env.fail",
        sentence: "An env fail line makes a call fail in front of the operating system.",
        evidence: &[Evidence::everywhere(Confidence::Measured, "the language's own definition")],
    },
    Rule {
        id: "env.records",
        sentence: "An env records line answers every question to the resolver in front of it.",
        evidence: &[Evidence::everywhere(Confidence::Measured, "the language's own definition")],
    },
    Rule {
        id: "script.absent",
        sentence: "A call on a name that no socket has, or on the port of a socket that has none, is not made.",
        evidence: &[Evidence::everywhere(Confidence::Measured, "the language's own definition")],
    },
    Rule {
        id: "script.forced",
        sentence: "After a step that no rule allows, the model goes on from what happened.",
        evidence: &[Evidence::everywhere(Confidence::Measured, "the judge's own definition")],
    },
    Rule {
        id: "socket.family",
        sentence: "A socket can be made of a family that the system has; of another one it is EAFNOSUPPORT.",
        evidence: evidence![
            Linux Measured "6.18, with another unregistered family; af_inet6.c:1087 of Linux 6.18.24",
            Macos Source "XNU 11417: IPv6 cannot be absent as a family",
            Freebsd Measured "FreeBSD 13.0's network stack in user space; without IPv6 as for any unknown family",
            Windows Documented "dual-stack-sockets.md: WSAEAFNOSUPPORT where the stack is not installed",
        ],
    },
];
