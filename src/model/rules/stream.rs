//! `send`, `recv` and `shutdown`.

use super::evidence;
use crate::model::evidence::Rule;

pub(in crate::model) const RULES: &[Rule] = &[
    Rule {
        id: "recv.bytes",
        sentence: "recv takes what has come, up to the size of its buffer; what was sent in several calls may come in several pieces.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, recv",
            Freebsd Documented "POSIX, recv",
            Windows Documented "recv of Winsock",
        ],
    },
    Rule {
        id: "recv.end",
        sentence: "After the other side's FIN, or a shutdown of one's own, recv answers 0.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, recv",
            Freebsd Documented "POSIX, recv",
            Windows Documented "recv of Winsock",
        ],
    },
    Rule {
        id: "recv.error",
        sentence: "A reset is reported once, by the call that meets it first.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, recv: ECONNRESET",
            Freebsd Documented "POSIX, recv: ECONNRESET",
            Windows Documented "recv of Winsock: WSAECONNRESET",
        ],
    },
    Rule {
        id: "recv.unconnected",
        sentence: "recv on a socket that is not connected is ENOTCONN.",
        evidence: evidence![Linux Measured "6.18"],
    },
    Rule {
        id: "recv.waits",
        sentence: "Without data recv waits.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, recv",
            Freebsd Documented "POSIX, recv",
            Windows Documented "recv of Winsock",
        ],
    },
    Rule {
        id: "send.bytes",
        sentence: "What fits into the buffers of a connection is sent at once.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, send",
            Freebsd Documented "POSIX, send",
            Windows Documented "send of Winsock",
        ],
    },
    Rule {
        id: "send.error",
        sentence: "On a connection that was shut or reset send meets its error, or EPIPE.",
        evidence: evidence![Linux Measured "6.18"],
    },
    Rule {
        id: "send.unconnected",
        sentence: "send on a socket that is not connected is EPIPE.",
        evidence: evidence![Linux Measured "6.18"],
    },
    Rule {
        id: "shutdown.connection",
        sentence: "shutdown ends one half of a connection or both; for writing it sends FIN.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, shutdown",
            Freebsd Documented "POSIX, shutdown",
            Windows Documented "shutdown of Winsock",
        ],
    },
    Rule {
        id: "shutdown.listener",
        sentence: "shutdown of a listener for reading ends listening on Linux and keeps the address; on FreeBSD it changes nothing.",
        evidence: evidence![
            Linux Measured "6.18",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
        ],
    },
    Rule {
        id: "shutdown.unconnected",
        sentence: "shutdown of a socket that is not connected is ENOTCONN.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, shutdown",
            Freebsd Documented "POSIX, shutdown",
            Windows Documented "shutdown of Winsock: WSAENOTCONN",
        ],
    },
    Rule {
        id: "stream.states",
        sentence: "The end of a connection goes through the states of TCP, and what a call answers follows from them.",
        evidence: evidence![Linux Measured "6.18"],
    },
];
