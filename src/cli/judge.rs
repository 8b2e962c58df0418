//! `bindproof judge`: a verdict for each trace.

use std::path::Path;

use super::args::{Format, JudgeArgs};
use super::exit::{CliError, Exit};
use super::output::Output;
use super::scripts::read_traces;
use crate::judge::{StepVerdict, Word, judge as of_trace};
use crate::matrix::quoted;
use crate::report::judgement;
use crate::trace::EndReason;

pub(super) fn judge(args: &JudgeArgs) -> Result<Exit, CliError> {
    let (mut text, mut bad) = (String::new(), false);
    let (mut judged, mut diverged, mut open) = (false, false, false);
    for file in &args.files {
        let traces = match read_traces(file) {
            Ok(traces) => traces,
            // The other files still get their verdicts.
            Err(error) => {
                anstream::eprintln!("bindproof: {error}");
                bad = true;
                continue;
            }
        };
        // What came from stdin is gone.
        let again = (file != Path::new("-"))
            .then(|| format!("bindproof judge {}", quoted(&file.display().to_string())));
        for (index, trace) in traces.iter().enumerate() {
            let name = format!("{}#{}", file.display(), index + 1);
            let verdict = of_trace(trace);
            judged |= verdict.steps.iter().any(|s| !matches!(s, StepVerdict::Unmodelled(_)));
            diverged |= verdict.word() == Word::Diverged;
            open |= trace.end != EndReason::Complete
                || verdict.steps.iter().any(|s| matches!(s, StepVerdict::Unmodelled(_)));
            text.push_str(&match args.output.format {
                Format::Terminal => {
                    judgement::verdict_terminal(&name, trace, &verdict, again.as_deref())
                }
                Format::Json => judgement::verdict_lines(&name, trace, &verdict),
            });
        }
    }
    let exit = if bad {
        Exit::Unusable
    } else if diverged || (args.strict && open) {
        Exit::Findings
    } else if judged {
        Exit::Good
    } else {
        Exit::NothingJudged
    };
    if exit == Exit::NothingJudged {
        anstream::eprintln!("nothing was judged: no trace has a step that is modelled");
    }
    super::emit(&Output::new(&args.output.output), &text, exit)
}
