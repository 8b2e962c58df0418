//! Public bugs in the setting up of listening sockets: does the harness find each?
//!
//! An entry of `matrix/bugs/` shows its bug in one of four ways, and is as good as what it shows is
//! tried here. `matrix/bugs/LIST.md` is the result; `UPDATE_EXPECT=1` writes it anew.

mod entry;
mod list;
mod shown;

use std::collections::BTreeSet;

use entry::{Shown, entries};

/// So many must be found.
const FOUND_MIN: usize = 25;

#[test]
fn every_bug_is_found_or_says_why_it_is_not() {
    let wrong: Vec<_> = entries()
        .iter()
        .filter_map(|entry| shown::check(entry).err().map(|why| format!("{}: {why}", entry.id)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_enough_and_each_is_public() {
    let entries = entries();
    let found =
        entries.iter().filter(|entry| !matches!(entry.file.shown, Shown::Missed { .. })).count();
    assert!(found >= FOUND_MIN, "only {found} are found");
    let links: BTreeSet<_> = entries.iter().map(|entry| &entry.file.link).collect();
    assert_eq!(links.len(), entries.len(), "a bug stands there twice");
    for entry in &entries {
        let number = entry.file.link.rsplit('/').next().expect("a last part");
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        assert!(
            is_number && entry.file.link.starts_with("https://github.com/"),
            "{}",
            entry.file.link
        );
        assert!(entry.id.ends_with(&format!("-{number}")), "{} is {}", entry.id, entry.file.link);
        assert!(
            entry.file.bug.ends_with('.') && !entry.file.bug.contains('\n'),
            "{}: a line",
            entry.id
        );
    }
}

#[test]
fn the_list_says_which_are_found() {
    list::expected().assert_eq(&list::of(&entries()));
}
