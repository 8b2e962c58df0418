//! Each library's answers, one line a question. What a machine here can be asked stands in
//! `tests/resolver` and `tests/model/musl.rs` as well.

use super::{Libc, Possible, Question, RULES, Resolved, Setting, resolve};
use crate::model::machine::Ipv6;
use crate::script::{FamilyArg, FlagsArg, Platform};

const HOSTS: [&str; 9] = [
    "127.0.0.1 localhost",
    "::1 localhost LocalHost6 # comment",
    "10.0.0.1 two",
    "fd00::2 two",
    "127.0.0.1 web",
    "127.0.0.1 web # again",
    " 127.0.0.1 indented",
    "127.1 short",
    "::1 six",
];

/// A machine whose hosts file is not known.
const fn setting(platform: Platform, libc: Libc, ipv6: Ipv6) -> Setting<'static> {
    Setting { platform, libc, hosts: None, ipv6, isolated: false }
}

/// A machine, changed from the usual one by words.
fn ask_in(setting: &Setting, question: &str) -> String {
    let mut question_ = Question {
        host: None,
        service: Some("80".into()),
        family: FamilyArg::Unspec,
        flags: FlagsArg::Bits(0),
    };
    for word in question.split('|').filter(|word| !word.is_empty()) {
        match word.split_once('=').expect("KEY=VALUE") {
            ("h", host) => question_.host = Some(host.into()),
            ("s", "none") => question_.service = None,
            ("s", service) => question_.service = Some(service.into()),
            ("f", "4") => question_.family = FamilyArg::Inet,
            ("f", "6") => question_.family = FamilyArg::Inet6,
            ("f", number) => question_.family = FamilyArg::Other(number.parse().unwrap()),
            ("b", bits) => {
                question_.flags = FlagsArg::Bits(i32::from_str_radix(bits, 16).unwrap());
            }
            (key, _) => panic!("{key}"),
        }
    }
    match resolve(setting, &question_) {
        Err(why) => format!("? {why}"),
        Ok(all) => all.iter().map(told).collect::<Vec<_>>().join(" or "),
    }
}

fn told(possible: &Possible) -> String {
    match &possible.answer {
        Resolved::Records { addresses, any_order } => {
            let all: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            format!("{}{}", if *any_order { "any " } else { "" }, all.join(" "))
        }
        Resolved::SomeRecords => "ok".into(),
        Resolved::Error(name) => (*name).into(),
        Resolved::SomeError => "error".into(),
    }
}

fn check(platform: Platform, libc: Libc, rows: &[(&str, &str)]) {
    let hosts = HOSTS.map(str::to_owned);
    let setting = Setting { platform, libc, hosts: Some(&hosts), ipv6: Ipv6::On, isolated: false };
    for (question, answer) in rows {
        let said = ask_in(&setting, question);
        let same = if *answer == "?" { said.starts_with("? ") } else { said == *answer };
        assert!(same, "{platform} {question}: {said}, not {answer}");
    }
}

