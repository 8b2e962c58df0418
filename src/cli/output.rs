//! Where a product goes.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::exit::CliError;

/// stdout or a file.
#[derive(Debug)]
pub(super) struct Output {
    path: PathBuf,
}

impl Output {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf() }
    }

    /// Writes the whole product. A stdout that somebody closed is no error.
    pub(super) fn write(&self, text: &str) -> Result<(), CliError> {
        if self.path == Path::new("-") {
            let mut stdout = anstream::stdout().lock();
            let done = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
            return match done {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                Err(source) => Err(CliError::Write { what: "stdout".into(), source }),
                Ok(()) => Ok(()),
            };
        }
        let plain = anstream::adapter::strip_str(text).to_string();
        write_file(&self.path, &plain)
    }
}

/// Writes a file under a temporary name beside it and renames it. What is there and no plain file,
/// such as `/dev/stderr` or a pipe, is written to as it is: a rename would replace it.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), CliError> {
    let failed = |source| CliError::Write { what: path.display().to_string(), source };
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return std::fs::write(path, text).map_err(failed);
    }
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // As any other file is made: a temporary one is for its owner alone, and would stay so.
    let mut file =
        tempfile::Builder::new().make_in(folder, |path| File::create_new(path)).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
