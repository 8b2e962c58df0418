//! An operating system that fails on purpose: any [`Os`] with a plan of faults in front of it.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use super::os::{OptionName, Os, OsFacts, Query, RawError, Record, ResolveFailure};

/// `SOCK_STREAM`, as every platform numbers it.
const STREAM: i32 = 1;
/// `IPPROTO_TCP`, as every platform numbers it.
const TCP: i32 = 6;

/// A call that a fault can hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultSite {
    /// `getaddrinfo`.
    Resolve,
    /// `socket`.
    Socket,
    /// Setting any option, non-blocking included.
    AnySet,
    /// `setsockopt` of this option.
    SetOption(OptionName),
    /// `ioctl(FIONBIO)` or `fcntl(O_NONBLOCK)`.
    SetNonblocking,
    /// `bind`.
    Bind,
    /// `getsockname`.
    LocalAddr,
    /// `listen`.
    Listen,
    /// A call that the reference does not make, by its name.
    Other(&'static str),
}

impl FaultSite {
    /// Whether a fault at this site hits that call.
    fn covers(self, call: Self) -> bool {
        self == call
            || (self == Self::AnySet && matches!(call, Self::SetOption(_) | Self::SetNonblocking))
    }
}

/// The family of the socket that a call is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultFamily {
    /// `AF_INET`.
    Inet,
    /// `AF_INET6`.
    Inet6,
}

/// One kind of call that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The call.
    pub site: FaultSite,
    /// Only on sockets of this family; for [`FaultSite::Resolve`], only if it is asked for alone.
    pub family: Option<FaultFamily>,
    /// Only the n-th matching call, counted from 1; `None` is every one.
    pub nth: Option<u32>,
    /// The raw code that the call answers.
    pub code: RawError,
}

/// Which calls fail, and how many matching ones have been seen.
///
/// Every caller that makes calls on one system asks the same plan, so that `nth` counts the calls
/// of all of them.
///
/// ```
/// use bindproof::reference::{Fault, FaultPlan, FaultSite};
/// let second_listen = Fault { site: FaultSite::Listen, family: None, nth: Some(2), code: 98 };
/// let mut plan = FaultPlan::new(vec![second_listen]);
/// assert_eq!(plan.decide(FaultSite::Listen, None), None);
/// assert_eq!(plan.decide(FaultSite::Listen, None), Some(98));
/// assert_eq!(plan.decide(FaultSite::Listen, None), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultPlan {
    faults: Vec<(Fault, u32)>,
    /// The addresses that the resolver answers, each with the port that was asked for; `None`
    /// leaves the answer to the system.
    pub records: Option<Vec<SocketAddr>>,
}

impl FaultPlan {
    /// A plan that has seen no call yet.
    #[must_use]
    pub fn new(faults: Vec<Fault>) -> Self {
        Self { faults: faults.into_iter().map(|fault| (fault, 0)).collect(), records: None }
    }

    /// Counts one call, and says with which code it fails, if it does. Every fault that matches
    /// counts it; the first one that fires decides.
    pub fn decide(&mut self, site: FaultSite, family: Option<FaultFamily>) -> Option<RawError> {
        let mut code = None;
        for (fault, seen) in &mut self.faults {
            if !fault.site.covers(site) || (fault.family.is_some() && fault.family != family) {
                continue;
            }
            *seen = seen.saturating_add(1);
            if fault.nth.is_none_or(|nth| nth == *seen) {
                code = code.or(Some(fault.code));
            }
        }
        code
    }
}

/// Any [`Os`] whose calls fail by a [`FaultPlan`]; a call that fails is not made.
#[derive(Debug)]
pub struct Faulty<O> {
    os: O,
    plan: Rc<RefCell<FaultPlan>>,
}

impl<O: Os> Faulty<O> {
    /// Puts a plan, which others may share, in front of a system.
    pub fn new(os: O, plan: Rc<RefCell<FaultPlan>>) -> Self {
        Self { os, plan }
    }

