//! The log records of the thread that runs a test.

use std::cell::RefCell;
use std::sync::Once;

use log::{Level, LevelFilter, Log, Metadata, Record};

thread_local! {
    static RECORDS: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

struct Keeper;

impl Log for Keeper {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("bindproof")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let text = record.args().to_string();
            RECORDS.with_borrow_mut(|records| records.push((record.level(), text)));
        }
    }

    fn flush(&self) {}
}

/// Starts to keep records.
pub(crate) fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Keeper).unwrap();
        log::set_max_level(LevelFilter::Info);
    });
    take();
}

/// The records since the last call.
pub(crate) fn take() -> Vec<(Level, String)> {
    RECORDS.take()
}
