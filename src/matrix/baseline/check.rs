//! What a finding must not say: what can match nothing.

use super::compare::call_named;
use super::{Finding, Programs, When};
use crate::matrix::conditions::programs_where;
use crate::matrix::observed::is_lane_name;
use crate::script::{UnknownWord, nearest};
use crate::search::program;

/// The systems that a trace's header can name: those of the model, and where else this runs.
pub(in crate::matrix) const SYSTEMS: &[&str] = &[
    "linux",
    "macos",
    "freebsd",
    "windows",
    "dragonfly",
    "illumos",
    "netbsd",
    "openbsd",
    "solaris",
];
/// The kernels that a trace's header can name.
pub(in crate::matrix) const KERNELS: &[&str] = &[
    "linux",
    "gvisor",
    "xnu",
    "freebsd",
    "nt",
    "wine",
    "simulated",
    "dragonfly",
    "illumos",
    "netbsd",
    "openbsd",
    "solaris",
];
const IPV6: &[&str] = &["on", "off", "no-address"];
const LIBCS: &[&str] = &["glibc", "musl", "system"];
const NETWORKS: &[&str] = &["private", "host"];

/// What stands on the line of a mistake, and what is wrong there.
type Mistake = (String, String);

/// The head of a finding is the line of what is not there.
const HEAD: &str = "[[finding]]";

/// Looks at a finding alone.
pub(super) fn check(finding: &Finding) -> Result<(), Mistake> {
    for (what, text) in
        [("reason", &finding.reason), ("link", &finding.link), ("since", &finding.since)]
    {
        if text.trim().is_empty() {
            return Err((what.to_string(), format!("expected a {what}")));
        }
    }
    if finding.behaviours.is_empty() && finding.programs.is_empty() {
        return Err((HEAD.to_string(), "expected behaviours or programs".into()));
    }
    check_when(&finding.when)?;
    for (index, programs) in finding.programs.iter().enumerate() {
        check_programs(programs).map_err(|(text, why)| (quoted(&text), why))?;
        if finding.programs[..index].contains(programs) {
            return Err((quoted(&programs.condition), twice(&programs_text(programs))));
        }
    }
    for (behaviour, steps) in &finding.behaviours {
        if steps.is_empty() {
            return Err((quoted(behaviour), "expected a step such as \"7 EADDRINUSE\"".into()));
        }
        for (index, step) in steps.iter().enumerate() {
            let known = step.split_once(' ').filter(|(number, _)| number.parse::<usize>().is_ok());
            if known.is_none() {
                let why = format!("expected a step such as \"7 EADDRINUSE\", found {step:?}");
                return Err((quoted(step), why));
            }
            if steps[..index].contains(step) {
                return Err((quoted(behaviour), twice(&format!("{behaviour} step {step}"))));
            }
        }
    }
    Ok(())
}

/// Looks at a finding beside an earlier one that can hold on the same lane.
pub(super) fn check_beside(earlier: &Finding, later: &Finding) -> Result<(), Mistake> {
    if !earlier.when.meets(&later.when) {
        return Ok(());
    }
    for (behaviour, steps) in &later.behaviours {
        let before = earlier.behaviours.get(behaviour).map(Vec::as_slice).unwrap_or_default();
        if let Some(step) = steps.iter().find(|step| before.contains(step)) {
            return Err((quoted(behaviour), format!("{behaviour} step {step}")));
        }
    }
    match later.programs.iter().find(|programs| earlier.programs.contains(programs)) {
        Some(programs) => Err((quoted(&programs.condition), programs_text(programs))),
        None => Ok(()),
    }
}

fn check_when(when: &When) -> Result<(), Mistake> {
    let words = [
        ("os", &when.os, SYSTEMS),
        ("kernel", &when.kernel, KERNELS),
        ("ipv6", &when.ipv6, IPV6),
        ("libc", &when.libc, LIBCS),
        ("network", &when.network, NETWORKS),
    ];
    for (what, found, known) in words {
        let Some(found) = found.as_ref().filter(|found| !known.contains(&found.as_str())) else {
            continue;
        };
        let unknown = UnknownWord {
            expected: format!("expected {what} ({})", known.join(", ")),
            found: found.clone(),
            nearest: nearest(found, known.iter().copied()),
        };
        return Err((quoted(found), unknown.to_string()));
    }
    match &when.lane {
        Some(lane) if !is_lane_name(lane) => {
            let what = "expected the name of a lane: lower case letters, digits, dots and dashes";
            Err((quoted(lane), format!("{what}, found {lane:?}")))
        }
        _ => Ok(()),
    }
}

fn check_programs(programs: &Programs) -> Result<(), Mistake> {
    let Programs { condition, call, .. } = programs;
    let set = programs_where(condition).map_err(|why| (condition.clone(), why))?;
    if set.is_empty() {
        let why = format!("expected a condition that holds for some program, found {condition:?}");
        return Err((condition.clone(), why));
    }
    let makes = |number: usize| {
        program(2, number).steps.iter().any(|step| call_named(&step.call.to_string()) == *call)
    };
    if set.iter().any(makes) {
        return Ok(());
    }
    let why = "expected a call of these programs: socket, set, bind or listen, and a or b";
    Err((call.clone(), format!("{why}, found {call:?}")))
}

fn programs_text(Programs { condition, call, got }: &Programs) -> String {
    format!("programs where {condition}: {call} got {got}")
}

fn twice(what: &str) -> String {
    format!("{what} stands here twice")
}

/// As it most likely stands in the file.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
