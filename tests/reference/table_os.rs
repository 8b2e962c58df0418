//! An operating system in memory: answers from tables, a log of every call, and an account of
//! what is open. It knows just enough of ports to show what the rules are about.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use bindproof::reference::{OptionName, Os, OsFacts, Query, RawError, Record, ResolveFailure};

/// glibc's code for an unknown name; the table speaks glibc on every platform.
pub(crate) const EAI_NONAME: i32 = -2;
/// glibc's code for an unknown service.
pub(crate) const EAI_SERVICE: i32 = -8;
/// glibc's code for an address of the wrong family.
pub(crate) const EAI_ADDRFAMILY: i32 = -9;

pub(crate) fn linux() -> OsFacts {
    OsFacts {
        windows: false,
        macos: false,
        has_ipv6: true,
        has_reuse_port: true,
        inet: 2,
        inet6: 10,
        passive: 1,
        eafnosupport: 97,
        enoprotoopt: 92,
        eaddrnotavail: 99,
        eaddrinuse: 98,
        eacces: 13,
    }
}

pub(crate) fn macos() -> OsFacts {
    OsFacts { macos: true, inet6: 30, ..freebsd() }
}

pub(crate) fn freebsd() -> OsFacts {
    OsFacts {
        windows: false,
        macos: false,
        has_ipv6: true,
        has_reuse_port: true,
        inet: 2,
        inet6: 28,
        passive: 1,
        eafnosupport: 47,
        enoprotoopt: 42,
        eaddrnotavail: 49,
        eaddrinuse: 48,
        eacces: 13,
    }
}

pub(crate) fn windows() -> OsFacts {
    OsFacts {
        windows: true,
        macos: false,
        has_ipv6: true,
        has_reuse_port: false,
        inet: 2,
        inet6: 23,
        passive: 1,
        eafnosupport: 10047,
        enoprotoopt: 10042,
        eaddrnotavail: 10049,
        eaddrinuse: 10048,
        eacces: 10013,
    }
}

/// The four platforms by name.
pub(crate) fn platforms() -> [(&'static str, OsFacts); 4] {
    [("linux", linux()), ("macos", macos()), ("freebsd", freebsd()), ("windows", windows())]
}

/// A socket of the table: its number in order of creation.
#[derive(Debug)]
pub(crate) struct TableSocket(pub(crate) usize);

/// What the table knows of a socket that is not closed.
#[derive(Debug)]
struct Open {
    family: i32,
    name: Option<SocketAddr>,
    reuse_port: bool,
}

#[derive(Debug)]
pub(crate) struct TableOs {
    facts: OsFacts,
    /// Addresses of host names; the port is ignored.
    pub(crate) hosts: BTreeMap<String, Vec<SocketAddr>>,
    /// What the resolver answers, whatever it is asked, if this is set.
    pub(crate) answer: Option<Result<Vec<Record>, ResolveFailure>>,
    /// The ports that port 0 can get, lowest first.
    pub(crate) ephemeral: std::ops::RangeInclusive<u16>,
    /// Addresses that another program has.
    pub(crate) taken: Vec<SocketAddr>,
    /// Every call, in the order in which it was made.
    pub(crate) log: Vec<String>,
    open: BTreeMap<usize, Open>,
    created: usize,
}

impl TableOs {
    pub(crate) fn new(facts: OsFacts) -> Self {
        let hosts = [("localhost".to_owned(), vec!["127.0.0.1:0".parse().unwrap()])];
        Self {
            facts,
            hosts: hosts.into(),
            answer: None,
            ephemeral: 40000..=40999,
            taken: Vec::new(),
            log: Vec::new(),
            open: BTreeMap::new(),
            created: 0,
        }
    }

    /// The resolver answers these addresses, in this order, whatever it is asked.
    pub(crate) fn answering(facts: OsFacts, addresses: &[&str]) -> Self {
        let mut os = Self::new(facts);
        os.answer =
            Some(Ok(addresses.iter().map(|text| os.record(text.parse().unwrap())).collect()));
        os
    }

    /// A name of the hosts file.
    pub(crate) fn host(mut self, name: &str, addresses: &[&str]) -> Self {
        let addresses = addresses.iter().map(|text| literal(text).unwrap());
        self.hosts.insert(name.to_owned(), addresses.collect());
        self
    }

    pub(crate) fn record(&self, address: SocketAddr) -> Record {
        let family = if address.is_ipv4() { self.facts.inet } else { self.facts.inet6 };
        Record { family, socktype: 1, protocol: 6, address, canonical: None }
    }

    /// How many sockets were created.
    pub(crate) fn created(&self) -> usize {
        self.created
    }

    /// How many of them are not closed.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// The calls whose line starts with this word.
    pub(crate) fn calls(&self, word: &str) -> Vec<&str> {
        let is = |line: &&String| line.split(' ').next() == Some(word);
        self.log.iter().filter(is).map(String::as_str).collect()
    }

    fn lookup(&self, query: &Query) -> Result<Vec<Record>, i32> {
        let port = match query.service.as_deref() {
            Some("http") => 80,
            Some(text) => text.parse().map_err(|_| EAI_SERVICE)?,
            None => 0,
        };
        let passive = query.flags & self.facts.passive != 0;
        let addresses = match query.host.as_deref() {
            // glibc's order: the IPv6 loopback address first, the wildcards IPv4 first.
            None if passive => vec![ip(Ipv4Addr::UNSPECIFIED), ip(Ipv6Addr::UNSPECIFIED)],
            None => vec![ip(Ipv6Addr::LOCALHOST), ip(Ipv4Addr::LOCALHOST)],
            Some(text) => match literal(text) {
                Some(address) if self.wants(query, address) => vec![address],
                Some(_) => return Err(EAI_ADDRFAMILY),
                None => self.hosts.get(text).cloned().ok_or(EAI_NONAME)?,
            },
        };
        let mut records = Vec::new();
        for mut address in addresses.into_iter().filter(|address| self.wants(query, *address)) {
            address.set_port(port);
            records.push(self.record(address));
        }
        if records.is_empty() { Err(EAI_NONAME) } else { Ok(records) }
    }

    fn wants(&self, query: &Query, address: SocketAddr) -> bool {
        query.family == 0 || query.family == self.record(address).family
    }

    /// Whether nobody has this address, or, for a port that was named, only sockets that share it.
    fn is_free(&self, socket: usize, address: SocketAddr, named: bool) -> bool {
        let shares = |other: &Open| named && other.reuse_port && self.open[&socket].reuse_port;
        let others =
            self.open.iter().filter(|(number, other)| **number != socket && !shares(other));
        let names = others.filter_map(|(_, other)| other.name);
        !names.chain(self.taken.iter().copied()).any(|name| overlap(name, address))
    }
}

fn ip(ip: impl Into<IpAddr>) -> SocketAddr {
    SocketAddr::new(ip.into(), 0)
}

fn literal(text: &str) -> Option<SocketAddr> {
    if let Some((ip, scope)) = text.split_once('%') {
        let scope = if scope == "lo" { 1 } else { scope.parse().ok()? };
        return Some(SocketAddrV6::new(ip.parse().ok()?, 0, 0, scope).into());
    }
    text.parse::<IpAddr>().ok().map(ip)
}

/// Whether two sockets with `IPV6_V6ONLY` can never both have these addresses.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port()
        && one.is_ipv4() == other.is_ipv4()
        && (one == other || one.ip().is_unspecified() || other.ip().is_unspecified())
}

