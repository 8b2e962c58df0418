//! What `check` found, for CI: a summary, annotations, and XML in the form of `JUnit`.

use std::fmt::Write;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::gate::{annotations, written};
use super::terminal::system;
use crate::matrix::{Judged, Mismatch, Verdict};
use crate::trace::PlatformFacts;

/// What went wrong with a behaviour: one line, and more.
fn wrong(result: &Judged) -> Option<(String, String)> {
    let step = |one: &Mismatch| {
        let Mismatch { step, call, expected, got } = one;
        format!("step {step}: {call}: expected {expected}, got {got}")
    };
    match &result.verdict {
        Verdict::Passed | Verdict::Skipped(_) => None,
        Verdict::Failed(mismatches) => {
            let mut lines: Vec<_> = mismatches.iter().map(step).collect();
            lines.push(format!("replay: {}", result.replay));
            Some((format!("{}: {}", result.id, result.title), lines.join("\n")))
        }
        Verdict::Broken(why) => Some((format!("{} could not be run", result.id), why.clone())),
    }
}

/// Counts, and each behaviour that failed.
#[must_use]
pub fn markdown(facts: &PlatformFacts, results: &[Judged]) -> String {
    let count =
        |wanted: fn(&Verdict) -> bool| results.iter().filter(|one| wanted(&one.verdict)).count();
    let mut text = format!(
        "{}: {} passed, {} failed, {} skipped, {} broken\n",
        system(facts),
        count(|one| matches!(one, Verdict::Passed)),
        count(|one| matches!(one, Verdict::Failed(_))),
        count(|one| matches!(one, Verdict::Skipped(_))),
        count(|one| matches!(one, Verdict::Broken(_))),
    );
    for (head, more) in results.iter().filter_map(wrong) {
        let _ = write!(text, "\n**{head}**\n```text\n{more}\n```\n");
    }
    text
}

/// GitHub's annotations, at most as many as are shown.
#[must_use]
pub fn github(results: &[Judged]) -> String {
    let all: Vec<_> = results.iter().filter_map(wrong).collect();
    annotations("bindproof check", &all)
}

/// A suite a group, a case a behaviour.
#[must_use]
pub fn junit(results: &[Judged]) -> String {
    let mut report = Report::new("bindproof check");
    let group = |one: &Judged| one.id.split('/').next().unwrap_or_default().to_string();
    for results in results.chunk_by(|one, next| group(one) == group(next)) {
        let mut suite = TestSuite::new(group(&results[0]));
        for result in results {
            let status = match (&result.verdict, wrong(result)) {
                (Verdict::Skipped(why), _) => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(why.as_str());
                    status
                }
                (verdict, Some((head, more))) => {
                    let kind = match verdict {
                        Verdict::Broken(_) => NonSuccessKind::Error,
                        _ => NonSuccessKind::Failure,
                    };
                    let mut status = TestCaseStatus::non_success(kind);
                    status.set_message(head).set_description(more);
                    status
                }
                (_, None) => TestCaseStatus::success(),
            };
            let mut case = TestCase::new(result.id.as_str(), status);
            case.set_classname("bindproof.check");
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    written(&report)
}
