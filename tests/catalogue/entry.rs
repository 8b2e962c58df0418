//! The entries, as their files have them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bindproof::matrix::embedded;
use bindproof::script::{Parsed, Platform, parse};
use serde::Deserialize;

/// A bug.
pub(crate) struct Entry {
    /// The file's name: project and number.
    pub(crate) id: String,
    pub(crate) file: File,
    /// What the bug is shown with.
    pub(crate) script: Option<Parsed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) project: String,
    pub(crate) link: String,
    /// What is wrong, in a line.
    pub(crate) bug: String,
    /// A script of its own, or that of a behaviour.
    script: Option<String>,
    behaviour: Option<String>,
    pub(crate) shown: Shown,
}

/// How the bug is shown.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Shown {
    /// A wrong `bind_sockets` of the testkit makes the same mistake.
    Variant { what: String, platform: String },
    /// A call answered this there, or the program counted on it; the platform never answers so.
    Answer { platform: String, step: usize, got: String },
    /// Systems answer a call differently, and the program knew one of them.
    Systems { step: usize, answers: BTreeMap<String, String> },
    /// It is not found. With an answer, that is one which the judge lets pass.
    Missed { why: String, platform: Option<String>, step: Option<usize>, got: Option<String> },
}

pub(crate) fn platform(name: &str) -> Platform {
    let named = Platform::all().into_iter().find(|platform| platform.to_string() == name);
    named.unwrap_or_else(|| panic!("no platform {name}"))
}

/// All of them, by name.
pub(crate) fn entries() -> Vec<Entry> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix/bugs");
    let files = fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let mut entries: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| read(&path))
        .collect();
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    entries
}

fn read(path: &Path) -> Entry {
    let text = fs::read_to_string(path).expect("UTF-8");
    let file: File = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let id = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let script = match (&file.script, &file.behaviour) {
        (Some(_), Some(_)) => panic!("{id} has both a script and a behaviour"),
        (Some(script), None) => Some(own(&id, script)),
        (None, Some(behaviour)) => Some(of_behaviour(&id, behaviour)),
        (None, None) => None,
    };
    Entry { id, file, script }
}

fn own(id: &str, script: &str) -> Parsed {
    let mut parsed = parse(script).unwrap_or_else(|error| panic!("{id}: {error}"));
    assert_eq!(parsed.len(), 1, "{id} has several scripts");
    parsed.remove(0)
}

fn of_behaviour(id: &str, name: &str) -> Parsed {
    let found = embedded().expect("they parse").into_iter().find(|one| one.id == name);
    found.unwrap_or_else(|| panic!("{id}: there is no behaviour {name}")).parsed
}
