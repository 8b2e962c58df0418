//! Every wrong variant, in the order of the contract's rules.

use super::{ArgumentMistake as A, CallMistake as C, Mistake, Variant, WalkMistake as W};
use crate::script::Platform;

use Platform::{Freebsd, Linux, Macos, Windows};

const ALL: &[Platform] = &[Linux, Macos, Freebsd, Windows];
const UNIX: &[Platform] = &[Linux, Macos, Freebsd];
const BUT_MACOS: &[Platform] = &[Linux, Freebsd, Windows];
/// Where the resolver tells an empty host from none.
const LINUX: &[Platform] = &[Linux];
const MACOS: &[Platform] = &[Macos];
/// Where it is known what `bind` makes of a scope.
const SCOPES: &[Platform] = UNIX;
/// Where the length of a listener's queue is known.
const QUEUES: &[Platform] = &[Linux, Freebsd];
const WINDOWS: &[Platform] = &[Windows];

const fn argument(
    breaks: &'static str,
    seen_on: &'static [Platform],
    mistake: A,
    what: &'static str,
) -> Variant {
    Variant { what, mistake: Mistake::Argument(mistake), breaks, seen_on }
}

const fn call(
    breaks: &'static str,
    seen_on: &'static [Platform],
    mistake: C,
    what: &'static str,
) -> Variant {
    Variant { what, mistake: Mistake::Call(mistake), breaks, seen_on }
}

const fn walk(
    breaks: &'static str,
    seen_on: &'static [Platform],
    mistake: W,
    what: &'static str,
) -> Variant {
    Variant { what, mistake: Mistake::Walk(mistake), breaks, seen_on }
}

