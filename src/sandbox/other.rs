//! Systems without namespaces and filters: everything is refused with the reason.

use super::wanted::{Entered, Refusal, RefusedCall, Wanted};

/// No namespaces here.
pub const HAS_NAMESPACES: bool = false;

/// No filter here.
pub const HAS_FILTER: bool = false;

/// Refuses all but an empty wish.
///
/// # Errors
/// [`Refusal`] if anything is wanted.
pub fn enter(wanted: &Wanted) -> Result<Entered, Refusal> {
    if *wanted == Wanted::default() {
        return Ok(Entered::default());
    }
    let what = if wanted.private_network || wanted.needs_private_network() {
        "a private network"
    } else {
        "a filter for system calls"
    };
    Err(Refusal::new(format!("{what} needs Linux; this is {}", std::env::consts::OS)))
}

/// Always refuses.
///
/// # Errors
/// Always.
pub fn fresh_network() -> Result<(), Refusal> {
    Err(Refusal::new("a private network needs Linux"))
}

/// Refuses all but an empty wish.
///
/// # Errors
/// [`Refusal`] if a call shall be refused.
pub fn refuse_to_this_thread(calls: &[RefusedCall]) -> Result<(), Refusal> {
    if calls.is_empty() {
        return Ok(());
    }
    let os = std::env::consts::OS;
    Err(Refusal::new(format!("a filter for system calls needs Linux; this is {os}")))
}

/// Always refuses.
///
/// # Errors
/// Always.
pub fn change(_before: Option<&Wanted>, _wanted: &Wanted) -> Result<Entered, Refusal> {
    Err(Refusal::new("a private network needs Linux"))
}
