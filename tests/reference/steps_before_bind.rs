//! R9 to R17: what is done with a record until `bind`.

use bindproof::BindOptions;
use bindproof::reference::{FaultFamily, FaultSite, OptionName, SkipReason};

use crate::table_os::{TableOs, freebsd, linux, macos, platforms, windows};
use crate::{
    bind_calls, bound, call_error, einval, everywhere, fail, fail_nth, fail_on, options, run,
};

/// What old macOS hosts files make of `localhost`.
const WITH_LINK_LOCAL: [&str; 3] = ["[::1]:80", "127.0.0.1:80", "[fe80::1%1]:80"];

#[test]
fn r9_macos_skips_link_local_addresses_of_localhost_before_socket() {
    let os = TableOs::answering(macos(), &WITH_LINK_LOCAL);
    let (os, answer) = run(os, vec![], &options("80", "localhost"));
    let skipped = answer.unwrap().skipped;
    assert_eq!(os.calls("socket").len(), 2);
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].address, WITH_LINK_LOCAL[2].parse().unwrap());
    assert_eq!(skipped[0].reason, SkipReason::LinkLocalLocalhost);
    assert_eq!((skipped[0].reason.rule(), skipped[0].reason.code()), ("R9", None));
}

#[test]
fn r9_needs_macos_and_exactly_localhost_and_a_scope() {
    for facts in [linux(), freebsd(), windows()] {
        let os = TableOs::answering(facts, &WITH_LINK_LOCAL);
        assert_eq!(bound(os, &options("80", "localhost")).len(), 3, "another platform");
    }
    for name in ["LOCALHOST", "localhost.", "Localhost", "ip6-localhost", "localhost6"] {
        let os = TableOs::answering(macos(), &WITH_LINK_LOCAL);
        assert_eq!(bound(os, &options("80", name)).len(), 3, "{name} is not localhost");
    }
    let os = TableOs::answering(macos(), &WITH_LINK_LOCAL);
    assert_eq!(bound(os, &everywhere("80")).len(), 3, "no address is not localhost");
    let os = TableOs::answering(macos(), &["[fe80::1]:80", "[::1]:80"]);
    assert_eq!(bound(os, &options("80", "localhost")).len(), 2, "no scope");
}

#[test]
fn r10_eafnosupport_from_socket_skips_the_record() {
    use FaultFamily::{Inet, Inet6};
    for (name, facts) in platforms() {
        let refuse = |family| fail_on(FaultSite::Socket, family, facts.eafnosupport);
        for (refused, left) in [
            (vec![], vec!["0.0.0.0:80", "[::]:80"]),
            (vec![Inet], vec!["[::]:80"]),
            (vec![Inet6], vec!["0.0.0.0:80"]),
            (vec![Inet, Inet6], vec![]),
        ] {
            let faults = refused.iter().copied().map(refuse).collect();
            let (os, answer) = run(TableOs::new(facts.clone()), faults, &everywhere("80"));
            let skipped = answer.unwrap().skipped;
            let bound: Vec<String> = bind_calls(&os).iter().map(ToString::to_string).collect();
            assert_eq!(bound, left, "{name}");
            assert_eq!(skipped.len(), refused.len(), "{name}");
            for skip in skipped {
                assert_eq!(skip.reason, SkipReason::FamilyUnsupported { code: facts.eafnosupport });
                assert_eq!(skip.reason.rule(), "R10");
            }
            assert_eq!(os.calls("close"), [""; 0], "there is no descriptor to close");
        }
    }
}

#[test]
fn r10_every_other_code_of_socket_is_an_error() {
    for (name, facts) in platforms() {
        // EPROTONOSUPPORT, EMFILE, ENFILE, ENOBUFS, EINVAL by Linux' and by Windows' numbers, and
        // the codes that mean something elsewhere.
        let codes = [
            93,
            24,
            23,
            105,
            22,
            10043,
            10024,
            10055,
            10022,
            facts.eacces,
            facts.eaddrinuse,
            facts.eaddrnotavail,
            facts.enoprotoopt,
        ];
        for code in codes {
            let faults = vec![fail_nth(FaultSite::Socket, 2, code)];
            let (os, answer) = run(TableOs::new(facts.clone()), faults, &everywhere("0"));
            let error = call_error(answer);
            assert_eq!((error.call.as_str(), error.code), ("socket", code), "{name}");
            assert!(error.address.is_ipv6() && error.attempts == 1, "{name}");
            assert_eq!((os.created(), os.calls("close").len()), (1, 1), "{name}");
        }
    }
}

