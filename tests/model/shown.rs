//! The facts of a record as `explain` shows them, against what os-semantics and the systems'
//! documents say of each platform.

use bindproof::model::{Confidence, ShownFact, record};
use bindproof::script::Platform;

fn fact(platform: Platform, name: &str) -> ShownFact {
    let found = record(platform).shown().into_iter().find(|fact| fact.name == name);
    found.unwrap_or_else(|| panic!("{platform} has no {name}"))
}

#[test]
fn each_platforms_facts_read_as_they_are_known() {
    let known = [
        (Platform::Linux, "v6only_default", "no"),
        (Platform::Windows, "v6only_default", "yes"),
        (Platform::Linux, "somaxconn", "4096"),
        (Platform::Macos, "somaxconn", "128"),
        (Platform::Linux, "ephemeral", "32768 to 60999"),
        (Platform::Macos, "ephemeral", "49152 to 65535"),
        (Platform::Linux, "law", "overlap, with options on both sides"),
        (Platform::Windows, "law", "ranks of claims on each stack"),
        (Platform::Linux, "has_reuse_port", "yes"),
        (Platform::Windows, "has_reuse_port", "no"),
        (Platform::Windows, "has_exclusive", "yes"),
        (Platform::Linux, "queue", "the backlog, as unsigned, at most somaxconn, and one more"),
        (Platform::Linux, "low_ports", "every address"),
        (Platform::Macos, "low_ports", "specific addresses"),
        (Platform::Windows, "low_ports", "nobody"),
        (Platform::Windows, "rebind_first", "unknown"),
        (Platform::Windows, "delivery", "the one that listened first"),
        (Platform::Windows, "bind_v4_on_v6", "EFAULT"),
        (Platform::Windows, "bind_broadcast", "unknown"),
        (Platform::Windows, "bind_mapped_v6only", "some error"),
        (Platform::Windows, "accepting_get", "ok"),
    ];
    for (platform, name, value) in known {
        assert_eq!(fact(platform, name).value, value, "{platform} {name}");
    }
}

#[test]
fn the_quirks_of_linux_releases_are_facts_of_linux_alone() {
    let names = |platform| -> Vec<&str> {
        record(platform).shown().into_iter().map(|fact| fact.name).collect()
    };
    let (linux, windows) = (names(Platform::Linux), names(Platform::Windows));
    assert!(linux.contains(&"first_owner_cache"), "{linux:?}");
    assert!(linux.starts_with(&windows), "the rest has the same names on each platform");
    assert!(linux.len() > windows.len());
    let quirk = fact(Platform::Linux, "first_owner_cache");
    assert_eq!(quirk.value, "no", "the newest releases have none");
    assert!(
        quirk.exceptions.iter().any(|(releases, value, source)| value.contains("yes")
            && releases.contains("up to before")
            && !source.is_empty()),
        "{quirk:?}"
    );
}

#[test]
fn confidences_and_releases_read_as_they_are_written() {
    assert_eq!(Confidence::Measured.to_string(), "measured");
    assert_eq!(Confidence::Recalled.to_string(), "recalled");
    let quirk = fact(Platform::Linux, "first_owner_cache");
    assert!(quirk.exceptions[0].0.contains("6."), "{quirk:?}");
}
