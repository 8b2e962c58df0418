//! Baselines: the deviations of a system that are known, each with a reason.

mod check;
mod compare;
mod release;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub(in crate::matrix) use check::{KERNELS, SYSTEMS};
pub use compare::{Compared, Difference, compare};
pub(in crate::matrix) use compare::{call_of, new_programs};
pub use release::{Releases, release_numbers};

use super::clusters::program_number;
use super::conditions::programs_where;
use super::deviation::Deviation;
use crate::trace::{Header, ReadError, utf8};

/// The file of a platform, a kernel or a lane: `matrix/baseline/<its name>.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// The platform, kernel or lane.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What is known.
    pub findings: Vec<Finding>,
    /// The file's text, for the lines of what is said of it.
    text: String,
}

/// What a file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    finding: Vec<Finding>,
}

/// Deviations with one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Why it is so, or why it is borne.
    pub reason: String,
    /// Where that can be read.
    pub link: String,
    /// The day on which it was found.
    pub since: String,
    /// Where it holds.
    #[serde(default)]
    pub when: When,
    /// It does not happen in every run: where it does not, it has not vanished.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sometimes: bool,
    /// Behaviours with their steps, each `NUMBER ANSWER`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub behaviours: BTreeMap<String, Vec<String>>,
    /// Programs of the two-socket lattice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<Programs>,
}

/// Programs of the lattice in which one call deviates in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programs {
    /// A condition over the two sockets, as `conditions` writes it.
    #[serde(rename = "where")]
    pub condition: String,
    /// The call, such as `bind b`.
    pub call: String,
    /// What it answers.
    pub got: String,
}

impl Finding {
    /// Does it speak of a deviation?
    #[must_use]
    pub fn covers(&self, deviation: &Deviation) -> bool {
        let step = format!("{} {}", deviation.step, deviation.got);
        let listed = self.behaviours.get(&deviation.behaviour);
        listed.is_some_and(|steps| steps.contains(&step))
            || program_number(deviation).is_some_and(|number| {
                self.programs.iter().any(|programs| {
                    programs.got == deviation.got
                        && programs.call == call_of(deviation)
                        && programs_where(&programs.condition).is_ok_and(|set| set.contains(number))
                })
            })
    }
}

/// A condition on a lane; what is not named does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The lane's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// The interface offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// What answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Releases, such as `>=6.1 <6.9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Releases>,
    /// `on`, `off` or `no-address`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<String>,
    /// The C library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub libc: Option<String>,
    /// `private` or `host`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

impl Baseline {
    /// Is it about this lane, its kernel or its platform?
    #[must_use]
    pub fn is_about(&self, lane: &str, header: &Header) -> bool {
        is_about(&self.name, lane, header)
    }

    /// Names a finding, counted from 0, by file, line, number and reason; the line is the first one in
    /// it that contains a text, or its head.
    pub(in crate::matrix) fn place(&self, finding: usize, needle: &str) -> String {
        let (path, line) = (self.path.display(), line_of(&self.text, finding, needle));
        let reason = self.findings.get(finding).map_or("", |finding| &finding.reason);
        format!("{path}: line {line}: finding {} ({reason})", finding + 1)
    }
}

impl When {
    /// Does it hold on a lane?
    #[must_use]
    pub fn holds(&self, lane: &str, header: &Header) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        let (platform, environment) = (&header.platform, &header.environment);
        is(&self.lane, Some(lane))
            && is(&self.os, Some(&platform.os))
            && is(&self.kernel, Some(&platform.kernel))
            && is(&self.libc, Some(&platform.libc))
            && is(&self.ipv6, environment.ipv6.as_deref())
            && is(&self.network, environment.network.as_deref())
            && self.release.as_ref().is_none_or(|releases| releases.contain(&platform.release))
    }

    /// Can it hold where another one does?
    fn meets(&self, other: &Self) -> bool {
        let both = |one: &Option<String>, other: &Option<String>| {
            one.is_none() || other.is_none() || one == other
        };
        let releases = match (&self.release, &other.release) {
            (Some(one), Some(other)) => one.meet(other),
            _ => true,
        };
        both(&self.lane, &other.lane)
            && both(&self.os, &other.os)
            && both(&self.kernel, &other.kernel)
            && both(&self.ipv6, &other.ipv6)
            && both(&self.libc, &other.libc)
            && both(&self.network, &other.network)
            && releases
    }
}