#[test]
fn r11_eafnosupport_from_any_other_call_is_an_error() {
    for (name, facts) in platforms() {
        let option = if facts.windows { OptionName::V6Only } else { OptionName::ReuseAddr };
        let sites = [
            (FaultSite::SetOption(option), "set "),
            (FaultSite::SetOption(OptionName::V6Only), "set v6only"),
            (FaultSite::SetNonblocking, "set nonblocking"),
            (FaultSite::Bind, "bind"),
            (FaultSite::LocalAddr, "name"),
            (FaultSite::Listen, "listen"),
        ];
        for (site, call) in sites {
            let faults = vec![fail(site, facts.eafnosupport)];
            let (_, answer) = run(TableOs::new(facts.clone()), faults, &everywhere("0"));
            let error = call_error(answer);
            assert!(error.call.as_str().starts_with(call), "{name}: {error:?}");
            assert_eq!(error.code, facts.eafnosupport, "{name}");
        }
    }
}

#[test]
fn r13_reuseaddr_is_set_everywhere_but_on_windows() {
    for (name, facts) in platforms() {
        let windows = facts.windows;
        let (os, answer) = run(TableOs::new(facts), vec![], &everywhere("0"));
        answer.unwrap();
        let set: Vec<_> =
            os.calls("set").into_iter().filter(|line| line.ends_with("reuseaddr")).collect();
        let expected: &[&str] = if windows { &[] } else { &["set 0 reuseaddr", "set 1 reuseaddr"] };
        assert_eq!(set, expected, "{name}");
    }
}

#[test]
fn r13_enoprotoopt_goes_on_with_the_same_socket() {
    for facts in [linux(), macos(), freebsd()] {
        let site = FaultSite::SetOption(OptionName::ReuseAddr);
        let faults = vec![fail(site, facts.enoprotoopt)];
        let (os, answer) = run(TableOs::new(facts.clone()), faults, &everywhere("0"));
        let bound = answer.unwrap();
        assert_eq!((bound.sockets.len(), bound.skipped.len(), os.created()), (2, 0, 2));
        for code in [einval(&facts), facts.eafnosupport, facts.eacces] {
            let (_, answer) =
                run(TableOs::new(facts.clone()), vec![fail(site, code)], &everywhere("0"));
            let error = call_error(answer);
            assert_eq!((error.call.as_str(), error.code), ("set reuseaddr", code));
        }
    }
}

#[test]
fn r14_reuseport_is_set_right_after_reuseaddr_on_every_socket() {
    let wanted = BindOptions { reuse_port: true, ..everywhere("0") };
    for facts in [linux(), macos(), freebsd()] {
        let (os, answer) = run(TableOs::new(facts), vec![], &wanted);
        answer.unwrap();
        let expected = [
            "set 0 reuseaddr",
            "set 0 reuseport",
            "set 1 reuseaddr",
            "set 1 reuseport",
            "set 1 v6only",
        ];
        assert_eq!(os.calls("set"), expected);
    }
}

#[test]
fn r14_nothing_is_swallowed_because_the_caller_asked_for_it() {
    let wanted = BindOptions { reuse_port: true, ..everywhere("0") };
    let facts = linux();
    for code in [facts.enoprotoopt, einval(&facts), facts.eafnosupport] {
        let faults = || vec![fail(FaultSite::SetOption(OptionName::ReusePort), code)];
        let (_, answer) = run(TableOs::new(linux()), faults(), &wanted);
        let error = call_error(answer);
        assert_eq!((error.call.as_str(), error.code), ("set reuseport", code));
        let (_, answer) = run(TableOs::new(linux()), faults(), &everywhere("0"));
        assert_eq!(answer.unwrap().sockets.len(), 2, "not called unless asked for");
    }
}

