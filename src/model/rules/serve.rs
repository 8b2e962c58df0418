//! What a `TcpServer` does with the sockets of a script.

use super::evidence;
use crate::model::evidence::Rule;

pub(in crate::model) const RULES: &[Rule] = &[
    Rule {
        id: "serve.takes",
        sentence: "A server takes listening sockets from wherever they come, makes them non-blocking, and owns them from then on; a copy of one is a socket like any other.",
        evidence: evidence![
            Linux Measured "6.18, group server; reference-contract.md, T4 and D11",
            Macos Inferred "the reference is the same program there",
            Freebsd Inferred "the reference is the same program there",
            Windows Inferred "the reference is the same program there",
        ],
    },
    Rule {
        id: "serve.not-listening",
        sentence: "A socket that does not listen is refused, where SO_ACCEPTCONN tells; all sockets of the call are closed.",
        evidence: evidence![
            Linux Measured "6.18, server/not-listening; reference-contract.md, T4",
            Macos Documented "getsockopt answers ENOPROTOOPT to SO_ACCEPTCONN, so nothing is concluded: reference-contract.md, T4",
            Freebsd Inferred "SO_ACCEPTCONN can be read there",
            Windows Inferred "SO_ACCEPTCONN can be read there",
        ],
    },
    Rule {
        id: "serve.echoes",
        sentence: "While a script receives, its servers accept everything that waits and send back everything that came; when a client has closed its half they close the connection. Connections outlive a stop.",
        evidence: evidence![
            Linux Measured "6.18, group server; reference-contract.md, A1, A3 and T10",
            Macos Inferred "the reference is the same program there",
            Freebsd Inferred "the reference is the same program there",
            Windows Inferred "the reference is the same program there",
        ],
    },
    Rule {
        id: "stop.closes",
        sentence: "stop takes every listener off its loop and closes it: what waits in its queue is reset unless somebody has a copy, and nothing is delivered any more, also if it is called inside a handler.",
        evidence: evidence![
            Linux Measured "6.18, group server; reference-contract.md, T7, T8 and T10",
            Macos Inferred "the reference is the same program there",
            Freebsd Inferred "the reference is the same program there",
            Windows Inferred "the reference is the same program there",
        ],
    },
];
