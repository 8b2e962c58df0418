//! The golden tables: what Tornado answers to these arguments and in these environments, on Linux
//! with glibc, on the table's system. The same rows on the real kernel are behaviours and the
//! comparison with Tornado itself.

use bindproof::reference::{Fault, FaultFamily, FaultSite, OptionName, ResolveFailure};
use bindproof::{BindOptions, Family, Port};

use crate::table_os::{EAI_ADDRFAMILY, EAI_NONAME, TableOs, linux};
use crate::{bound, call_error, everywhere, fail, fail_on, options, run};

/// What a row of the table expects.
enum Expect {
    /// These addresses, `P` being the one common port that the system chose.
    Bound(&'static [&'static str]),
    /// The resolver's code.
    Resolver(i32),
    /// The reference's own error.
    Named(&'static str),
}

fn check(row: &str, os: TableOs, wanted: &BindOptions, expect: &Expect) {
    let (mut os, answer) = run(os, vec![], wanted);
    match (expect, answer) {
        (Expect::Bound(addresses), Ok(bound)) => {
            let names = crate::names(&mut os, bound);
            let shown: Vec<String> =
                names.iter().map(|name| name.replace(":40000", ":P")).collect();
            assert_eq!(&shown, addresses, "{row}");
        }
        (Expect::Resolver(code), Err(error)) => {
            assert_eq!((error.call(), error.code()), (Some("resolve"), Some(*code)), "{row}");
        }
        (Expect::Named(name), Err(error)) => assert_eq!(error.name(), Some(*name), "{row}"),
        (_, answer) => panic!("{row}: {answer:?}"),
    }
}

#[test]
fn table_of_arguments() {
    use Expect::{Bound, Named, Resolver};
    let number = |port: u16, address: &str| BindOptions {
        address: Some(address.into()),
        ..BindOptions::new(Port::Number(port))
    };
    let family = |family, options| BindOptions { family, ..options };
    let flags = |flags, options| BindOptions { flags: Some(flags), ..options };
    let (v4, v6) = (Family::Inet, Family::Inet6);
    let rows = [
        ("None", everywhere("0"), Bound(&["0.0.0.0:P", "[::]:P"])),
        ("empty", options("0", ""), Bound(&["0.0.0.0:P", "[::]:P"])),
        ("None, AF_INET", family(v4, everywhere("0")), Bound(&["0.0.0.0:P"])),
        ("None, AF_INET6", family(v6, everywhere("0")), Bound(&["[::]:P"])),
        ("None, flags 0", flags(0, everywhere("0")), Bound(&["127.0.0.1:P", "[::1]:P"])),
        ("localhost", options("0", "localhost"), Bound(&["127.0.0.1:P"])),
        ("port http", options("http", "127.0.0.1"), Bound(&["127.0.0.1:80"])),
        ("port \"0\"", options("0", "127.0.0.1"), Bound(&["127.0.0.1:P"])),
        ("port 65535", number(65535, "127.0.0.1"), Bound(&["127.0.0.1:65535"])),
        ("port 65536", options("65536", "127.0.0.1"), Named("PortOutOfRange")),
        ("port 70000", options("70000", "127.0.0.1"), Named("PortOutOfRange")),
        ("port 2^40", options("1099511627776", "127.0.0.1"), Named("PortOutOfRange")),
        ("port -1", options("-1", "127.0.0.1"), Named("InvalidService")),
        (":: with AF_INET", family(v4, options("0", "::")), Resolver(EAI_ADDRFAMILY)),
        ("0.0.0.0 with AF_INET6", family(v6, options("0", "0.0.0.0")), Resolver(EAI_ADDRFAMILY)),
        ("127.0.0.2", options("0", "127.0.0.2"), Bound(&["127.0.0.2:P"])),
        ("[::1]", options("0", "[::1]"), Resolver(EAI_NONAME)),
    ];
    for (row, wanted, expect) in rows {
        check(row, TableOs::new(linux()), &wanted, &expect);
    }
    let both = TableOs::new(linux()).host("localhost", &["::1", "127.0.0.1"]);
    let expect = Bound(&["127.0.0.1:P", "[::1]:P"]);
    check("localhost in both families", both, &options("0", "localhost"), &expect);
}

#[test]
fn table_of_arguments_that_the_resolver_refuses() {
    // EAI_FAMILY, EAI_BADFLAGS: the table does not know them, the reference must only hand them on.
    let families = BindOptions { family: Family::Other(1), ..everywhere("0") };
    let flags = BindOptions { flags: Some(1 << 30), ..everywhere("0") };
    for (wanted, asked, code) in [
        (families, "resolve - 0 family=1 flags=1", -6),
        (flags, "resolve - 0 family=0 flags=1073741824", -1),
    ] {
        let mut os = TableOs::new(linux());
        os.answer = Some(Err(ResolveFailure { code, message: "refused".into() }));
        let (os, answer) = run(os, vec![], &wanted);
        assert_eq!(answer.unwrap_err().code(), Some(code));
        assert_eq!(os.log, [asked]);
    }
}

