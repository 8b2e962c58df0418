//! `listen`.

use super::evidence;
use crate::model::evidence::Rule;

pub(in crate::model) const RULES: &[Rule] = &[
    Rule {
        id: "listen.again",
        sentence: "A second listen succeeds and, except on Windows, changes the backlog.",
        evidence: evidence![
            Linux Measured "6.18; af_inet.c:193 of Linux 6.18.24",
            Macos Source "uipc_socket.c:989 of XNU 11417",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Documented "listen of Winsock: the second call has no effect",
        ],
    },
    Rule {
        id: "listen.backlog",
        sentence: "The backlog, within the system's limit, says how many connections wait for accept.",
        evidence: evidence![
            Linux Measured "6.18: as unsigned, at most somaxconn, and one more; socket.c:1918 of Linux 6.18.24",
            Macos Source "uipc_socket.c:989 and :1071 of XNU 11417: at most kern.ipc.somaxconn (128), which 0 and below mean, too",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: half as many again, and one more",
            Windows Documented "listen of Winsock: the provider's maximum, 200 to 65535 by SOMAXCONN_HINT",
        ],
    },
    Rule {
        id: "listen.conflict",
        sentence: "On Linux listen repeats the test of bind against every other owner of the port; elsewhere it does not.",
        evidence: evidence![
            Linux Measured "6.18; inet_connection_sock.c:1309 of Linux 6.18.24",
            Macos Source "tcp_usrreq.c:382 and :408 of XNU 11417: no test",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: 0 failures in 43,776 rows",
            Windows Tested "Wine's conformance tests; the documents reserve a delayed WSAEADDRINUSE",
        ],
    },
    Rule {
        id: "listen.connected",
        sentence: "A connected socket cannot listen.",
        evidence: evidence![
            Linux Measured "6.18: EINVAL; af_inet.c:193 of Linux 6.18.24",
            Macos Source "XNU 11417: EINVAL",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: EINVAL",
            Windows Tested "Wine's conformance tests: WSAEISCONN",
        ],
    },
    Rule {
        id: "listen.unbound",
        sentence: "listen binds a socket without an address to the wildcard and a port of the ephemeral range; Windows refuses it.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Source "XNU 11417",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Tested "Wine's conformance tests: WSAEINVAL for any backlog",
        ],
    },
];
