//! The deliberate differences from Tornado: D1, D4, D5, D7, D8. (D2, D3, D15 and D16 stand in
//! `before_socket`.)

use bindproof::BindOptions;
use bindproof::reference::{Fault, FaultFamily, FaultSite, OptionName, OsFacts};

use crate::table_os::{TableOs, freebsd, linux, macos, platforms, windows};
use crate::{bind_calls, bound, call_error, einval, everywhere, fail_nth, fail_on, options, run};

/// The calls that a platform makes on two sockets.
fn sites(facts: &OsFacts) -> Vec<FaultSite> {
    let mut sites = vec![FaultSite::Socket, FaultSite::SetNonblocking];
    sites.extend([FaultSite::Bind, FaultSite::LocalAddr, FaultSite::Listen]);
    if !facts.windows {
        sites.push(FaultSite::SetOption(OptionName::ReuseAddr));
        sites.push(FaultSite::SetOption(OptionName::ReusePort));
    } else {
        sites.push(FaultSite::SetOption(OptionName::ExclusiveAddrUse));
    }
    sites
}

#[test]
fn d1_whatever_call_fails_nothing_stays_open() {
    for (name, facts) in platforms() {
        let mut wanted = BindOptions { exclusive: true, ..everywhere("0") };
        wanted.reuse_port = facts.has_reuse_port;
        for site in sites(&facts) {
            for nth in [1, 2] {
                let code = einval(&facts);
                let faults = vec![fail_nth(site, nth, code)];
                let (os, answer) = run(TableOs::new(facts.clone()), faults, &wanted);
                let error = call_error(answer);
                assert_eq!(error.code, code, "{name} {site:?}#{nth}");
                assert_eq!((os.open(), os.calls("close").len()), (0, os.created()), "{name}");
            }
        }
    }
}

/// `127.0.0.1` and `::1`, with these ports of `::1` held by somebody else.
fn with_taken(facts: OsFacts, ports: &[u16]) -> TableOs {
    let mut os = TableOs::answering(facts, &["127.0.0.1:0", "[::1]:0"]);
    os.taken = ports.iter().map(|port| format!("[::1]:{port}").parse().unwrap()).collect();
    os
}

fn with_attempts(port_attempts: u32) -> BindOptions {
    BindOptions { port_attempts, ..everywhere("0") }
}

#[test]
fn d4_a_port_taken_in_the_other_family_is_replaced_by_a_new_one() {
    // The table gives the lowest free port, so a loop that closed before it tried again would be
    // given the same one for ever.
    for taken in 0..=10_u16 {
        let ports: Vec<u16> = (40000..40000 + taken).collect();
        let (mut os, answer) = run(with_taken(linux(), &ports), vec![], &with_attempts(10));
        let bound = answer.unwrap();
        assert_eq!(os.calls("resolve").len(), 1, "resolution happens once");
        assert_eq!(os.calls("close").len(), 2 * usize::from(taken), "held until the end");
        let last_attempt = os.log.iter().rposition(|line| line.starts_with("listen")).unwrap();
        let first_close = os.log.iter().position(|line| line.starts_with("close"));
        assert!(first_close.is_none_or(|first| first > last_attempt), "{:#?}", os.log);
        let port = 40000 + taken;
        let names = crate::names(&mut os, bound);
        assert_eq!(names, [format!("127.0.0.1:{port}"), format!("[::1]:{port}")]);
    }
}

#[test]
fn d4_the_last_eaddrinuse_is_the_error_with_the_number_of_attempts() {
    for (allowed, attempts) in [(0, 1), (1, 2), (10, 11)] {
        let taken: Vec<u16> = (40000..40011).collect();
        let (os, answer) = run(with_taken(linux(), &taken), vec![], &with_attempts(allowed));
        let error = call_error(answer);
        assert_eq!((error.call.as_str(), error.code), ("bind", linux().eaddrinuse));
        assert_eq!(error.attempts, attempts);
        let last = 40000 + u16::try_from(allowed).unwrap();
        assert_eq!(error.address.port(), last, "as many ports as attempts");
        assert_eq!(os.created(), 2 * usize::try_from(attempts).unwrap());
    }
}

#[test]
fn d4_in_a_small_range_the_one_free_port_is_found() {
    for free in 40000..=40003_u16 {
        let taken: Vec<u16> = (40000..=40003).filter(|port| *port != free).collect();
        let mut os = with_taken(linux(), &taken);
        os.ephemeral = 40000..=40003;
        let names = bound(os, &with_attempts(10));
        assert_eq!(names, [format!("127.0.0.1:{free}"), format!("[::1]:{free}")]);
    }
    let mut os = with_taken(linux(), &[40000, 40001, 40002, 40003]);
    os.ephemeral = 40000..=40003;
    let error = call_error(run(os, vec![], &with_attempts(10)).1);
    // The fifth attempt finds no port at all.
    assert_eq!((error.code, error.attempts), (linux().eaddrinuse, 5));
    assert_eq!(error.address, "127.0.0.1:0".parse().unwrap());
}

