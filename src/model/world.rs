//! The state of a machine's sockets: a value that rules read and effects change.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use super::address::wildcard;
use crate::script::{Fail, FailOnly, Family, Name, SocketOption, Verb};

/// A port in a world: a number, or one that the kernel chose and nobody has seen yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    /// The number.
    Number(u16),
    /// The n-th port that the kernel chose.
    Chosen(usize),
}

/// The local address of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// The address, as the socket's family writes it.
    pub ip: IpAddr,
    /// The port.
    pub port: Port,
    /// The script named the port, so that it is kept until the socket is closed (Linux:
    /// `SOCK_BINDPORT_LOCK`).
    pub port_named: bool,
    /// The script named a specific address (Linux: `SOCK_BINDADDR_LOCK`).
    pub ip_named: bool,
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The other end, which is there as long as both are connected.
    pub peer: SocketId,
    /// The other end's address.
    pub remote: (IpAddr, Port),
    /// A FIN was sent.
    pub fin_sent: bool,
    /// A FIN came.
    pub fin_received: bool,
    /// The FIN was sent before one came: this end waits in `TIME_WAIT`.
    pub closes_first: bool,
    /// Bytes that were sent to this end and not read, a number for each `send`: small ones can be
    /// held back until those before them are acknowledged (Nagle's algorithm).
    pub unread: Vec<usize>,
    /// The error that the next call meets.
    pub error: Option<&'static str>,
}

impl End {
    /// All bytes that were sent to this end and not read.
    #[must_use]
    pub fn unread_bytes(&self) -> usize {
        self.unread.iter().sum()
    }

    /// So many bytes were read.
    pub(super) fn take_bytes(&mut self, mut count: usize) {
        while let Some(first) = self.unread.first_mut() {
            if *first > count {
                *first -= count;
                return;
            }
            count -= *first;
            self.unread.remove(0);
        }
    }
}

/// What a socket is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Nothing yet, or nothing any more.
    Idle,
    /// It listens.
    Listening {
        /// How many connections can wait: never fewer than the first, never more than the second.
        room: (usize, usize),
        /// Those that wait.
        queue: VecDeque<SocketId>,
    },
    /// It is connected.
    Connected(End),
    /// It was connected, and both sides are done, or a reset came.
    Over(End),
    /// The remnant of a connection that was closed first on this side.
    TimeWait {
        /// The other end's address.
        remote: (IpAddr, Port),
    },
    /// A connection that is not settled: nothing more is modelled.
    Unsettled,
}

/// The number of a socket in its world.
pub type SocketId = usize;

/// A socket, or what is left of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Its family.
    pub family: Family,
    /// `SO_REUSEADDR`.
    pub reuseaddr: bool,
    /// `SO_REUSEPORT`.
    pub reuseport: bool,
    /// `SO_EXCLUSIVEADDRUSE`.
    pub exclusive: bool,
    /// `IPV6_V6ONLY`; `None` where it cannot be known.
    pub v6only: Option<bool>,
    /// `O_NONBLOCK`; `None` where it cannot be known.
    pub nonblocking: Option<bool>,
    /// `SO_LINGER` in seconds.
    pub linger: Option<i32>,
    /// Who made it.
    pub uid: u32,
    /// Its address; `None` before `bind`.
    pub local: Option<Local>,
    /// What it is doing.
    pub phase: Phase,
    /// `shutdown` for reading was asked for.
    pub shut_read: bool,
    /// `shutdown` for writing was asked for.
    pub shut_write: bool,
    /// It has a claim on its port (false: the kernel has given the port back).
    pub holds_port: bool,
    /// When it listened, for deliveries by age.
    pub listened: usize,
    /// Descriptors that are open; 0 for what is left of a socket, or waits to be accepted.
    pub descriptors: usize,
    /// It waits to be accepted.
    pub queued: bool,
    /// The interface that a bind to a link-local address named (Linux: `sk_bound_dev_if`, which
    /// stays when that bind fails).
    pub device: Option<u32>,
    /// An IPv6 socket that has spoken IPv4 (Linux: its operations are those of IPv4 from then on).
    pub spoke_v4: bool,
}

