//! The words that socket options are asked for with.

/// An option, or a property of a descriptor that is read and set like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionId {
    /// `SO_REUSEADDR`.
    ReuseAddr,
    /// `SO_REUSEPORT`.
    ReusePort,
    /// `IPV6_V6ONLY`.
    V6Only,
    /// `SO_EXCLUSIVEADDRUSE`.
    ExclusiveAddrUse,
    /// `O_NONBLOCK`, `FIONBIO`.
    Nonblocking,
    /// `FD_CLOEXEC`; on Windows the handle is not inheritable.
    Cloexec,
    /// `SO_ACCEPTCONN`.
    Accepting,
    /// `SO_LINGER`: seconds, or -1 for off.
    Linger,
}

/// Why an option was not read or set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionError {
    /// The kernel's raw code.
    Os(i32),
    /// This platform has no such option, or no call that reads it.
    Unsupported(&'static str),
}

impl From<std::io::Error> for OptionError {
    fn from(error: std::io::Error) -> Self {
        Self::Os(raw_error(&error))
    }
}

/// The raw code of an error that a system call left; 0 if none did.
#[must_use]
pub fn raw_error(error: &std::io::Error) -> i32 {
    error.raw_os_error().unwrap_or(0)
}
