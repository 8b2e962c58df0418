//! A divergence on its shortest script.

use super::verdict::Divergence;
use crate::script::{Script, parse_call_text, shrink};
use crate::trace::Outcome;

/// A script that nothing can be left out of, and how it diverges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduced {
    /// The script.
    pub script: Script,
    /// Its first divergence.
    pub divergence: Divergence,
}

/// The shortest script that still diverges as `script` first does: the same kind of call gets the
/// same kind of answer against the same rules. `run` runs a script, judges it, and answers its
/// first divergence. `None` if there is none.
pub fn reduce(
    script: &Script,
    mut run: impl FnMut(&Script) -> Option<Divergence>,
) -> Option<Reduced> {
    let mut divergence = run(script)?;
    let wanted = way(&divergence);
    let script = shrink(script, |shorter| match run(shorter) {
        Some(found) if way(&found) == wanted => {
            divergence = found;
            true
        }
        _ => false,
    });
    Some(Reduced { script, divergence })
}

/// What two divergences must share to be one.
fn way(divergence: &Divergence) -> (Option<String>, String, Vec<&'static str>) {
    let verb = parse_call_text(&divergence.call).ok().map(|call| call.verb().to_string());
    let got = match &divergence.got {
        Outcome::Ok(_) => "ok".to_string(),
        other => other.word().to_string(),
    };
    (verb, got, divergence.rules.clone())
}
