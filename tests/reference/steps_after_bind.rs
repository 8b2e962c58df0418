//! R18 to R24: `bind` and what comes after it.

use bindproof::reference::{FaultFamily, FaultSite, SkipReason};
use bindproof::{BindOptions, Family};

use crate::table_os::{TableOs, linux, platforms};
use crate::{bind_calls, call_error, einval, everywhere, fail, fail_nth, fail_on, options, run};

/// `localhost` as containers have it.
fn container(facts: bindproof::reference::OsFacts) -> TableOs {
    TableOs::new(facts).host("localhost", &["::1", "127.0.0.1"]).host("ip6-localhost", &["::1"])
}

#[test]
fn r18_localhost_that_cannot_be_bound_over_ipv6_is_skipped() {
    for (name, facts) in platforms() {
        let code = facts.eaddrnotavail;
        let faults = vec![fail_on(FaultSite::Bind, FaultFamily::Inet6, code)];
        let (os, answer) = run(container(facts), faults, &options("0", "localhost"));
        let bound = answer.unwrap();
        assert_eq!((bound.sockets.len(), bound.skipped.len()), (1, 1), "{name}");
        assert_eq!(bound.skipped[0].reason, SkipReason::LoopbackMissing { code }, "{name}");
        assert_eq!(bound.skipped[0].reason.rule(), "R18");
        assert!(bound.skipped[0].address.is_ipv6());
        assert_eq!(os.calls("close"), ["close 1"], "its socket is closed: {name}");
    }
}

#[test]
fn r18_each_of_its_three_conditions_is_needed() {
    for (name, facts) in platforms() {
        let missing = facts.eaddrnotavail;
        let v6 = |code| vec![fail_on(FaultSite::Bind, FaultFamily::Inet6, code)];
        // The name asked for is another one.
        for host in ["ip6-localhost", "::1", "LOCALHOST", "localhost."] {
            let os =
                container(facts.clone()).host("LOCALHOST", &["::1"]).host("localhost.", &["::1"]);
            let error = call_error(run(os, v6(missing), &options("0", host)).1);
            assert_eq!((error.call.as_str(), error.code), ("bind", missing), "{name} {host}");
        }
        // The address is another one.
        for (address, family) in
            [("127.0.0.1", FaultFamily::Inet), ("2001:db8::1", FaultFamily::Inet6)]
        {
            let os = TableOs::new(facts.clone()).host("localhost", &[address]);
            let faults = vec![fail_on(FaultSite::Bind, family, missing)];
            let error = call_error(run(os, faults, &options("0", "localhost")).1);
            assert_eq!((error.call.as_str(), error.code), ("bind", missing), "{name} {address}");
        }
        // The code is another one.
        for code in [einval(&facts), facts.eafnosupport, facts.enoprotoopt] {
            let (_, answer) = run(container(facts.clone()), v6(code), &options("0", "localhost"));
            assert_eq!(call_error(answer).code, code, "{name}");
        }
        // The call is another one.
        let faults = vec![fail_on(FaultSite::Listen, FaultFamily::Inet6, missing)];
        let (_, answer) = run(container(facts), faults, &options("0", "localhost"));
        assert_eq!(call_error(answer).call.as_str(), "listen", "{name}");
    }
}

#[test]
fn r18_a_skipped_first_record_chooses_no_port() {
    let faults = vec![fail_on(FaultSite::Bind, FaultFamily::Inet6, linux().eaddrnotavail)];
    let mut os = container(linux());
    os.hosts.insert("localhost".into(), vec!["[::1]:0".parse().unwrap()]);
    let (os, answer) = run(os, faults, &options("0", "localhost"));
    let bound = answer.unwrap();
    assert!(bound.sockets.is_empty() && bound.skipped.len() == 1);
    assert_eq!(os.calls("name"), [""; 0]);
}

#[test]
fn r19_every_other_error_of_bind_is_an_error() {
    for (name, facts) in platforms() {
        // EPERM, ENODEV, EINVAL, ENOBUFS; WSAEFAULT, WSAENOBUFS.
        let codes = [1, 19, 22, 105, 10014, 10055, facts.eacces, facts.eaddrinuse];
        for code in codes.into_iter().chain([facts.eaddrnotavail, facts.enoprotoopt]) {
            let faults = vec![fail_nth(FaultSite::Bind, 2, code)];
            let (os, answer) = run(TableOs::new(facts.clone()), faults, &everywhere("8080"));
            let error = call_error(answer);
            assert_eq!((error.call.as_str(), error.code), ("bind", code), "{name}");
            assert_eq!(error.address, "[::]:8080".parse().unwrap(), "{name}");
            assert_eq!((error.attempts, os.created()), (1, 2), "{name}");
        }
    }
}

#[test]
fn r20_the_port_is_read_after_every_bind_and_the_last_one_wins() {
    let addresses = ["127.0.0.1:80", "127.0.0.2:81", "[::1]:0"];
    let (os, answer) = run(TableOs::answering(linux(), &addresses), vec![], &everywhere("0"));
    answer.unwrap();
    assert_eq!(os.calls("name"), ["name 0", "name 1", "name 2"]);
    assert_eq!(bind_calls(&os)[2].port(), 81);
}

