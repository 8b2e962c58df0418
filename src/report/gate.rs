//! What a gate found: at a terminal, in a summary, as annotations of a pull request, and as XML in
//! the form of `JUnit`.

use std::fmt::Write;

use crate::matrix::{Compared, Deviation, Difference};
use crate::trace::PlatformFacts;

/// A lane with what differs.
#[derive(Debug, Clone)]
pub struct LaneResult {
    /// The lane.
    pub lane: String,
    /// What answered.
    pub platform: PlatformFacts,
    /// The day of the recording.
    pub recorded: String,
    /// Behaviours run.
    pub ran: usize,
    /// Behaviours skipped.
    pub skipped: usize,
    /// What differs, and what is known.
    pub compared: Compared,
    /// What differed in one run and not in the next.
    pub flakes: Vec<Difference>,
}

/// The headline of a difference, and more about it.
fn words(difference: &Difference) -> (String, String) {
    let step = |one: &Deviation| {
        let by = if one.rules.is_empty() { "the behaviour".into() } else { one.rules.join(", ") };
        format!(
            "step {}: {}\n  got {}, allowed {} by {by}",
            one.step,
            one.call,
            one.got,
            one.allowed.join(" or ")
        )
    };
    match difference {
        Difference::New(one) => (format!("new: {}", one.behaviour), step(one)),
        Difference::NewPrograms { condition, count, first } => {
            let number = first.behaviour.rsplit('/').next().unwrap_or_default();
            let replay = format!("bindproof check --exhaustive 2 --only {number}");
            (
                format!("new: {count} programs of two sockets where {condition}"),
                format!("{}\n  replay: {replay}", step(first)),
            )
        }
        Difference::Vanished(what) => {
            (format!("vanished: {what}"), "it is in the baseline and did not happen".into())
        }
        Difference::Changed { known, deviation } => (
            format!("changed: {}", deviation.behaviour),
            format!("{}\n  the baseline says {known}", step(deviation)),
        ),
    }
}

fn headline(result: &LaneResult) -> String {
    let differences = result.compared.differences.len();
    format!(
        "{}: {} run, {} skipped, {} known deviations, {differences} differences, {} flakes on {} {}",
        result.lane,
        result.ran,
        result.skipped,
        result.compared.known,
        result.flakes.len(),
        result.platform.kernel,
        result.platform.release,
    )
}

/// A paragraph for each difference, then a line for each lane.
#[must_use]
pub fn terminal(results: &[LaneResult], unmatched: &[String]) -> String {
    let mut text = String::new();
    for result in results {
        let flakes = result.flakes.iter().map(|one| ("flake, ", one));
        let all = result.compared.differences.iter().map(|one| ("", one)).chain(flakes);
        for (mark, difference) in all {
            let (head, more) = words(difference);
            let _ = writeln!(text, "{}: {mark}{head}\n  {}\n", result.lane, more);
        }
    }
    for line in unmatched {
        let _ = writeln!(text, "{line}\n");
    }
    for result in results {
        let _ = writeln!(text, "{}", headline(result));
    }
    text
}

/// A table of the lanes and a list of the differences.
#[must_use]
pub fn markdown(results: &[LaneResult], unmatched: &[String]) -> String {
    let mut text = String::from(
        "| lane | system | run | skipped | known | differences | flakes |\n|---|---|---|---|---|---|---|\n",
    );
    for result in results {
        let _ = writeln!(
            text,
            "| {} | {} {} | {} | {} | {} | {} | {} |",
            result.lane,
            result.platform.kernel,
            result.platform.release,
            result.ran,
            result.skipped,
            result.compared.known,
            result.compared.differences.len(),
            result.flakes.len(),
        );
    }
    for result in results {
        for difference in &result.compared.differences {
            let (head, more) = words(difference);
            let _ = writeln!(text, "\n**{}: {head}**\n```text\n{more}\n```", result.lane);
        }
    }
    for line in unmatched {
        let _ = writeln!(text, "\n**{line}**");
    }
    text
}

/// GitHub shows so many annotations of one kind for a step.
const ANNOTATIONS_MAX: usize = 10;

/// GitHub's workflow commands, at most as many as it shows.
#[must_use]
pub fn github(results: &[LaneResult], unmatched: &[String]) -> String {
    let all: Vec<_> = results
        .iter()
        .flat_map(|result| {
            result.compared.differences.iter().map(|difference| {
                let (head, more) = words(difference);
                (format!("{}: {head}", result.lane), more)
            })
        })
        .chain(unmatched.iter().map(|line| (line.clone(), String::new())))
        .collect();
    let mut text = String::new();
    let shown = if all.len() > ANNOTATIONS_MAX { ANNOTATIONS_MAX - 1 } else { all.len() };
    for (title, more) in &all[..shown] {
        let _ = writeln!(text, "::error title={}::{}", property(title), data(more));
    }
    if all.len() > shown {
        let _ = writeln!(text, "::error title=bindproof gate::and {} more", all.len() - shown);
    }
    for result in results.iter().filter(|result| !result.flakes.is_empty()) {
        let lane = property(&result.lane);
        let _ = writeln!(text, "::warning title={lane}::{} flakes", result.flakes.len());
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A suite a lane, a case a difference; a lane without one has one case that passes.
#[must_use]
pub fn junit(results: &[LaneResult], unmatched: &[String]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for result in results {
        let differences = &result.compared.differences;
        let _ = writeln!(
            text,
            "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">",
            escaped(&result.lane),
            differences.len().max(1),
            differences.len(),
        );
        if differences.is_empty() {
            let name = escaped(&headline(result));
            let _ = writeln!(text, "<testcase classname=\"bindproof.gate\" name=\"{name}\"/>");
        }
        for difference in differences {
            let (head, more) = words(difference);
            failure(&mut text, &head, &more);
        }
        text.push_str("</testsuite>\n");
    }
    if !unmatched.is_empty() {
        let count = unmatched.len();
        let _ =
            writeln!(text, "<testsuite name=\"baseline\" tests=\"{count}\" failures=\"{count}\">");
        unmatched.iter().for_each(|line| failure(&mut text, line, line));
        text.push_str("</testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn failure(text: &mut String, head: &str, more: &str) {
    let (head, more) = (escaped(head), escaped(more));
    let _ = writeln!(
        text,
        "<testcase classname=\"bindproof.gate\" name=\"{head}\"><failure message=\"{head}\">{more}\
         </failure></testcase>"
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
