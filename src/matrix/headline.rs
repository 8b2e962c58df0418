//! A difference in one line.

use super::baseline::Difference;

impl Difference {
    /// What it is, and of which behaviour or programs.
    #[must_use]
    pub fn headline(&self) -> String {
        match self {
            Self::New(one) => format!("new: {}", one.behaviour),
            Self::NewPrograms { condition, programs } => {
                format!("new: {} programs of two sockets where {condition}", programs.len())
            }
            Self::Vanished { known, .. } => format!("vanished: {known}"),
            Self::Changed { deviation, .. } => format!("changed: {}", deviation.behaviour),
        }
    }
}
