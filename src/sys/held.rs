//! What is known of a descriptor in another process.

/// A socket in another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Held {
    /// The process.
    pub process: u32,
    /// The number of the descriptor there.
    pub fd: i32,
    /// The socket, whoever holds it.
    pub inode: u64,
    /// Close-on-exec, a flag of the descriptor.
    pub cloexec: bool,
}
