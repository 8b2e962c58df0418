//! The built-in behaviours hold together, and this machine answers as they say.
#![cfg(feature = "cli")]

use std::process::Command;

use bindproof::matrix::embedded;
use bindproof::script::{Answer, Expectation, Platform, parse};

const CONFIDENCES: [&str; 7] =
    ["measured", "tested", "documented", "source", "inferred", "recalled", "unknown"];

#[test]
fn every_behaviour_has_a_title_evidence_and_a_confidence_for_each_platform() {
    for behaviour in embedded().expect("they parse") {
        let id = &behaviour.id;
        assert!(behaviour.parsed.script.title.is_some(), "{id} has no title");
        assert!(
            behaviour.comments().iter().any(|line| line.starts_with("Evidence:")),
            "{id} names no evidence"
        );
        for platform in Platform::all() {
            let confidence = behaviour.confidence(platform);
            assert!(
                confidence.is_some_and(|word| CONFIDENCES.contains(&word)),
                "{id}: confidence for {platform} is {confidence:?}"
            );
        }
    }
}

#[test]
fn every_behaviour_judges_a_step_on_a_platform_it_is_confident_about() {
    for behaviour in embedded().expect("they parse") {
        for platform in Platform::all() {
            let judged = behaviour.parsed.script.steps.iter().any(|step| match &step.expectation {
                Expectation::Unwritten => true,
                written => written
                    .for_platform(platform)
                    .is_some_and(|answers| !answers.contains(&Answer::Unknown)),
            });
            let unknown = behaviour.confidence(platform) == Some("unknown");
            assert!(judged || unknown, "{}: nothing is judged on {platform}", behaviour.id);
        }
    }
}

#[test]
fn every_behaviour_is_printed_as_it_parses() {
    for behaviour in embedded().expect("they parse") {
        let printed = behaviour.parsed.script.to_string();
        let again = parse(&printed).unwrap_or_else(|error| panic!("{}: {error}", behaviour.id));
        assert_eq!(again[0].script, behaviour.parsed.script, "{}", behaviour.id);
    }
}

#[test]
fn this_machine_answers_as_every_behaviour_says() {
    let output = Command::new(env!("CARGO_BIN_EXE_bindproof"))
        .args(["check", "--color", "never"])
        .output()
        .expect("the binary starts");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
