//! The words of child processes, for all platforms.

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildEnd {
    /// It called `exit`.
    Exited(i32),
    /// A signal killed it.
    Killed(i32),
}
