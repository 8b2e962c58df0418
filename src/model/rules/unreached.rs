//! Rules that no script reaches, each with the reason.

/// The id of a rule and why no script reaches it. A rule that is reached must not stand here.
pub const UNREACHED: &[(&str, &str)] = &[
    ("bind.restricted-port", "it is about one number of a port, which another program may have"),
    ("script.forced", "it speaks only after a step that no rule allows, and none is expected"),
];