#[test]
fn r20_a_failure_of_getsockname_is_an_error() {
    for (name, facts) in platforms() {
        // EADDRINUSE from here is no lost port.
        for code in [einval(&facts), facts.eaddrinuse, facts.eaddrnotavail, facts.eafnosupport] {
            let (_, answer) = run(
                container(facts.clone()),
                vec![fail_nth(FaultSite::LocalAddr, 2, code)],
                &options("0", "localhost"),
            );
            let error = call_error(answer);
            assert_eq!(
                (error.call.as_str(), error.code, error.attempts),
                ("name", code, 1),
                "{name}"
            );
        }
    }
}

#[test]
fn r21_the_backlog_is_handed_on_as_it_is() {
    for backlog in [0, 1, -1, 128, 4096, 65536, i32::MAX, i32::MIN] {
        let wanted = BindOptions { backlog, ..everywhere("0") };
        for (name, facts) in platforms() {
            let (os, answer) = run(TableOs::new(facts), vec![], &wanted);
            answer.unwrap();
            let expected = [format!("listen 0 {backlog}"), format!("listen 1 {backlog}")];
            assert_eq!(os.calls("listen"), expected, "{name}");
        }
    }
}

#[test]
fn r21_an_error_of_listen_is_an_error() {
    for (name, facts) in platforms() {
        for code in [einval(&facts), facts.eaddrinuse, facts.eacces, facts.eaddrnotavail] {
            let faults = vec![fail_on(FaultSite::Listen, FaultFamily::Inet6, code)];
            let (_, answer) = run(TableOs::new(facts.clone()), faults, &everywhere("8080"));
            let error = call_error(answer);
            assert_eq!((error.call.as_str(), error.code), ("listen", code), "{name}");
            assert_eq!(error.attempts, 1, "a port that was named is never replaced: {name}");
        }
    }
}

#[test]
fn r22_sockets_are_returned_in_order_and_an_empty_list_is_no_error() {
    let (_, answer) = run(TableOs::new(linux()), vec![], &everywhere("0"));
    let numbers: Vec<usize> =
        answer.unwrap().sockets.into_iter().map(|socket| socket.into_inner().0).collect();
    assert_eq!(numbers, [0, 1]);

    let faults = vec![fail(FaultSite::Socket, linux().eafnosupport)];
    let bound = run(TableOs::new(linux()), faults, &everywhere("0")).1.unwrap();
    assert!(bound.sockets.is_empty());
    assert_eq!(bound.skipped.len(), 2);

    let mut os = TableOs::new(linux());
    os.answer = Some(Ok(vec![]));
    assert!(run(os, vec![], &everywhere("0")).1.unwrap().sockets.is_empty());
}

#[test]
fn r23_every_socket_has_been_through_every_step() {
    for (name, facts) in platforms() {
        let windows = facts.windows;
        let (os, answer) = run(TableOs::new(facts), vec![], &everywhere("0"));
        let sockets = answer.unwrap().sockets.into_iter().map(|socket| socket.into_inner().0);
        for socket in sockets {
            let mut steps = vec![format!("nonblocking {socket}"), format!("name {socket}")];
            steps.extend((!windows).then(|| format!("set {socket} reuseaddr")));
            steps.extend((socket == 1).then(|| format!("set {socket} v6only")));
            steps.push(format!("listen {socket} 128"));
            for step in steps {
                assert!(os.log.contains(&step), "{name}: {step} not in {:#?}", os.log);
            }
        }
    }
}

#[test]
fn r24_the_calls_are_exactly_the_golden_ones() {
    let (os, answer) = run(TableOs::new(linux()), vec![], &everywhere("0"));
    answer.unwrap();
    let golden = [
        "resolve - 0 family=0 flags=1",
        "socket 0 inet type=1 protocol=6",
        "set 0 reuseaddr",
        "nonblocking 0",
        "bind 0 0.0.0.0:0",
        "name 0",
        "listen 0 128",
        "socket 1 inet6 type=1 protocol=6",
        "set 1 reuseaddr",
        "set 1 v6only",
        "nonblocking 1",
        "bind 1 [::]:40000",
        "name 1",
        "listen 1 128",
    ];
    assert_eq!(os.log, golden);

    let shared = BindOptions { reuse_port: true, family: Family::Inet6, ..everywhere("80") };
    let (os, answer) = run(TableOs::new(linux()), vec![], &shared);
    answer.unwrap();
    let golden = [
        "resolve - 80 family=10 flags=1",
        "socket 0 inet6 type=1 protocol=6",
        "set 0 reuseaddr",
        "set 0 reuseport",
        "set 0 v6only",
        "nonblocking 0",
        "bind 0 [::]:80",
        "name 0",
        "listen 0 128",
    ];
    assert_eq!(os.log, golden);
}

#[test]
fn r24_no_fallback_when_ipv4_is_missing() {
    let faults = vec![fail_on(FaultSite::Socket, FaultFamily::Inet, linux().eafnosupport)];
    let (os, answer) = run(TableOs::new(linux()), faults, &everywhere("0"));
    answer.unwrap();
    assert_eq!(os.calls("set"), ["set 0 reuseaddr", "set 0 v6only"], "never dual-stack");
    assert_eq!(os.calls("resolve").len(), 1);
}
