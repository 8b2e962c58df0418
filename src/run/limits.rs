//! How much a script may ask for.

/// The limits of one script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls made.
    pub steps_max: usize,
    /// Sockets open at once.
    pub sockets_max: usize,
    /// How long `accept`, `connect` and `recv` may take, in milliseconds. A refused loopback
    /// connection takes 2 s on Windows.
    pub call_timeout_ms: u64,
    /// The same for a step that is expected to block, in milliseconds.
    pub blocks_timeout_ms: u64,
    /// How long the whole script may take, in milliseconds.
    pub script_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps_max: 1_000,
            sockets_max: 256,
            call_timeout_ms: 5_000,
            blocks_timeout_ms: 200,
            script_timeout_ms: 30_000,
        }
    }
}
