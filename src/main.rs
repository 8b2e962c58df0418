//! The command `bindproof`.

fn main() {}
