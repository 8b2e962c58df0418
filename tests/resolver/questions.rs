//! Generators of questions for the resolver.

use std::net::{Ipv4Addr, Ipv6Addr};

use bindproof::model::resolve::Question;
use bindproof::script::{FamilyArg, FlagsArg};
use proptest::prelude::*;

/// The hosts file of the private network that the questions are about.
pub(crate) const HOSTS: [&str; 14] = [
    "127.0.0.1 localhost",
    "::1 localhost ip6-localhost",
    "127.0.0.1\tweb  www.web",
    "127.0.0.1 web",
    "::1 six",
    "::ffff:127.0.0.1 mapped",
    "::ffff:127.0.0.1 both",
    "::1 both",
    "127.0.0.1 both # not.a.name",
    " 127.0.0.1 indented",
    "127.1 short",
    "127.0.0.1 Mixed.Case",
    "fe80::1%1 scoped",
    "127.0.0.1%1 nonsense",
];

/// Names that the hosts file has, nearly has, and has not.
const NAMES: [&str; 22] = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "local",
    "ip6-localhost",
    "web",
    "www.web",
    "six",
    "mapped",
    "both",
    "indented",
    "short",
    "Mixed.Case",
    "mixed.case",
    "scoped",
    "nonsense",
    "not.a.name",
    "no.such",
    "no_such",
    "-no",
    "localhost ip6-localhost",
    "a..b",
];

/// One number in one of C's notations, or nearly.
fn part() -> impl Strategy<Value = String> {
    let edges = vec![
        0_u64,
        1,
        8,
        127,
        255,
        256,
        0xffff,
        0x1_0000,
        0xff_ffff,
        0x100_0000,
        0xffff_ffff,
        0x1_0000_0000,
        u64::MAX,
    ];
    let value = prop_oneof![
        3 => 0_u64..300,
        2 => prop::sample::select(edges),
        1 => any::<u32>().prop_map(u64::from),
        1 => any::<u64>(),
    ];
    prop_oneof![
        4 => value.clone().prop_map(|value| value.to_string()),
        2 => value.clone().prop_map(|value| format!("{value:#x}")),
        1 => value.clone().prop_map(|value| format!("0X{value:X}")),
        2 => value.prop_map(|value| format!("0{value:o}")),
        1 => prop::sample::select(vec![
            "", "0x", "0X", "08", "00", "0b1", "1e1", "+1", "-1", "-0", " 1", "1 ", "１", "0xg", "0x+1", "0x-1", "0+1",
            "18446744073709551616", "0x10000000000000001", "99999999999999999999999",
        ])
        .prop_map(str::to_owned),
    ]
}

fn old_ipv4() -> impl Strategy<Value = String> {
    let end = prop::sample::select(vec!["", "", "", "", "", "", ".", " ", "\n", " x", "%1", ":80"]);
    (prop::collection::vec(part(), 1..6), end)
        .prop_map(|(parts, end)| format!("{}{end}", parts.join(".")))
}

/// Groups with a gap somewhere, or an IPv4 address at the end, or nearly.
fn ipv6() -> impl Strategy<Value = String> {
    let group = prop_oneof![
        6 => any::<u16>().prop_map(|group| format!("{group:x}")),
        2 => any::<u16>().prop_map(|group| format!("{group:04X}")),
        1 => prop::sample::select(vec!["0", "00000", "0000", "g", "", "10000", "1.2.3.4", "01.2.3.4"])
            .prop_map(str::to_owned),
    ];
    let groups = prop::collection::vec(group, 0..10).prop_map(|groups| groups.join(":"));
    prop_oneof![
        2 => any::<Ipv6Addr>().prop_map(|ip| ip.to_string()),
        1 => any::<Ipv6Addr>().prop_map(|ip| ip.to_string().to_uppercase()),
        1 => any::<Ipv4Addr>().prop_map(|ip| format!("::ffff:{ip}")),
        1 => any::<Ipv4Addr>().prop_map(|ip| format!("::{ip}")),
        1 => groups.clone(),
        2 => (groups.clone(), groups).prop_map(|(before, after)| format!("{before}::{after}")),
        4 => prop::sample::select(vec![
            "::", "::1", "fe80::1", "FE80::1", "febf::1", "fec0::1", "ff01::1", "ff02::1", "ff05::1", "ff12::1",
            "ff11::1", "::ffff:1.2.3.4", "::ffff:0x1.2", "::1.2.3.4:5", ":", ":::", "1:", ":1", "[::1]", "[::1",
            "::1]", "[::1]:80", "::127.1", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4", "1::2::3",
        ])
        .prop_map(str::to_owned),
    ]
}

