//! All platform code. This page is the contract; `unix.rs`, `linux.rs`, `apple.rs`, `bsd.rs` and
//! `windows.rs` fill it.
