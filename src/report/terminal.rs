//! Tables and lines for a person at a terminal.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, presets};

use crate::matrix::{Behaviour, Judged, Verdict};
use crate::sandbox::Probe;
use crate::script::Platform;
use crate::trace::{Environment, PlatformFacts, SocketFacts, Trace};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = AnsiColor::Yellow.on_default();

pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

pub(super) fn table(width: u16) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width.max(40));
    table
}

/// A table's text with trailing blanks cut off.
pub(super) fn text(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A table with a line a lane, at most 100 columns wide: the name, numbers, and the system, which is cut
/// where there is no room for it.
pub(super) fn lanes<const N: usize>(header: [&str; N], lanes: &[[String; N]]) -> String {
    let mut rows = table(100);
    rows.set_truncation_indicator("…").add_row(header);
    for lane in lanes {
        let mut row = Row::from(lane);
        row.max_height(1);
        rows.add_row(row);
    }
    for (index, column) in rows.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        // It is cut anywhere, not before a word.
        column.set_delimiter('\n');
        if index + 1 < N {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        if (1..N - 1).contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    text(&rows)
}

/// The behaviours, a line each.
#[must_use]
pub fn list(behaviours: &[Behaviour]) -> String {
    let mut rows = table(100);
    for behaviour in behaviours {
        rows.add_row([&behaviour.id, behaviour.title()]);
    }
    text(&rows)
}

pub(super) fn system(facts: &PlatformFacts) -> String {
    let release =
        if facts.release.is_empty() { String::new() } else { format!(" {}", facts.release) };
    let kernel =
        if facts.kernel == facts.os { String::new() } else { format!(" ({})", facts.kernel) };
    format!("{}{kernel}{release}, {}, {}", facts.os, facts.arch, facts.libc)
}

/// The table of `check`, the failures with what was expected and what came, and the counts.
#[must_use]
pub fn check(facts: &PlatformFacts, results: &[Judged], width: u16) -> String {
    let mut rows = table(width);
    let mut counts = [0_usize; 4];
    for result in results {
        let (index, word, remark) = match &result.verdict {
            Verdict::Passed => (0, "passed", String::new()),
            Verdict::Failed(mismatches) => (1, "FAILED", format!("{} steps", mismatches.len())),
            Verdict::Skipped(why) => (2, "skipped", why.clone()),
            Verdict::Broken(why) => (3, "BROKEN", why.clone()),
        };
        counts[index] += 1;
        let remark = if remark.is_empty() { result.title.clone() } else { remark };
        rows.add_row([word, &result.id, &remark]);
    }
    let mut output = String::new();
    for line in text(&rows).lines() {
        // Colour after layout, so that the codes count for no width.
        let painted = [("passed", GOOD), ("FAILED", BAD), ("BROKEN", BAD), ("skipped", DIM)]
            .into_iter()
            .find_map(|(word, style)| {
                let rest = line.trim_start().strip_prefix(word)?;
                Some(format!(" {}{rest}", paint(style, word)))
            });
        output.push_str(&painted.unwrap_or_else(|| line.to_string()));
        output.push('\n');
    }
    for result in results {
        failure(&mut output, result);
    }
    let [passed, failed, skipped, broken] = counts;
    let counts = format!("{passed} passed, {failed} failed, {skipped} skipped");
    let broken = if broken == 0 { String::new() } else { format!(", {broken} broken") };
    let style = if failed == 0 && broken.is_empty() { GOOD } else { BAD };
    let _ = writeln!(output, "\n{} on {}", paint(style, &(counts + &broken)), system(facts));
    output
}

fn failure(output: &mut String, result: &Judged) {
    let Verdict::Failed(mismatches) = &result.verdict else { return };
    let _ = writeln!(output, "\n{} {}: {}", paint(BAD, "FAILED"), result.id, result.title);
    for mismatch in mismatches {
        let _ = writeln!(
            output,
            "  step {}: {}\n    expected {}, got {}",
            mismatch.step, mismatch.call, mismatch.expected, mismatch.got
        );
    }
    if result.traces.len() > 1 {
        let _ = writeln!(output, "  (run {} times, on other ports)", result.traces.len());
    }
    let _ = writeln!(output, "  replay: {}", result.replay);
}

/// A trace, a line a call.
#[must_use]
pub fn trace(name: &str, trace: &Trace) -> String {
    let mut output = format!("# {name}");
    if let Some(network) = &trace.header.environment.network {
        let _ = write!(output, " ({network} network, {})", trace.header.subject.name);
    }
    output.push('\n');
    let mut rows = table(120);
    for step in &trace.steps {
        rows.add_row([step.step.to_string(), step.call.clone(), step.outcome.to_string()]);
    }
    output.push_str(&text(&rows));
    output
}

/// A behaviour with its evidence.
#[must_use]
pub fn explain(behaviour: &Behaviour) -> String {
    let bold = Style::new().bold();
    let mut output = format!("{}\n{}\n\n", paint(bold, &behaviour.id), behaviour.title());
    for line in behaviour.comments() {
        let _ = writeln!(output, "  {line}");
    }
    let _ = writeln!(output, "\n{}", behaviour.parsed.script.to_string().trim_end());
    let mut rows = table(100);
    rows.set_header(["platform", "confidence"]);
    for platform in Platform::all() {
        let confidence = behaviour.confidence(platform).unwrap_or("not stated").to_string();
        rows.add_row([platform.to_string(), confidence]);
    }
    let _ = write!(output, "\n{}", text(&rows));
    output
}

/// The sockets of `bind`.
#[must_use]
pub fn sockets(facts: &[SocketFacts]) -> String {
    if facts.is_empty() {
        return "no sockets: every address was skipped\n".into();
    }
    let mut rows = table(120);
    rows.set_header([
        "address",
        "reuseaddr",
        "reuseport",
        "v6only",
        "nonblocking",
        "cloexec",
        "listening",
    ]);
    let word = |switch: Option<bool>| match switch {
        Some(true) => "on",
        Some(false) => "off",
        None => "-",
    };
    for socket in facts {
        rows.add_row([
            socket.address.to_string().as_str(),
            word(socket.reuseaddr),
            word(socket.reuseport),
            word(socket.v6only),
            word(socket.nonblocking),
            word(socket.cloexec),
            word(socket.listening),
        ]);
    }
    text(&rows)
}

/// What a machine offers, and what to do about the rest.
#[must_use]
pub fn doctor(
    facts: &PlatformFacts,
    surroundings: &Environment,
    findings: &[(Probe, Option<String>)],
) -> String {
    let mut output = format!("{}\n", system(facts));
    let _ = writeln!(output, "IPv6: {}", surroundings.ipv6.as_deref().unwrap_or("unknown"));
    output.push('\n');
    let mut rows = table(100);
    for (probe, refusal) in findings {
        let word = if refusal.is_none() { "yes" } else { "no" };
        rows.add_row([word, probe.name, refusal.as_deref().unwrap_or(probe.what)]);
    }
    output.push_str(&text(&rows));
    let missing = findings.iter().filter(|(_, refusal)| refusal.is_some()).count();
    if missing > 0 {
        let _ = writeln!(
            output,
            "\n{missing} environments cannot be had here; scripts that ask for them are skipped."
        );
    }
    output
}