fn scope() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "lo", "LO", "lo0", "1", "0", "01", "9999", "4294967295", "4294967296", "18446744073709551616",
            "", "+1", "-1", " 1", "1 ", "0x1", "1x", "lo%lo", "no-such", "a-name-far-too-long", "a/b", "%",
        ])
        .prop_map(str::to_owned),
        1 => any::<u32>().prop_map(|index| index.to_string()),
    ]
}

fn host() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        2 => Just(None),
        4 => old_ipv4().prop_map(Some),
        1 => any::<Ipv4Addr>().prop_map(|ip| Some(ip.to_string())),
        3 => ipv6().prop_map(Some),
        2 => (ipv6(), scope()).prop_map(|(ip, scope)| Some(format!("{ip}%{scope}"))),
        1 => (old_ipv4(), scope()).prop_map(|(ip, scope)| Some(format!("{ip}%{scope}"))),
        3 => prop::sample::select(NAMES.to_vec()).prop_map(|name| Some(name.to_owned())),
        1 => prop::sample::select(vec!["", "*", "**", " ", ".", "..", "é", "l\u{f6}calhost"])
            .prop_map(|text| Some(text.to_owned())),
        1 => "[0-9a-fxX.:%\\[\\] ]{0,20}".prop_map(Some),
    ]
}

fn service() -> impl Strategy<Value = Option<String>> {
    let number = prop_oneof![
        any::<u16>().prop_map(|port| port.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<i32>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        prop::sample::select(vec![
            "65535",
            "65536",
            "65616",
            "2147483647",
            "2147483648",
            "4294967295",
            "4294967296",
            "4294967376",
            "18446744073709551615",
            "18446744073709551616",
            "9223372036854775808",
            "-9223372036854775809",
            "-1",
            "-0",
            "-80",
            "-4294967216",
            "-18446744073709551536",
            "99999999999999999999999",
            "080",
            "0x50",
        ])
        .prop_map(str::to_owned),
    ];
    let before = prop::sample::select(vec![
        "", "", "", "", "+", " ", "\t", "\x0b", "\x0c", "\r\n", "-", "+-", "\u{a0}",
    ]);
    let after = prop::sample::select(vec!["", "", "", "", "", " ", "x", ".", "/tcp", "\n"]);
    prop_oneof![
        3 => Just(None),
        5 => Just(Some("80".to_owned())),
        4 => (before, number, after).prop_map(|(a, b, c)| Some(format!("{a}{b}{c}"))),
        2 => prop::sample::select(vec![
            "http", "https", "domain", "ftp", "smtp", "telnet", "pop3", "imap", "nonexistentservice",
            "no such service", "*", "", "+", "-", " ", "http ", " http",
        ])
        .prop_map(|name| Some(name.to_owned())),
    ]
}

fn family() -> impl Strategy<Value = FamilyArg> {
    prop_oneof![
        8 => Just(FamilyArg::Unspec),
        6 => Just(FamilyArg::Inet),
        6 => Just(FamilyArg::Inet6),
        1 => (-2..40).prop_map(FamilyArg::Other),
        1 => any::<i32>().prop_map(FamilyArg::Other),
    ]
}

/// Every combination of the bits with a meaning, and sometimes any other bit.
fn flags() -> impl Strategy<Value = FlagsArg> {
    let known = [1, 2, 4, 8, 0x10, 0x20, 0x400, 0x100, 0x800, 0x1000];
    let odds = [0.4, 0.15, 0.5, 0.3, 0.3, 0.2, 0.2, 0.01, 0.01, 0.01];
    let bits: Vec<_> = known
        .into_iter()
        .zip(odds)
        .map(|(bit, odds)| prop::bool::weighted(odds).prop_map(move |on| if on { bit } else { 0 }))
        .collect();
    let named = bits.prop_map(|bits| bits.into_iter().fold(0, |all, bit| all | bit));
    prop_oneof![
        20 => named.prop_map(FlagsArg::Bits),
        1 => (0..32_u32).prop_map(|bit| FlagsArg::Bits(1_i32.wrapping_shl(bit))),
        1 => any::<i32>().prop_map(FlagsArg::Bits),
    ]
}

/// Any question.
pub(crate) fn questions() -> impl Strategy<Value = Question> {
    (host(), service(), family(), flags()).prop_map(|(host, service, family, flags)| Question {
        host,
        service,
        family,
        flags,
    })
}
