//! The model of musl against what musl answered: `musl.tsv`, recorded by `musl-probe.c`.

use std::net::SocketAddr;

use bindproof::model::Ipv6;
use bindproof::model::resolve::{Libc, Possible, Question, Resolved, Setting, resolve};
use bindproof::script::{FamilyArg, FlagsArg, Platform, errors};

const RECORDED: &str = include_str!("musl.tsv");

/// Undoes the probe's escapes; `\N` is nothing, `\E` is empty.
fn text(field: &str) -> Option<String> {
    match field {
        "\\N" => return None,
        "\\E" => return Some(String::new()),
        _ => {}
    }
    let mut parts = field.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two hexadecimal digits"));
        bytes.extend(&part.as_bytes()[2..]);
    }
    Some(String::from_utf8(bytes).expect("UTF-8"))
}

fn fits(possible: &Possible, answer: &str) -> bool {
    match &possible.answer {
        Resolved::Error(name) => {
            answer.parse().is_ok_and(|code| errors::resolver_name(Platform::Linux, code) == *name)
        }
        Resolved::Records { addresses, any_order } => {
            let mut found = Vec::new();
            for word in answer.split(' ') {
                let Ok(address) = word.parse::<SocketAddr>() else { return false };
                found.push(address);
            }
            let mut addresses = addresses.clone();
            if *any_order {
                addresses.sort();
                found.sort();
            }
            addresses == found
        }
        Resolved::SomeRecords | Resolved::SomeError => unreachable!("musl is fully known"),
    }
}

#[test]
fn musl_answered_as_the_model_says() {
    let hosts: Vec<String> = RECORDED
        .lines()
        .filter_map(|line| line.strip_prefix("#hosts:"))
        .map(str::to_owned)
        .collect();
    let rows: Vec<&str> = RECORDED.lines().filter(|line| !line.starts_with('#')).collect();
    let (mut wrong, mut unmodelled) = (Vec::new(), 0);
    for row in &rows {
        let fields: Vec<_> = row.split('\t').collect();
        let [ipv6, host, service, family, flags, answer] = fields[..] else { panic!("{row}") };
        let question = Question {
            host: text(host),
            service: text(service),
            family: FamilyArg::Other(family.parse().expect("a number")),
            flags: FlagsArg::Bits(
                i32::from_str_radix(&flags[2..], 16).expect("a hexadecimal number"),
            ),
        };
        let setting = Setting {
            platform: Platform::Linux,
            libc: Libc::Musl,
            hosts: Some(&hosts),
            ipv6: if ipv6 == "on" { Ipv6::On } else { Ipv6::NoAddress },
            isolated: true,
        };
        match resolve(&setting, &question) {
            Err(_) => unmodelled += 1,
            Ok(allowed) if allowed.iter().any(|possible| fits(possible, answer)) => {}
            Ok(allowed) => wrong.push(format!("{row}: the model says {allowed:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert!(rows.len() > 400 && unmodelled * 20 < rows.len(), "{unmodelled} unmodelled");
}
