//! The four platforms as data.

mod freebsd;
mod linux;
mod macos;
mod quirks;
mod record;
mod shown;
mod windows;

pub use quirks::LinuxQuirks;
pub use record::{Delivery, Law, LowPorts, Queue, Record, Reply, record};
pub use shown::ShownFact;
