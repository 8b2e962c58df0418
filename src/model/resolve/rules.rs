//! The rules of the resolver, with what supports them.

use crate::model::evidence::Confidence::{Documented, Measured, Recalled, Source, Tested};
use crate::model::evidence::{Evidence, Rule};
use crate::script::Platform::{Freebsd, Linux, Macos, Windows};

const RUN: Evidence = Evidence::on(
    Linux,
    Measured,
    "glibc 2.36 and musl 1.2.3 in a private network: tests/model/resolver.rs asks the former anew, \
     tests/model/musl.tsv holds what the latter answered; musl 1.2.5 by its source",
);
const LIBINFO: Evidence = Evidence::on(
    Macos,
    Source,
    "Libinfo-600, lookup.subproj/si_getaddrinfo.c; the same in darlinghq/darling-Libinfo 7ae9952; \
     numbers by _inet_aton_check of Libc (net/FreeBSD/inet_addr.c, 71bbe35)",
);
const FREEBSD: Evidence = Evidence::on(
    Freebsd,
    Source,
    "lib/libc/net/getaddrinfo.c, lib/libc/inet/inet_addr.c and include/netdb.h: a main of 2024 \
     (fel1x-developer/freebsd-src 2d614aa); older: freebsd/freebsd-src 00b7fef",
);
const MICROSOFT: Evidence =
    Evidence::on(Windows, Documented, "MicrosoftDocs/sdk-api, ws2tcpip getaddrinfo");
const WINE: Evidence = Evidence::on(
    Windows,
    Tested,
    "test_getaddrinfo of Wine's dlls/ws2_32/tests/protocol.c, which is made to pass on Windows",
);