#[test]
fn glibc_beyond_a_private_network() {
    check(
        Platform::Linux,
        Libc::Glibc,
        &[
            ("f=4|b=20", "127.0.0.1:80 or EAI_NONAME"),
            ("f=6|b=20", "[::1]:80 or EAI_NONAME"),
            ("b=20", "[::1]:80 127.0.0.1:80 or 127.0.0.1:80 or [::1]:80"),
            ("h=::1|b=20", "[::1]:80 or EAI_ADDRFAMILY"),
            ("h=1.2.3.4|f=6|b=28", "[::ffff:1.2.3.4]:80 or EAI_NONAME"),
            ("h=nobody", "?"),
            ("h=no body", "EAI_NONAME"),
            ("h=0x+1|b=4", "EAI_NONAME"),
            ("h=256.1|f=4", "EAI_NONAME"),
            ("h=256.1|f=6", "?"),
            ("h=a\\b", "?"),
            ("h=fe80::1%eth0|b=4", "? which interfaces there are"),
            ("h=fe80::1%lo:80|b=4", "[fe80::1%1]:80"),
            ("h=fe80::1%lo:a/b and|b=4", "[fe80::1%1]:80"),
            ("h=fe80::1%:|b=4", "EAI_NONAME"),
            ("h=fe80::1%lo:aaaaaaaaaaaaa|b=4", "EAI_NONAME"),
            ("h=two", "any 10.0.0.1:80 [fd00::2]:80"),
            ("h=two|f=4", "10.0.0.1:80"),
            ("h=é|b=40", "?"),
            ("s=gopher", "?"),
            ("s=imap", "[::1]:143 127.0.0.1:143"),
            ("h=1.2.3.4|f=2", "1.2.3.4:80"),
            ("h=::1|f=10", "[::1]:80"),
            ("h=::1|f=30", "EAI_FAMILY"),
            ("b=1", "0.0.0.0:80 [::]:80"),
            ("h=::ffff:1.2.3.4|f=4", "1.2.3.4:80"),
            ("h=é", "EAI_NONAME"),
            ("h=127.0.0.1|b=40", "127.0.0.1:80"),
            ("h=256.1", "?"),
            ("h=256.1|f=4|b=2", "?"),
            ("h=nobody|f=4", "?"),
            ("h=no!body|b=2", "EAI_NONAME"),
            ("h=no!body|f=4", "EAI_NONAME"),
            ("h=no!body|f=4|b=2", "?"),
            ("h=nobody1|f=4", "?"),
            ("h=web|f=6", "?"),
            ("h=web|f=6|b=8", "[::ffff:127.0.0.1]:80 [::ffff:127.0.0.1]:80"),
            ("h=fe80::1%lo:aaaaaaaaaaaa|b=4", "[fe80::1%1]:80"),
            ("h=fe80::1%et h0|b=4", "EAI_NONAME"),
            ("s=abcdefghijklmnop", "?"),
            ("s=abcdefghijklmnopq", "EAI_SERVICE"),
        ],
    );
    let setting = setting(Platform::Linux, Libc::Glibc, Ipv6::NoAddress);
    assert_eq!(ask_in(&setting, "b=20"), "127.0.0.1:80 or 127.0.0.1:80 [::1]:80");
    assert_eq!(ask_in(&setting, "h=localhost"), "? the hosts file is not known");
    assert_eq!(ask_in(&setting, "h=a+b"), "EAI_NONAME");
    let other = Setting { libc: Libc::System, ..setting };
    assert!(ask_in(&other, "").starts_with("? "));
    assert!(ask_in(&setting, "h=a\0b").starts_with("? "));
    assert!(ask_in(&setting, "s=8\x000").starts_with("? "));
}

#[test]
fn musl_of_either_version_and_without_ipv6() {
    check(
        Platform::Linux,
        Libc::Musl,
        &[
            ("h=::1|f=4", "EAI_NODATA or EAI_NONAME"),
            ("h=six|f=4", "EAI_NODATA or EAI_NONAME"),
            ("h=nobody", "?"),
            ("s=80/tcp", "?"),
            ("s= ", "?"),
            ("s=gopher", "?"),
            ("h=fe80::1%eth0", "?"),
            ("h=fe80::1%lo:aaaaaaaaaaaaa", "[fe80::1%1]:80"),
            ("f=6|b=20", "[::1]:80"),
        ],
    );
    let setting = setting(Platform::Linux, Libc::Musl, Ipv6::Off);
    assert_eq!(ask_in(&setting, "b=20"), "127.0.0.1:80");
    assert_eq!(ask_in(&setting, "f=4|b=20"), "127.0.0.1:80");
    assert_eq!(ask_in(&setting, "f=6|b=20"), "EAI_NODATA or EAI_NONAME");
    assert_eq!(ask_in(&setting, "f=6|b=20|s=70000"), "EAI_SERVICE or EAI_NONAME");
    assert!(ask_in(&setting, "h=localhost").starts_with("? "));
    let unwritten = "? musl reads memory that it has not written";
    assert_eq!(ask_in(&setting, &format!("h={}%1|b=4", "0".repeat(64))), unwritten);
    assert_eq!(ask_in(&setting, &format!("h={}|b=4", "0".repeat(63) + ":1")), "EAI_NONAME");
    assert_eq!(ask_in(&setting, &format!("h={}%1|b=4", "0".repeat(63))), "EAI_NONAME");
    assert_eq!(ask_in(&setting, &format!("h={}|b=0", "a.".repeat(127) + "a")), "EAI_NONAME");
}

