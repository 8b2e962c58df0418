//! What must hold of these tests.

use std::fs;
use std::path::Path;

#[test]
fn every_rule_has_a_test_with_its_id() {
    let mut tests = String::new();
    for folder in ["tests/server", "tests/server_sequences", "tests/processes"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            tests.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
        }
    }
    // Every `_` but the first may stand before a second id: fn a3_d6_….
    let named = |id: &str| {
        let mut functions = tests.split("fn ").map(|text| text.split('(').next().unwrap_or(""));
        functions.any(|name| {
            let mut words = name.split('_').take_while(|word| is_id(word));
            words.any(|word| word == id)
        })
    };
    let rules = [("a", 1..=12), ("t", 1..=12), ("w", 1..=13), ("u", 1..=12)];
    for (letter, numbers) in rules {
        for number in numbers {
            let id = format!("{letter}{number}");
            assert!(named(&id), "no test for {id}");
        }
    }
    // D17 says what is not there.
    for number in [5, 6, 9, 10, 11, 12, 13, 14, 18] {
        assert!(named(&format!("d{number}")), "no test for d{number}");
    }
}

fn is_id(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|first| "atwud".contains(first))
        && word.len() > 1
        && letters.all(|letter| letter.is_ascii_digit())
}
