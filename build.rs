//! Embeds behaviours, evidence and baselines, so that the installed binary works without this repository.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    embed("behaviours", "sock")?;
    embed("observed", "txt")?;
    embed("runtimes", "txt")?;
    embed("baseline", "toml")
}

/// Writes `OUT_DIR/<what>.rs`: a list of the files `matrix/<what>/<name>.<extension>` and
/// `matrix/<what>/<folder>/<name>.<extension>`, each as `("folder/name", "text")`.
fn embed(what: &str, extension: &str) -> std::io::Result<()> {
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("matrix")
        .join(what);
    println!("cargo:rerun-if-changed={}", root.display());
    // A tree without evidence is one in which nothing was recorded yet.
    let entries = if root.is_dir() { sorted(&root)? } else { Vec::new() };
    let mut files = Vec::new();
    for entry in entries {
        println!("cargo:rerun-if-changed={}", entry.display());
        files.extend(if entry.is_dir() { sorted(&entry)? } else { vec![entry] });
    }
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    let target = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    let mut output = fs::File::create(target.join(format!("{what}.rs")))?;
    writeln!(output, "&[")?;
    for file in files {
        println!("cargo:rerun-if-changed={}", file.display());
        let relative = file.strip_prefix(&root).expect("it was found there").with_extension("");
        let id = relative.to_string_lossy().replace('\\', "/");
        writeln!(output, "    ({id:?}, include_str!({:?})),", file.display().to_string())?;
    }
    writeln!(output, "]")
}

fn sorted(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
