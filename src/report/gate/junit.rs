//! XML in the form of `JUnit`.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Item, flakes, headline, items};
use crate::matrix::LaneResult;

const CLASS: &str = "bindproof.gate";

/// A suite a lane, a case a finding; a lane without one has one case that passes.
#[must_use]
pub fn junit(results: &[LaneResult], unmatched: &[String]) -> String {
    let mut report = Report::new("bindproof gate");
    for result in results {
        let mut suite = TestSuite::new(result.lane.as_str());
        let found = items(result);
        if found.is_empty() {
            suite.add_test_case(case(&headline(result), TestCaseStatus::success()));
        }
        suite.add_test_cases(found.iter().map(failed));
        for (id, why) in &result.skipped {
            let mut status = TestCaseStatus::skipped();
            status.set_message(why.as_str());
            suite.add_test_case(case(id, status));
        }
        let flakes = flakes(result);
        if !flakes.is_empty() {
            let named = flakes.iter().map(|item| format!("flake, {}\n{}\n", item.head, item.more));
            suite.set_system_out(named.collect::<String>());
        }
        if result.nothing_earlier {
            suite.add_property(("nothing earlier to compare with", "true"));
        }
        report.add_test_suite(suite);
    }
    if !unmatched.is_empty() {
        let mut suite = TestSuite::new("baseline");
        let item = |line: &String| failed(&Item { head: line.clone(), more: line.clone() });
        suite.add_test_cases(unmatched.iter().map(item));
        report.add_test_suite(suite);
    }
    written(&report)
}

fn failed(item: &Item) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(item.head.as_str());
    status.set_description(item.more.as_str());
    case(&item.head, status)
}

fn case(name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(CLASS);
    case
}

pub(in crate::report) fn written(report: &Report) -> String {
    let mut text = report.to_string().expect("text can be written as XML");
    text.push('\n');
    text
}
