//! What the library logs, on stderr.

use std::io::Write;

use log::{Level, LevelFilter, Log, Metadata, Record};

struct ToStderr;

impl Log for ToStderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Info && metadata.target().starts_with("bindproof")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            // A log that nobody takes any more, or that has no room, does not end the server.
            let _ = writeln!(anstream::stderr(), "bindproof: {}", record.args());
        }
    }

    fn flush(&self) {}
}

pub(super) fn to_stderr() {
    // Only the command sets a logger, and only once.
    let _ = log::set_logger(&ToStderr);
    log::set_max_level(LevelFilter::Info);
}
