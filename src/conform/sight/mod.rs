//! The harness looks for itself: which sockets a subject has, and what they are like.
//!
//! `inside` finds descriptors in the subject and in all that descend from it, and reads copies of
//! them. Where that cannot be, `outside` proves what can be proved by connections.

mod inside;
mod outside;

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use socket2::Socket;

pub(super) use inside::{Inside, Look};
pub(super) use outside::{facts as facts_from_outside, has_ipv4};

use super::protocol::ToldSocket;
use crate::trace::SocketFacts;

/// How a subject is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// By copies of its descriptors.
    Inside,
    /// By connections and by what a spawned program inherits.
    Outside,
}

/// A socket as the harness sees it.
#[derive(Debug)]
pub(super) struct SeenSocket {
    /// What could be read.
    pub(super) facts: SocketFacts,
    /// A copy of it, where there can be one.
    pub(super) copy: Option<Socket>,
    /// The socket itself, whoever holds it.
    pub(super) inode: Option<u64>,
    /// The number of its descriptor in the subject.
    pub(super) fd: Option<i32>,
    /// The length of its queue.
    pub(super) backlog: Option<u32>,
    /// Held by a process that the subject started.
    pub(super) by_descendant: bool,
}

/// Can descriptors of a child be copied here? Tried on a child of this process.
///
/// # Errors
/// Why not.
pub(super) fn try_inside(child: u32) -> Result<(), String> {
    inside::try_on(child)
}

/// The endpoint that a library tells of; scope and flow information are not told by every one.
pub(super) fn endpoint(told: &ToldSocket) -> Option<SocketAddr> {
    let text = told.address.as_deref()?;
    let text = text.trim_start_matches('[').trim_end_matches(']');
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    Some(SocketAddr::new(text.parse().ok()?, told.port?))
}