/// All of them.
pub const VARIANTS: &[Variant] = &[
    call("R3", LINUX, C::EmptyHostPassedOn, "gives an empty address to the resolver"),
    argument("R4", ALL, A::FamilyInetForUnspec, "takes AF_INET where no family is asked for"),
    argument("R6", ALL, A::FamilyIgnored, "ignores the family"),
    argument("R5", ALL, A::PassiveAlways, "adds AI_PASSIVE to the flags"),
    argument("R5", ALL, A::FlagsIgnored, "ignores the flags"),
    call("R6", ALL, C::ResolvesAgainOnFailure, "asks the resolver again when it fails"),
    argument("R2", WINDOWS, A::ReusePortDropped, "drops reuse_port where there is no SO_REUSEPORT"),
    argument(
        "R2",
        WINDOWS,
        A::ReusePortCheckedLate,
        "looks for SO_REUSEPORT only after the resolver",
    ),
    argument("D3", ALL, A::PortModulo, "takes ports modulo 65536"),
    argument("D3", ALL, A::PortSignAllowed, "allows a sign before a port"),
    argument("D3", ALL, A::PortBlankAllowed, "allows white space before a port"),
    argument("D3", ALL, A::PortEmptyIsZero, "takes an empty port for 0"),
    argument("D3", ALL, A::HostCutAtNul, "cuts a host at NUL"),
    call("R8", ALL, C::FirstRecordOnly, "uses the first record alone"),
    walk("R8", ALL, W::DuplicatesKept, "keeps duplicates"),
    walk(
        "R8",
        ALL,
        W::NeighboursOnlyDeduplicated,
        "compares a record with the one before it alone",
    ),
    walk("R8", SCOPES, W::ScopeNotCompared, "takes addresses of two interfaces for duplicates"),
    walk("R7", ALL, W::Unsorted, "does not sort"),
    walk("R7", ALL, W::Ipv6First, "puts IPv6 first"),
    walk("R7", ALL, W::FamilyReversed, "reverses the order inside a family"),
    walk("R7", ALL, W::SortedByAddress, "sorts by address"),
    walk("R9", MACOS, W::LinkLocalKept, "keeps link-local addresses of localhost"),
    walk(
        "R9",
        BUT_MACOS,
        W::LinkLocalSkippedEverywhere,
        "skips link-local addresses of localhost everywhere",
    ),
    walk("R9", MACOS, W::LinkLocalSkippedForAnyCase, "skips link-local addresses of LOCALHOST"),
    walk("R9", MACOS, W::LinkLocalSkippedForAnyHost, "skips link-local addresses of every host"),
    walk("R10", ALL, W::NeverSkipsFamily, "never skips a family"),
    call("R10", ALL, C::SkipsOnEprotonosupport, "skips where socket says EPROTONOSUPPORT"),
    call("R10", ALL, C::SkipsOnEacces, "skips where socket says EACCES"),
    call("R10", ALL, C::SkipsOnAnyError, "skips where socket says anything"),
    walk("R11", ALL, W::EafnosupportOfOptionSkips, "skips where an option says EAFNOSUPPORT"),
    walk("R11", ALL, W::EafnosupportOfBindSkips, "skips where bind says EAFNOSUPPORT"),
    walk("R11", ALL, W::EafnosupportOfListenSkips, "skips where listen says EAFNOSUPPORT"),
    call("R12", UNIX, C::Inheritable, "lets spawned programs inherit"),
    call("R13", UNIX, C::NoReuseAddr, "forgets SO_REUSEADDR"),
    call("R13", WINDOWS, C::ReuseAddrOnWindows, "sets SO_REUSEADDR on Windows"),
    call("R13", UNIX, C::ReuseAddrErrorsIgnored, "ignores every error of SO_REUSEADDR"),
    walk(
        "R13",
        UNIX,
        W::EnoprotooptOfReuseAddrIsError,
        "fails where SO_REUSEADDR says ENOPROTOOPT",
    ),
    walk("R13", UNIX, W::EnoprotooptOfReuseAddrSkips, "skips where SO_REUSEADDR says ENOPROTOOPT"),
    call("R14", UNIX, C::NoReusePort, "forgets SO_REUSEPORT"),
    call("R14", UNIX, C::ReusePortUnasked, "sets SO_REUSEPORT unasked"),
    call("R14", UNIX, C::ReusePortEnoprotooptIgnored, "ignores ENOPROTOOPT of SO_REUSEPORT"),
    call("R15", ALL, C::NoV6Only, "forgets IPV6_V6ONLY"),
    call("R15", ALL, C::V6OnlyOff, "sets IPV6_V6ONLY to 0"),
    call("R15", ALL, C::V6OnlyOnlyForWildcards, "sets IPV6_V6ONLY on wildcards alone"),
    call("R15", ALL, C::V6OnlyErrorsIgnored, "ignores errors of IPV6_V6ONLY"),
    walk("R16", ALL, W::PortOfEachFamily, "lets each family have its own port"),
    walk("R16", ALL, W::PortOnlyAcrossFamilies, "gives the port to the other family alone"),
    call("R16", SCOPES, C::ScopeLost, "loses the scope of an address"),
    call("R17", ALL, C::Blocking, "leaves sockets blocking"),
    call("R17", ALL, C::NonblockingErrorsIgnored, "ignores errors of setting non-blocking"),
    walk("R18", ALL, W::EaddrnotavailSkipsForAnyHost, "skips EADDRNOTAVAIL of every host"),
    walk(
        "R18",
        ALL,
        W::EaddrnotavailSkipsForAnyAddress,
        "skips EADDRNOTAVAIL of every address of localhost",
    ),
    walk("R18", ALL, W::EaddrnotavailNeverSkips, "never skips EADDRNOTAVAIL"),
    walk("R18", ALL, W::SkippedLeaks, "leaks a socket whose record it skips"),
    walk("R19", ALL, W::LaterErrorsIgnored, "returns what it has when a later record fails"),
    call("R20", ALL, C::NameErrorsIgnored, "ignores errors of getsockname"),
    argument("R21", QUEUES, A::BacklogIgnored, "ignores the backlog"),
    argument("R21", QUEUES, A::BacklogAtLeastOne, "takes backlog 0 for 1"),
    argument("R21", QUEUES, A::BacklogNegativeIsZero, "takes negative backlogs for 0"),
    call("R21", ALL, C::ListensBeforeBind, "listens before it binds"),
    call("R21", ALL, C::NoListen, "does not listen"),
    call("R21", ALL, C::ListenErrorsIgnored, "ignores errors of listen"),
    walk("R22", ALL, W::EmptyIsError, "fails where every record was skipped"),
    walk("R24", ALL, W::ResolvesForEveryAttempt, "resolves again for every attempt"),
    walk("D1", ALL, W::FailureLeaks, "leaks on failure"),
    argument("D4", ALL, A::NoAttempts, "never tries another port"),
    argument("D4", ALL, A::OneAttemptLess, "tries one port too few"),
    argument("D4", ALL, A::OneAttemptMore, "tries one port too many"),
    argument("D4", ALL, A::AttemptsIgnored, "tries ten ports, whatever is asked for"),
    walk("D4", ALL, W::FirstBindRetried, "tries again where no port is left"),
    walk("D4", ALL, W::NamedPortRetried, "tries a named port again"),
    walk("D4", ALL, W::ListenNotRetried, "does not try again where listen says EADDRINUSE"),
    walk("D4", UNIX, W::EaccesRetriedEverywhere, "takes EACCES for a taken port everywhere"),
    walk("D4", WINDOWS, W::EaccesNeverRetried, "never takes EACCES for a taken port"),
    walk("D4", ALL, W::GivenUpClosedAtOnce, "closes given-up sockets before it tries again"),
    walk("D4", ALL, W::GivenUpLeak, "leaks the sockets of given-up attempts"),
    argument("D7", WINDOWS, A::ExclusiveIgnored, "ignores exclusive"),
    argument("D7", WINDOWS, A::ExclusiveAlways, "sets SO_EXCLUSIVEADDRUSE unasked"),
    call(
        "D7",
        WINDOWS,
        C::ReuseAddrBesideExclusive,
        "sets SO_REUSEADDR beside SO_EXCLUSIVEADDRUSE",
    ),
];