#[test]
fn macos_as_its_source_says() {
    let (both, passive) = ("any [::1]:80 127.0.0.1:80", "any [::]:80 0.0.0.0:80");
    check(
        Platform::Macos,
        Libc::System,
        &[
            ("", both),
            ("b=1", passive),
            ("b=2", both),
            ("h=|b=1", passive),
            ("h=|s=", "EAI_NONAME"),
            ("h=|s=none", "EAI_NONAME"),
            ("f=4|b=1", "0.0.0.0:80"),
            ("f=6|b=1", "[::]:80"),
            ("f=99", "EAI_FAMILY"),
            ("f=10", "EAI_FAMILY"),
            ("f=30", "[::1]:80"),
            ("h=fe80::1%lo0", "? which interfaces there are"),
            ("f=99|b=1000000", "EAI_FAMILY"),
            ("b=40000000", both),
            ("b=8", "?"),
            ("b=1000000", "?"),
            ("h=127.1|b=4", "127.0.0.1:80"),
            ("h=0x.1|b=4", "0.0.0.1:80"),
            ("h=0x|b=4", "EAI_NONAME"),
            ("h=1.0X|b=4", "EAI_NONAME"),
            ("h=4294967297|b=4", "0.0.0.1:80"),
            ("h=0x1ffffffff|b=4", "255.255.255.255:80"),
            ("h=1.16777216|b=4", "EAI_NONAME"),
            ("h=1.2.65535|b=4", "1.2.255.255:80"),
            ("h=1.2.65536|b=4", "EAI_NONAME"),
            ("h=1.2.3.256|b=4", "EAI_NONAME"),
            ("h=256.1|b=4", "EAI_NONAME"),
            ("h=1.2.3.4.5|b=4", "EAI_NONAME"),
            ("h=1.2.3.4 |b=4", "EAI_NONAME"),
            ("h=010.0x10.1|b=4", "8.16.0.1:80"),
            ("h=08|b=4", "EAI_NONAME"),
            ("h=1.|b=4", "EAI_NONAME"),
            ("h=[::1]|b=4", "EAI_NONAME"),
            ("h=::1|f=4", "EAI_NONAME"),
            ("h=::ffff:1.2.3.4|f=4", "EAI_NONAME"),
            ("h=1.2.3.4|f=6", "[::ffff:1.2.3.4]:80"),
            ("h=1.2.3.4|f=6|b=4", "EAI_NONAME"),
            ("h=1.2.3.4|f=6|b=204", "[::ffff:1.2.3.4]:80"),
            ("h=1.2.3.4|f=6|b=804", "[::ffff:1.2.3.4]:80"),
            ("h=1.2.3.4|b=804", "1.2.3.4:80"),
            ("h=fe80::1%1|b=4", "[fe80::1%1]:80"),
            ("h=::1%1|b=4", "[::1%1]:80"),
            ("h=fe80::1%|b=4", "[fe80::1]:80"),
            ("h=fe80::1%65537|b=4", "[fe80::1%1]:80"),
            ("h=fe80::1%2147483648|b=4", "?"),
            ("h=fe80::1%en0|b=4", "?"),
            ("h=fe80::1%en0%2|b=4", "[fe80::1%2]:80"),
            ("h=fe80:5::1|b=4", "[fe80::1%5]:80"),
            ("h=fe80:5::1%3|b=4", "[fe80::1%3]:80"),
            ("h=fec0:5::1|b=4", "[fec0:5::1]:80"),
            ("h=localhost|b=4", "EAI_NONAME"),
            ("h=localhost", "any 127.0.0.1:80 [::1]:80"),
            ("h=LOCALHOST|f=4", "127.0.0.1:80"),
            ("h=localhost|f=6", "[::1]:80"),
            ("h=localhost|f=6|b=900", "?"),
            ("h=web", "127.0.0.1:80 or 127.0.0.1:80 127.0.0.1:80"),
            ("h=web|f=6|b=1", "?"),
            ("h=web|f=6|b=800", "?"),
            ("h=short", "?"),
            ("h=nobody", "?"),
            ("h=*", "?"),
            ("h=1.2.3.4|s=", "1.2.3.4:0"),
            ("h=1.2.3.4|s=none", "1.2.3.4:0"),
            ("h=1.2.3.4|s=65535", "1.2.3.4:65535"),
            ("h=1.2.3.4|s=65536", "EAI_NONAME"),
            ("h=1.2.3.4|s=-0", "1.2.3.4:0"),
            ("h=1.2.3.4|s=-1", "EAI_NONAME"),
            ("h=1.2.3.4|s= +080", "1.2.3.4:80"),
            ("h=1.2.3.4|s=99999999999999999999", "EAI_NONAME"),
            ("h=1.2.3.4|s=80 ", "EAI_NONAME"),
            ("h=1.2.3.4|s=http", "1.2.3.4:80"),
            ("h=1.2.3.4|s=http|b=1000", "EAI_NONAME"),
            ("h=1.2.3.4|s=nonexistentservice", "EAI_NONAME"),
            ("h=1.2.3.4|s=gopher", "?"),
        ],
    );
}

