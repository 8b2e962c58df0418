//! What an error says: the call, the address, the attempts, and what can be done about it.

use bindproof::reference::{FaultSite, OptionName, OsFacts};

use crate::table_os::{TableOs, linux, windows};
use crate::{call_error, einval, everywhere, fail, fail_nth, options, run};

/// The remedy for a call that fails this way on `127.0.0.1`.
fn remedy(facts: &OsFacts, port: &str, site: FaultSite, code: i32) -> Option<&'static str> {
    let mut wanted = options(port, "127.0.0.1");
    wanted.reuse_port = facts.has_reuse_port;
    let os = TableOs::new(facts.clone());
    call_error(run(os, vec![fail(site, code)], &wanted).1).remedy
}

#[test]
fn a_remedy_is_named_where_the_code_says_enough() {
    let (linux, windows) = (linux(), windows());
    let named = |facts: &OsFacts, port, site, code, part: &str| {
        let remedy = remedy(facts, port, site, code);
        assert!(remedy.is_some_and(|text| text.contains(part)), "{site:?} {port}: {remedy:?}");
    };
    let reuse_port = FaultSite::SetOption(OptionName::ReusePort);
    named(&linux, "0", FaultSite::Bind, linux.eaddrinuse, "no free port is left");
    named(&linux, "8080", FaultSite::Bind, linux.eaddrinuse, "another socket has this port");
    named(&linux, "8080", FaultSite::Listen, linux.eaddrinuse, "another socket has this port");
    named(&windows, "8080", FaultSite::Bind, windows.eacces, "holds it exclusively");
    named(&windows, "80", FaultSite::Bind, windows.eacces, "holds it exclusively");
    named(&linux, "1023", FaultSite::Bind, linux.eacces, "ports below 1024");
    named(&linux, "1", FaultSite::Bind, linux.eacces, "ports below 1024");
    named(&linux, "8080", FaultSite::Bind, linux.eaddrnotavail, "no interface");
    named(&linux, "8080", reuse_port, linux.enoprotoopt, "does not know SO_REUSEPORT");
}

#[test]
fn no_remedy_is_made_up() {
    let linux = linux();
    let v6only = FaultSite::SetOption(OptionName::V6Only);
    let reuse_port = FaultSite::SetOption(OptionName::ReusePort);
    for (port, site, code) in [
        ("0", FaultSite::Socket, linux.eaddrinuse),
        ("8080", FaultSite::Socket, linux.eaddrinuse),
        ("80", FaultSite::Socket, linux.eacces),
        ("0", FaultSite::Bind, einval(&linux)),
        ("80", FaultSite::Bind, einval(&linux)),
        ("1024", FaultSite::Bind, linux.eacces),
        ("8080", FaultSite::Listen, linux.eaddrnotavail),
        ("8080", reuse_port, einval(&linux)),
        ("8080", FaultSite::LocalAddr, linux.enoprotoopt),
    ] {
        assert_eq!(remedy(&linux, port, site, code), None, "{site:?} {port} {code}");
    }
    let faults = vec![fail(v6only, linux.enoprotoopt)];
    let error = call_error(run(TableOs::new(linux), faults, &everywhere("0")).1);
    assert_eq!(error.remedy, None);
    let windows = windows();
    assert_eq!(remedy(&windows, "80", FaultSite::Socket, windows.eacces), None);
    assert_eq!(remedy(&windows, "80", FaultSite::Bind, einval(&windows)), None);
}

#[test]
fn an_error_names_call_address_attempts_and_remedy() {
    let says = |port_attempts| {
        let mut wanted = everywhere("0");
        wanted.port_attempts = port_attempts;
        let mut os = TableOs::new(linux());
        os.taken = (40000..40100).map(|port| format!("[::]:{port}").parse().unwrap()).collect();
        call_error(run(os, vec![], &wanted).1).to_string()
    };
    let (once, often) = (says(0), says(2));
    assert!(once.starts_with("bind for [::]:40000: "), "{once}");
    assert!(!once.contains("after"), "{once}");
    assert!(often.starts_with("bind for [::]:40002: "), "{often}");
    assert!(often.contains(", after 3 attempts; the system chose a port"), "{often}");
    let faults = vec![fail_nth(FaultSite::SetOption(OptionName::ReuseAddr), 1, 22)];
    let error = call_error(run(TableOs::new(linux()), faults, &everywhere("80")).1);
    assert_eq!(error.call.to_string(), "set reuseaddr");
    assert!(error.to_string().starts_with("set reuseaddr for 0.0.0.0:80: "), "{error}");
}