    /// The system behind the plan.
    pub fn into_inner(self) -> O {
        self.os
    }

    /// The same, lent.
    pub fn inner(&self) -> &O {
        &self.os
    }

    fn decide(&self, site: FaultSite, family: Option<FaultFamily>) -> Result<(), RawError> {
        match self.plan.borrow_mut().decide(site, family) {
            Some(code) => Err(code),
            None => Ok(()),
        }
    }

    /// A record as a resolver makes it for a TCP socket.
    fn record(&self, address: SocketAddr) -> Record {
        let OsFacts { inet, inet6, .. } = *self.os.facts();
        let family = if address.is_ipv4() { inet } else { inet6 };
        Record { family, socktype: STREAM, protocol: TCP, address, canonical: None }
    }

    fn family(&self, raw: i32) -> Option<FaultFamily> {
        let facts = self.os.facts();
        if raw == facts.inet {
            Some(FaultFamily::Inet)
        } else if raw == facts.inet6 {
            Some(FaultFamily::Inet6)
        } else {
            None
        }
    }
}

/// A socket of a [`Faulty`] system, which remembers its family.
#[derive(Debug)]
pub struct FaultySocket<S> {
    socket: S,
    family: Option<FaultFamily>,
}

impl<S> FaultySocket<S> {
    /// The socket itself.
    pub fn into_inner(self) -> S {
        self.socket
    }

    /// The same, lent.
    pub fn inner(&self) -> &S {
        &self.socket
    }
}

impl From<FaultySocket<socket2::Socket>> for socket2::Socket {
    fn from(socket: FaultySocket<Self>) -> Self {
        socket.socket
    }
}

impl<O: Os> Os for Faulty<O> {
    type Socket = FaultySocket<O::Socket>;

    fn facts(&self) -> &OsFacts {
        self.os.facts()
    }

    fn resolve(&mut self, query: &Query) -> Result<Vec<Record>, ResolveFailure> {
        let family = self.family(query.family);
        self.decide(FaultSite::Resolve, family).map_err(|code| ResolveFailure {
            code,
            message: "made to fail on purpose".to_owned(),
        })?;
        let Some(mut addresses) = self.plan.borrow().records.clone() else {
            return self.os.resolve(query);
        };
        let port = query.service.as_deref().and_then(|service| service.parse().ok()).unwrap_or(0);
        addresses.iter_mut().for_each(|address| address.set_port(port));
        Ok(addresses.into_iter().map(|address| self.record(address)).collect())
    }

    fn socket(
        &mut self,
        family: i32,
        socktype: i32,
        protocol: i32,
    ) -> Result<Self::Socket, RawError> {
        let known = self.family(family);
        self.decide(FaultSite::Socket, known)?;
        let socket = self.os.socket(family, socktype, protocol)?;
        Ok(FaultySocket { socket, family: known })
    }

    fn set_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError> {
        self.decide(FaultSite::SetOption(option), socket.family)?;
        self.os.set_option(&socket.socket, option)
    }

    fn set_nonblocking(&mut self, socket: &Self::Socket) -> Result<(), RawError> {
        self.decide(FaultSite::SetNonblocking, socket.family)?;
        self.os.set_nonblocking(&socket.socket)
    }

    fn bind(&mut self, socket: &Self::Socket, address: SocketAddr) -> Result<(), RawError> {
        self.decide(FaultSite::Bind, socket.family)?;
        self.os.bind(&socket.socket, address)
    }

    fn local_addr(&mut self, socket: &Self::Socket) -> Result<SocketAddr, RawError> {
        self.decide(FaultSite::LocalAddr, socket.family)?;
        self.os.local_addr(&socket.socket)
    }

    fn listen(&mut self, socket: &Self::Socket, backlog: i32) -> Result<(), RawError> {
        self.decide(FaultSite::Listen, socket.family)?;
        self.os.listen(&socket.socket, backlog)
    }

    fn close(&mut self, socket: Self::Socket) {
        self.os.close(socket.socket);
    }
}