fn option_word(option: OptionName) -> &'static str {
    match option {
        OptionName::ReuseAddr => "reuseaddr",
        OptionName::ReusePort => "reuseport",
        OptionName::V6Only => "v6only",
        OptionName::ExclusiveAddrUse => "exclusiveaddruse",
    }
}

impl Os for TableOs {
    type Socket = TableSocket;

    fn facts(&self) -> &OsFacts {
        &self.facts
    }

    fn resolve(&mut self, query: &Query) -> Result<Vec<Record>, ResolveFailure> {
        let Query { host, service, family, flags } = query;
        let (host, service) = (host.as_deref().unwrap_or("-"), service.as_deref().unwrap_or("-"));
        self.log.push(format!("resolve {host} {service} family={family} flags={flags}"));
        match &self.answer {
            Some(answer) => answer.clone(),
            None => self
                .lookup(query)
                .map_err(|code| ResolveFailure { code, message: "not in the table".to_owned() }),
        }
    }

    fn socket(
        &mut self,
        family: i32,
        socktype: i32,
        protocol: i32,
    ) -> Result<TableSocket, RawError> {
        let word = match family {
            _ if family == self.facts.inet => "inet",
            _ if family == self.facts.inet6 => "inet6",
            _ => "other",
        };
        let number = self.created;
        self.log.push(format!("socket {number} {word} type={socktype} protocol={protocol}"));
        self.open.insert(number, Open { family, name: None, reuse_port: false });
        self.created += 1;
        Ok(TableSocket(number))
    }

    fn set_option(&mut self, socket: &TableSocket, option: OptionName) -> Result<(), RawError> {
        self.log.push(format!("set {} {}", socket.0, option_word(option)));
        if option == OptionName::ReusePort {
            self.open.get_mut(&socket.0).expect("an open socket").reuse_port = true;
        }
        Ok(())
    }

    fn set_nonblocking(&mut self, socket: &TableSocket) -> Result<(), RawError> {
        self.log.push(format!("nonblocking {}", socket.0));
        Ok(())
    }

    fn bind(&mut self, socket: &TableSocket, address: SocketAddr) -> Result<(), RawError> {
        self.log.push(format!("bind {} {address}", socket.0));
        let with = |port| {
            let mut address = address;
            address.set_port(port);
            address
        };
        let candidates = match address.port() {
            0 => self.ephemeral.clone(),
            port => port..=port,
        };
        // SO_REUSEPORT does not loosen the automatic choice (Linux, read in source).
        let named = address.port() != 0;
        let mut free =
            candidates.map(with).filter(|address| self.is_free(socket.0, *address, named));
        let name = free.next().ok_or(self.facts.eaddrinuse)?;
        let open = self.open.get_mut(&socket.0).expect("an open socket");
        let same = (open.family == self.facts.inet) == name.is_ipv4();
        assert!(same && open.name.is_none(), "bind {address} on {open:?}");
        open.name = Some(name);
        Ok(())
    }

    fn local_addr(&mut self, socket: &TableSocket) -> Result<SocketAddr, RawError> {
        self.log.push(format!("name {}", socket.0));
        Ok(self.open[&socket.0].name.expect("a bound socket"))
    }

    fn listen(&mut self, socket: &TableSocket, backlog: i32) -> Result<(), RawError> {
        self.log.push(format!("listen {} {backlog}", socket.0));
        Ok(())
    }

    fn close(&mut self, socket: TableSocket) {
        self.log.push(format!("close {}", socket.0));
        self.open.remove(&socket.0).expect("closed once");
    }
}
