//! `bindproof conform`: another implementation under the same judge.

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{ConformArgs, Format};
use super::exit::{CliError, Exit};
use super::output::{Output, write_file};
use super::record::today;
use super::scripts::{read_scripts, refuse_network};
use crate::conform::{
    Bench, Breach, Conformance, ENVIRONMENTS, Environment, Launch, Oddity, Plan, Recorded,
    SessionLimits, Setup, Sight, TRAITS, conduct, contract, record,
};
use crate::matrix::observed::EVIDENCE_FILE;
use crate::matrix::quoted;
use crate::report::conform as report;
use crate::run::platform_facts;

pub(super) fn conform(args: &ConformArgs) -> Result<Exit, CliError> {
    let output = Output::new(&args.output.output);
    if args.list {
        return super::emit(&output, &list(), Exit::Good);
    }
    let setup = setup(args)?;
    let command: Vec<_> = args.command.iter().map(|word| quoted(word)).collect();
    let command = command.join(" ");
    if let Some(file) = &args.script {
        return replay(&setup, file, &output);
    }
    let plan = Plan {
        environments: environments(&args.environment)?,
        contract: args.contract.is_some(),
        jobs: match args.jobs {
            0 => std::thread::available_parallelism().map_or(1, Into::into),
            jobs => jobs,
        },
    };
    let bar = ProgressBar::no_length();
    if let Ok(style) =
        ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} scripts")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    let conformance = conduct(&setup, &plan, &|total| {
        bar.set_length(total as u64);
        bar.inc(1);
    });
    bar.finish_and_clear();
    if let Some(why) = unusable(&conformance) {
        return Err(CliError::unusable(why));
    }
    if let Some(folder) = &args.record {
        keep(&conformance, folder)?;
    }
    let facts = platform_facts();
    let text = match args.output.format {
        Format::Terminal => report::terminal(&facts, &conformance, &command, super::width()),
        Format::Json => report::object(&facts, &conformance, &command),
    };
    let exit = if !conformance.findings.is_empty() {
        Exit::Findings
    } else if conformance.about.is_none() {
        Exit::NothingJudged
    } else {
        Exit::Good
    };
    super::emit(&output, &text, exit)
}

/// Writes the traits as evidence.
fn keep(conformance: &Conformance, folder: &Path) -> Result<(), CliError> {
    let recorded = Recorded::of(conformance, &today()).map_err(CliError::unusable)?;
    let folder = folder.join(&recorded.observation.lane);
    std::fs::create_dir_all(&folder)
        .map_err(|source| CliError::Write { what: folder.display().to_string(), source })?;
    let (outcomes, traits) = recorded.texts();
    write_file(&folder.join(EVIDENCE_FILE), &outcomes)?;
    write_file(&folder.join(record::TRAITS_FILE), &traits)
}

/// The questions and the environments.
fn list() -> String {
    let traits = TRAITS.iter().map(|one| format!("{}  {}\n", one.id, one.question));
    let environments = ENVIRONMENTS.iter().map(|one| format!("{}  {}\n", one.name, one.what));
    traits.chain(std::iter::once("\n".to_string())).chain(environments).collect()
}

fn setup(args: &ConformArgs) -> Result<Setup, CliError> {
    let this = std::env::current_exe()
        .map_err(|error| CliError::unusable(format!("cannot find this program: {error}")))?;
    let usual = SessionLimits::default();
    Ok(Setup {
        launch: Launch::Command { this, command: args.command.clone() },
        limits: SessionLimits {
            hello_timeout_ms: args.start_timeout.map_or(usual.hello_timeout_ms, |s| s * 1_000),
            reply_timeout_ms: args.timeout.map_or(usual.reply_timeout_ms, |s| s * 1_000),
        },
        sight: args.from_outside.then_some(Sight::Outside),
        sandbox: !args.no_sandbox,
    })
}

fn environments(names: &[String]) -> Result<Vec<Environment>, CliError> {
    if names.is_empty() {
        return Ok(ENVIRONMENTS.to_vec());
    }
    let named = |name: &String| {
        Environment::named(name).ok_or_else(|| {
            let all: Vec<_> = ENVIRONMENTS.iter().map(|one| one.name).collect();
            let all = all.join(", ");
            CliError::unusable(format!("no environment is called {name:?}: expected one of {all}"))
        })
    };
    names.iter().map(named).collect()
}

/// An adapter that cannot be started at all is wrong use.
fn unusable(conformance: &Conformance) -> Option<String> {
    let faults = conformance.findings.iter().flat_map(|finding| &finding.run.notices);
    faults
        .filter_map(|notice| match &notice.oddity {
            Oddity::Fault(fault) => Some(fault),
            _ => None,
        })
        .find(|fault| matches!(fault.breach, Breach::NotFound(_) | Breach::NotExecutable(_)))
        .map(ToString::to_string)
}

/// Runs scripts on a fresh adapter each, and judges them.
fn replay(setup: &Setup, file: &Path, output: &Output) -> Result<Exit, CliError> {
    let (mut text, mut found) = (String::new(), false);
    for parsed in read_scripts(file)? {
        refuse_network(&parsed.script)?;
        let mut bench = Bench::new(setup, &parsed.script.env).map_err(CliError::unusable)?;
        let run = bench.run(&parsed.script, true);
        let mut says: Vec<_> = run.notices.iter().map(|one| one.oddity.to_string()).collect();
        if let Some(trace) = &run.trace {
            let judged = contract::judge(trace);
            says.extend(judged.divergences.iter().map(ToString::to_string));
        }
        found |= !says.is_empty();
        text.push_str(&report::replayed(&run, &says));
    }
    super::emit(output, &text, if found { Exit::Findings } else { Exit::Good })
}