#[test]
fn freebsd_as_its_source_says() {
    check(
        Platform::Freebsd,
        Libc::System,
        &[
            ("", "[::1]:80 127.0.0.1:80"),
            ("b=1", "[::]:80 0.0.0.0:80"),
            ("b=2", "[::1]:80 127.0.0.1:80"),
            ("b=400", "[::1]:80 127.0.0.1:80"),
            ("f=4", "127.0.0.1:80"),
            ("f=6|b=1", "[::]:80"),
            ("f=28", "[::1]:80"),
            ("f=10", "EAI_FAMILY"),
            ("f=1", "?"),
            ("s=none", "EAI_NONAME"),
            ("s=none|b=40000000", "EAI_NONAME"),
            ("f=99|b=40000000", "EAI_BADFLAGS"),
            ("b=200", "EAI_BADFLAGS"),
            ("b=10", "EAI_BADFLAGS"),
            ("f=99|b=100", "EAI_FAMILY or EAI_BADFLAGS"),
            ("h=127.1|b=4", "127.0.0.1:80"),
            ("h=4294967297|b=4", "0.0.0.1:80"),
            ("h=1.2.3.4 x|b=4", "?"),
            ("h=1.2.3.4 |f=6|b=4", "EAI_NONAME"),
            ("h=1.2.3.4 |f=6|b=804", "?"),
            ("h=a b|b=4", "EAI_NONAME"),
            ("h=[::1]|b=4", "EAI_NONAME"),
            ("h=::1|f=4|b=4", "EAI_NONAME"),
            ("h=::1|f=4", "error"),
            ("h=1.2.3.4|f=6", "error"),
            ("h=1.2.3.4|f=6|b=804", "[::ffff:1.2.3.4]:80 or EAI_BADFLAGS"),
            ("h=1.2.3.4%7|f=6|b=804", "[::ffff:1.2.3.4%7]:80 or EAI_BADFLAGS"),
            ("h=1.2.3.4|b=804", "1.2.3.4:80 or EAI_BADFLAGS"),
            ("h=1.2.3.4%7|b=4", "EAI_NONAME"),
            ("h=fe80::1%1|b=4", "[fe80::1%1]:80"),
            ("h=fe80::1% +1|b=4", "[fe80::1%1]:80"),
            ("h=fe80::1%|b=4", "EAI_NONAME"),
            ("h=fe80::1%em0|b=4", "?"),
            ("h=ff01::1%em0|b=4", "?"),
            ("h=::1%em0|b=4", "EAI_NONAME"),
            ("h=febf::1%em0|b=4", "?"),
            ("h=fec0::1%em0|b=4", "EAI_NONAME"),
            ("h=ff05::1%em0|b=4", "EAI_NONAME"),
            ("h=fe80::1%an-interface-too-long|b=4", "EAI_NONAME"),
            ("h=fe80::1%a:b|b=4", "EAI_NONAME"),
            ("h=::1%7|b=4", "[::1%7]:80"),
            ("h=fe80::1%4294967296|b=4", "?"),
            ("h=::1%4294967296|b=4", "EAI_NONAME"),
            ("h=::1%99999999999999999999|b=4", "EAI_NONAME"),
            ("h=localhost|b=4", "EAI_NONAME"),
            ("h=localhost", "any [::1]:80 127.0.0.1:80"),
            ("h=localhost|b=1", "[::1]:80 127.0.0.1:80"),
            ("h=localhost|f=4", "127.0.0.1:80"),
            ("h=localhost6|f=6", "[::1]:80"),
            ("h=localhost|f=6|b=800", "?"),
            ("h=web", "127.0.0.1:80 127.0.0.1:80"),
            ("h=short", "127.0.0.1:80"),
            ("h=indented", "?"),
            ("h=web|f=6", "?"),
            ("h=web|b=401", "?"),
            ("h=localhost|f=4|b=400", "127.0.0.1:80 or EAI_FAIL"),
            ("h=localhost|b=401", "[::1]:80 127.0.0.1:80 or 127.0.0.1:80 or [::1]:80 or EAI_FAIL"),
            ("h=nobody", "?"),
            ("h=1.2.3.4|s=", "EAI_SERVICE"),
            ("h=1.2.3.4|s=|b=8", "EAI_NONAME"),
            ("h=1.2.3.4|s=none", "1.2.3.4:0"),
            ("h=1.2.3.4|s=65535", "1.2.3.4:65535"),
            ("h=1.2.3.4|s=65536|b=8", "EAI_SERVICE"),
            ("h=1.2.3.4|s=4294967295|b=8", "EAI_SERVICE"),
            ("h=1.2.3.4|s=4294967296|b=8", "EAI_NONAME"),
            ("h=1.2.3.4|s=-1|b=8", "EAI_NONAME"),
            ("h=1.2.3.4|s=-1", "EAI_SERVICE"),
            ("h=1.2.3.4|s=-18446744073709551536", "1.2.3.4:80"),
            ("h=1.2.3.4|s=99999999999999999999|b=8", "EAI_NONAME"),
            ("h=1.2.3.4|s= +080", "1.2.3.4:80"),
            ("h=1.2.3.4|s=http", "1.2.3.4:80"),
            ("h=1.2.3.4|s=http|b=8", "EAI_NONAME"),
            ("h=1.2.3.4|s=HTTP", "?"),
            ("h=nobody|s=nonexistentservice", "EAI_SERVICE"),
        ],
    );
    let setting = setting(Platform::Freebsd, Libc::System, Ipv6::Off);
    assert_eq!(ask_in(&setting, "b=1"), "0.0.0.0:80");
    assert_eq!(ask_in(&setting, "f=6"), "EAI_NONAME");
    assert_eq!(ask_in(&setting, "h=localhost"), "? the hosts file is not known");
    let no_address = Setting { ipv6: Ipv6::NoAddress, ..setting };
    assert_eq!(ask_in(&no_address, "b=1"), "[::]:80 0.0.0.0:80");
}