impl Socket {
    /// Whether IPv4 cannot reach it by `IPV6_V6ONLY`.
    #[must_use]
    pub fn is_v6only(&self) -> bool {
        self.family == Family::Inet6 && self.v6only == Some(true)
    }

    /// The address that it is bound to, or its family's wildcard.
    #[must_use]
    pub fn ip(&self) -> IpAddr {
        self.local.map_or_else(|| wildcard(self.family), |local| local.ip)
    }

    /// Whether it listens.
    #[must_use]
    pub fn listens(&self) -> bool {
        matches!(self.phase, Phase::Listening { .. })
    }

    /// Whether nobody can name it any more: what is left after the last `close`.
    #[must_use]
    pub fn is_orphan(&self) -> bool {
        self.descriptors == 0 && !self.queued
    }

    /// Its end of a connection.
    #[must_use]
    pub fn end(&self) -> Option<&End> {
        match &self.phase {
            Phase::Connected(end) | Phase::Over(end) => Some(end),
            _ => None,
        }
    }

    /// The other end's address, while the pair of addresses is in use.
    #[must_use]
    pub fn remote(&self) -> Option<(IpAddr, Port)> {
        match &self.phase {
            Phase::Connected(End { remote, .. }) | Phase::TimeWait { remote } => Some(*remote),
            _ => None,
        }
    }

    /// What waits in `TIME_WAIT` after its connection to this address.
    pub(super) fn remnant(&self, remote: (IpAddr, Port)) -> Self {
        let phase = Phase::TimeWait { remote };
        Self { phase, descriptors: 0, queued: false, ..self.clone() }
    }
}

/// What Linux remembers of the last `SO_REUSEPORT` socket that took a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReusePortCache {
    /// The remembered socket's user.
    pub uid: u32,
    /// Its family.
    pub family: Family,
    /// Its address.
    pub ip: IpAddr,
    /// Its `IPV6_V6ONLY`.
    pub v6only: bool,
    /// It was the port's first owner, and covers every address (up to 6.6).
    pub any: bool,
}

/// A name's descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The name in the script.
    pub name: Name,
    /// The socket.
    pub socket: SocketId,
    /// `FD_CLOEXEC`; `None` where it cannot be known.
    pub cloexec: Option<bool>,
}

/// A `TcpServer` that echoes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name in the script.
    pub name: Name,
    /// The connection in whose handler it stops.
    pub stop_at: Option<u32>,
    /// How many connections it has accepted.
    pub handled: u32,
    /// The descriptors of its listeners, by names that no script can say.
    pub listeners: Vec<Name>,
    /// Those of its connections.
    pub connections: Vec<Name>,
    names: usize,
}

impl Server {
    /// A server without sockets.
    #[must_use]
    pub fn new(name: Name, stop_at: Option<u32>) -> Self {
        let (listeners, connections) = (Vec::new(), Vec::new());
        Self { name, stop_at, handled: 0, listeners, connections, names: 0 }
    }

    /// A name for one more descriptor of it. The server's own name has no number, so no script
    /// says this one.
    pub(super) fn next_name(&mut self) -> Name {
        self.names += 1;
        Name { word: self.name.word.clone(), index: Some(self.names) }
    }
}

/// All sockets of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// The descriptors by name.
    pub descriptors: Vec<Descriptor>,
    /// Every socket that is not gone.
    pub sockets: BTreeMap<SocketId, Socket>,
    /// The number of the next socket.
    pub next_socket: SocketId,
    /// The ports that the kernel chose, once they are seen.
    pub chosen: Vec<Option<u16>>,
    /// Linux: the reuseport caches of the ports that have an owner.
    pub caches: BTreeMap<Port, ReusePortCache>,
    /// Linux up to 6.6: the first-owner cache for `SO_REUSEADDR`.
    pub reuse_caches: BTreeMap<Port, bool>,
    /// The servers, in the order in which they were made.
    pub servers: Vec<Server>,
    /// How often something has listened.
    pub listens: usize,
    /// The `env fail` lines, with how many calls each has matched.
    pub injected: Vec<(Fail, u32)>,
}

