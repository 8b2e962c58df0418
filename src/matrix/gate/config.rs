//! `bindproof.toml`: what a project holds its machines against.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::Gate;
use crate::matrix::baseline::{baselines, embedded_baselines};
use crate::matrix::behaviour::{Behaviour, embedded, from_folder};
use crate::matrix::deviation::{Expected, LATTICE_GROUP};
use crate::matrix::observed::{Wish, is_lane_name};
use crate::trace::utf8;

/// The file that `bindproof gate` looks for where it is started.
pub const CONFIG_FILE: &str = "bindproof.toml";
/// The lane of a machine that was given no name.
const HERE: &str = "here";

/// What a project's file says. Folders are relative to the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Own behaviours, `group/name.sock`, in place of the built-in ones.
    #[serde(default)]
    pub behaviours: Option<PathBuf>,
    /// Own baselines in place of the built-in ones.
    #[serde(default)]
    pub baseline: Option<PathBuf>,
    /// What this machine is called in baselines and reports.
    #[serde(default, deserialize_with = "lane")]
    pub lane: Option<String>,
    /// How often what differs is run again.
    #[serde(default)]
    pub retries: Option<u32>,
    /// Run every program of two sockets too; where it is not said, only with the built-in behaviours.
    #[serde(default)]
    pub two_sockets: Option<bool>,
}

/// Why a project's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not as it must be.
    #[error("{}: {message}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong there.
        message: String,
    },
}

/// The reader of the file adds the line to what is said here.
fn lane<'de, D: Deserializer<'de>>(found: D) -> Result<Option<String>, D::Error> {
    let lane = String::deserialize(found)?;
    if is_lane_name(&lane) {
        return Ok(Some(lane));
    }
    let what = "expected lower case letters, digits, dots and dashes";
    Err(D::Error::custom(format!("lane {lane:?}: {what}")))
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read or says something that is not known.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let bytes = std::fs::read(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_path_buf(), source })?;
        let wrong = |message: String| ConfigError::Wrong { path: path.to_path_buf(), message };
        let text = utf8(&bytes).map_err(|error| wrong(error.to_string()))?;
        let mut config: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for inner in [&mut config.behaviours, &mut config.baseline].into_iter().flatten() {
            *inner = folder.join(&*inner);
        }
        Ok(config)
    }

    /// Loads what it names.
    ///
    /// # Errors
    /// The first behaviour or baseline that is not as it must be, or a folder without behaviours.
    pub fn load(&self) -> Result<Gate, String> {
        let behaviours = match &self.behaviours {
            Some(folder) => from_folder(folder),
            None => embedded(),
        }
        .map_err(|error| error.to_string())?;
        if behaviours.is_empty() {
            return Err("there are no behaviours: expected files group/name.sock".into());
        }
        let baselines = match (&self.baseline, &self.behaviours) {
            (Some(folder), _) => baselines(folder),
            (None, None) => embedded_baselines(),
            // What is built in is about the built-in behaviours.
            (None, Some(_)) => Ok(Vec::new()),
        }
        .map_err(|error| error.to_string())?;
        let expected = match self.behaviours {
            Some(_) => Expected::Everywhere,
            None => Expected::Usually,
        };
        Ok(Gate { behaviours, expected, baselines })
    }

    /// What is to be observed of this machine: these behaviours, and the programs of two sockets if they
    /// are wanted and [`LATTICE_GROUP`] is among the ids, or there are none.
    #[must_use]
    pub fn wish<'a>(
        &'a self,
        behaviours: &'a [Behaviour],
        day: &'a str,
        ids: Option<&BTreeSet<String>>,
    ) -> Wish<'a> {
        let two_sockets = self.two_sockets.unwrap_or(self.behaviours.is_none());
        Wish {
            lane: self.lane.as_deref().unwrap_or(HERE),
            day,
            behaviours,
            env: &[],
            lattice: two_sockets && ids.is_none_or(|ids| ids.contains(LATTICE_GROUP)),
            retries: 0,
        }
    }
}
