//! The generated scripts.

use std::collections::BTreeSet;

use bindproof::script::{Call, Choices, Env, FamilyArg, FlagsArg, PortArg, parse};
use bindproof::testkit::bind_script;
use proptest::prelude::*;

proptest! {
    /// A finding can be printed, kept and run again.
    #[test]
    fn every_script_is_printed_as_it_parses(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let script = bind_script(&mut Choices::of_bytes(&bytes));
        let text = script.to_string();
        let parsed = parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&parsed[0].script, &script);
    }
}

#[test]
fn no_bytes_are_the_simplest_script() {
    let script = bind_script(&mut Choices::of_bytes(&[]));
    assert_eq!(script.to_string(), "s = bind_sockets\n");
}

#[test]
fn a_seed_means_the_same_script_and_another_seed_another() {
    let script = |seed| bind_script(&mut Choices::of_seed(seed)).to_string();
    assert_eq!(script(5), script(5));
    let all: BTreeSet<_> = (0..200).map(script).collect();
    assert!(all.len() > 180, "{}", all.len());
}

/// What the issue asks the arguments and environments to hold comes up.
#[test]
fn every_kind_of_argument_and_of_environment_comes_up() {
    let mut seen = BTreeSet::new();
    for seed in 0..4_000 {
        let script = bind_script(&mut Choices::of_seed(seed));
        for env in &script.env {
            seen.insert(match env {
                Env::Ipv6Off => "ipv6 off",
                Env::Ipv6NoAddress => "ipv6 no-address",
                Env::BindV6Only(true) => "bindv6only on",
                Env::Ephemeral(40_000, 40_003) => "four ports",
                Env::Hosts(_) => "hosts",
                Env::Records(_) => "records",
                Env::Unprivileged => "unprivileged",
                Env::Fail(_) => "fail",
                _ => "another env line",
            });
        }
        let calls = script.steps.iter().map(|step| &step.call);
        for args in calls.filter_map(|call| match call {
            Call::BindSockets { args, .. } => Some(args),
            _ => None,
        }) {
            let address = args.address.as_deref().unwrap_or("none");
            seen.extend([
                address.parse::<std::net::IpAddr>().map_or("no number", |_| "numeric"),
                if address.contains('%') { "scoped" } else { "unscoped" },
                if address.starts_with("::ffff:") { "mapped" } else { "not mapped" },
                if address.len() > 63 { "over-long" } else { "short" },
                if address.is_ascii() { "ASCII" } else { "non-ASCII" },
                if address.contains('\0') { "NUL" } else { "no NUL" },
                match args.family {
                    Some(FamilyArg::Other(_)) => "illegal family",
                    Some(FamilyArg::Inet6) => "inet6",
                    _ => "another family",
                },
                match &args.flags {
                    Some(FlagsArg::Bits(_)) => "any flag bit",
                    Some(FlagsArg::Named(named)) if named.is_empty() => "flags 0",
                    _ => "other flags",
                },
                match args.backlog {
                    Some(i32::MIN) => "smallest backlog",
                    Some(i32::MAX) => "largest backlog",
                    Some(0) => "backlog 0",
                    _ => "another backlog",
                },
                match &args.port {
                    Some(PortArg::Text(text)) if text == "http" => "service name",
                    Some(PortArg::Text(text)) if text == "70000" => "too large a port",
                    _ => "another port",
                },
            ]);
            seen.extend(args.reuse_port.map(|_| "reuse_port"));
            seen.extend(args.port_attempts.map(|_| "port_attempts"));
            seen.extend(args.exclusive.map(|_| "exclusive"));
        }
    }
    let wanted = [
        "ipv6 off",
        "ipv6 no-address",
        "bindv6only on",
        "four ports",
        "hosts",
        "records",
        "unprivileged",
        "fail",
        "numeric",
        "scoped",
        "mapped",
        "over-long",
        "non-ASCII",
        "NUL",
        "illegal family",
        "inet6",
        "any flag bit",
        "flags 0",
        "smallest backlog",
        "largest backlog",
        "backlog 0",
        "service name",
        "too large a port",
        "reuse_port",
        "port_attempts",
        "exclusive",
    ];
    let missing: Vec<_> = wanted.iter().filter(|kind| !seen.contains(*kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
