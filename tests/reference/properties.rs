//! Properties of `bind_sockets` on the simulated system: any arguments, any records, any single
//! call failing with any plausible code, on every platform.

use std::net::SocketAddr;

use bindproof::reference::{BindError, Fault, FaultSite, OsFacts, Record, SkipReason};
use bindproof::{BindOptions, Family, Port};
use proptest::prelude::*;

use crate::strategies::{self, config};
use crate::swallow::{Case, Outcome, SITES, call_of, expected, in_order, usable};
use crate::table_os::{TableOs, platforms};
use crate::{Answer, names, run};

fn any_platform() -> impl Strategy<Value = OsFacts> {
    prop::sample::select(platforms().map(|(_, facts)| facts).to_vec())
}

/// Ports of every kind.
fn any_port() -> impl Strategy<Value = Port> {
    prop_oneof![
        4 => strategies::port_zero(),
        2 => any::<u16>().prop_map(Port::Number),
        1 => any::<u16>().prop_map(|number| Port::Service(number.to_string())),
        1 => Just(Port::Service("http".into())),
        2 => strategies::no_ports(),
        1 => strategies::text().prop_map(Port::Service),
    ]
}

/// Addresses that can stand beside each other on one port.
const SPECIFIC: [&str; 6] =
    ["127.0.0.1", "127.0.0.2", "192.0.2.7", "[::1]", "[2001:db8::1]", "[fe80::1%4]"];

/// What a resolver may answer, in any order and with duplicates, all on one port.
fn any_records() -> impl Strategy<Value = Vec<SocketAddr>> {
    let addresses = prop::collection::vec(prop::sample::select(SPECIFIC.to_vec()), 0..8);
    (addresses, prop_oneof![Just(0_u16), Just(8080)]).prop_map(|(addresses, port)| {
        addresses.iter().map(|text| format!("{text}:{port}").parse().unwrap()).collect()
    })
}

fn answering(facts: &OsFacts, records: &[SocketAddr]) -> TableOs {
    let mut os = TableOs::new(facts.clone());
    let records = records.iter().map(|address| os.record(*address)).collect::<Vec<Record>>();
    os.answer = Some(Ok(records));
    os
}

/// The codes that have a meaning, and the documented ones that have none, by the platform's
/// numbers.
fn plausible(facts: &OsFacts) -> Vec<i32> {
    let OsFacts { eafnosupport, enoprotoopt, eaddrnotavail, eaddrinuse, eacces, .. } = *facts;
    let others: &[i32] = if facts.windows {
        // WSAEINTR, WSAEINVAL, WSAEMFILE, WSAEOPNOTSUPP, WSAENETDOWN, WSAENOBUFS.
        &[10004, 10022, 10024, 10045, 10050, 10055]
    } else {
        // EPERM, EINTR, EBADF, ENOMEM, EINVAL, ENFILE, EMFILE; Linux' EPROTONOSUPPORT, EOPNOTSUPP
        // and ENOBUFS; the BSDs' EPROTONOSUPPORT, EOPNOTSUPP and ENOBUFS.
        &[1, 4, 9, 12, 22, 23, 24, 93, 95, 105, 43, 45, 55]
    };
    [&[eafnosupport, enoprotoopt, eaddrnotavail, eaddrinuse, eacces], others].concat()
}

/// The plausible codes, those of the other platforms, and any other number.
fn any_code(facts: &OsFacts) -> impl Strategy<Value = i32> + use<> {
    let all = platforms().iter().flat_map(|(_, facts)| plausible(facts)).collect::<Vec<_>>();
    prop_oneof![
        6 => prop::sample::select(plausible(facts)),
        2 => prop::sample::select(all),
        1 => 1..12000,
    ]
}

fn any_case() -> impl Strategy<Value = Case> {
    any_platform().prop_flat_map(|facts| {
        let code = any_code(&facts);
        let host = prop::sample::select(vec!["localhost", "localhost.", "LOCALHOST", "other", ""]);
        let rest = (host, any::<bool>(), 0_u32..3, any::<bool>());
        (any_records(), prop::sample::select(&SITES[..]), 1_u32..8, code, rest).prop_map(
            move |(records, site, nth, code, (host, reuse_port, port_attempts, exclusive))| Case {
                facts: facts.clone(),
                records,
                options: BindOptions {
                    address: Some(host.to_owned()),
                    reuse_port: reuse_port && facts.has_reuse_port,
                    port_attempts,
                    exclusive,
                    ..BindOptions::new(Port::Number(0))
                },
                fault: Fault { site, family: None, nth: Some(nth), code },
            },
        )
    })
}

fn shown(records: &[SocketAddr], port: u16) -> Vec<String> {
    let with_port = |record: &SocketAddr| {
        let mut record = *record;
        if record.port() == 0 {
            record.set_port(port);
        }
        record.to_string()
    };
    records.iter().map(with_port).collect()
}

