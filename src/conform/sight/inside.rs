//! Copies of descriptors.

use std::collections::BTreeMap;
use std::io;

use socket2::{Socket, Type};

use super::SeenSocket;
use crate::run::socket_facts;
use crate::sys::{self, Held};
use crate::trace::SocketFacts;

/// All sockets of a process and of its descendants: for each socket one holder of it.
pub(in crate::conform) type Look = BTreeMap<u64, Held>;

/// A process whose descriptors are looked at.
#[derive(Debug, Clone, Copy)]
pub(in crate::conform) struct Inside {
    pub(in crate::conform) process: u32,
}

impl Inside {
    /// Every socket that is there now. A socket without close-on-exec anywhere counts as one
    /// without.
    pub(in crate::conform) fn look(self) -> io::Result<Look> {
        let mut look = Look::new();
        for held in sys::held_sockets(self.process)? {
            keep(&mut look, held);
        }
        for process in sys::descendants(self.process) {
            // One that is gone meanwhile holds nothing.
            for held in sys::held_sockets(process).unwrap_or_default() {
                keep(&mut look, held);
            }
        }
        Ok(look)
    }

    /// The TCP sockets that are in `after` and not in `before`, in the order of their descriptors.
    pub(in crate::conform) fn new_sockets(
        self,
        before: &Look,
        after: &Look,
    ) -> io::Result<Vec<SeenSocket>> {
        let mut new: Vec<_> =
            after.values().filter(|held| !before.contains_key(&held.inode)).collect();
        new.sort_by_key(|held| (held.process != self.process, held.process, held.fd));
        let mut seen = Vec::new();
        for held in new {
            match self.see(held) {
                Ok(Some(socket)) => seen.push(socket),
                Ok(None) => {}
                // Closed since the look.
                Err(error) if matches!(error.raw_os_error(), Some(BADF | SRCH)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(seen)
    }

    fn see(self, held: &Held) -> io::Result<Option<SeenSocket>> {
        let copy = sys::take_socket(held.process, held.fd)?;
        // A connection is somebody else's doing.
        if !is_tcp(&copy) || copy.peer_addr().is_ok() {
            return Ok(None);
        }
        let facts = match socket_facts(&copy) {
            Ok(facts) => SocketFacts { cloexec: Some(held.cloexec), ..facts },
            Err(code) => return Err(io::Error::from_raw_os_error(code)),
        };
        Ok(Some(SeenSocket {
            backlog: sys::listen_backlog(&copy),
            facts,
            copy: Some(copy),
            inode: Some(held.inode),
            fd: (held.process == self.process).then_some(held.fd),
            by_descendant: held.process != self.process,
        }))
    }
}

/// Linux' numbers; looked at nowhere else.
const BADF: i32 = 9;
const SRCH: i32 = 3;

fn keep(look: &mut Look, held: Held) {
    look.entry(held.inode).and_modify(|known| known.cloexec &= held.cloexec).or_insert(held);
}

/// Streams of the internet, connected or not; neither resolvers' sockets nor pairs.
fn is_tcp(socket: &Socket) -> bool {
    let internet = socket.local_addr().is_ok_and(|local| local.is_ipv4() || local.is_ipv6());
    internet && matches!(socket.r#type(), Ok(Type::STREAM))
}

/// A socket of this process, seen through a child that holds none of it, proves nothing; a child's
/// own standard input is no socket. So what is tried is the call alone.
pub(super) fn try_on(child: u32) -> Result<(), String> {
    if !sys::HAS_SIGHT {
        return Err("only Linux shows the descriptors of a child".into());
    }
    let listed = sys::held_sockets(child);
    listed.map_err(|error| format!("the descriptors of a child cannot be listed ({error})"))?;
    // Descriptor 0 is a pipe of ours: a copy of it can be had where copies can be had at all.
    match sys::take_socket(child, 0) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("descriptors of a child cannot be copied ({error})")),
    }
}
