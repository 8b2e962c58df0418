//! Arguments of `bind_sockets`, good and bad.

use crate::script::{BindSocketsArgs, Choices, FamilyArg, Flag, FlagsArg, PortArg};

/// The name in the hosts file of [`super::surroundings`] that is not `localhost`.
pub(super) const OTHER_NAME: &str = "two";

/// Every argument; most of them are left out, so that each of the others meets the defaults.
pub(super) fn arguments(choices: &mut Choices<'_>) -> BindSocketsArgs {
    BindSocketsArgs {
        port: port(choices),
        address: address(choices),
        family: family(choices),
        backlog: backlog(choices),
        flags: flags(choices),
        reuse_port: choices.chance(1, 3).then(|| !choices.chance(1, 6)),
        port_attempts: choices.chance(1, 2).then(|| choices.below(4)),
        exclusive: choices.chance(1, 4).then(|| !choices.chance(1, 4)),
    }
}

fn port(choices: &mut Choices<'_>) -> Option<PortArg> {
    let text = |text: &str| Some(PortArg::Text(text.to_string()));
    match choices.weighted(&[6, 5, 1, 1, 2]) {
        0 => None,
        1 => Some(PortArg::Named("p".into())),
        2 => text(choices.one_of(&["0", "00", "80", "1024", "65535", "000080"])),
        3 => text(choices.one_of(&["http", "nonsense", "８０", "0x50", "80x", "*"])),
        _ => text(choices.one_of(&[
            "65536",
            "70000",
            "4294967376",
            "99999999999999999999",
            "-1",
            "+80",
            " 80",
            "\t80",
            "",
            "8\0",
        ])),
    }
}

fn address(choices: &mut Choices<'_>) -> Option<String> {
    let one_of = |choices: &mut Choices<'_>, texts: &[&str]| {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_string()).collect();
        Some(choices.one_of(&texts))
    };
    match choices.weighted(&[5, 2, 6, 1, 2, 5, 1, 2, 1, 1, 1]) {
        0 => None,
        1 => Some(String::new()),
        2 => Some("localhost".into()),
        3 => one_of(choices, &["LOCALHOST", "localhost.", "Localhost"]),
        4 => one_of(choices, &[OTHER_NAME, "ip6-localhost", "no.invalid"]),
        5 => one_of(choices, &["127.0.0.1", "::1", "0.0.0.0", "::", "127.0.0.2"]),
        // Addresses of nobody.
        6 => one_of(choices, &["10.255.254.253", "2001:db8::1"]),
        7 => one_of(choices, &["::ffff:127.0.0.1", "::ffff:0.0.0.0", "fe80::1", "fe80::1%1"]),
        8 => one_of(choices, &["::1%1", "fe80::1%lo", "fe80::1%99999999999", "::1%", "%1"]),
        9 => one_of(
            choices,
            &["[::1]", "256.0.0.1", "127.1", "0x7f.1", " ::1", "127.0.0.1:80", "a..b", ":::"],
        ),
        _ => match choices.below(4) {
            0 => Some("a".repeat(64)),
            1 => Some(vec!["a"; 200].join(".")),
            2 => Some("bücher.invalid".into()),
            _ => Some("127.0.0.1\0.invalid".into()),
        },
    }
}

fn family(choices: &mut Choices<'_>) -> Option<FamilyArg> {
    match choices.weighted(&[10, 1, 3, 3, 1]) {
        0 => None,
        1 => Some(FamilyArg::Unspec),
        2 => Some(FamilyArg::Inet),
        3 => Some(FamilyArg::Inet6),
        _ => Some(FamilyArg::Other(choices.one_of(&[1, 3, 255, -1, i32::MIN, i32::MAX]))),
    }
}

/// Small ones, whose queues a script can fill; the edges; any of them.
fn backlog(choices: &mut Choices<'_>) -> Option<i32> {
    match choices.weighted(&[4, 5, 2, 1]) {
        0 => None,
        1 => Some(choices.one_of(&[0, 1, -1, 2])),
        2 => Some(choices.one_of(&[5, 128, 4_096, 65_536, i32::MIN, i32::MAX])),
        _ => Some(choices.below(u32::MAX).cast_signed()),
    }
}

fn flags(choices: &mut Choices<'_>) -> Option<FlagsArg> {
    match choices.weighted(&[8, 1, 3, 3, 1]) {
        0 => None,
        1 => Some(FlagsArg::Absent),
        2 => Some(FlagsArg::Named(Vec::new())),
        3 => {
            let all: Vec<_> = Flag::all().collect();
            let mut named = vec![choices.one_of(&all)];
            if choices.chance(1, 2) {
                named.push(choices.one_of(&all));
            }
            named.dedup();
            Some(FlagsArg::Named(named))
        }
        _ => Some(FlagsArg::Bits(1_i32.wrapping_shl(choices.below(32)))),
    }
}