#[test]
fn windows_as_documents_and_tests_say() {
    check(
        Platform::Windows,
        Libc::System,
        &[
            ("", "any [::1]:80 127.0.0.1:80"),
            ("b=1", "any [::]:80 0.0.0.0:80"),
            ("f=4|b=1", "0.0.0.0:80"),
            ("f=23|b=1", "[::]:80"),
            ("s=none", "EAI_NONAME"),
            ("b=2", "EAI_FAIL"),
            ("b=5", "EAI_NONAME"),
            ("b=6", "EAI_FAIL or EAI_NONAME"),
            ("f=99|b=2", "EAI_FAMILY or EAI_FAIL"),
            ("f=99", "EAI_FAMILY"),
            ("f=17", "?"),
            ("b=8", "?"),
            ("b=40000000", "?"),
            ("h=127.0.0.1", "127.0.0.1:80"),
            ("h=127.0.0.1|b=2", "127.0.0.1:80"),
            ("h=127.1|b=4", "?"),
            ("h= 127.1|b=4", "?"),
            ("h=192.168.1.253:1024|b=4", "EAI_NONAME"),
            ("h=[beef::cafe]|f=6|b=4", "[beef::cafe]:80"),
            ("h=[beef::cafe]|f=4|b=4", "EAI_NONAME"),
            ("h=[beef::cafe]:10239", "[beef::cafe]:80"),
            ("h=[beef::cafe]x|b=4", "EAI_NONAME"),
            ("h=[beef::cafe]:x|b=4", "EAI_NONAME"),
            ("h=[beef::cafe|b=4", "EAI_NONAME"),
            ("h=beef::cafe]|b=4", "EAI_NONAME"),
            ("h=fe80::1%1|b=4", "[fe80::1%1]:80"),
            ("h=fe80::1%eth|b=4", "?"),
            ("h=::1|f=4|b=4", "EAI_NONAME"),
            ("h=::1|f=4", "error"),
            ("h=1.2.3.4|f=6", "error"),
            ("h=1.2.3.4|f=6|b=4", "EAI_NONAME"),
            ("h=1.2.3.4|f=6|b=800", "[::ffff:1.2.3.4]:80"),
            ("h=::ffff:1.2.3.4|f=4", "?"),
            ("h=::ffff:1.2.3.4", "[::ffff:1.2.3.4]:80"),
            ("h=", "ok"),
            ("h=localhost|b=4", "EAI_NONAME"),
            ("h=localhost", "any 127.0.0.1:80 [::1]:80"),
            ("h=localhost|f=4", "127.0.0.1:80"),
            ("h=localhost|f=6|b=800", "?"),
            ("h=localhost|b=400", "?"),
            ("h=web", "127.0.0.1:80 or 127.0.0.1:80 127.0.0.1:80"),
            ("h=nobody", "?"),
            ("h=1.2.3.4|s=", "1.2.3.4:0"),
            ("h=1.2.3.4|s=none", "1.2.3.4:0"),
            ("h=1.2.3.4|s=65535", "1.2.3.4:65535"),
            ("h=1.2.3.4|s=65536", "?"),
            ("h=1.2.3.4|s=-1", "?"),
            ("h=1.2.3.4|s=+80", "?"),
            ("h=1.2.3.4|s=http", "1.2.3.4:80"),
            ("h=1.2.3.4|s=nonexistentservice", "EAI_SERVICE"),
            ("h=1.2.3.4|s=gopher", "?"),
            ("h=1.2.3.4|f=6|b=4|s=nonexistentservice", "EAI_SERVICE or EAI_NONAME"),
        ],
    );
    let setting = setting(Platform::Windows, Libc::System, Ipv6::On);
    assert_eq!(ask_in(&setting, "h=LocalHost"), "any [::1]:80 127.0.0.1:80");
    assert_eq!(ask_in(&setting, "h=web"), "? the hosts file is not known");
    let off = Setting { ipv6: Ipv6::Off, ..setting };
    assert_eq!(ask_in(&off, ""), "any [::1]:80 127.0.0.1:80 or 127.0.0.1:80");
    assert_eq!(ask_in(&off, "f=6"), "? IPv6 without the protocol");
}

