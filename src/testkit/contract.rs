//! Which rules of the model restate which rule of the reference's contract.
//!
//! The contract numbers its rules R1 to R24 and its deliberate differences D1 to D16; the model
//! states `bind_sockets` a second time, in rules of its own. A finding names rules of the model;
//! this table leads from them to the contract.

/// What a finding names when sockets are open that nobody can name; no answer of the system says
/// that, so no rule of the model does.
pub const OPEN_SOCKETS: &str = "D1";

/// A rule of the model, and the rules of the contract that it restates.
pub const RESTATES: [(&str, &[&str]); 22] = [
    (OPEN_SOCKETS, &["D1", "D4", "R18"]),
    ("bind_sockets.arguments", &["R2", "D3"]),
    ("bind_sockets.bind", &["R8", "R9", "R11", "R15", "R16", "R18", "R19", "D4"]),
    ("bind_sockets.cloexec", &["R12"]),
    ("bind_sockets.exclusive", &["D7"]),
    ("bind_sockets.family", &["R10", "R22"]),
    ("bind_sockets.link-local", &["R9", "R22"]),
    ("bind_sockets.listening", &["R11", "R21"]),
    ("bind_sockets.localhost", &["R18", "R22"]),
    ("bind_sockets.nonblocking", &["R11", "R17"]),
    ("bind_sockets.order", &["R3", "R4", "R5", "R6", "R7"]),
    ("bind_sockets.port", &["R16", "R20"]),
    ("bind_sockets.records", &["R3", "R4", "R5", "R6", "R8", "R9", "R22"]),
    ("bind_sockets.resolver", &["R3", "R4", "R6"]),
    ("bind_sockets.retry", &["R24", "D4"]),
    ("bind_sockets.reuseaddr", &["R11", "R13"]),
    ("bind_sockets.reuseport", &["R11", "R14"]),
    ("bind_sockets.sockets", &["R8", "R16", "R21", "D7"]),
    ("bind_sockets.v6only", &["R11", "R15"]),
    ("connect.delivery", &["R21"]),
    ("connect.full", &["R21"]),
    ("options.exclusive", &["D7"]),
];

/// The rules of the contract that a rule of the model restates.
#[must_use]
pub fn restated(rule: &str) -> &'static [&'static str] {
    RESTATES.iter().find(|(id, _)| *id == rule).map_or(&[], |(_, rules)| rules)
}
