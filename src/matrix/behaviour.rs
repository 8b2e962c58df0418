//! A behaviour: one script with its evidence, from the library or from a folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::quoted::quoted;
use crate::script::{ParseError, Parsed, Platform, parse_bytes};

/// A file with exactly one script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// `group/name`.
    pub id: String,
    /// The script and its text.
    pub parsed: Parsed,
    /// The folder with `group/name.sock`; none where it is built in.
    pub folder: Option<PathBuf>,
}

/// Why a file is no behaviour.
#[derive(Debug, thiserror::Error)]
pub enum BehaviourError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It does not parse.
    #[error("{file}: {source}")]
    Parse {
        /// The file or embedded name.
        file: String,
        /// Where and why.
        source: ParseError,
    },
    /// It holds several scripts.
    #[error("{file}: expected exactly one script, found {count}")]
    Several {
        /// The file or embedded name.
        file: String,
        /// How many there are.
        count: usize,
    },
}

/// The behaviours that are built in.
///
/// # Errors
/// The first one that does not parse; a test keeps that from being released.
pub fn embedded() -> Result<Vec<Behaviour>, BehaviourError> {
    const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/behaviours.rs"));
    FILES.iter().map(|(id, text)| behaviour(id, id, text.as_bytes(), None)).collect()
}

/// The behaviours of a folder with files `group/name.sock`.
///
/// # Errors
/// The first file that cannot be read or does not parse.
pub fn from_folder(folder: &Path) -> Result<Vec<Behaviour>, BehaviourError> {
    let mut behaviours = Vec::new();
    for group in entries(folder)?.iter().filter(|path| path.is_dir()) {
        for file in entries(group)? {
            if file.extension().is_none_or(|extension| extension != "sock") {
                continue;
            }
            let word = |path: &Path| {
                path.file_stem()
                    .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
            };
            let id = format!("{}/{}", word(group), word(&file));
            let bytes = fs::read(&file)
                .map_err(|source| BehaviourError::Unreadable { path: file.clone(), source })?;
            behaviours.push(behaviour(&id, &file.display().to_string(), &bytes, Some(folder))?);
        }
    }
    Ok(behaviours)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, BehaviourError> {
    let unreadable = |source| BehaviourError::Unreadable { path: folder.to_path_buf(), source };
    let mut paths = fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

fn behaviour(
    id: &str,
    file: &str,
    bytes: &[u8],
    folder: Option<&Path>,
) -> Result<Behaviour, BehaviourError> {
    let file = || file.to_string();
    let mut scripts =
        parse_bytes(bytes).map_err(|source| BehaviourError::Parse { file: file(), source })?;
    match (scripts.pop(), scripts.len()) {
        (Some(parsed), 0) => {
            Ok(Behaviour { id: id.to_string(), parsed, folder: folder.map(Path::to_path_buf) })
        }
        (_, others) => Err(BehaviourError::Several { file: file(), count: others + 1 }),
    }
}

impl Behaviour {
    /// The title, or the id where there is none.
    #[must_use]
    pub fn title(&self) -> &str {
        self.parsed.script.title.as_deref().unwrap_or(&self.id)
    }

    /// The command that runs it.
    #[must_use]
    pub fn replay(&self) -> String {
        let folder = self.folder.as_ref().map(|folder| quoted(&folder.to_string_lossy()));
        let folder = folder.map_or_else(String::new, |folder| format!(" --behaviours {folder}"));
        format!("bindproof check{folder} {}", self.id)
    }

    /// The comment lines of the file, without their `#`: the evidence, in words.
    #[must_use]
    pub fn comments(&self) -> Vec<&str> {
        self.parsed
            .source
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix('#'))
            .map(|text| text.strip_prefix(' ').unwrap_or(text).trim_end())
            .collect()
    }

    /// What the line `Confidence: linux measured, macos source, …` says of a platform.
    #[must_use]
    pub fn confidence(&self, platform: Platform) -> Option<&str> {
        let comments = self.comments();
        let line = comments.iter().find_map(|line| line.strip_prefix("Confidence:"))?;
        line.split(',').find_map(|part| {
            let (name, confidence) = part.trim().trim_end_matches('.').split_once(' ')?;
            (name == platform.to_string()).then_some(confidence)
        })
    }
}