/// Whether a run with one failing call does what the table says; after an error nothing is open
/// (`run` counts).
fn judge(case: &Case) -> Result<(), TestCaseError> {
    let records = usable(case);
    let os = answering(&case.facts, &case.records);
    let (mut os, answer) = run(os, vec![case.fault.clone()], &case.options);
    let log = os.log.join("\n");
    match (expected(case, &records), answer) {
        (Outcome::Unharmed, Ok(bound)) => {
            prop_assert_eq!(names(&mut os, bound), shown(&records, 40000), "{}", log);
        }
        (Outcome::Without(missing), Ok(bound)) => {
            let rule = if case.fault.site == FaultSite::Socket { "R10" } else { "R18" };
            let skipped = bound
                .skipped
                .iter()
                .filter(|skip| skip.address == records[missing] && skip.reason.rule() == rule);
            prop_assert_eq!(skipped.count(), 1, "{}", log);
            let mut left = records;
            left.remove(missing);
            prop_assert_eq!(names(&mut os, bound), shown(&left, 40000), "{}", log);
        }
        (Outcome::NewPort, Ok(bound)) => {
            prop_assert_eq!(names(&mut os, bound), shown(&records, 40001), "{}", log);
        }
        (Outcome::Error(hit), Err(BindError::Call(error))) => {
            prop_assert_eq!(Some(error.call), call_of(case.fault.site));
            prop_assert_eq!((error.code, error.attempts), (case.fault.code, 1));
            prop_assert_eq!(error.address.ip(), records[hit].ip());
        }
        (Outcome::Unresolved, Err(BindError::Resolve { failure, .. })) => {
            prop_assert_eq!(failure.code, case.fault.code);
            prop_assert_eq!(os.created(), 0);
        }
        (outcome, answer) => prop_assert!(false, "{:?}, got {:?}\n{}", outcome, answer, log),
    }
    Ok(())
}

/// Nothing is left to chance: every call of a run, with every plausible code, on every platform.
#[test]
fn every_single_call_fails_with_every_plausible_code() {
    let record_sets = [
        &["127.0.0.1:0", "[::1]:0"][..],
        &["[::1]:0", "127.0.0.1:0", "[fe80::1%4]:0", "127.0.0.1:0"],
        &["127.0.0.1:8080", "[::1]:8080"],
        &["[::1]:0"],
    ];
    let mut judged = 0;
    for (platform, facts) in platforms() {
        for records in record_sets {
            let records: Vec<SocketAddr> = records.iter().map(|r| r.parse().unwrap()).collect();
            for (host, reuse_port, port_attempts, exclusive) in [
                ("localhost", true, 1, true),
                ("localhost", false, 0, false),
                ("other", true, 10, false),
                ("", false, 1, true),
            ] {
                let options = BindOptions {
                    address: Some(host.to_owned()),
                    reuse_port: reuse_port && facts.has_reuse_port,
                    port_attempts,
                    exclusive,
                    ..BindOptions::new(Port::Number(0))
                };
                // One more than there are records: a call that is never made harms nobody.
                let calls = 1..=u32::try_from(records.len()).unwrap() + 1;
                for ((site, nth), code) in SITES
                    .iter()
                    .flat_map(|site| calls.clone().map(move |nth| (*site, nth)))
                    .flat_map(|call| plausible(&facts).into_iter().map(move |code| (call, code)))
                {
                    let fault = Fault { site, family: None, nth: Some(nth), code };
                    let case = Case {
                        facts: facts.clone(),
                        records: records.clone(),
                        options: options.clone(),
                        fault,
                    };
                    if let Err(error) = judge(&case) {
                        panic!("{platform}: {error}\n{case:#?}");
                    }
                    judged += 1;
                }
            }
        }
    }
    assert!(judged > 10_000, "only {judged} failures were tried");
}

