//! The evidence of all lanes: `<lane>/outcomes.txt` in one folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Observation, read};
use crate::trace::{ReadError, utf8};

/// The file in a lane's folder.
pub const EVIDENCE_FILE: &str = "outcomes.txt";

/// Why evidence cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ObservedError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no evidence.
    #[error("{}: {source}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, and what was expected there.
        source: ReadError,
    },
    /// It is another lane's.
    #[error("{}: line 2: this is the evidence of the lane {found:?}, and its folder is called {folder:?}", path.display())]
    OtherLane {
        /// The file.
        path: PathBuf,
        /// The lane that it names.
        found: String,
        /// Its folder.
        folder: String,
    },
}

/// The texts that are built in, each with `lane/outcomes`.
#[must_use]
pub fn embedded_texts() -> &'static [(&'static str, &'static str)] {
    include!(concat!(env!("OUT_DIR"), "/observed.rs"))
}

/// The evidence that is built in.
///
/// # Errors
/// The first lane whose evidence is not as it must be; a test keeps that from being released.
pub fn embedded() -> Result<Vec<Observation>, ObservedError> {
    at_once(embedded_texts(), |(id, text)| {
        let lane = id.split_once('/').map_or(*id, |(lane, _)| lane);
        observation(lane, Path::new(&format!("{id}.txt")), text)
    })
}

/// The evidence in a folder, in the order of the lanes' names.
///
/// # Errors
/// The first file that is no evidence or lies in another lane's folder.
pub fn read_folder(folder: &Path) -> Result<Vec<Observation>, ObservedError> {
    let unreadable = |path: &Path| {
        let path = path.to_path_buf();
        |source| ObservedError::Unreadable { path, source }
    };
    let mut lanes = fs::read_dir(folder)
        .map_err(unreadable(folder))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(unreadable(folder))?;
    lanes.retain(|path| path.is_dir());
    lanes.sort();
    at_once(&lanes, |lane| {
        let path = lane.join(EVIDENCE_FILE);
        let bytes = fs::read(&path).map_err(unreadable(&path))?;
        let text =
            utf8(&bytes).map_err(|source| ObservedError::Wrong { path: path.clone(), source })?;
        let folder = lane.file_name().unwrap_or_default().to_string_lossy().into_owned();
        observation(&folder, &path, text)
    })
}

/// Reads every lane in a thread of its own; the first one that cannot be read is the error.
fn at_once<T: Sync>(
    lanes: &[T],
    read: impl Fn(&T) -> Result<Observation, ObservedError> + Sync,
) -> Result<Vec<Observation>, ObservedError> {
    std::thread::scope(|scope| {
        let all: Vec<_> = lanes.iter().map(|lane| scope.spawn(|| read(lane))).collect();
        all.into_iter().map(|one| one.join().expect("a reader does not panic")).collect()
    })
}

fn observation(folder: &str, path: &Path, text: &str) -> Result<Observation, ObservedError> {
    let path = path.to_path_buf();
    match read(text) {
        Ok(observation) if observation.lane == folder => Ok(observation),
        Ok(Observation { lane: found, .. }) => {
            Err(ObservedError::OtherLane { path, found, folder: folder.to_string() })
        }
        Err(source) => Err(ObservedError::Wrong { path, source }),
    }
}
