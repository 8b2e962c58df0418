//! The gate as one call, for a project's own tests.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::path::Path;

use super::{Config, LaneResult};
use crate::matrix::baseline::Difference;
use crate::matrix::deviation::Deviation;
use crate::matrix::observed::observe;
use crate::run::{Launcher, run_here};

/// Names the program `bindproof`, which can run scripts in a private network.
const PROGRAM: &str = "BINDPROOF";

/// What passed.
#[derive(Debug, Clone)]
pub struct Passed {
    /// Behaviours run.
    pub ran: usize,
    /// Behaviours that could not be run here: id and reason.
    pub skipped: Vec<(String, String)>,
    /// Deviations that the baselines know.
    pub known: usize,
    /// What differed in one run and not in the next, a line each.
    pub flakes: Vec<String>,
}

/// Why a gate does not pass. Its `Debug` is its `Display`, so that `unwrap` in a test is readable.
#[derive(thiserror::Error)]
pub enum GateError {
    /// The configuration, a behaviour or a baseline is not as it must be, or nothing could be run.
    #[error("{0}")]
    Unusable(String),
    /// This machine answers something that is not known.
    #[error("{}", readable(.0, .1))]
    Differs(Box<LaneResult>, Vec<String>),
}

impl fmt::Debug for GateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl From<String> for GateError {
    fn from(why: String) -> Self {
        Self::Unusable(why)
    }
}

/// Holds this machine against a project's behaviours and baselines: what `bindproof gate --config
/// FILE` does, for a `#[test]`.
///
/// The scripts run in this process on the host's network; those that ask for an environment are
/// skipped. If the variable `BINDPROOF` names the program, they run in its workers, and on Linux in a
/// private network.
///
/// # Errors
/// [`GateError::Differs`] with what is new, changed, vanished or matches nothing;
/// [`GateError::Unusable`] if a file is not as it must be.
///
/// # Platforms
/// Expectations that a behaviour does not write for this platform are not judged.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::create_dir_all(folder.path().join("sockets/port"))?;
/// # std::fs::write(folder.path().join("sockets/port/taken.sock"), "title A port is taken\na = socket inet\n\
/// # bind a 127.0.0.1:p\nlisten a 16\nb = socket inet\nbind b 127.0.0.1:p => EADDRINUSE\n")?;
/// # std::fs::create_dir(folder.path().join("known"))?;
/// # let config = folder.path().join("bindproof.toml");
/// # std::fs::write(&config, "behaviours = \"sockets\"\nbaseline = \"known\"\n")?;
/// let passed = bindproof::gate(config)?;
/// assert_eq!(passed.ran, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn gate(config: impl AsRef<Path>) -> Result<Passed, GateError> {
    let config = Config::read(config.as_ref()).map_err(|error| error.to_string())?;
    let gate = config.load()?;
    let launcher = std::env::var_os(PROGRAM).map(Launcher::program);
    let look = |ids: Option<&BTreeSet<String>>| {
        let behaviours = gate.wanted(ids);
        let wish = config.wish(&behaviours, "", ids);
        observe(&wish, |jobs| Ok::<_, GateError>(run_here(jobs, launcher.as_ref())))
            .map(|(observation, _)| observation)
    };
    let lane = look(None)?;
    let result = gate.hold(&lane, config.retries.unwrap_or(0), |ids| look(Some(ids)))?;
    let unknown = gate.unknown(std::slice::from_ref(&lane));
    if !result.passes() || !unknown.is_empty() {
        return Err(GateError::Differs(Box::new(result), unknown));
    }
    Ok(Passed {
        ran: result.ran,
        known: result.compared.known,
        flakes: result.flakes.iter().map(Difference::headline).collect(),
        skipped: result.skipped,
    })
}

fn readable(result: &LaneResult, unknown: &[String]) -> String {
    let facts = &result.platform;
    let mut text = format!("{} {} does not answer as is known:\n", facts.kernel, facts.release);
    for cluster in &result.clusters {
        let _ = writeln!(text, "new: {}", cluster.headline());
        for one in &cluster.members {
            let allowed = one.allowed.join(" or ");
            let Deviation { behaviour, step, call, got, .. } = one;
            let _ =
                writeln!(text, "  {behaviour} step {step}: {call}: got {got}, expected {allowed}");
        }
    }
    for known in result.compared.differences.iter().filter_map(Difference::of_known) {
        let _ = writeln!(text, "{known}");
    }
    for flake in &result.flakes {
        let _ = writeln!(text, "flake, {}", flake.headline());
    }
    for line in unknown {
        let _ = writeln!(text, "{line}");
    }
    text
}
