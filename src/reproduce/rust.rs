//! A reproducer in Rust without crates, for Linux, macOS and FreeBSD.

use std::fmt::Write;

use super::OnlyInScripts;
use super::statement::{Syntax, head, sockets, statements};
use crate::script::errors;
use crate::script::{Answer, Expectation, Platform, Script};

/// The calls that the program is written in; no module of this crate.
const RUNTIME: &str = include_str!("runtime.rs.in");

const SYNTAX: Syntax = Syntax {
    comment: "// ",
    or: "||",
    anything: "true",
    socket: |name| format!("s_{name}"),
    assigned: |name| format!("&mut s_{name}"),
    text: |text| format!("{text:?}"),
    error: |name| name.replacen("E#", "", 1),
    statement: |made, number, step, condition| {
        format!("    let r = &{made};\n    wrong |= expect({number}, {step:?}, r, {condition});")
    },
};

pub(super) fn program(script: &Script) -> Result<String, OnlyInScripts> {
    let statements = statements(script, &SYNTAX)?;
    let mut text = head(script, &SYNTAX)?;
    let _ = write!(
        text,
        "// Build and run: rustc --edition 2024 -o reproducer THIS.rs && ./reproducer\n\n{RUNTIME}\n"
    );
    for name in errors_named(script) {
        text += &error_constant(&name);
    }
    let _ = writeln!(text, "\nfn main() {{\n    let mut wrong = false;");
    for port in script.named_ports() {
        let _ = writeln!(text, "    let port_{port} = free_port();");
    }
    for socket in sockets(script) {
        let _ = writeln!(text, "    let mut s_{socket} = -1;");
    }
    for statement in statements {
        let _ = writeln!(text, "{statement}");
    }
    let _ = writeln!(text, "    end(wrong);\n}}");
    Ok(text)
}

/// The errors that the expectations name, each once.
fn errors_named(script: &Script) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for step in &script.steps {
        let Expectation::All(answers) = &step.expectation else { continue };
        for answer in answers {
            if let Answer::Error(name) = answer
                && !name.starts_with("E#")
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        }
    }
    names
}

/// An error's number on each system; one that a system lacks is a number that no call answers.
fn error_constant(name: &str) -> String {
    let [linux, macos, freebsd] = [Platform::Linux, Platform::Macos, Platform::Freebsd]
        .map(|platform| errors::code(platform, name).unwrap_or(i32::MAX));
    format!("const {name}: i32 = on({linux}, {macos}, {freebsd});\n")
}