#[test]
fn r15_v6only_is_set_on_every_ipv6_socket_and_on_no_other() {
    let addresses = ["[::]:80", "127.0.0.1:81", "[::1]:82", "[::ffff:127.0.0.1]:83"];
    for (name, facts) in platforms() {
        let (os, answer) = run(TableOs::answering(facts, &addresses), vec![], &everywhere("80"));
        answer.unwrap();
        let set: Vec<_> =
            os.calls("set").into_iter().filter(|line| line.ends_with("v6only")).collect();
        assert_eq!(set, ["set 1 v6only", "set 2 v6only", "set 3 v6only"], "{name}");
    }
}

#[test]
fn r15_a_failure_of_v6only_is_an_error() {
    for (name, facts) in platforms() {
        for code in [einval(&facts), facts.enoprotoopt, facts.eafnosupport] {
            let faults = vec![fail(FaultSite::SetOption(OptionName::V6Only), code)];
            let (os, answer) = run(TableOs::new(facts.clone()), faults, &everywhere("0"));
            let error = call_error(answer);
            assert_eq!((error.call.as_str(), error.code), ("set v6only", code), "{name}");
            assert_eq!(os.calls("close"), ["close 0", "close 1"], "the IPv4 socket, too: {name}");
        }
    }
}

#[test]
fn r16_later_records_take_the_port_of_the_first() {
    let addresses = ["[::1]:0", "127.0.0.1:0", "127.0.0.2:0", "[fe80::1%3]:0"];
    let (os, answer) = run(TableOs::answering(linux(), &addresses), vec![], &everywhere("0"));
    answer.unwrap();
    let expected = ["127.0.0.1:0", "127.0.0.2:40000", "[::1]:40000", "[fe80::1%3]:40000"];
    assert_eq!(
        os.calls("bind").iter().map(|l| l.rsplit(' ').next().unwrap()).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn r16_flow_information_and_scope_are_kept() {
    let mut os = TableOs::new(linux());
    let first = os.record("127.0.0.1:0".parse().unwrap());
    let v6 = std::net::SocketAddrV6::new("fe80::1".parse().unwrap(), 0, 7, 3);
    os.answer = Some(Ok(vec![first, os.record(v6.into())]));
    let (mut os, answer) = run(os, vec![], &everywhere("0"));
    let second = answer.unwrap().sockets.pop().unwrap().into_inner();
    let name = bindproof::reference::Os::local_addr(&mut os, &second).unwrap();
    assert_eq!(name, std::net::SocketAddrV6::new(*v6.ip(), 40000, 7, 3).into());
}

#[test]
fn r16_a_port_of_the_records_own_is_never_replaced() {
    let addresses = ["127.0.0.1:0", "[::1]:81", "[::2]:0"];
    let (os, answer) = run(TableOs::answering(linux(), &addresses), vec![], &everywhere("0"));
    answer.unwrap();
    let ports: Vec<u16> = bind_calls(&os).iter().map(|address| address.port()).collect();
    assert_eq!(ports, [0, 81, 81], "the last bound socket's port counts");
}

#[test]
fn r17_nonblocking_comes_before_bind_and_its_failure_is_an_error() {
    for (name, facts) in platforms() {
        let (os, answer) = run(TableOs::new(facts.clone()), vec![], &everywhere("0"));
        answer.unwrap();
        for socket in 0..2 {
            let at = |call: &str| os.log.iter().position(|line| line.starts_with(call)).unwrap();
            let nonblocking = at(&format!("nonblocking {socket}"));
            assert!(nonblocking < at(&format!("bind {socket}")), "{name}: {:#?}", os.log);
        }
        let faults = vec![fail_on(FaultSite::SetNonblocking, FaultFamily::Inet6, einval(&facts))];
        let (_, answer) = run(TableOs::new(facts.clone()), faults, &everywhere("0"));
        assert_eq!(call_error(answer).call.as_str(), "set nonblocking", "{name}");
    }
}