#[test]
fn d4_no_free_port_at_all_is_an_error_at_once() {
    for (name, facts) in platforms() {
        let faults = vec![fail_nth(FaultSite::Bind, 1, facts.eaddrinuse)];
        let (os, answer) = run(with_taken(facts.clone(), &[]), faults, &with_attempts(10));
        let error = call_error(answer);
        assert_eq!((error.code, error.attempts), (facts.eaddrinuse, 1), "{name}");
        assert_eq!(os.created(), 1, "{name}");
    }
}

#[test]
fn d4_a_port_that_was_named_is_never_replaced() {
    for (name, facts) in platforms() {
        for site in [FaultSite::Bind, FaultSite::Listen] {
            let fault = Fault {
                site,
                family: Some(FaultFamily::Inet6),
                nth: Some(1),
                code: facts.eaddrinuse,
            };
            let (os, answer) = run(TableOs::new(facts.clone()), vec![fault], &everywhere("8080"));
            let error = call_error(answer);
            assert_eq!((error.code, error.attempts), (facts.eaddrinuse, 1), "{name}");
            assert_eq!(os.created(), 2, "{name}");
        }
    }
}

#[test]
fn d4_eaddrinuse_from_listen_is_a_lost_port_also_on_the_first_socket() {
    for (name, facts) in platforms() {
        for nth in [1, 2] {
            let faults = || vec![fail_nth(FaultSite::Listen, nth, facts.eaddrinuse)];
            let os = with_taken(facts.clone(), &[]);
            let (mut os, answer) = run(os, faults(), &with_attempts(1));
            let names = crate::names(&mut os, answer.unwrap());
            assert_eq!(names, ["127.0.0.1:40001", "[::1]:40001"], "{name}");
            let os = with_taken(facts.clone(), &[]);
            let error = call_error(run(os, faults(), &with_attempts(0)).1);
            assert_eq!((error.call.as_str(), error.attempts), ("listen", 1), "{name}");
        }
    }
}

#[test]
fn d4_only_eaddrinuse_from_bind_or_listen_starts_a_new_attempt() {
    for (name, facts) in platforms() {
        let mut cases = vec![
            (FaultSite::Socket, facts.eaddrinuse),
            (FaultSite::SetNonblocking, facts.eaddrinuse),
            (FaultSite::SetOption(OptionName::V6Only), facts.eaddrinuse),
            (FaultSite::LocalAddr, facts.eaddrinuse),
            (FaultSite::Bind, facts.eaddrnotavail),
            (FaultSite::Bind, einval(&facts)),
            (FaultSite::Listen, facts.eacces),
        ];
        if !facts.windows {
            cases.push((FaultSite::Bind, facts.eacces));
        }
        for (site, code) in cases {
            let faults = vec![fail_on(site, FaultFamily::Inet6, code)];
            let (_, answer) = run(with_taken(facts.clone(), &[]), faults, &with_attempts(10));
            let error = call_error(answer);
            assert_eq!((error.code, error.attempts), (code, 1), "{name} {site:?}");
        }
    }
}

#[test]
fn d4_on_windows_a_borrowed_port_may_answer_eacces() {
    let lost = |nth| vec![fail_nth(FaultSite::Bind, nth, windows().eacces)];
    let (os, answer) = run(with_taken(windows(), &[]), lost(2), &with_attempts(10));
    assert_eq!(answer.unwrap().sockets.len(), 2);
    assert_eq!(os.created(), 4);
    // The first bind borrows nothing, and a port that was named is nobody's but the caller's.
    let (_, answer) = run(with_taken(windows(), &[]), lost(1), &with_attempts(10));
    assert_eq!(call_error(answer).attempts, 1);
    let (_, answer) = run(TableOs::new(windows()), lost(2), &everywhere("8080"));
    assert_eq!(call_error(answer).attempts, 1);
    let everything = vec![fail_on(FaultSite::Bind, FaultFamily::Inet6, windows().eacces)];
    let error = call_error(run(with_taken(windows(), &[]), everything, &with_attempts(2)).1);
    assert_eq!((error.code, error.attempts), (windows().eacces, 3), "the raw code stays");
}

