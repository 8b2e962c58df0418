//! What the verbs that run scripts share.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::RunnerArgs;
use super::exit::CliError;
use crate::run::{Launcher, Pool, PoolOptions, RunEvent, ScriptJob, ScriptRun};
use crate::script::{Call, Host, Parsed, Script, parse, parse_bytes};
use crate::trace::{self, Trace};

/// Runs jobs with a progress bar on stderr, which stays silent where stderr is no terminal.
pub(super) fn run_jobs(jobs: &[ScriptJob], args: &RunnerArgs) -> Result<Vec<ScriptRun>, CliError> {
    if !args.allow_network {
        for job in jobs {
            refuse_network(&job.parsed.script)?;
        }
    }
    let pool = pool(args)?;
    let bar = ProgressBar::new(jobs.len() as u64);
    if let Ok(style) =
        ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} scripts")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    let runs = pool.run(jobs, &|RunEvent::Finished(_)| bar.inc(1));
    bar.finish_and_clear();
    Ok(runs)
}

/// What runs scripts, as the arguments say.
pub(super) fn pool(args: &RunnerArgs) -> Result<Pool, CliError> {
    let workers = match args.jobs {
        0 => std::thread::available_parallelism().map_or(1, Into::into),
        jobs => jobs,
    };
    let launcher = Launcher::this_program()
        .map_err(|error| CliError::unusable(format!("cannot find this program: {error}")))?;
    let options = PoolOptions {
        subject: args.subject,
        jobs: workers,
        script_timeout_ms: args.timeout_ms(),
        sandbox: !args.no_sandbox,
    };
    Ok(Pool::new(launcher, options))
}

/// Refuses a script that connects to anything but loopback.
pub(super) fn refuse_network(script: &Script) -> Result<(), CliError> {
    for step in &script.steps {
        let address = match &step.call {
            Call::ConnectNew { address, .. } | Call::Connect { address, .. } => address,
            _ => continue,
        };
        let here = match &address.host {
            Host::V4(ip) => ip.is_loopback() || ip.is_unspecified(),
            Host::V6(ip, _) => {
                ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.is_unicast_link_local()
                    || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback() || ip.is_unspecified())
            }
        };
        if !here {
            return Err(CliError::unusable(format!(
                "`{}` leaves this machine; allow it with --allow-network",
                step.call
            )));
        }
    }
    Ok(())
}

/// Reads the traces of a file; `-` is stdin.
pub(super) fn read_traces(path: &Path) -> Result<Vec<Trace>, CliError> {
    traces_of(path, &read_bytes(path)?)
}

fn traces_of(path: &Path, bytes: &[u8]) -> Result<Vec<Trace>, CliError> {
    let name = path.display();
    trace::utf8(bytes)
        .and_then(trace::read_faithful)
        .map_err(|error| CliError::unusable(format!("{name}: {error}")))
}

/// Reads the scripts of a file, or those of the traces in it; `-` is stdin.
pub(super) fn read_scripts_or_traces(path: &Path) -> Result<Vec<Script>, CliError> {
    let bytes = read_bytes(path)?;
    let name = path.display();
    let unusable = |error| CliError::unusable(format!("{name}: {error}"));
    let mut all = Vec::new();
    if bytes.trim_ascii_start().starts_with(b"{") {
        for trace in traces_of(path, &bytes)? {
            all.extend(parse(&trace.header.script).map_err(unusable)?);
        }
    } else {
        all = parse_bytes(&bytes).map_err(unusable)?;
    }
    Ok(all.into_iter().map(|parsed| parsed.script).collect())
}

/// Reads the scripts of a file; `-` is stdin.
pub(super) fn read_scripts(path: &Path) -> Result<Vec<Parsed>, CliError> {
    let bytes = read_bytes(path)?;
    parse_bytes(&bytes).map_err(|error| CliError::unusable(format!("{}: {error}", path.display())))
}

/// Reads a file; `-` is stdin.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|content| bytes = content)
    };
    let name = path.display();
    read.map_err(|error| CliError::unusable(format!("cannot read {name}: {error}")))?;
    Ok(bytes)
}
