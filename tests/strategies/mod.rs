//! Generators of arguments for `bind_sockets`, shared by the properties on the simulated system
//! and those on the real kernel.

use std::net::{Ipv4Addr, Ipv6Addr};

use bindproof::{BindOptions, Family, Port};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// The configuration of every property: failures are kept beside the tests, one file for all.
pub(crate) fn config() -> ProptestConfig {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/reference.txt");
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    }
}

/// Addresses that are numbers; most of them belong to the loopback interface.
fn numeric() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["127.0.0.1", "::1", "0.0.0.0", "::", "0", "127.1"])
            .prop_map(str::to_owned),
        2 => any::<[u8; 3]>().prop_map(|[b, c, d]| Ipv4Addr::new(127, b, c, d).to_string()),
        1 => any::<Ipv4Addr>().prop_map(|ip| ip.to_string()),
        1 => any::<Ipv6Addr>().prop_map(|ip| ip.to_string()),
    ]
}

/// IPv6 addresses with an interface, or with something in its place.
fn scoped() -> impl Strategy<Value = String> {
    let ip = prop::sample::select(vec!["fe80::1", "::1", "ff02::1", "::", "2001:db8::1"]);
    let scope = prop::sample::select(vec!["lo", "lo0", "1", "0", "99999999999", "no-such", ""]);
    (ip, scope).prop_map(|(ip, scope)| format!("{ip}%{scope}"))
}

/// IPv4 addresses written in IPv6.
fn mapped() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["127.0.0.1", "0.0.0.0", "192.0.2.1"])
        .prop_map(|ip| format!("::ffff:{ip}"))
}

/// What is nearly an address.
fn malformed() -> impl Strategy<Value = String> {
    let texts = vec![
        "[::1]",
        "127.0.0.1:80",
        "1.2.3.4.5",
        "256.0.0.1",
        "0x7f.1",
        "0177.0.0.1",
        " 127.0.0.1",
        "127.0.0.1 ",
        "::1::",
        ":::",
        "1:2:3:4:5:6:7:8:9",
        ".",
        "..",
        "a..b",
        "*",
        "-",
        "%lo",
    ];
    prop::sample::select(texts).prop_map(str::to_owned)
}

/// Longer than a label, a name, or anything else may be.
fn over_long() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a".repeat(64)),
        Just(vec!["a"; 200].join(".")),
        (250_usize..5000).prop_map(|length| "1".repeat(length)),
        Just("1.".repeat(3000)),
    ]
}

/// Names, none of which exists outside a hosts file.
fn names() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "localhost",
        "LOCALHOST",
        "localhost.",
        "ip6-localhost",
        "no.invalid",
    ])
    .prop_map(str::to_owned)
}

/// Text of every kind, NUL included.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "\\PC{1,24}", "[0-9a-f:.%\0]{0,24}"]
}

/// Everything that can stand for an address.
pub(crate) fn addresses() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(String::new())),
        6 => numeric().prop_map(Some),
        2 => scoped().prop_map(Some),
        2 => mapped().prop_map(Some),
        2 => names().prop_map(Some),
        2 => malformed().prop_map(Some),
        1 => over_long().prop_map(Some),
        2 => text().prop_map(Some),
    ]
}

/// All families, and numbers that are none.
pub(crate) fn families() -> impl Strategy<Value = Family> {
    prop_oneof![
        4 => Just(Family::Unspec),
        2 => Just(Family::Inet),
        2 => Just(Family::Inet6),
        1 => (-2..40).prop_map(Family::Other),
        1 => any::<i32>().prop_map(Family::Other),
    ]
}

/// Absent flags, single bits, and any bits.
fn flags() -> impl Strategy<Value = Option<i32>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some(0)),
        2 => (0..32_u32).prop_map(|bit| Some(1_i32.wrapping_shl(bit))),
        1 => any::<i32>().prop_map(Some),
    ]
}

/// Backlogs, the edges of the type among them.
fn backlogs() -> impl Strategy<Value = i32> {
    prop_oneof![Just(128), Just(0), Just(-1), Just(i32::MAX), Just(i32::MIN), any::<i32>()]
}

/// Port 0 in every spelling.
pub(crate) fn port_zero() -> impl Strategy<Value = Port> {
    prop_oneof![
        4 => Just(Port::Number(0)),
        1 => "0{1,8}".prop_map(Port::Service),
    ]
}

/// What is no port and no service; nothing can be bound by it.
pub(crate) fn no_ports() -> impl Strategy<Value = Port> {
    prop_oneof![
        "[-+ \t\n][0-9]{0,5}",
        (65536_u64..).prop_map(|number| number.to_string()),
        "[0-9]{0,3}\0[0-9]{0,3}",
        Just(String::new()),
    ]
    .prop_map(Port::Service)
}

/// Every argument, with this kind of port.
pub(crate) fn options(port: impl Strategy<Value = Port>) -> impl Strategy<Value = BindOptions> {
    let rest = (flags(), any::<bool>(), 0_u32..20, any::<bool>());
    (port, addresses(), families(), backlogs(), rest).prop_map(
        |(port, address, family, backlog, (flags, reuse_port, port_attempts, exclusive))| {
            BindOptions {
                port,
                address,
                family,
                backlog,
                flags,
                reuse_port,
                port_attempts,
                exclusive,
            }
        },
    )
}