/// Every answer's rule is written down for its platform, and every rule is some answer's.
#[test]
fn rules_and_answers_need_each_other() {
    let hosts = HOSTS.map(str::to_owned);
    let texts = [
        None,
        Some(""),
        Some("*"),
        Some("::1"),
        Some("1.2.3.4"),
        Some("[::1]"),
        Some("::1%lo"),
        Some("localhost"),
        Some("web"),
        Some("a..b"),
        Some("nobody"),
        Some("::ffff:1.2.3.4"),
    ];
    let services = [None, Some("80"), Some("70000"), Some("nonexistentservice")];
    let families = [FamilyArg::Unspec, FamilyArg::Inet, FamilyArg::Inet6, FamilyArg::Other(99)];
    let mut said = Vec::new();
    for platform in Platform::all() {
        for libc in [Libc::Glibc, Libc::Musl] {
            for isolated in [false, true] {
                let setting =
                    Setting { platform, libc, hosts: Some(&hosts), ipv6: Ipv6::On, isolated };
                for host in texts {
                    for service in services {
                        for family in families {
                            for bits in [0, 1, 2, 4, 8, 0x20, 0x400, 0x800, 0x1000, 1 << 30] {
                                let question = Question {
                                    host: host.map(str::to_owned),
                                    service: service.map(str::to_owned),
                                    family,
                                    flags: FlagsArg::Bits(bits),
                                };
                                let answers = resolve(&setting, &question).unwrap_or_default();
                                said.extend(answers.iter().map(|one| (platform, one.rule)));
                            }
                        }
                    }
                }
            }
        }
    }
    for (platform, id) in &said {
        let rule = RULES.iter().find(|rule| rule.id == *id);
        let rule = rule.unwrap_or_else(|| panic!("{id} is no rule"));
        assert!(rule.confidence(*platform).is_some(), "{id} has no evidence for {platform}");
    }
    for rule in RULES {
        for platform in Platform::all() {
            let reached = said.contains(&(platform, rule.id));
            assert_eq!(rule.confidence(platform).is_some(), reached, "{} {platform}", rule.id);
        }
    }
}