proptest! {
    #![proptest_config(config())]

    /// With a single call failing on any records, what is swallowed is exactly what the table says.
    #[test]
    fn one_failing_call_is_swallowed_or_is_the_error(case in any_case()) {
        judge(&case)?;
    }

    /// One socket for each distinct address, each through every step in the contract's order.
    #[test]
    fn each_distinct_address_goes_through_every_step_once(
        facts in any_platform(),
        records in any_records(),
        reuse_port in any::<bool>(),
        exclusive in any::<bool>(),
        backlog in any::<i32>(),
    ) {
        let reuse_port = reuse_port && facts.has_reuse_port;
        let wanted =
            BindOptions { reuse_port, exclusive, backlog, ..BindOptions::new(Port::Number(0)) };
        let (os, answer) = run(answering(&facts, &records), vec![], &wanted);
        answer.unwrap();
        let mut steps = vec!["resolve - 0 family=0 flags=1".to_owned()];
        for (number, record) in in_order(&records).iter().enumerate() {
            let family = if record.is_ipv4() { "inet" } else { "inet6" };
            steps.push(format!("socket {number} {family} type=1 protocol=6"));
            if !facts.windows {
                steps.push(format!("set {number} reuseaddr"));
            } else if exclusive {
                steps.push(format!("set {number} exclusiveaddruse"));
            }
            if reuse_port {
                steps.push(format!("set {number} reuseport"));
            }
            if record.is_ipv6() {
                steps.push(format!("set {number} v6only"));
            }
            steps.push(format!("nonblocking {number}"));
            let address = if number == 0 { *record } else { shown(&[*record], 40000)[0].parse().unwrap() };
            steps.push(format!("bind {number} {address}"));
            steps.push(format!("name {number}"));
            steps.push(format!("listen {number} {backlog}"));
        }
        prop_assert_eq!(os.log, steps);
    }

    /// Whatever the arguments are: no panic, nothing left open on an error (`run` counts), and the
    /// resolver is asked exactly once or, if the arguments were refused, not at all.
    #[test]
    fn any_arguments_give_sockets_or_a_clean_error(
        facts in any_platform(),
        wanted in strategies::options(any_port()),
    ) {
        let has_reuse_port = facts.has_reuse_port;
        let (os, answer) = run(TableOs::new(facts.clone()), vec![], &wanted);
        let refused = matches!(&answer, Err(error) if error.call().is_none());
        prop_assert_eq!(os.calls("resolve").len(), usize::from(!refused));
        if refused {
            prop_assert_eq!(&os.log, &[""; 0]);
        }
        prop_assert_eq!(
            matches!(answer, Err(BindError::ReusePortUnsupported)),
            wanted.reuse_port && !has_reuse_port
        );
        if let Some(line) = os.log.first() {
            let family = match wanted.family {
                Family::Unspec => 0,
                Family::Inet => facts.inet,
                Family::Inet6 => facts.inet6,
                Family::Other(number) => number,
            };
            let flags = wanted.flags.unwrap_or(facts.passive);
            let host = wanted.address.as_deref().filter(|host| !host.is_empty()).unwrap_or("-");
            let (head, tail) = (format!("resolve {host} "), format!(" family={family} flags={flags}"));
            let whole = line.starts_with(&head) && line.ends_with(&tail);
            prop_assert!(whole, "{:?}", line);
        }
        check_error(&answer)?;
    }

    /// A port that the caller did not name is shared by all sockets, or all are given up.
    #[test]
    fn a_lost_port_is_replaced_as_often_as_was_allowed(
        facts in any_platform(),
        taken in 0_u16..15,
        port_attempts in 0_u32..15,
    ) {
        let mut os = answering(&facts, &["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse().unwrap()]);
        os.taken = (0..taken).map(|port| format!("[::1]:{}", 40000 + port).parse().unwrap()).collect();
        let wanted = BindOptions { port_attempts, ..BindOptions::new(Port::Number(0)) };
        let (mut os, answer) = run(os, vec![], &wanted);
        match answer {
            Ok(bound) => {
                prop_assert!(u32::from(taken) <= port_attempts);
                let port = 40000 + taken;
                let expected = vec![format!("127.0.0.1:{port}"), format!("[::1]:{port}")];
                prop_assert_eq!(names(&mut os, bound), expected);
            }
            Err(error) => {
                prop_assert!(u32::from(taken) > port_attempts);
                prop_assert_eq!((error.code(), error.attempts()), (Some(facts.eaddrinuse), port_attempts + 1));
            }
        }
    }

    /// Which records are skipped does not depend on the order in which they came.
    #[test]
    fn macos_skips_exactly_the_scoped_addresses_of_localhost(
        facts in any_platform(),
        records in any_records(),
        localhost in any::<bool>(),
    ) {
        let host = if localhost { "localhost" } else { "other" };
        let wanted = BindOptions { address: Some(host.into()), ..BindOptions::new(Port::Number(0)) };
        let macos = facts.macos;
        let bound = run(answering(&facts, &records), vec![], &wanted).1.unwrap();
        let scoped = in_order(&records).into_iter().filter(|r| r.to_string().contains('%'));
        let expected: Vec<SocketAddr> = scoped.filter(|_| macos && localhost).collect();
        prop_assert!(bound.skipped.iter().all(|skip| skip.reason == SkipReason::LinkLocalLocalhost));
        let skipped: Vec<SocketAddr> = bound.skipped.iter().map(|skip| skip.address).collect();
        prop_assert_eq!(skipped, expected);
    }
}

/// An error has a code or a name, never both, and says something.
fn check_error(answer: &Answer) -> Result<(), TestCaseError> {
    if let Err(error) = answer {
        prop_assert!(error.code().is_some() != error.name().is_some(), "{error:?}");
        prop_assert!(!error.to_string().is_empty());
        prop_assert_eq!(error.attempts() > 0, matches!(error, BindError::Call(_)));
    }
    Ok(())
}