/// Is a file of this name about a lane, its kernel or its platform?
pub(in crate::matrix) fn is_about(name: &str, lane: &str, header: &Header) -> bool {
    [lane, &header.platform.kernel, &header.platform.os].contains(&name)
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read.
    #[error("cannot read {}: {source}{}", path.display(), remedy(source))]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no baseline.
    #[error("{}: {message}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong there.
        message: String,
    },
}

/// The baselines that are built in.
///
/// # Errors
/// The first one that is not as it must be; a test keeps that from being released.
pub fn embedded_baselines() -> Result<Vec<Baseline>, BaselineError> {
    const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/baseline.rs"));
    FILES.iter().map(|(name, text)| baseline(Path::new(&format!("{name}.toml")), text)).collect()
}

/// The baselines of a folder.
///
/// # Errors
/// A folder that cannot be read, or the first file that cannot be or is not as it must be.
pub fn baselines(folder: &Path) -> Result<Vec<Baseline>, BaselineError> {
    let unreadable = |path: &Path, source| {
        let path = path.to_path_buf();
        BaselineError::Unreadable { path, source }
    };
    let mut paths = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|source| unreadable(folder, source))
        .map(|paths: Vec<PathBuf>| paths)?;
    paths.retain(|path| path.extension().is_some_and(|found| found == "toml"));
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let bytes = fs::read(path).map_err(|source| unreadable(path, source))?;
            let wrong = |error: ReadError| BaselineError::Wrong {
                path: path.clone(),
                message: error.to_string(),
            };
            baseline(path, utf8(&bytes).map_err(wrong)?)
        })
        .collect()
}

/// What helps where there is no folder.
fn remedy(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            "; make the folder, or let `bindproof gate --update` make it, or name none while nothing is known"
        }
        _ => "",
    }
}

/// A baseline from its text; the file's name says what it is about.
///
/// # Errors
/// The first line that is not as it must be.
pub fn baseline(path: &Path, text: &str) -> Result<Baseline, BaselineError> {
    let path = path.to_path_buf();
    let wrong = |message: String| BaselineError::Wrong { path: path.clone(), message };
    let file: File = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    for (index, finding) in file.finding.iter().enumerate() {
        let named = |(needle, why): (String, String)| {
            wrong(format!("line {}: finding {}: {why}", line_of(text, index, &needle), index + 1))
        };
        check::check(finding).map_err(named)?;
        for (other, earlier) in file.finding[..index].iter().enumerate() {
            check::check_beside(earlier, finding).map_err(|(needle, what)| {
                let why =
                    format!("{what} stands in finding {}, too, which can hold at once", other + 1);
                named((needle, why))
            })?;
        }
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Baseline { name, path, findings: file.finding, text: text.to_string() })
}

/// The line, from 1, of the first text `needle` in a finding, which is counted from 0, or of its head.
fn line_of(text: &str, finding: usize, needle: &str) -> usize {
    let is_head = |(_, line): &(usize, &str)| {
        line.split('#').next().unwrap_or_default().replace(' ', "") == "[[finding]]"
    };
    let head = text.lines().enumerate().filter(is_head).nth(finding).map_or(0, |(index, _)| index);
    let mut lines = text.lines().enumerate().skip(head + 1).take_while(|line| !is_head(line));
    lines.find(|(_, line)| line.contains(needle)).map_or(head, |(index, _)| index) + 1
}

/// Findings as they stand in a file.
///
/// # Panics
/// Never: text, numbers and tables can always be written.
#[must_use]
pub fn write_findings(findings: &[Finding]) -> String {
    let file = File { finding: findings.to_vec() };
    toml::to_string(&file).expect("text and tables can be written")
}