impl World {
    /// A world without sockets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a call against the `env fail` lines; the error of the first that fires.
    pub(super) fn inject(
        &mut self,
        verb: Verb,
        option: Option<SocketOption>,
        family: Option<Family>,
    ) -> Option<String> {
        let mut error = None;
        for (fail, seen) in &mut self.injected {
            let fits = match fail.only {
                None => true,
                Some(FailOnly::Option(only)) => Some(only) == option,
                Some(FailOnly::Family(only)) => Some(only) == family,
            };
            if fail.verb != verb || !fits {
                continue;
            }
            *seen = seen.saturating_add(1);
            if fail.nth.is_none_or(|nth| nth == *seen) {
                error = error.or_else(|| Some(fail.error.clone()));
            }
        }
        error
    }

    /// The descriptor that a name stands for.
    #[must_use]
    pub fn descriptor(&self, name: &Name) -> Option<&Descriptor> {
        self.descriptors.iter().find(|descriptor| descriptor.name == *name)
    }

    /// The socket that a name stands for.
    #[must_use]
    pub fn named(&self, name: &Name) -> Option<(SocketId, &Socket)> {
        let id = self.descriptor(name)?.socket;
        Some((id, &self.sockets[&id]))
    }

    /// A socket that is there.
    pub(super) fn socket_mut(&mut self, id: SocketId) -> &mut Socket {
        self.sockets.get_mut(&id).expect("effects name sockets that are there")
    }

    /// Adds a socket without a descriptor.
    pub(super) fn add(&mut self, socket: Socket) -> SocketId {
        let id = self.next_socket;
        self.next_socket += 1;
        self.sockets.insert(id, socket);
        id
    }

    /// Gives a socket one more descriptor.
    pub(super) fn open(&mut self, name: &Name, socket: SocketId, cloexec: Option<bool>) {
        self.descriptors.push(Descriptor { name: name.clone(), socket, cloexec });
        self.socket_mut(socket).descriptors += 1;
    }

    /// A port that the kernel chooses now.
    pub(super) fn choose_port(&mut self) -> Port {
        self.chosen.push(None);
        Port::Chosen(self.chosen.len() - 1)
    }

    /// The port, with its number if that has been seen.
    #[must_use]
    pub fn seen(&self, port: Port) -> Port {
        match port {
            Port::Chosen(index) => {
                self.chosen.get(index).copied().flatten().map_or(port, Port::Number)
            }
            Port::Number(_) => port,
        }
    }

    /// The number of a port, if it has been seen.
    #[must_use]
    pub fn number(&self, port: Port) -> Option<u16> {
        match self.seen(port) {
            Port::Number(number) => Some(number),
            Port::Chosen(_) => None,
        }
    }

    /// Learns the number of a chosen port.
    pub fn learn(&mut self, port: Port, number: u16) {
        let Port::Chosen(index) = port else { return };
        if self.chosen[index].replace(number).is_some() {
            return;
        }
        if let Some(cache) = self.caches.remove(&port) {
            self.caches.insert(Port::Number(number), cache);
        }
        if let Some(cache) = self.reuse_caches.remove(&port) {
            self.reuse_caches.insert(Port::Number(number), cache);
        }
    }

    /// The sockets that hold a port.
    pub(super) fn owners(&self, port: Port) -> impl Iterator<Item = (SocketId, &Socket)> {
        let port = self.seen(port);
        self.sockets.iter().filter_map(move |(id, socket)| {
            let local = socket.local.as_ref()?;
            (socket.holds_port && self.seen(local.port) == port).then_some((*id, socket))
        })
    }

    /// Takes a port away from a socket; the port's caches go with its last owner.
    pub(super) fn release_port(&mut self, id: SocketId) {
        let socket = self.socket_mut(id);
        socket.holds_port = false;
        let Some(port) = socket.local.map(|local| local.port) else { return };
        let port = self.seen(port);
        if self.owners(port).next().is_none() {
            self.caches.remove(&port);
            self.reuse_caches.remove(&port);
        }
    }

    /// Removes a socket that nobody can name any more.
    pub(super) fn forget(&mut self, id: SocketId) {
        self.release_port(id);
        self.sockets.remove(&id);
    }
}
