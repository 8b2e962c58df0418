//! `close`, `dup`, `getsockname` and what a spawned program finds.

use super::evidence;
use crate::model::evidence::Rule;

pub(in crate::model) const RULES: &[Rule] = &[
    Rule {
        id: "close.descriptor",
        sentence: "close takes a descriptor away, and with the last one the socket; a connection sends FIN, or RST with linger 0 or unread data.",
        evidence: evidence![
            Linux Measured "6.18: copies and inherited descriptors keep a listener",
            Macos Documented "POSIX, close",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: copies keep a listener",
            Windows Inferred "the analogue is measured on Linux",
        ],
    },
    Rule {
        id: "dup.copy",
        sentence: "A copy of a descriptor is the same socket.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, dup",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Inferred "WSADuplicateSocket documents it for handles of other processes",
        ],
    },
    Rule {
        id: "inherited.cloexec",
        sentence: "A spawned program finds a descriptor unless close-on-exec is set.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, exec",
            Freebsd Documented "POSIX, exec",
            Windows Documented "handles are inheritable unless WSA_FLAG_NO_HANDLE_INHERIT is given (nf-winsock2-wsasocketw.md)",
        ],
    },
    Rule {
        id: "name.bound",
        sentence: "getsockname answers the address that a socket is bound to.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, getsockname",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Documented "getsockname of Winsock",
        ],
    },
    Rule {
        id: "name.unbound",
        sentence: "The name of a socket without an address is the wildcard with port 0; Windows has none.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Inferred "POSIX leaves it open; no run",
            Freebsd Inferred "POSIX leaves it open; no run",
            Windows Documented "getsockname of Winsock: WSAEINVAL for a socket that is not bound",
        ],
    },
];
