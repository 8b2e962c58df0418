//! No rule that no script reaches.

use bindproof::matrix::{Coverage, embedded};
use bindproof::run::{ScriptJob, ScriptRun, simulate};
use bindproof::script::Platform;

#[test]
fn every_rule_is_reached_by_a_behaviour_on_some_simulated_platform() {
    let mut coverage = Coverage::default();
    for behaviour in embedded().expect("the behaviours parse") {
        let job = ScriptJob { parsed: behaviour.parsed, seed: None };
        for platform in Platform::all() {
            match simulate(platform, &job, 30_000) {
                ScriptRun::Ran(trace) => coverage.add(&trace),
                other => panic!("{}: {other:?}", behaviour.id),
            }
        }
    }
    assert_eq!(coverage.findings(), Vec::<String>::new());
    let only_there: Vec<_> = coverage
        .rows()
        .filter(|(_, reach, _)| reach.simulated.len() == 1)
        .map(|(rule, reach, _)| (rule.id, reach.simulated.keys().next().copied()))
        .collect();
    assert!(only_there.contains(&("bind.half-of-dual", Some(Platform::Windows))));
}

#[test]
fn a_rule_without_a_trace_is_a_finding() {
    let findings = Coverage::default().findings();
    assert!(findings.contains(&"bind.conflict is reached by nothing".to_string()), "{findings:?}");
    assert!(!findings.iter().any(|finding| finding.starts_with("script.forced")));
    let mut coverage = Coverage::default();
    coverage.add_search(&[("bind.nonsense".to_string(), 1), ("script.forced".into(), 1)].into());
    let findings = coverage.findings();
    assert!(findings.contains(&"bind.nonsense is reached and not registered".to_string()));
    assert!(
        findings.contains(&"script.forced is reached, and has a reason why it is not".to_string())
    );
}
