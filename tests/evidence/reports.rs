//! What is written for others: `JUnit`, annotations, JSON, completions and the manual page.

use std::path::Path;

use crate::written::bindproof;

fn printed(arguments: &[&str]) -> String {
    let output = bindproof()
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the binary starts");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The gate without baselines on a lane that deviates much.
fn wine(format: &str) -> String {
    let none = tempfile::tempdir().expect("a folder");
    let baseline = none.path().to_str().expect("a path");
    let all = ["gate", "--observed", "matrix/observed", "--lane", "wine", "--baseline", baseline];
    printed(&[all.as_slice(), &["--format", format]].concat())
}

#[test]
fn annotations_are_as_many_as_are_shown_and_each_is_one_line() {
    let text = wine("github");
    assert_eq!(text.lines().count(), 10, "{text}");
    for line in text.lines() {
        let rest = line.strip_prefix("::error title=").expect(line);
        let (title, message) = rest.split_once("::").expect(line);
        assert!(!title.contains([':', ',']) && !message.is_empty(), "{line}");
    }
    assert!(text.lines().last().is_some_and(|line| line.contains("::and ")), "{text}");
}

#[test]
fn junit_has_a_case_for_each_finding_and_each_skip() {
    let text = wine("junit");
    let suite = text.lines().find(|line| line.contains("<testsuite ")).expect("a suite");
    let count = |what: &str| text.matches(what).count();
    assert!(suite.contains("name=\"wine\""), "{suite}");
    assert!(suite.contains(&format!("failures=\"{}\"", count("<failure "))), "{suite}");
    assert!(suite.contains(&format!("skipped=\"{}\"", count("<skipped"))), "{suite}");
    assert!(count("<failure ") > 10 && count("<skipped") > 10, "{suite}");
    let check = printed(&["check", "--subject", "simulated:linux", "--format", "junit", "v6only"]);
    assert!(check.contains("name=\"v6only/specific-address-forces-it\""), "{check}");
}

#[test]
fn the_json_products_name_their_format_and_agree_with_each_other() {
    let gate: serde_json::Value = serde_json::from_str(&wine("json")).expect("JSON");
    let matrix = printed(&["matrix", "--observed", "matrix/observed", "--format", "json"]);
    let matrix: serde_json::Value = serde_json::from_str(&matrix).expect("JSON");
    let parsed = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&printed(arguments)).expect("JSON")
    };
    let runtimes = parsed(&["matrix", "--runtimes", "--format", "json"]);
    let check = parsed(&["check", "--subject", "simulated:linux", "--format", "json", "v6only"]);
    let documents =
        [(&gate, "gate"), (&matrix, "matrix"), (&runtimes, "runtimes"), (&check, "check")];
    for (document, kind) in documents {
        assert_eq!(document["format"], 1);
        assert_eq!(document["kind"], kind);
        let schema =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("matrix/schema/{kind}.json"));
        let schema = std::fs::read_to_string(schema).expect("a schema");
        let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
        let names = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().expect("an object").keys().cloned().collect()
        };
        assert_eq!(names(document), names(&schema["properties"]), "ci/page checks the rest");
    }
    let columns = matrix["columns"].as_array().expect("columns");
    let column = columns.iter().find(|column| column["name"] == "wine").expect("wine");
    // The page explains a finding by the baselines that are built in; this gate has none.
    let conditions = |findings: &serde_json::Value| -> Vec<serde_json::Value> {
        let findings = findings.as_array().expect("findings");
        findings.iter().map(|finding| finding["condition"].clone()).collect()
    };
    assert_eq!(conditions(&column["findings"]), conditions(&gate["lanes"][0]["findings"]));
    let explained = column["findings"].as_array().expect("findings").iter();
    for finding in explained {
        assert!(!finding["reasons"].as_array().expect("reasons").is_empty(), "{finding}");
    }
}

#[test]
fn completions_and_the_manual_page_name_every_verb() {
    for what in ["bash", "elvish", "fish", "powershell", "zsh", "man"] {
        let text = printed(&["generate", what]);
        for verb in ["check", "record", "matrix", "gate"] {
            assert!(text.contains(verb), "{what} says nothing of {verb}");
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    printed(&["generate", "man", "--output", folder.path().to_str().expect("a path")]);
    for page in ["bindproof.1", "bindproof-gate.1", "bindproof-generate.1"] {
        let text = std::fs::read_to_string(folder.path().join(page)).expect(page);
        assert!(text.starts_with(".ie") && text.contains(".TH bindproof"), "{page}");
    }
    // Nobody calls the verbs with which the program calls itself.
    assert!(!folder.path().join("bindproof-__worker.1").exists());
}
