//! R1 to R8: what happens before there is a socket; D2, D3, D15 and D16, which belong to it.

use bindproof::reference::{BindError, Query, ResolveFailure};
use bindproof::{BindOptions, Family, Port};

use crate::table_os::{EAI_ADDRFAMILY, EAI_NONAME, TableOs, linux, platforms, windows};
use crate::{bind_calls, bound, everywhere, options, run};

#[test]
fn r1_defaults_reach_the_calls() {
    let defaults = BindOptions::new(Port::Number(0));
    assert_eq!(defaults.family, Family::Unspec);
    assert_eq!((defaults.address.as_deref(), defaults.flags), (None, None));
    assert_eq!((defaults.backlog, defaults.port_attempts), (128, 10));
    assert!(!defaults.reuse_port && !defaults.exclusive);

    let (os, answer) = run(TableOs::new(linux()), vec![], &defaults);
    answer.unwrap();
    assert_eq!(os.calls("resolve"), ["resolve - 0 family=0 flags=1"]);
    assert_eq!(os.calls("listen"), ["listen 0 128", "listen 1 128"]);
    assert!(!os.log.iter().any(|line| line.contains("reuseport")), "{:#?}", os.log);
}

#[test]
fn r2_reuse_port_is_refused_before_resolution_where_there_is_none() {
    let wanted = BindOptions { reuse_port: true, ..options("0", "no-such-host") };
    let (os, answer) = run(TableOs::new(windows()), vec![], &wanted);
    let error = answer.unwrap_err();
    assert_eq!(error, BindError::ReusePortUnsupported);
    assert_eq!(error.name(), Some("ReusePortUnsupported"));
    assert_eq!((error.call(), error.code()), (None, None));
    assert_eq!(os.log, [""; 0]);
}

#[test]
fn r3_an_empty_address_is_no_address() {
    let (os, answer) = run(TableOs::new(linux()), vec![], &options("80", ""));
    answer.unwrap();
    let (same, answer) = run(TableOs::new(linux()), vec![], &everywhere("80"));
    answer.unwrap();
    assert_eq!(os.log, same.log);
    assert_eq!(os.calls("resolve"), ["resolve - 80 family=0 flags=1"]);
}

#[test]
fn r4_without_ipv6_in_the_program_an_open_family_is_ipv4() {
    for (name, facts) in platforms() {
        let inet6 = facts.inet6;
        let mut facts = facts;
        facts.has_ipv6 = false;
        let os = || TableOs::new(facts.clone());
        assert_eq!(bound(os(), &everywhere("80")), ["0.0.0.0:80"], "{name}");
        let number = BindOptions { family: Family::Other(0), ..everywhere("80") };
        assert_eq!(bound(os(), &number), ["0.0.0.0:80"], "AF_UNSPEC as a number: {name}");

        let asked = BindOptions { family: Family::Inet6, ..everywhere("80") };
        let (ran, answer) = run(os(), vec![], &asked);
        answer.unwrap();
        let query = format!("resolve - 80 family={inet6} flags=1");
        assert_eq!(ran.calls("resolve"), [query], "an explicit family is left alone: {name}");
        assert_eq!(bound(os(), &asked), ["[::]:80"], "{name}");
    }
}

#[test]
fn r5_given_flags_replace_passive() {
    let flagged = |flags| BindOptions { flags: Some(flags), ..everywhere("80") };
    assert_eq!(bound(TableOs::new(linux()), &flagged(0)), ["127.0.0.1:80", "[::1]:80"]);
    assert_eq!(bound(TableOs::new(linux()), &flagged(1)), ["0.0.0.0:80", "[::]:80"]);
    for flags in [0, 4, 1 << 30, -1, i32::MIN] {
        let (os, _) = run(TableOs::new(linux()), vec![], &flagged(flags));
        assert_eq!(os.calls("resolve"), [format!("resolve - 80 family=0 flags={flags}")]);
    }
}

#[test]
fn r6_exactly_one_resolver_call_with_the_hints_as_given() {
    let families =
        [(Family::Unspec, 0), (Family::Inet, 2), (Family::Inet6, 10), (Family::Other(1), 1)];
    for (family, raw) in families {
        let os = TableOs::answering(linux(), &["192.0.2.1:80", "[2001:db8::1]:80"]);
        let wanted = BindOptions { family, ..options("http", "some.name") };
        let (os, answer) = run(os, vec![], &wanted);
        answer.unwrap();
        assert_eq!(
            os.calls("resolve"),
            [format!("resolve some.name http family={raw} flags=1")],
            "the service as text, never looked up a second time"
        );
        assert_eq!(os.log[0], os.calls("resolve")[0], "before everything else");
    }
}