#[test]
fn d4_a_skip_is_no_attempt() {
    let addresses = ["127.0.0.1:0", "[::1]:0"];
    let faults = vec![fail_on(FaultSite::Bind, FaultFamily::Inet6, linux().eaddrnotavail)];
    let os = TableOs::answering(linux(), &addresses);
    let wanted = BindOptions { port_attempts: 0, ..options("0", "localhost") };
    let (os, answer) = run(os, faults, &wanted);
    assert_eq!(answer.unwrap().sockets.len(), 1);
    assert_eq!(os.created(), 2);
}

#[test]
fn d4_a_new_attempt_forgets_the_port_and_the_skips_of_the_last_one() {
    let addresses = ["127.0.0.1:0", "127.0.0.2:0", "[::1]:0"];
    let faults = vec![
        fail_nth(FaultSite::Bind, 2, linux().eaddrinuse),
        fail_on(FaultSite::Socket, FaultFamily::Inet6, linux().eafnosupport),
    ];
    let os = TableOs::answering(linux(), &addresses);
    let (os, answer) = run(os, faults, &with_attempts(1));
    let bound = answer.unwrap();
    assert_eq!((bound.sockets.len(), bound.skipped.len()), (2, 1));
    let ports: Vec<u16> = bind_calls(&os).iter().map(|address| address.port()).collect();
    // The bind that failed on purpose was not made.
    assert_eq!(ports, [0, 0, 40001]);
}

#[test]
fn d5_an_empty_list_says_what_was_skipped_and_why() {
    for (name, facts) in platforms() {
        let code = facts.eafnosupport;
        let faults = vec![fail_on(FaultSite::Socket, FaultFamily::Inet6, code)];
        let (_, answer) = run(TableOs::new(facts), faults, &options("80", "::1"));
        let bound = answer.unwrap();
        assert!(bound.sockets.is_empty(), "{name}");
        assert_eq!(bound.skipped.len(), 1, "{name}");
        assert_eq!(bound.skipped[0].address, "[::1]:80".parse().unwrap());
        assert_eq!(bound.skipped[0].reason.code(), Some(code), "{name}");
    }
}

#[test]
fn d7_exclusive_takes_the_place_of_reuseaddr_on_windows_only() {
    let wanted = BindOptions { exclusive: true, ..everywhere("0") };
    let (os, answer) = run(TableOs::new(windows()), vec![], &wanted);
    answer.unwrap();
    let expected = ["set 0 exclusiveaddruse", "set 1 exclusiveaddruse", "set 1 v6only"];
    assert_eq!(os.calls("set"), expected);
    let (os, answer) = run(TableOs::new(windows()), vec![], &everywhere("0"));
    answer.unwrap();
    assert_eq!(os.calls("set"), ["set 1 v6only"], "neither by default");
    for facts in [linux(), macos(), freebsd()] {
        let (os, answer) = run(TableOs::new(facts.clone()), vec![], &wanted);
        answer.unwrap();
        let (plain, answer) = run(TableOs::new(facts), vec![], &everywhere("0"));
        answer.unwrap();
        assert_eq!(os.log, plain.log, "no effect elsewhere");
    }
}

#[test]
fn d7_a_failure_of_exclusive_is_an_error_whatever_its_code() {
    let wanted = BindOptions { exclusive: true, ..everywhere("0") };
    let facts = windows();
    for code in [facts.enoprotoopt, facts.eacces, einval(&facts)] {
        let site = FaultSite::SetOption(OptionName::ExclusiveAddrUse);
        let (_, answer) = run(TableOs::new(windows()), vec![fail_nth(site, 1, code)], &wanted);
        let error = call_error(answer);
        assert_eq!((error.call.as_str(), error.code), ("set exclusiveaddruse", code));
    }
}

#[test]
fn d8_codes_of_one_kind_are_told_apart() {
    // All three have the kind `Uncategorized`; only the first one is swallowed.
    let facts = linux();
    let emfile = 24;
    for (code, skipped) in [(facts.eafnosupport, true), (facts.enoprotoopt, false), (emfile, false)]
    {
        let faults = vec![fail_on(FaultSite::Socket, FaultFamily::Inet6, code)];
        let (_, answer) = run(TableOs::new(linux()), faults, &everywhere("0"));
        assert_eq!(answer.is_ok(), skipped, "{code}");
    }
    // One number means one thing: Linux' EAFNOSUPPORT is nothing on FreeBSD or Windows.
    for facts in [freebsd(), windows()] {
        let faults = vec![fail_on(FaultSite::Socket, FaultFamily::Inet6, linux().eafnosupport)];
        let (_, answer) = run(TableOs::new(facts), faults, &everywhere("0"));
        assert_eq!(call_error(answer).code, linux().eafnosupport);
    }
}
