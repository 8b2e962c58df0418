//! `accept` and `connect`.

use super::evidence;
use crate::model::evidence::Rule;

pub(in crate::model) const RULES: &[Rule] = &[
    Rule {
        id: "accept.inherits",
        sentence: "An accepted socket has the socket options of its listener at the time the connection came; of the descriptor's flags the BSDs pass non-blocking on.",
        evidence: evidence![
            Linux Measured "6.18; tcp_minisocks.c:369 of Linux 6.18.24; accept(2) for the flags",
            Macos Source "XNU 11417: children inherit options and user",
            Freebsd Source "FreeBSD's main of 2025, as XNU",
            Windows Tested "Wine's conformance tests, sock.c:4761",
        ],
    },
    Rule {
        id: "accept.not-listening",
        sentence: "accept on a socket that does not listen is EINVAL.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, accept; whether poll ever calls such a socket readable is not known",
            Freebsd Documented "POSIX, accept; whether poll ever calls such a socket readable is not known",
            Windows Documented "accept of Winsock: WSAEINVAL",
        ],
    },
    Rule {
        id: "accept.oldest",
        sentence: "accept takes the connection that has waited longest and answers its peer's address.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, accept: the first connection of the queue",
            Freebsd Documented "POSIX, accept: the first connection of the queue",
            Windows Documented "accept of Winsock: the first connection of the queue",
        ],
    },
    Rule {
        id: "accept.waits",
        sentence: "Without a connection accept waits.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, accept",
            Freebsd Documented "POSIX, accept",
            Windows Documented "accept of Winsock",
        ],
    },
    Rule {
        id: "connect.connected",
        sentence: "connect on a socket that is connected, or was, is EISCONN.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, connect",
            Freebsd Documented "POSIX, connect",
            Windows Documented "connect of Winsock: WSAEISCONN",
        ],
    },
    Rule {
        id: "connect.delivery",
        sentence: "A connection goes to the listener whose address fits best: a specific one before a wildcard, an IPv4 socket before a dual-stack one.",
        evidence: evidence![
            Linux Measured "6.18, with SO_REUSEPORT: the specific always, v4any before v6dual, equals by halves",
            Macos Inferred "from the rules of conflict of XNU 11417; no run",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: v4spec, v4any, v6dual; of equals the newest",
            Windows Tested "Wine's conformance tests: the specific one, and of identical ones the first",
        ],
    },
    Rule {
        id: "connect.family",
        sentence: "On Linux an address of the other family is EAFNOSUPPORT on an IPv4 socket and EINVAL on an IPv6 one.",
        evidence: evidence![Linux Measured "6.18"],
    },
    Rule {
        id: "connect.full",
        sentence: "Where the queue of a listener is full the connection waits.",
        evidence: evidence![
            Linux Measured "6.18: the SYN or the last ACK is dropped and tried again",
            Macos Source "uipc_socket2.c:359 of XNU 11417: the connection is not created",
            Freebsd Inferred "as on macOS; what the client sees was not recorded",
            Windows Inferred "the documents say that the client is refused; the limit is not known",
        ],
    },
    Rule {
        id: "connect.itself",
        sentence: "On Linux a socket that connects to its own address is connected to itself.",
        evidence: evidence![Linux Measured "6.18: a simultaneous open"],
    },
    Rule {
        id: "connect.listener",
        sentence: "A listener cannot connect.",
        evidence: evidence![
            Linux Measured "6.18: EISCONN",
            Macos Inferred "it fails; with which code was not examined",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: EOPNOTSUPP",
            Windows Inferred "it fails; with which code was not examined",
        ],
    },
    Rule {
        id: "connect.no-v6-address",
        sentence: "Without an IPv6 address a connect to ::1 is EADDRNOTAVAIL.",
        evidence: evidence![
            Linux Measured "6.18 with disable_ipv6=1",
            Macos Inferred "as on Linux; no run",
            Freebsd Inferred "as on Linux; no run",
            Windows Inferred "as on Linux; no run",
        ],
    },
    Rule {
        id: "connect.refused",
        sentence: "Where nobody listens the connection is refused.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, connect",
            Freebsd Documented "POSIX, connect",
            Windows Documented "connect of Winsock: WSAECONNREFUSED, after two seconds",
        ],
    },
    Rule {
        id: "connect.same-connection",
        sentence: "On Linux a second connection with the same two addresses and ports is EADDRNOTAVAIL.",
        evidence: evidence![
            Linux Measured "6.18",
        ],
    },
    Rule {
        id: "connect.v6only",
        sentence: "On Linux a socket with IPV6_V6ONLY has no route to a mapped address: ENETUNREACH.",
        evidence: evidence![Linux Measured "6.18"],
    },
    Rule {
        id: "connect.wildcard",
        sentence: "A wildcard as the target is this machine, except on Windows, which refuses it.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Recalled "no source was seen",
            Freebsd Recalled "no source was seen",
            Windows Documented "connect of Winsock: WSAEADDRNOTAVAIL for the address all zero",
        ],
    },
];
