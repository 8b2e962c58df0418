//! `bindproof check --exhaustive` and `--random`: many scripts against the model.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{CheckArgs, CheckFormat};
use super::exit::{CliError, Exit};
use super::output::Output;
use crate::report::search as report;
use crate::run::{Launcher, SubjectName, platform_facts};
use crate::search::{self, Progress, SearchJob, Tally, programs};

/// Into how many parts all programs are divided.
const PROGRAM_PARTS: usize = 16;
/// Each part runs in a network of its own; so many histories find unused ports in one.
const HISTORIES_A_PART: u64 = 5_000;
/// Of the calls of random histories, in percent.
const UNMODELLED_PERCENT_MAX: u64 = 1;

pub(super) fn search(args: &CheckArgs, output: &Output) -> Result<Exit, CliError> {
    if args.runner.no_sandbox {
        return Err(CliError::unusable(
            "--exhaustive and --random need a private network: leave --no-sandbox out",
        ));
    }
    if let subject @ SubjectName::Simulated(_) = args.runner.subject {
        return Err(CliError::unusable(format!(
            "--exhaustive and --random compare the model with a kernel, and {subject} is the model"
        )));
    }
    if !matches!(args.format, CheckFormat::Terminal | CheckFormat::Json) {
        return Err(CliError::unusable(
            "--exhaustive and --random are written as terminal or json",
        ));
    }
    let jobs = jobs(args)?;
    let workers = match args.runner.jobs {
        0 => {
            let cores = std::thread::available_parallelism().map_or(1, Into::into);
            // Histories spend most of their time waiting in vain.
            if args.random.is_some() { cores * 8 } else { cores }
        }
        workers => workers,
    };
    let launcher = Launcher::this_program()
        .map_err(|error| CliError::unusable(format!("cannot find this program: {error}")))?;
    let bar = ProgressBar::new(jobs.iter().map(size).sum());
    if let Ok(style) =
        ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} scripts")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    let searched =
        search::search(&launcher, &jobs, workers, &|Progress::Scripts(scripts)| bar.inc(scripts));
    bar.finish_and_clear();
    let (tally, found) = searched.map_err(CliError::unusable)?;
    let facts = platform_facts();
    let text = match args.format {
        CheckFormat::Json => report::object(&facts, &tally, &found),
        _ => report::terminal(&facts, &tally, &found),
    };
    super::emit(output, &text, exit(&tally, args.exhaustive.is_some(), args.runner.strict))
}

/// Of all programs the law is that each call has exactly one answer; of histories, that the model
/// says something of nearly every call.
fn exit(tally: &Tally, exhaustive: bool, strict: bool) -> Exit {
    let unsaid = if exhaustive {
        tally.open + tally.unmodelled > 0
    } else {
        tally.unmodelled * 100 > tally.steps * UNMODELLED_PERCENT_MAX
    };
    if tally.diverged > 0 {
        Exit::Findings
    } else if tally.scripts == 0 {
        Exit::NothingJudged
    } else if unsaid || (strict && tally.unmodelled > 0) {
        Exit::Findings
    } else {
        Exit::Good
    }
}

/// Parts of a fixed size, so that what is printed does not depend on the number of workers.
fn jobs(args: &CheckArgs) -> Result<Vec<SearchJob>, CliError> {
    if let Some(sockets) = args.exhaustive {
        let all = programs(sockets);
        if let Some(only) = args.only {
            if only >= all {
                return Err(CliError::unusable(format!(
                    "--only {only}: there are {all} programs of {sockets} sockets, counted from 0"
                )));
            }
            return Ok(vec![SearchJob::Programs { sockets, first: only, until: only + 1 }]);
        }
        let part = all.div_ceil(PROGRAM_PARTS);
        let job = |first| SearchJob::Programs { sockets, first, until: (first + part).min(all) };
        return Ok((0..all).step_by(part).map(job).collect());
    }
    let total = args.random.unwrap_or(0);
    let job = |part: u64| {
        let first = part * HISTORIES_A_PART;
        let count = HISTORIES_A_PART.min(total - first);
        SearchJob::Histories { seed: args.seed.wrapping_add(first), count }
    };
    Ok((0..total.div_ceil(HISTORIES_A_PART)).map(job).collect())
}

fn size(job: &SearchJob) -> u64 {
    match job {
        SearchJob::Programs { first, until, .. } => (until - first) as u64,
        SearchJob::Histories { count, .. } => *count,
    }
}

#[cfg(test)]
mod tests {
    use super::exit;
    use crate::cli::exit::Exit;
    use crate::search::Tally;

    #[test]
    fn what_the_model_leaves_open_is_a_finding() {
        let searched =
            |unmodelled, open| Tally { scripts: 10, steps: 100, unmodelled, open, ..Tally::new() };
        for (tally, exhaustive, strict, expected) in [
            (searched(0, 0), true, false, Exit::Good),
            (searched(1, 0), true, false, Exit::Findings),
            (searched(0, 1), true, false, Exit::Findings),
            (searched(1, 0), false, false, Exit::Good),
            (searched(1, 0), false, true, Exit::Findings),
            (searched(2, 0), false, false, Exit::Findings),
            (Tally::new(), false, false, Exit::NothingJudged),
            (Tally { diverged: 1, ..searched(0, 0) }, false, false, Exit::Findings),
        ] {
            assert_eq!(exit(&tally, exhaustive, strict), expected, "{tally:?}");
        }
    }
}
