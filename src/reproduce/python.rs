//! A reproducer in Python 3, for any Unix.

use std::fmt::Write;

use super::OnlyInScripts;
use super::statement::{Syntax, head, statements};
use crate::script::Script;

/// The calls that the program is written in.
const RUNTIME: &str = include_str!("runtime.py");

const SYNTAX: Syntax = Syntax {
    comment: "# ",
    or: "or",
    anything: "True",
    socket: |name| format!("{name:?}"),
    assigned: |name| format!("{name:?}"),
    text: |text| format!("{text:?}"),
    error: |name| match name.strip_prefix("E#") {
        Some(number) => number.into(),
        None => format!("errno.{name}"),
    },
    statement: |made, number, step, condition| {
        format!("r = {made}\nexpect({number}, {step:?}, r, {condition})")
    },
};

pub(super) fn program(script: &Script) -> Result<String, OnlyInScripts> {
    let statements = statements(script, &SYNTAX)?;
    let mut text = String::from("#!/usr/bin/env python3\n");
    text += &head(script, &SYNTAX)?;
    let _ = write!(text, "# Run: python3 THIS.py\n{RUNTIME}\n");
    for port in script.named_ports() {
        let _ = writeln!(text, "port_{port} = free_port()");
    }
    for statement in statements {
        let _ = writeln!(text, "{statement}");
    }
    text += "sys.exit(wrong)\n";
    Ok(text)
}
