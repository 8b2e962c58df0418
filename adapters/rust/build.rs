//! Which compiler, and so which standard library, this is.

use std::process::Command;

fn main() {
    let rustc = std::env::var_os("RUSTC").expect("cargo says which");
    let output = Command::new(rustc).arg("--version").output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let version = text.split_whitespace().nth(1).expect("rustc VERSION …");
    println!("cargo::rustc-env=RUSTC_VERSION={version}");
    println!("cargo::rerun-if-changed=build.rs");
}
