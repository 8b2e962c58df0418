//! What must hold of the text of the reference and of these tests.

use std::fs;
use std::path::Path;

fn sources(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    assert!(files.len() > 5, "{} has no sources", folder.display());
    files
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn d8_the_reference_never_looks_at_the_kind_of_an_error() {
    for (name, text) in sources("src/reference") {
        for word in ["ErrorKind", ".kind()"] {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}

#[test]
fn every_rule_has_a_test_with_its_id() {
    let tests: String = sources("tests/reference").into_iter().map(|(_, text)| text).collect();
    let rules = (1..=24).map(|number| format!("r{number}"));
    let differences = [1, 2, 3, 4, 5, 7, 8, 15, 16].map(|number| format!("d{number}"));
    for id in rules.chain(differences) {
        assert!(tests.contains(&format!("#[test]\nfn {id}_")), "no test for {id}");
    }
}

#[test]
fn no_platform_is_chosen_at_compile_time() {
    for (name, text) in sources("src/reference") {
        for line in text.lines() {
            let cfg = line.contains("cfg(") || line.contains("cfg!(");
            assert!(!cfg || line.contains("cfg(test)"), "{name}: {line}");
        }
    }
}