#[test]
fn r6_the_resolvers_error_is_the_error() {
    let (os, answer) = run(TableOs::new(linux()), vec![], &options("0", "no-such-host"));
    let error = answer.unwrap_err();
    assert_eq!((error.call(), error.code()), (Some("resolve"), Some(EAI_NONAME)));
    assert_eq!((error.name(), error.address(), error.attempts()), (None, None, 0));
    assert_eq!(os.created(), 0);

    // WSAEAFNOSUPPORT is the code that skips a record when `socket` says it, not here.
    let mut os = TableOs::new(windows());
    os.answer = Some(Err(ResolveFailure { code: 10047, message: "family".into() }));
    assert_eq!(run(os, vec![], &everywhere("0")).1.unwrap_err().code(), Some(10047));
}

#[test]
fn r6_a_record_of_a_third_family_is_an_error_and_no_skip() {
    let mut os = TableOs::new(linux());
    let mut odd = os.record("[::1]:80".parse().unwrap());
    odd.family = 17;
    let good = os.record("127.0.0.1:80".parse().unwrap());
    for records in [vec![odd.clone()], vec![good.clone(), odd.clone()], vec![odd.clone(), good]] {
        os.answer = Some(Ok(records));
        let (ran, answer) = run(os, vec![], &everywhere("80"));
        let error = answer.unwrap_err();
        let address = odd.address;
        assert_eq!(error, BindError::UnexpectedFamily { family: 17, address });
        assert_eq!((error.call(), error.address()), (Some("resolve"), Some(address)));
        assert_eq!(ran.created(), 0, "refused before any socket");
        os = TableOs::new(linux());
    }
}

#[test]
fn r7_ipv4_comes_first_and_the_order_inside_a_family_stays() {
    let addresses = ["[2001:db8::2]:80", "192.0.2.9:80", "[2001:db8::1]:80", "192.0.2.1:80"];
    for (name, facts) in platforms() {
        assert_eq!(
            bound(TableOs::answering(facts, &addresses), &everywhere("80")),
            ["192.0.2.9:80", "192.0.2.1:80", "[2001:db8::2]:80", "[2001:db8::1]:80"],
            "{name}"
        );
    }
}

#[test]
fn r8_an_address_is_bound_once_wherever_its_duplicates_stand() {
    let addresses =
        ["[::1]:80", "127.0.0.1:80", "[::1]:80", "127.0.0.2:80", "127.0.0.1:80", "127.0.0.1:80"];
    let os = TableOs::answering(linux(), &addresses);
    assert_eq!(bound(os, &everywhere("80")), ["127.0.0.1:80", "127.0.0.2:80", "[::1]:80"]);
}

#[test]
fn r8_scope_flow_and_port_belong_to_the_address() {
    let mut os = TableOs::new(linux());
    let ip = "fe80::1".parse().unwrap();
    let v6 = |port, flow, scope| std::net::SocketAddrV6::new(ip, port, flow, scope).into();
    let addresses = [v6(80, 0, 1), v6(80, 0, 2), v6(81, 0, 1), v6(82, 7, 1), v6(82, 7, 1)];
    os.answer = Some(Ok(addresses.map(|address| os.record(address)).into()));
    let (os, answer) = run(os, vec![], &everywhere("80"));
    answer.unwrap();
    assert_eq!(bind_calls(&os).len(), 4);
    // The display form has no flow information, so compare what it has.
    let bound = ["[fe80::1%1]:80", "[fe80::1%2]:80", "[fe80::1%1]:81", "[fe80::1%1]:82"];
    assert_eq!(
        os.calls("bind").iter().map(|l| l.rsplit(' ').next().unwrap()).collect::<Vec<_>>(),
        bound
    );
}

#[test]
fn d2_a_canonical_name_type_or_protocol_makes_no_second_address() {
    let mut os = TableOs::new(linux());
    let plain = os.record("127.0.0.1:80".parse().unwrap());
    let mut named = plain.clone();
    named.canonical = Some("localhost".into());
    let mut other = plain.clone();
    (other.socktype, other.protocol) = (1, 132);
    os.answer = Some(Ok(vec![named, plain, other]));
    let (os, answer) = run(os, vec![], &everywhere("80"));
    assert_eq!(answer.unwrap().sockets.len(), 1);
    assert_eq!(os.calls("socket"), ["socket 0 inet type=1 protocol=6"], "the first is kept");
}

