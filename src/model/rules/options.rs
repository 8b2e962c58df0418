//! Options of sockets and flags of descriptors.

use super::evidence;
use crate::model::evidence::Rule;

pub(in crate::model) const RULES: &[Rule] = &[
    Rule {
        id: "options.accepting",
        sentence: "SO_ACCEPTCONN says whether a socket listens; macOS cannot read it.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Source "XNU 11417: ENOPROTOOPT",
            Freebsd Documented "getsockopt(2)",
            Windows Documented "getsockopt of Winsock",
        ],
    },
    Rule {
        id: "options.accepting-read-only",
        sentence: "SO_ACCEPTCONN cannot be set.",
        evidence: evidence![Linux Measured "6.18: ENOPROTOOPT"],
    },
    Rule {
        id: "options.descriptor-flags",
        sentence: "A new socket blocks and is inherited, and both can be changed.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, fcntl",
            Freebsd Documented "POSIX, fcntl",
            Windows Documented "ioctlsocket of Winsock, FIONBIO; neither flag can be read",
        ],
    },
    Rule {
        id: "options.exclusive",
        sentence: "Windows has SO_EXCLUSIVEADDRUSE, and it excludes SO_REUSEADDR: the second of the two is WSAEINVAL.",
        evidence: evidence![
            Linux Measured "6.18 has no such option",
            Macos Documented "setsockopt(2) has no such option",
            Freebsd Documented "setsockopt(2) has no such option",
            Windows Tested "Wine's conformance tests, sock.c",
        ],
    },
    Rule {
        id: "options.linger",
        sentence: "SO_LINGER reads back as it was set.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Documented "POSIX, setsockopt",
            Freebsd Documented "POSIX, setsockopt",
            Windows Documented "setsockopt of Winsock",
        ],
    },
    Rule {
        id: "options.read-back",
        sentence: "SO_REUSEADDR is off at first and reads back as it was set.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Source "XNU 11417: a set flag reads as its bit, 4",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Documented "setsockopt of Winsock",
        ],
    },
    Rule {
        id: "options.reuse-any-time",
        sentence: "SO_REUSEADDR and its like can be set before bind; except on Windows they can be set at any time and are read live.",
        evidence: evidence![
            Linux Measured "6.18; sock.c:1319 of Linux 6.18.24",
            Macos Source "XNU 11417: flags, read live",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Documented "options must be set before bind",
        ],
    },
    Rule {
        id: "options.reuseport",
        sentence: "SO_REUSEPORT is off at first and reads back as it was set; Windows has no such option.",
        evidence: evidence![
            Linux Measured "6.18",
            Macos Source "XNU 11417: a set flag reads as its bit, 512",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Documented "the options of Winsock have none of that name",
        ],
    },
    Rule {
        id: "options.v6only",
        sentence: "IPV6_V6ONLY of an IPv6 socket can be set before bind, and after a bind that failed.",
        evidence: evidence![
            Linux Measured "6.18; ipv6_sockglue.c:638 of Linux 6.18.24",
            Macos Source "ip6_output.c:2635 of XNU 11417",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Documented "IPV6_V6ONLY of Winsock",
        ],
    },
    Rule {
        id: "options.v6only-after-bind",
        sentence: "After bind IPV6_V6ONLY cannot be set, even to the value it has.",
        evidence: evidence![
            Linux Measured "6.18: EINVAL; ipv6_sockglue.c:638 of Linux 6.18.24",
            Macos Source "ip6_output.c:2635 of XNU 11417: EINVAL",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: EINVAL",
            Windows Documented "after bind the value is kept and set fails; Wine's conformance tests agree",
        ],
    },
    Rule {
        id: "options.v6only-default",
        sentence: "IPV6_V6ONLY is off at first on Linux and macOS, on on FreeBSD and Windows, and reads back as it was set.",
        evidence: evidence![
            Linux Measured "6.18: the setting net.ipv6.bindv6only",
            Macos Source "in6_proto.c:456 of XNU 11417: the setting net.inet6.ip6.v6only",
            Freebsd Measured "FreeBSD 13.0's network stack in user space",
            Windows Documented "IPV6_V6ONLY of Winsock",
        ],
    },
    Rule {
        id: "options.v6only-on-ipv4",
        sentence: "An IPv4 socket has no IPV6_V6ONLY, except on Windows, where it can be set and read before bind.",
        evidence: evidence![
            Linux Measured "6.18: ENOPROTOOPT to set, EOPNOTSUPP to get",
            Freebsd Measured "FreeBSD 13.0's network stack in user space: EINVAL",
            Windows Tested "Wine's conformance tests",
        ],
    },
];
