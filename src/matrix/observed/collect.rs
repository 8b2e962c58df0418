//! From runs to an observation.

use std::collections::BTreeMap;
use std::mem::discriminant;

use super::renumber::renumber;
use super::write::usual_header;
use super::{Lattice, Observation, Ran, Recorded, fingerprint};
use crate::matrix::Behaviour;
use crate::run::ScriptRun;
use crate::script::{Env, Parsed, Script, parse};
use crate::trace::{Header, Trace};

impl Observation {
    /// What a lane answered: a run for each behaviour, in the same order, and the runs of
    /// [`Lattice::scripts`].
    ///
    /// # Errors
    /// A run in which the harness did not work, or a lane that ran nothing.
    pub fn collect(
        lane: &str,
        recorded: &str,
        behaviours: &[Behaviour],
        runs: &[ScriptRun],
        lattice: Option<&[ScriptRun]>,
    ) -> Result<Self, String> {
        let mut found = BTreeMap::new();
        for (behaviour, run) in behaviours.iter().zip(runs) {
            let script = &behaviour.parsed.script;
            let run = match run {
                ScriptRun::Ran(trace) => Ok(ran(script, trace)),
                ScriptRun::Skipped(why) => Err(why.clone()),
                ScriptRun::Broken(why) => return Err(format!("{}: {why}", behaviour.id)),
            };
            let recorded = Recorded { fingerprint: fingerprint(script), run };
            found.insert(behaviour.id.clone(), recorded);
        }
        let headers = found.values().filter_map(|one| one.run.as_ref().ok().map(|ran| &ran.header));
        let programs = lattice.unwrap_or_default().iter().filter_map(|run| match run {
            ScriptRun::Ran(trace) => Some(&trace.header),
            ScriptRun::Skipped(_) | ScriptRun::Broken(_) => None,
        });
        let header = usual_header(headers).or_else(|| usual_header(programs));
        let header = header.ok_or_else(|| match found.values().next() {
            Some(Recorded { run: Err(why), .. }) => format!("nothing could be run: {why}"),
            _ => "there was nothing to run".to_string(),
        })?;
        Ok(Self {
            lane: lane.to_string(),
            recorded: recorded.to_string(),
            header,
            behaviours: found,
            lattice: lattice.map(Lattice::of).transpose()?,
        })
    }
}

fn ran(script: &Script, trace: &Trace) -> Ran {
    let Trace { header, steps, end } = renumber(script, trace);
    Ran { header: Header { script: String::new(), seed: None, ..header }, steps, end }
}

/// The script with a lane's `env` lines before its own.
///
/// # Errors
/// Why it cannot be run in that lane: it asks for such an environment itself.
pub fn in_environment(parsed: &Parsed, lane: &[Env]) -> Result<Parsed, String> {
    if lane.is_empty() {
        return Ok(parsed.clone());
    }
    let about_ipv6 = |line: &Env| matches!(line, Env::Ipv6Off | Env::Ipv6NoAddress);
    let same = |one: &Env, other: &Env| {
        discriminant(one) == discriminant(other) || (about_ipv6(one) && about_ipv6(other))
    };
    if let Some(own) = parsed.script.env.iter().find(|own| lane.iter().any(|one| same(own, one))) {
        return Err(format!("it asks for `env {own}` itself"));
    }
    let env = lane.iter().chain(&parsed.script.env).cloned().collect();
    let script = Script { env, ..parsed.script.clone() };
    let mut printed = parse(&script.to_string()).map_err(|error| error.to_string())?;
    printed.pop().ok_or_else(|| "there is no script".to_string())
}
