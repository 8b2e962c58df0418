//! Every wrong adapter.

use super::{FaultyAdapter, Prank as P, Wrong};

const fn adapter(name: &'static str, prank: P, found_as: &'static [&'static str]) -> FaultyAdapter {
    FaultyAdapter { name, wrong: Wrong::Adapter(prank), found_as }
}

const fn library(
    name: &'static str,
    what: &'static str,
    found_as: &'static [&'static str],
) -> FaultyAdapter {
    FaultyAdapter { name, wrong: Wrong::Library(what), found_as }
}

/// The adapters that break the protocol first, then the libraries that break the contract.
pub const ADAPTERS: &[FaultyAdapter] = &[
    adapter("hangs-at-hello", P::HangsAtHello, &["no-reply"]),
    adapter("hangs-on-second-call", P::HangsOnSecondCall, &["no-reply"]),
    adapter("hangs-on-close", P::HangsOnClose, &["no-reply"]),
    adapter("floods-stderr", P::FloodsStderr, &["no-reply"]),
    adapter("writes-garbage", P::WritesGarbage, &["not-a-reply"]),
    adapter("writes-a-long-line", P::WritesLongLine, &["line-too-long"]),
    adapter("invents-an-id", P::InventsId, &["unknown-id"]),
    adapter("repeats-a-reply", P::RepeatsReply, &["out-of-order"]),
    adapter("swaps-replies", P::SwapsReplies, &["out-of-order"]),
    adapter("exits-on-second-call", P::ExitsOnSecondCall, &["ended"]),
    adapter("exits-with-code", P::ExitsWithCode, &["ended"]),
    adapter("stays-at-the-end", P::StaysAtEnd, &["does-not-end"]),
    adapter("closes-its-output", P::ClosesOutput, &["closed-output"]),
    adapter("replies-on-stderr", P::RepliesOnStderr, &["wrong-stream"]),
    adapter("speaks-format-2", P::SpeaksFormatTwo, &["wrong-format"]),
    adapter("says-no-hello", P::SaysNoHello, &["wrong-format"]),
    adapter("serves-an-invented-call", P::ServesInventedCall, &["dishonest"]),
    adapter("ignores-unknown-keys", P::IgnoresUnknownKeys, &["dishonest"]),
    adapter("forgets-the-handle", P::ForgetsHandle, &["wrong-value"]),
    adapter("reuses-a-handle", P::ReusesHandle, &["wrong-value"]),
    adapter("tells-text-as-port", P::TellsTextAsPort, &["wrong-value"]),
    adapter("tells-of-one-more", P::TellsOfOneMore, &["not-there"]),
    adapter("hides-the-last", P::HidesTheLast, &["untold"]),
    adapter("tells-0.0.0.0-for-all", P::TellsWildcardForAll, &["misnamed"]),
    adapter("tells-another-port", P::TellsOtherPort, &["not-there"]),
    adapter("keeps-after-close", P::KeepsAfterClose, &["still-open"]),
    adapter("opens-and-fails", P::OpensAndFails, &["leaked"]),
    adapter("opens-in-a-child", P::OpensInChild, &["untold"]),
    adapter("leaves-the-network", P::LeavesTheNetwork, &["left-the-network"]),
    adapter("kills-the-harness", P::KillsTheHarness, &["harness-died"]),
    adapter("writes-into-the-harness", P::WritesIntoTheHarness, &["harness-died"]),
    adapter(
        "says-on-to-everything",
        P::SaysOnToEverything,
        &["options.read-back", "options.v6only-default", "options.descriptor-flags"],
    ),
    library("leaks-on-failure", "leaks on failure", &["leaked"]),
    library("leaks-given-up-sockets", "leaks the sockets of given-up attempts", &["untold"]),
    library("forgets-reuseaddr", "forgets SO_REUSEADDR", &["bind_sockets.reuseaddr"]),
    library("always-reuseport", "sets SO_REUSEPORT unasked", &["bind_sockets.reuseport"]),
    library("never-reuseport", "forgets SO_REUSEPORT", &["bind_sockets.reuseport"]),
    library("forgets-v6only", "forgets IPV6_V6ONLY", &["bind_sockets.v6only"]),
    library(
        "clears-v6only",
        "sets IPV6_V6ONLY to 0",
        &["bind_sockets.v6only", "bind_sockets.bind"],
    ),
    library(
        "v6only-on-wildcards",
        "sets IPV6_V6ONLY on wildcards alone",
        &["bind_sockets.v6only", "bind_sockets.bind"],
    ),
    library("lets-inherit", "lets spawned programs inherit", &["bind_sockets.cloexec"]),
    library("blocks", "leaves sockets blocking", &["bind_sockets.nonblocking"]),
    library("ipv6-first", "puts IPv6 first", &["bind_sockets.order"]),
    library("first-record-alone", "uses the first record alone", &["bind_sockets.records"]),
    library("keeps-duplicates", "keeps duplicates", &["bind_sockets.sockets"]),
    library("a-port-for-each-family", "lets each family have its own port", &["bind_sockets.port"]),
    library("never-skips-a-family", "never skips a family", &["bind_sockets.family"]),
    library(
        "skips-on-eprotonosupport",
        "skips where socket says EPROTONOSUPPORT",
        &["bind_sockets.family"],
    ),
    library("ignores-backlog", "ignores the backlog", &["bind_sockets.listening"]),
    library("never-listens", "does not listen", &["bind_sockets.listening"]),
    library(
        "ignores-reuseaddr-errors",
        "ignores every error of SO_REUSEADDR",
        &["bind_sockets.reuseaddr"],
    ),
    library(
        "fails-without-reuseaddr",
        "fails where SO_REUSEADDR says ENOPROTOOPT",
        &["bind_sockets.reuseaddr"],
    ),
    library("ignores-v6only-errors", "ignores errors of IPV6_V6ONLY", &["bind_sockets.v6only"]),
    library(
        "never-skips-a-missing-address",
        "never skips EADDRNOTAVAIL",
        &["bind_sockets.localhost"],
    ),
    library("takes-ports-modulo", "takes ports modulo 65536", &["bind_sockets.arguments"]),
    library("empty-is-an-error", "fails where every record was skipped", &["bind_sockets.family"]),
];
