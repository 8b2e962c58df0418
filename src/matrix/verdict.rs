//! What a behaviour's expectations say of a run.

use super::behaviour::Behaviour;
use super::bindings::Bindings;
use crate::run::ScriptRun;
use crate::script::{Answer, Expectation, Platform, alternatives, parse_address};
use crate::trace::{EndReason, Outcome, Trace, Value};

/// A step that did not answer as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The step, from 1.
    pub step: usize,
    /// The call with its concrete ports.
    pub call: String,
    /// What was expected, as the script writes it.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// The verdict on one behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every judged step answered as expected.
    Passed,
    /// These did not.
    Failed(Vec<Mismatch>),
    /// It was not run, or nothing in it is judged on this platform: why.
    Skipped(String),
    /// The harness could not work: why.
    Broken(String),
}

/// A behaviour's verdict with the traces it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// `group/name`.
    pub id: String,
    /// The title.
    pub title: String,
    /// The command that runs it again.
    pub replay: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What happened; a rerun on the host's network adds a second trace.
    pub traces: Vec<Trace>,
}

/// Compares a run with what its behaviour expects of `platform`.
#[must_use]
pub fn judge(behaviour: &Behaviour, run: &ScriptRun, platform: Option<Platform>) -> Verdict {
    let trace = match run {
        ScriptRun::Ran(trace) => trace,
        ScriptRun::Skipped(why) => return Verdict::Skipped(why.clone()),
        ScriptRun::Broken(why) => return Verdict::Broken(why.clone()),
    };
    let Some(platform) = platform else {
        return Verdict::Skipped("no expectations are written for this system".into());
    };
    let simulated = trace.header.platform.kernel == "simulated";
    let bindings = Bindings::of(&behaviour.parsed.script, trace);
    let mut mismatches = Vec::new();
    let mut judged = 0;
    for (index, step) in behaviour.parsed.script.steps.iter().enumerate() {
        let default = [Answer::Ok];
        let answers = match &step.expectation {
            Expectation::Unwritten => &default[..],
            written => match written.for_platform(platform) {
                Some(answers) if !answers.contains(&Answer::Unknown) => answers,
                _ => continue,
            },
        };
        let Some(made) = trace.steps.get(index) else {
            mismatches.push(Mismatch {
                step: index + 1,
                call: step.call.to_string(),
                expected: alternatives(answers),
                got: ended(trace.end).into(),
            });
            break;
        };
        judged += 1;
        // What the model does not say, nobody has answered; what follows may hang on it.
        if let (true, true, Outcome::NotSupported(why)) =
            (simulated, mismatches.is_empty(), &made.outcome)
        {
            return Verdict::Skipped(format!("step {}: {why}", made.step));
        }
        if !answers.iter().any(|answer| fits(answer, &made.outcome, &bindings)) {
            mismatches.push(Mismatch {
                step: made.step,
                call: made.call.clone(),
                expected: alternatives(answers),
                got: made.outcome.to_string(),
            });
        }
    }
    match (mismatches.is_empty(), judged) {
        (false, _) => Verdict::Failed(mismatches),
        (true, 0) => Verdict::Skipped(format!("nothing in it is judged on {platform}")),
        (true, _) => Verdict::Passed,
    }
}

fn ended(end: EndReason) -> &'static str {
    match end {
        EndReason::Complete => "no such step",
        EndReason::Limit => "a limit on steps, sockets or time was reached",
        EndReason::Died => "the process that made the calls died",
    }
}

pub(super) fn fits(answer: &Answer, outcome: &Outcome, bindings: &Bindings) -> bool {
    match (answer, outcome) {
        (Answer::Ok, Outcome::Ok(_))
        | (Answer::AnyError, Outcome::Error { .. })
        | (Answer::Blocks, Outcome::Blocked)
        | (Answer::Absent, Outcome::Absent(_)) => true,
        (Answer::Error(name), Outcome::Error { name: found, .. }) => name == found,
        (Answer::OkValue(text), Outcome::Ok(value)) => value_fits(text, value, bindings),
        _ => false,
    }
}

fn value_fits(text: &str, value: &Value, bindings: &Bindings) -> bool {
    match value {
        Value::Address(found) | Value::Local(found) | Value::Peer(found) => {
            parse_address(text).is_ok_and(|address| bindings.matches(&address, *found))
        }
        Value::Done => false,
        other => other.to_string() == text,
    }
}