/// Tries a service and returns the error; no call is made.
fn refused(service: &str) -> BindError {
    let wanted = BindOptions::new(Port::Service(service.into()));
    let (os, answer) = run(TableOs::new(linux()), vec![], &wanted);
    assert_eq!(os.log, [""; 0], "{service:?} must be refused before resolution");
    answer.unwrap_err()
}

#[test]
fn d3_a_port_above_65535_is_out_of_range() {
    for service in ["65536", "70000", "1099511627776", "000065536", &"9".repeat(400)] {
        let error = refused(service);
        assert_eq!(error, BindError::PortOutOfRange { service: service.into() });
        assert_eq!((error.name(), error.call()), (Some("PortOutOfRange"), None));
    }
}

#[test]
fn d3_signs_white_space_and_nothing_are_no_service() {
    for service in ["", "-1", "+80", " 80", "\t80", "\n", "\u{b}80", "\u{a0}80", "80\0", "ht\0tp"] {
        let error = refused(service);
        assert!(matches!(error, BindError::InvalidService { .. }), "{service:?}: {error:?}");
        assert_eq!((error.name(), error.call()), (Some("InvalidService"), None));
    }
}

#[test]
fn d3_a_nul_in_the_host_is_refused() {
    for host in ["\0", "localhost\0", "127.0.0.1\0.example.org"] {
        let (os, answer) = run(TableOs::new(linux()), vec![], &options("80", host));
        let error = answer.unwrap_err();
        assert_eq!(error, BindError::InvalidHost { host: host.into() });
        assert_eq!((error.name(), error.call()), (Some("InvalidHost"), None));
        assert_eq!(os.log, [""; 0]);
    }
}

#[test]
fn d3_digits_are_a_number_and_names_go_to_the_resolver() {
    let numbers = [("0", "0"), ("80", "80"), ("65535", "65535"), ("00080", "80"), ("000000", "0")];
    let names = ["http", "80x", "8 0", "80 ", "0x50", "\u{663}", "1e3"];
    let names = names.map(|name| (name, name));
    for (service, asked) in numbers.into_iter().chain(names) {
        let wanted = BindOptions::new(Port::Service(service.into()));
        let (os, _) = run(TableOs::new(linux()), vec![], &wanted);
        assert_eq!(os.calls("resolve"), [format!("resolve - {asked} family=0 flags=1")]);
    }
}

#[test]
fn d3_text_becomes_a_port_without_a_judgement() {
    for (text, number) in [("0", 0), ("8080", 8080), ("65535", 65535), ("00080", 80)] {
        assert_eq!(Port::from(text), Port::Number(number));
    }
    for text in ["", "65536", "+80", "-1", " 80", "80 ", "http", "\u{663}"] {
        assert_eq!(Port::from(text), Port::Service(text.into()));
    }
}

#[test]
fn d15_a_host_that_is_not_ascii_goes_to_the_resolver_as_it_is() {
    let label = "a".repeat(64);
    for host in ["b\u{fc}cher.example", "a..b", &label, "xn--bcher-kva.example", "\u{1F980}"] {
        let (os, answer) = run(TableOs::new(linux()), vec![], &options("80", host));
        assert_eq!(answer.unwrap_err().code(), Some(EAI_NONAME), "the resolver decides");
        assert_eq!(os.calls("resolve"), [format!("resolve {host} 80 family=0 flags=1")]);
    }
}

#[test]
fn d16_what_tornado_refuses_or_guesses_cannot_be_written() {
    // A port is always there, and a backlog is an `i32`: the largest one is not an overflow.
    let BindOptions { port, backlog, .. } = BindOptions::new(Port::Number(0));
    let _: (Port, i32) = (port, backlog);
    let largest = BindOptions { backlog: i32::MAX, ..everywhere("0") };
    let (os, answer) = run(TableOs::new(linux()), vec![], &largest);
    answer.unwrap();
    assert_eq!(os.calls("listen"), ["listen 0 2147483647", "listen 1 2147483647"]);
    // The resolver always gets a service, so it never has to answer "neither host nor service".
    let asked = Query { host: None, service: Some("0".into()), family: 0, flags: 1 };
    let line = format!("resolve - {} family=0 flags=1", asked.service.unwrap());
    assert_eq!(os.calls("resolve"), [line]);
}

#[test]
fn r6_an_address_of_the_wrong_family_is_the_resolvers_error() {
    for (address, family) in [("::", Family::Inet), ("0.0.0.0", Family::Inet6)] {
        let wanted = BindOptions { family, ..options("0", address) };
        let error = run(TableOs::new(linux()), vec![], &wanted).1.unwrap_err();
        assert_eq!(error.code(), Some(EAI_ADDRFAMILY));
    }
}
