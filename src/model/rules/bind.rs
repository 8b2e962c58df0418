//! `bind`.

use super::evidence;
use crate::model::evidence::Rule;

pub(in crate::model) const RULES: &[Rule] = &[
    Rule {
        id: "bind.again",
        sentence: "A second bind of a socket that has an address, or is past having one, is EINVAL.",
        evidence: evidence![
            Linux Measured "6.18; af_inet.c:444 and af_inet6.c:280 of Linux 6.18.24",
            Macos Source "in_pcb.c:868 and in6_pcb.c:188 of XNU 11417",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Tested "Wine's conformance tests, dlls/ws2_32/tests/sock.c:12125",
        ],
    },
    Rule {
        id: "bind.broadcast",
        sentence: "Linux lets a TCP socket have a broadcast address, the BSDs refuse it.",
        evidence: evidence![
            Linux Measured "6.18: 255.255.255.255 and 127.255.255.255 bind; af_inet.c:444 of Linux 6.18.24",
            Macos Tested "XNU 11417's own bind functions, executed: 255.255.255.255; tcp_usrreq.c:252",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
        ],
    },
    Rule {
        id: "bind.conflict",
        sentence: "Whether a second socket may have an address on a port that others own is decided by the platform's law of conflicts.",
        evidence: evidence![
            Linux Measured "3,240 pairs and 400,000 random histories on 6.18; inet_connection_sock.c:500 of Linux 6.18.24",
            Macos Tested "XNU 11417's own bind functions, executed: 10,944 pairs and 200,000 random histories; in_pcb.c:868, in6_pcb.c:188",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: 21,888 pairs and 400,000 random histories",
            Windows Documented "Microsoft's table for Server 2003 and later (using-so-reuseaddr-and-so-exclusiveaddruse.md), 36 of 36 cells; 31 of 31 cases of Wine's conformance tests, sock.c:2016",
        ],
    },
    Rule {
        id: "bind.connections",
        sentence: "A connection, and its TIME_WAIT, owns the address that the client connected to, with the options it inherited; Windows lets a newcomer in over TIME_WAIT.",
        evidence: evidence![
            Linux Measured "3,600 pairs with a connected or TIME_WAIT owner on 6.18; inet_timewait_sock.c:103 and :195 of Linux 6.18.24",
            Macos Tested "XNU 11417's own bind functions, executed with connected and TIME_WAIT owners",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Inferred "from what Go (sockopt_windows.go), libuv (src/win/tcp.c:347) and curl (pull request 8528) say of it",
        ],
    },
    Rule {
        id: "bind.family",
        sentence: "An address of the other family is refused.",
        evidence: evidence![
            Linux Measured "6.18: EAFNOSUPPORT for sockaddr_in6 on AF_INET, EINVAL for 16 bytes on AF_INET6",
            Macos Tested "XNU 11417's own bind functions, executed: EAFNOSUPPORT before the length",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: EINVAL for the length",
            Windows Tested "Wine's conformance tests, sock.c:12125: a short address is WSAEFAULT",
        ],
    },
    Rule {
        id: "bind.half-of-dual",
        sentence: "On Windows the IPv4 half of a dual-stack wildcard ranks below an IPv4 wildcard, so that the two are not identical.",
        evidence: evidence![
            Windows Inferred "a rank of its own explains every documented and tested case; no test or document has these pairs alone",
        ],
    },
    Rule {
        id: "bind.local-address",
        sentence: "An address that is not this machine's is EADDRNOTAVAIL.",
        evidence: evidence![
            Linux Measured "6.18: all of 127.0.0.0/8 is local; af_inet.c:444 and af_inet6.c:280 of Linux 6.18.24",
            Macos Source "in_pcb.c:868 and in6_pcb.c:188 of XNU 11417",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: 127.1.2.3 is not local",
            Windows Tested "Wine's conformance tests, sock.c:12125",
        ],
    },
    Rule {
        id: "bind.low-port",
        sentence: "A low port needs a privilege: on Linux and FreeBSD for every address, on macOS for specific ones, on Windows for none.",
        evidence: evidence![
            Linux Measured "6.18: EACCES; af_inet.c:444 and af_inet6.c:280 of Linux 6.18.24",
            Macos Tested "XNU 11417's own bind functions, executed; in_pcb.c:1030; wildcards are exempt since XNU 4903",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Recalled "no source was seen",
        ],
    },
    Rule {
        id: "bind.mapped-v6only",
        sentence: "A socket with IPV6_V6ONLY cannot have a mapped address.",
        evidence: evidence![
            Linux Measured "6.18: EINVAL; af_inet6.c:280 of Linux 6.18.24",
            Macos Source "in6_pcb.c of XNU 11417 looks for the mapped address among IPv6 ones: EADDRNOTAVAIL",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: EADDRNOTAVAIL",
            Windows Inferred "it fails; with which code is not known",
        ],
    },
    Rule {
        id: "bind.multicast",
        sentence: "Linux lets a TCP socket have an IPv4 multicast address and refuses IPv6 ones, the BSDs refuse both.",
        evidence: evidence![
            Linux Measured "6.18: 224.0.0.1 binds, ff02::1 is EINVAL",
            Macos Source "tcp_usrreq.c:252 and :303 of XNU 11417",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: EAFNOSUPPORT",
        ],
    },
    Rule {
        id: "bind.no-v6-address",
        sentence: "Without an IPv6 address ::1 is EADDRNOTAVAIL; on Linux [::] binds all the same, on macOS it does not.",
        evidence: evidence![
            Linux Measured "6.18 with disable_ipv6=1: [::] binds and serves IPv4, ::1 does not",
            Macos Source "the first test of bind6, in6_pcb.c:188 of XNU 11417",
        ],
    },
    Rule {
        id: "bind.order",
        sentence: "Of several reasons to refuse, the one that is looked at first is reported.",
        evidence: evidence![
            Linux Measured "6.18: IPv4 tests locality before privilege and a second bind, IPv6 the other way round",
            Macos Source "in_pcb.c:868-1141 and in6_pcb.c:188-531 of XNU 11417",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Inferred "there is no privilege that could be looked at first",
        ],
    },
    Rule {
        id: "bind.port-zero",
        sentence: "For port 0 the kernel chooses a port of the ephemeral range on which the socket conflicts with nobody.",
        evidence: evidence![
            Linux Measured "6.18; inet_connection_sock.c of Linux 6.18.24",
            Macos Recalled "the range is net.inet.ip.portrange.first and last; no source was seen",
            Freebsd Recalled "the range is net.inet.ip.portrange.first and last; no source was seen",
            Windows Documented "the dynamic range is 49152 to 65535",
        ],
    },
    Rule {
        id: "bind.restricted-port",
        sentence: "macOS keeps TCP port 55555 for itself: it is EADDRINUSE.",
        evidence: evidence![
            Linux Measured "6.18: 55555 is a port like others",
            Macos Source "in_pcb.c:1048 and net/restricted_in_port.c of XNU 11417; since XNU 6153",
            Freebsd Inferred "its bind functions have no such list",
            Windows Inferred "which ports are excluded is a setting of the machine, and 55555 is not known as one",
        ],
    },
    Rule {
        id: "bind.reuseport-cache",
        sentence: "On Linux a SO_REUSEPORT socket that the port's last one covers is let in without a test against the others.",
        evidence: evidence![
            Linux Measured "400,000 random histories on 6.18, 0 disagreements; inet_connection_sock.c:411 of Linux 6.18.24",
        ],
    },
    Rule {
        id: "bind.scope",
        sentence: "A link-local address needs the interface it belongs to as its scope; elsewhere a scope may be in the way.",
        evidence: evidence![
            Linux Measured "6.18: no scope is EINVAL, an unknown one ENODEV, ::1 with any scope binds",
            Macos Source "in6_pcb.c:188 of XNU 11417",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: EADDRNOTAVAIL, and ENXIO for an unknown one",
            Windows Tested "Wine's conformance tests, sock.c:12125: a bad scope id is WSAEADDRNOTAVAIL",
        ],
    },
    Rule {
        id: "bind.sets-v6only",
        sentence: "On Linux binding a specific IPv6 address sets IPV6_V6ONLY.",
        evidence: evidence![
            Linux Measured "6.18; af_inet6.c:280 of Linux 6.18.24",
        ],
    },
];
