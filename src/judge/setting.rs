//! Which machines a trace's header leaves possible.

use crate::model::resolve::Libc;
use crate::model::{Ipv6, Machine, Release};
use crate::script::{Env, Fail, FailOnly, Family, Platform, Verb, parse_env_text};
use crate::trace::{Environment, Header};

/// The machines that may have answered, with the calls that were made to fail; an error says why
/// there is no model of them.
///
/// # Errors
/// An interface that is none of the four, or a `fail` line that does not parse.
pub fn machines(header: &Header) -> Result<(Vec<Machine>, Vec<Fail>), String> {
    let platform: Platform = header
        .platform
        .os
        .parse()
        .map_err(|_| format!("there is no model of {:?}", header.platform.os))?;
    let release = is_own_kernel(platform, &header.platform.kernel)
        .then(|| Release::parse(&header.platform.release))
        .flatten();
    let environment = &header.environment;
    let usual = Machine::usual(platform);
    let mut machines = if release.is_none() && is_own_kernel(platform, &header.platform.kernel) {
        usual.of_any_release()
    } else {
        usual.of_release(release)
    };
    let mut vary = |values: &[Change]| {
        machines = machines
            .iter()
            .flat_map(|machine| {
                values.iter().map(|value| {
                    let mut machine = machine.clone();
                    value(&mut machine);
                    machine
                })
            })
            .collect();
    };
    vary(match environment.ipv6.as_deref() {
        Some("on") => &[|m| m.ipv6 = Ipv6::On],
        Some("no-address") => &[|m| m.ipv6 = Ipv6::NoAddress],
        // Injection stands in front of a machine that has IPv6.
        Some("off") if environment.ipv6_off_by.as_deref() == Some("injection") => {
            &[|m| m.ipv6 = Ipv6::On]
        }
        Some("off") => &[|m| m.ipv6 = Ipv6::Off],
        _ => &[|m| m.ipv6 = Ipv6::On, |m| m.ipv6 = Ipv6::NoAddress, |m| m.ipv6 = Ipv6::Off],
    });
    vary(match environment.bindv6only {
        Some(true) => &[|m| m.v6only_default = true],
        Some(false) => &[|m| m.v6only_default = false],
        None => &[|m| m.v6only_default = true, |m| m.v6only_default = false],
    });
    vary(match environment.privileged {
        Some(true) => &[|m| m.privileged = true],
        Some(false) => &[|m| m.privileged = false],
        None => &[|m| m.privileged = true, |m| m.privileged = false],
    });
    if environment.low_port.is_none() && environment.privileged != Some(true) {
        // It can be any; these two are what systems come with.
        vary(&[|m| m.low_port = 0, |m| m.low_port = LOW_PORT]);
    }
    if platform == Platform::Linux {
        vary(match header.platform.libc.as_str() {
            "glibc" => &[|m| m.libc = Libc::Glibc],
            "musl" => &[|m| m.libc = Libc::Musl],
            _ => &[|m| m.libc = Libc::Glibc, |m| m.libc = Libc::Musl],
        });
    }
    for machine in &mut machines {
        known(machine, environment);
    }
    if let Some(records) = &environment.records {
        let line = format!("records {}", records.join(" "));
        let Ok(Env::Records(records)) = parse_env_text(&line) else {
            return Err(format!("the header's {line:?} does not parse"));
        };
        machines.iter_mut().for_each(|machine| machine.records = Some(records.clone()));
    }
    let mut fails = Vec::new();
    for line in &environment.fail {
        match parse_env_text(&format!("fail {line}")) {
            Ok(Env::Fail(fail)) => fails.push(fail),
            _ => return Err(format!("the header's fail line {line:?} does not parse")),
        }
    }
    if environment.ipv6_off_by.as_deref() == Some("injection") {
        fails.push(Fail {
            verb: Verb::Socket,
            only: Some(FailOnly::Family(Family::Inet6)),
            nth: None,
            error: "EAFNOSUPPORT".into(),
        });
    }
    Ok((machines, fails))
}

/// The first port that needs no privilege, as most systems have it.
const LOW_PORT: u16 = 1024;

type Change = fn(&mut Machine);

/// Numbers, of which there is one value or none.
fn known(machine: &mut Machine, environment: &Environment) {
    machine.somaxconn = environment.somaxconn;
    machine.ephemeral = environment.ephemeral.unwrap_or((1, u16::MAX));
    machine.low_port = environment.low_port.unwrap_or(machine.low_port);
    machine.uid = environment.uid.unwrap_or(0);
    machine.hosts.clone_from(&environment.hosts);
    machine.isolated = environment.network.as_deref() == Some("private");
}

/// Only then does a release say which facts hold.
fn is_own_kernel(platform: Platform, kernel: &str) -> bool {
    matches!(
        (platform, kernel),
        (Platform::Linux, "linux")
            | (Platform::Macos, "xnu")
            | (Platform::Freebsd, "freebsd")
            | (Platform::Windows, "nt")
    )
}