#[test]
fn table_of_arguments_that_bind_refuses() {
    let (einval, eaddrnotavail) = (22, 99);
    for (address, code) in [
        ("::ffff:127.0.0.1", einval),
        ("::ffff:0.0.0.0", einval),
        ("fe80::1", einval),
        ("fe80::1%lo", eaddrnotavail),
        ("10.255.254.253", eaddrnotavail),
        ("2001:db8::1", eaddrnotavail),
    ] {
        let faults = vec![fail(FaultSite::Bind, code)];
        let (_, answer) = run(TableOs::new(linux()), faults, &options("0", address));
        let error = call_error(answer);
        assert_eq!((error.call.as_str(), error.code), ("bind", code), "{address}");
    }
}

/// A row of the table of environments.
struct Environment {
    row: &'static str,
    faults: Vec<Fault>,
    address: &'static str,
    reuse_port: bool,
    expect: Result<&'static [&'static str], (&'static str, i32)>,
}

#[test]
fn table_of_fault_environments() {
    use FaultFamily::{Inet, Inet6};
    let on = |site, family, code| vec![fail_on(site, family, code)];
    let set = |option, code| vec![fail(FaultSite::SetOption(option), code)];
    let env = |row, faults, address, expect| Environment {
        row,
        faults,
        address,
        reuse_port: false,
        expect,
    };
    let shared = |environment| Environment { reuse_port: true, ..environment };
    let (eacces, einval, enoprotoopt, eprotonosupport, eafnosupport) = (13, 22, 92, 93, 97);
    let both: &[&str] = &["0.0.0.0:80", "[::]:80"];
    let reuse_port = || set(OptionName::ReusePort, enoprotoopt);
    let rows = [
        env("no IPv6", on(FaultSite::Socket, Inet6, eafnosupport), "", Ok(&["0.0.0.0:80"])),
        env("no IPv6, ::1", on(FaultSite::Socket, Inet6, eafnosupport), "::1", Ok(&[])),
        env("no family", vec![fail(FaultSite::Socket, eafnosupport)], "", Ok(&[])),
        env(
            "EPROTONOSUPPORT",
            on(FaultSite::Socket, Inet6, eprotonosupport),
            "",
            Err(("socket", eprotonosupport)),
        ),
        env("EACCES", on(FaultSite::Socket, Inet, eacces), "", Err(("socket", eacces))),
        env("EACCES, ::1", on(FaultSite::Socket, Inet, eacces), "::1", Ok(&["[::1]:80"])),
        env("SO_REUSEADDR unknown", set(OptionName::ReuseAddr, enoprotoopt), "", Ok(both)),
        env(
            "SO_REUSEADDR EINVAL",
            set(OptionName::ReuseAddr, einval),
            "",
            Err(("set reuseaddr", einval)),
        ),
        env("SO_REUSEPORT unknown, not asked for", reuse_port(), "", Ok(both)),
        shared(env("SO_REUSEPORT unknown", reuse_port(), "", Err(("set reuseport", enoprotoopt)))),
        env("IPV6_V6ONLY", set(OptionName::V6Only, einval), "", Err(("set v6only", einval))),
    ];
    for Environment { row, faults, address, reuse_port, expect } in rows {
        let wanted = BindOptions { reuse_port, ..options("80", address) };
        let (mut os, answer) = run(TableOs::new(linux()), faults, &wanted);
        match expect {
            Ok(addresses) => {
                assert_eq!(crate::names(&mut os, answer.unwrap()), addresses, "{row}");
            }
            Err(expected) => {
                let error = call_error(answer);
                assert_eq!((error.call.as_str(), error.code), expected, "{row}");
            }
        }
    }
}

#[test]
fn table_of_environments_without_ipv6_in_the_program() {
    let os = || {
        let mut facts = linux();
        facts.has_ipv6 = false;
        TableOs::new(facts)
    };
    assert_eq!(bound(os(), &everywhere("80")), ["0.0.0.0:80"]);
    let asked = BindOptions { family: Family::Inet6, ..everywhere("80") };
    assert_eq!(bound(os(), &asked), ["[::]:80"]);
    let error = run(os(), vec![], &options("80", "::1")).1.unwrap_err();
    assert_eq!(error.code(), Some(EAI_ADDRFAMILY));
}

#[test]
fn table_of_environments_without_an_ipv6_address() {
    let eaddrnotavail = 99;
    let os = || {
        TableOs::new(linux())
            .host("localhost", &["::1", "127.0.0.1"])
            .host("ip6-localhost", &["::1"])
    };
    let faults = || vec![fail_on(FaultSite::Bind, FaultFamily::Inet6, eaddrnotavail)];
    let (mut ran, answer) = run(os(), faults(), &options("80", "localhost"));
    assert_eq!(crate::names(&mut ran, answer.unwrap()), ["127.0.0.1:80"]);
    let asked = BindOptions { family: Family::Inet6, ..options("80", "localhost") };
    assert!(run(os(), faults(), &asked).1.unwrap().sockets.is_empty());
    for address in ["ip6-localhost", "::1"] {
        let error = call_error(run(os(), faults(), &options("80", address)).1);
        assert_eq!((error.call.as_str(), error.code), ("bind", eaddrnotavail));
    }
}

#[test]
fn table_of_environments_with_the_second_familys_port_taken() {
    let mut os = TableOs::new(linux());
    os.taken = vec!["[::1]:8080".parse().unwrap()];
    let (os, answer) = run(os, vec![], &everywhere("8080"));
    assert_eq!(call_error(answer).code, 98);
    assert_eq!(os.open(), 0, "the IPv4 listener, too");
}
