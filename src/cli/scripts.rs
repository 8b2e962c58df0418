//! What the verbs that run scripts share.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::RunnerArgs;
use super::exit::CliError;
use crate::run::{Launcher, Pool, PoolOptions, RunEvent, ScriptJob, ScriptRun};
use crate::script::{Host, Parsed, parse_bytes};

/// Runs jobs with a progress bar on stderr, which stays silent where stderr is no terminal.
pub(super) fn run_jobs(jobs: &[ScriptJob], args: &RunnerArgs) -> Result<Vec<ScriptRun>, CliError> {
    if !args.allow_network {
        refuse_network(jobs)?;
    }
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
    let bar = ProgressBar::new(jobs.len() as u64);
    if let Ok(style) =
        ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} scripts")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    let runs = Pool::new(launcher, options).run(jobs, &|RunEvent::Finished(_)| bar.inc(1));
    bar.finish_and_clear();
    Ok(runs)
}

/// Refuses scripts that connect to anything but loopback.
fn refuse_network(jobs: &[ScriptJob]) -> Result<(), CliError> {
    for job in jobs {
        for step in &job.parsed.script.steps {
            let address = match &step.call {
                crate::script::Call::ConnectNew { address, .. }
                | crate::script::Call::Connect { address, .. } => address,
                _ => continue,
            };
            let here = match &address.host {
                Host::V4(ip) => ip.is_loopback() || ip.is_unspecified(),
                Host::V6(ip, _) => {
                    ip.is_loopback()
                        || ip.is_unspecified()
                        || ip.is_unicast_link_local()
                        || ip
                            .to_ipv4_mapped()
                            .is_some_and(|ip| ip.is_loopback() || ip.is_unspecified())
                }
            };
            if !here {
                return Err(CliError::unusable(format!(
                    "`{}` leaves this machine; allow it with --allow-network",
                    step.call
                )));
            }
        }
    }
    Ok(())
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