/// Every rule that an answer of this folder may carry.
pub const RULES: &[Rule] = &[
    Rule {
        id: "resolve.nothing",
        sentence: "Neither host nor service is EAI_NONAME, whatever else is asked. To glibc `*` is \
                   nothing, to macOS an empty text.",
        evidence: &[RUN, LIBINFO, FREEBSD, WINE],
    },
    Rule {
        id: "resolve.flags",
        sentence: "A flag that the library does not know is EAI_BADFLAGS. glibc knows AI_IDN, \
                   AI_CANONIDN and two bits more; FreeBSD before 14 does not know AI_V4MAPPED and \
                   AI_ALL. macOS does not look.",
        evidence: &[RUN, FREEBSD],
    },
    Rule {
        id: "resolve.canonical-name",
        sentence: "AI_CANONNAME without a host is EAI_BADFLAGS to glibc and EAI_FAIL to Windows; \
                   the others ignore it.",
        evidence: &[RUN, MICROSOFT],
    },
    Rule {
        id: "resolve.family",
        sentence: "A family that is neither AF_UNSPEC, AF_INET nor AF_INET6 is EAI_FAMILY (on \
                   FreeBSD AF_LOCAL is allowed, on Windows those with a provider of their own).",
        evidence: &[RUN, LIBINFO, FREEBSD, MICROSOFT],
    },
    Rule {
        id: "resolve.addrconfig",
        sentence: "AI_ADDRCONFIG leaves out a family without an address beyond loopback (to musl: \
                   without a reachable loopback address); if that is the one asked for, it is \
                   EAI_NONAME, to musl since 1.2.4 EAI_NODATA, to FreeBSD, for names only, \
                   EAI_FAIL. If neither has one, glibc leaves both.",
        evidence: &[RUN, FREEBSD],
    },
    Rule {
        id: "resolve.service",
        sentence: "A service that is no port and that no services file has is EAI_SERVICE, to \
                   macOS EAI_NONAME. Numbers are read by strtoul with blanks and sign, to the last \
                   byte: glibc keeps 16 bits of what fits into an int, musl and FreeBSD refuse \
                   more than 65535, and so does macOS, by strtol. An empty one is port 0 to glibc, \
                   macOS and Windows.",
        evidence: &[RUN, LIBINFO, FREEBSD, WINE],
    },
    Rule {
        id: "resolve.numeric-service",
        sentence: "With AI_NUMERICSERV what is not read as a number is EAI_NONAME.",
        evidence: &[RUN, LIBINFO, FREEBSD],
    },
    Rule {
        id: "resolve.no-host",
        sentence: "No host is the wildcard of each family with AI_PASSIVE, else its loopback \
                   address. glibc and musl put 0.0.0.0 before ::, and ::1 before 127.0.0.1 if it \
                   can be reached; FreeBSD puts IPv6 first and leaves out a family that socket \
                   refuses.",
        evidence: &[RUN, LIBINFO, FREEBSD, MICROSOFT],
    },
    Rule {
        id: "resolve.numeric-host",
        sentence: "An address is one record, without a look at what exists. IPv4 may be one to \
                   four numbers in C's notation (inet_aton, to the last byte; on the BSDs a single \
                   number counts modulo 2^32); IPv6 may have a scope: a number, or the name of an \
                   interface.",
        evidence: &[RUN, LIBINFO, FREEBSD, WINE],
    },
    Rule {
        id: "resolve.brackets",
        sentence: "An IPv6 address may stand in brackets, with a port after them that is ignored.",
        evidence: &[WINE],
    },
    Rule {
        id: "resolve.mapped",
        sentence: "Asked for AF_INET6 with AI_V4MAPPED, an IPv4 address is its mapped one; asked \
                   for AF_INET, glibc turns a mapped one back.",
        evidence: &[RUN, LIBINFO, FREEBSD, MICROSOFT],
    },
    Rule {
        id: "resolve.wrong-family",
        sentence: "An address of the other family is EAI_ADDRFAMILY to glibc, EAI_NODATA to musl \
                   (before 1.2.4 EAI_NONAME) and EAI_NONAME to macOS, and to Windows with \
                   AI_NUMERICHOST; without it Windows and FreeBSD ask for it as a name, which is \
                   some error.",
        evidence: &[RUN, LIBINFO, FREEBSD, WINE],
    },
    Rule {
        id: "resolve.scope",
        sentence: "A scope beyond 32 bits, or a name where only a number can be or that no \
                   interface has, is EAI_NONAME. Names are for link-local addresses, to glibc also \
                   for interface-local multicast; Linux reads them up to a colon.",
        evidence: &[RUN],
    },
    Rule {
        id: "resolve.numeric-only",
        sentence: "With AI_NUMERICHOST a host that is no address is EAI_NONAME, to Windows also no \
                   host at all.",
        evidence: &[RUN, LIBINFO, FREEBSD, WINE],
    },
    Rule {
        id: "resolve.empty-host",
        sentence: "An empty host is this machine: all its addresses.",
        evidence: &[MICROSOFT, WINE],
    },
    Rule {
        id: "resolve.hosts",
        sentence: "A name has the addresses of its lines in the hosts file, one record a line. \
                   Asked for AF_INET, glibc takes a line's ::1 for 127.0.0.1. musl minds upper and \
                   lower case, and a name with only the other family's lines is an address of the \
                   wrong family.",
        evidence: &[
            RUN,
            LIBINFO,
            FREEBSD,
            Evidence::on(
                Windows,
                Recalled,
                "localhost is answered without a line (the comment in the hosts file as \
                 installed); a line for it wins",
            ),
        ],
    },
    Rule {
        id: "resolve.no-host-name",
        sentence: "What no name server may be asked for is EAI_NONAME: to glibc anything but \
                   labels of letters, digits, `-` and `_`; to musl a label without or beyond 63 \
                   bytes, a name without or beyond 254.",
        evidence: &[RUN],
    },
    Rule {
        id: "resolve.unknown-name",
        sentence: "A name that the hosts file does not have is EAI_AGAIN where the name server's \
                   port is closed.",
        evidence: &[RUN],
    },
];