#[test]
fn glibc_and_mapped_addresses_in_the_hosts_file() {
    let hosts = ["::ffff:127.0.0.1 mix", "::1 mix", "127.0.0.1 mix"].map(str::to_owned);
    let setting = Setting {
        hosts: Some(&hosts),
        isolated: true,
        ..setting(Platform::Linux, Libc::Glibc, Ipv6::On)
    };
    let mapped = "[::ffff:127.0.0.1]:80";
    let ask = |question| ask_in(&setting, question);
    // In the order of RFC 6724, but a mapped address after the same one as IPv4.
    assert_eq!(ask("h=mix"), format!("[::1]:80 127.0.0.1:80 {mapped}"));
    assert_eq!(ask("h=mix|b=8"), format!("[::1]:80 127.0.0.1:80 {mapped}"));
    assert_eq!(ask("h=mix|f=6"), format!("[::1]:80 {mapped}"));
    assert_eq!(ask("h=mix|f=6|b=8"), "[::1]:80");
    assert_eq!(ask("h=mix|f=6|b=18"), format!("[::1]:80 {mapped} {mapped} {mapped} {mapped}"));
    // Without IPv6 none of the two can be reached.
    let setting = Setting { ipv6: Ipv6::Off, ..setting };
    assert_eq!(ask_in(&setting, "h=mix|f=6"), format!("[::1]:80 {mapped}"));
    assert_eq!(ask_in(&setting, "h=fe80::1%eth0|b=4"), "EAI_NONAME");
}

#[test]
fn the_longest_name_may_be_asked_for() {
    let setting = Setting { hosts: Some(&[]), ..setting(Platform::Linux, Libc::Musl, Ipv6::On) };
    let longest =
        format!("h={}.{}.{}.{}.", "a".repeat(63), "a".repeat(63), "a".repeat(63), "a".repeat(61));
    let ask = |question: &str| ask_in(&setting, question);
    assert!(ask(&longest).starts_with("? "), "{}", ask(&longest));
    assert_eq!(ask(&longest.replacen('a', "aa", 1)), "EAI_NONAME");
}
