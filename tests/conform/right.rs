//! Nothing is found in the right adapter, from inside and from outside, and nothing is left behind.

use bindproof::conform::{Sight, TRAITS};
use bindproof::testkit::adapters::RIGHT;
use libtest_mimic::{Failed, Trial};

use crate::support::{adapter, conform, no_network, setup};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("right::nothing_is_found", nothing_is_found),
        Trial::test("right::from_outside_nothing_is_found_and_less_is_known", from_outside),
    ]
}

fn nothing_is_found() -> Result<(), Failed> {
    if let Some(why) = no_network() {
        eprintln!("SKIPPED: {why}");
        return Ok(());
    }
    let conformance = conform(&setup(adapter(RIGHT)));
    let wrong: Vec<_> = conformance.findings.iter().map(ToString::to_string).collect();
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    let answer = |id: &str, environment: &str| {
        let cell = conformance
            .cells
            .iter()
            .find(|cell| cell.asked.id == id && cell.environment == environment);
        cell.map(|cell| cell.answer.clone()).unwrap_or_default()
    };
    for (id, environment, wanted) in [
        ("no-address", "plain", "0.0.0.0, ::"),
        ("no-address", "no-ipv6", "0.0.0.0"),
        ("no-address", "docker", "0.0.0.0, ::"),
        ("localhost", "docker", "127.0.0.1"),
        ("ipv6-loopback", "no-ipv6", "nothing"),
        ("v6only", "plain", "on, IPv4 clients are refused"),
        ("same-port", "plain", "the same"),
        ("order", "plain", "127.0.0.1, ::1"),
        ("listed-twice", "plain", "127.0.0.1, ::1"),
        ("backlog", "plain", "128"),
        ("backlog-asked", "plain", "7"),
        ("inherited", "plain", "no"),
        ("restart", "plain", "127.0.0.1"),
        ("answers", "plain", "yes"),
        ("close", "plain", "yes"),
        ("ipv6-taken", "plain", "EADDRINUSE by bind"),
        ("ipv4-left-free", "plain", "ok"),
        ("port-zero-taken", "plain", "0.0.0.0, ::"),
        ("accept-emfile", "plain", "goes on"),
    ] {
        let found = answer(id, environment);
        if found != wanted {
            return Err(format!("{id} in {environment}: {found:?}, not {wanted:?}").into());
        }
    }
    let judged = conformance.held.as_ref().map_or(0, |held| held.judged);
    if judged < 150 {
        return Err(format!("only {judged} calls were judged").into());
    }
    Ok(())
}

/// What cannot be read is not answered; what can be proved is answered alike.
fn from_outside() -> Result<(), Failed> {
    if let Some(why) = no_network() {
        eprintln!("SKIPPED: {why}");
        return Ok(());
    }
    let mut outside = setup(adapter(RIGHT));
    outside.sight = Some(Sight::Outside);
    let conformance = conform(&outside);
    let wrong: Vec<_> = conformance.findings.iter().map(ToString::to_string).collect();
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    if conformance.sight.as_ref().map(|(sight, _)| *sight) != Some(Sight::Outside) {
        return Err("it was looked at from inside".into());
    }
    let plain = |id: &str| {
        let cell =
            |cell: &&bindproof::conform::Cell| cell.asked.id == id && cell.environment == "plain";
        conformance.cells.iter().find(cell).map(|cell| cell.answer.clone()).unwrap_or_default()
    };
    for (id, wanted) in [
        ("v6only", "on, IPv4 clients are refused"),
        ("restart", "127.0.0.1"),
        ("inherited", "no"),
        ("answers", "yes"),
        ("close", "yes"),
        ("ipv4-left-free", "ok"),
        ("backlog", "cannot be read here"),
        ("reuseaddr", "not asked: cannot be done from outside"),
    ] {
        let found = plain(id);
        if found != wanted {
            return Err(format!("{id}: {found:?}, not {wanted:?}").into());
        }
    }
    if TRAITS.len() < 40 {
        return Err(format!("only {} traits", TRAITS.len()).into());
    }
    Ok(())
}
