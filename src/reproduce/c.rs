//! A reproducer in C99, for any Unix.

use std::fmt::Write;

use super::OnlyInScripts;
use super::statement::{Syntax, head, sockets, statements};
use crate::script::Script;

/// The calls that the program is written in.
const RUNTIME: &str = include_str!("runtime.c");

const SYNTAX: Syntax = Syntax {
    comment: "// ",
    or: "||",
    anything: "1",
    socket: |name| format!("s_{name}"),
    assigned: |name| format!("&s_{name}"),
    text: |text| format!("{text:?}"),
    error: |name| name.replacen("E#", "", 1),
    statement: |made, number, step, condition| {
        format!("    r = {made};\n    expect({number}, {step:?}, {condition});")
    },
};

pub(super) fn program(script: &Script) -> Result<String, OnlyInScripts> {
    let statements = statements(script, &SYNTAX)?;
    let mut text = head(script, &SYNTAX)?;
    let _ = write!(text, "// Build and run: cc -o reproducer THIS.c && ./reproducer\n\n{RUNTIME}");
    let _ = writeln!(text, "int main(void) {{\n    signal(SIGPIPE, SIG_IGN);");
    for port in script.named_ports() {
        let _ = writeln!(text, "    int port_{port} = free_port();");
    }
    for socket in sockets(script) {
        let _ = writeln!(text, "    int s_{socket} = -1;");
    }
    for statement in statements {
        let _ = writeln!(text, "{statement}");
    }
    let _ = writeln!(text, "    return wrong;\n}}");
    Ok(text)
}
