//! A server, its clients, and the small model that says what each of them must see.
//!
//! The model knows, of each client, whether its connection may still be delivered, was delivered,
//! or never will be; and what it must get back. The kernel acts by itself, so a promise that
//! something happens is waited for, and a promise that something does not is looked at whenever
//! the accounts are compared.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use socket2::SockRef;

use super::actions::Action;
use super::handler::{Delivery, Desk, Mood, handler};
use super::parts::{FailingListener, Injections, SimClock};
use super::{Check, ensure};
use crate::reference::{
    AcceptOptions, Endpoint, EventLoop, Fault, FaultPlan, FaultSite, Faulty, HandlerResult, RealOs,
    ServerError, ServerOptions, SocketListener, TcpServer, bind_sockets, bind_sockets_on,
};
use crate::{BindOptions, Port, sys};

const LISTENERS_MAX: usize = 6;
const CLIENTS_MAX: usize = 20;

#[derive(Debug)]
pub(super) struct Client {
    pub(super) stream: Option<TcpStream>,
    pub(super) name: SocketAddr,
    pub(super) fate: Fate,
    pub(super) sent: Vec<u8>,
    pub(super) got: Vec<u8>,
    pub(super) half_closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// In the queue of this listener.
    Queued(usize),
    /// Delivered, and echoed to.
    Served,
    /// Delivered, and dropped by a handler that failed.
    Dropped,
    /// In the queue of a listener that was closed.
    Refused,
}

pub(super) struct Place {
    pub(super) address: SocketAddr,
    /// Bound before the start.
    pub(super) pending: bool,
    /// Descriptors that the server has for it.
    pub(super) copies: usize,
    pub(super) open: bool,
}

/// A server with its clients, and what the model knows of each.
pub struct World {
    pub(super) event_loop: EventLoop,
    pub(super) server: TcpServer<Box<dyn Fn(mio::net::TcpStream, Endpoint) -> HandlerResult>>,
    pub(super) desk: Rc<Desk>,
    pub(super) injections: Injections,
    started: bool,
    pub(super) places: Vec<Place>,
    pub(super) clients: Vec<Client>,
    /// How many entries of the desk the model has taken in.
    seen: usize,
    /// Descriptors that nobody needs.
    pub(super) hogs: Vec<File>,
    exhausting: bool,
    next_host: u32,
}

impl World {
    /// `exhausting`: descriptors may be used up, because the process has a low limit of its own.
    ///
    /// # Panics
    /// If no loop can be made.
    #[must_use]
    pub fn new(exhausting: bool, host: u32) -> Self {
        let event_loop = EventLoop::with_clock(SimClock::new()).unwrap();
        let desk = Rc::new(Desk {
            mood: Cell::new(Mood::Echo),
            delivered: RefCell::default(),
            stopped_by_handler: Cell::new(false),
        });
        // Small batches, so that many end by the limit.
        let options = ServerOptions {
            event_loop: Some(event_loop.clone()),
            accept: AcceptOptions { batch: 3, ..AcceptOptions::default() },
            ..ServerOptions::default()
        };
        let shared = Rc::clone(&desk);
        let server = TcpServer::cyclic(move |stop| handler(shared, stop), options);
        Self {
            event_loop,
            server,
            desk,
            injections: Injections::default(),
            started: false,
            places: Vec::new(),
            clients: Vec::new(),
            seen: 0,
            hogs: Vec::new(),
            exhausting,
            next_host: host,
        }
    }

    /// A host of its own for each listener where all of 127.0.0.0/8 is loopback, so that a closed
    /// port stays closed.
    fn host(&mut self) -> Ipv4Addr {
        if sys::OS != "linux" {
            return Ipv4Addr::LOCALHOST;
        }
        self.next_host += 1;
        Ipv4Addr::from(0x7f4e_0000 | (self.next_host & 0xffff))
    }

    fn options(&mut self, address: Option<SocketAddr>) -> BindOptions {
        let address = address.unwrap_or_else(|| (self.host(), 0).into());
        BindOptions {
            address: Some(address.ip().to_string()),
            ..BindOptions::new(Port::Number(address.port()))
        }
    }

    fn full(&self) -> bool {
        !self.hogs.is_empty()
    }

    fn choose(number: u8, from: Vec<usize>) -> Option<usize> {
        (!from.is_empty()).then(|| from[usize::from(number) % from.len()])
    }

    fn open_places(&self) -> Vec<usize> {
        (0..self.places.len()).filter(|place| self.places[*place].open).collect()
    }

    fn living_clients(&self) -> Vec<usize> {
        (0..self.clients.len()).filter(|client| self.clients[*client].stream.is_some()).collect()
    }

    /// Makes one step.
    ///
    /// # Errors
    /// The promise that was broken.
    ///
    /// # Panics
    /// If the system refuses a socket or a connection.
    pub fn step(&mut self, action: Action) -> Check {
        match action {
            Action::Listen => self.listen(None, false)?,
            Action::Bind => self.listen(None, true)?,
            Action::ListenAgain(number) => {
                let closed = (0..self.places.len()).filter(|place| !self.places[*place].open);
                if let Some(place) = Self::choose(number, closed.collect()) {
                    let address = self.places[place].address;
                    let taken = self.places.iter().any(|p| p.open && p.address == address);
                    if !taken && sys::OS == "linux" {
                        self.listen(Some(address), false)?;
                    }
                }
            }
            Action::Add(None) => self.add(),
            Action::Add(Some(site)) => self.add_fails(site)?,
            Action::AddTwice => self.add_twice(),
            Action::Start => self.start()?,
            Action::Stop => {
                self.server.stop();
                self.closed();
            }
            Action::StopInHandler => self.desk.mood.set(Mood::Stop),
            Action::FailInHandler => self.desk.mood.set(Mood::Fail),
            Action::PanicInHandler => self.desk.mood.set(Mood::Panic),
            Action::Connect(number) => self.connect(number)?,
            Action::ConnectToClosed(number) => self.connect_to_closed(number)?,
            Action::Send(number, count) => self.send(number, count),
            Action::HalfClose(number) => {
                if let Some(client) = Self::choose(number, self.living_clients()) {
                    let client = &mut self.clients[client];
                    // The other side may have reset it already.
                    let _ = client.stream.as_ref().unwrap().shutdown(Shutdown::Write);
                    client.half_closed = true;
                }
            }
            Action::Close(number) => {
                if let Some(client) = Self::choose(number, self.living_clients()) {
                    self.clients[client].stream = None;
                }
            }
            Action::Reset(number) => {
                if let Some(client) = Self::choose(number, self.living_clients()) {
                    let stream = self.clients[client].stream.take().unwrap();
                    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
                }
            }
            Action::Inject(injected) => self.injections.add(injected),
            Action::UseUpDescriptors => {
                while self.exhausting {
                    match File::open("/dev/null") {
                        Ok(file) => self.hogs.push(file),
                        Err(_) => break,
                    }
                }
            }
            Action::ReleaseDescriptors => self.hogs.clear(),
            Action::Turns(count) => {
                for _ in 0..count {
                    self.turn(Duration::ZERO)?;
                }
            }
            Action::Time(ms) => self.turn(Duration::from_millis(ms.into()))?,
            Action::Settle => self.settle()?,
        }
        self.take_in()
    }

    /// One turn of the loop, with so much time for its timers.
    pub(super) fn turn(&mut self, at_most: Duration) -> Check {
        self.event_loop.run_once(at_most).map_err(|e| e.to_string())?;
        self.take_in()
    }

    fn listen(&mut self, address: Option<SocketAddr>, bind: bool) -> Check {
        if self.open_places().len() >= LISTENERS_MAX {
            return Ok(());
        }
        let options = self.options(address);
        let before = self.server.local_addrs();
        let done = if bind { self.server.bind(options) } else { self.server.listen(options) };
        match done {
            Ok(()) => {
                let address = self.server.local_addrs().last().unwrap().as_inet().unwrap();
                let pending = bind && !self.started;
                self.places.push(Place { address, pending, copies: 1, open: true });
                Ok(())
            }
            Err(error) => self.only_when_full(&error, &before),
        }
    }

    /// An error is expected when no descriptor is left, and then nothing has changed.
    fn only_when_full(&self, error: &ServerError, before: &[Endpoint]) -> Check {
        ensure!(self.full(), "{}", error);
        ensure!(self.server.local_addrs() == before, "an error that changed something: {error}");
        Ok(())
    }

    fn add(&mut self) {
        if self.full() || self.open_places().len() >= LISTENERS_MAX {
            return;
        }
        let socket = bind_sockets(&self.options(None)).unwrap().remove(0);
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let inner = SocketListener::new(socket).unwrap();
        let listener = FailingListener { inner, injections: self.injections.clone() };
        self.server.add_listeners(vec![listener]).unwrap();
        self.places.push(Place { address, pending: false, copies: 1, open: true });
    }

    /// A call that opens a socket fails: there is no listener then, and the server goes on.
    fn add_fails(&mut self, site: FaultSite) -> Check {
        let fault = Fault { site, family: None, nth: None, code: sys::EINVAL };
        let plan = Rc::new(RefCell::new(FaultPlan::new(vec![fault])));
        let mut os = Faulty::new(RealOs::new(), plan);
        let opened = bind_sockets_on(&mut os, &self.options(None));
        ensure!(opened.is_err(), "sockets are opened though {site:?} fails");
        Ok(())
    }

    fn add_twice(&mut self) {
        if self.full() || self.open_places().len() >= LISTENERS_MAX {
            return;
        }
        let socket = bind_sockets(&self.options(None)).unwrap().remove(0);
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let copy = socket.try_clone().unwrap();
        self.server.add_sockets([socket, copy]).unwrap();
        self.places.push(Place { address, pending: false, copies: 2, open: true });
    }

    fn start(&mut self) -> Check {
        let before = self.server.local_addrs();
        match self.server.start() {
            Ok(()) => {
                ensure!(!self.started, "a second start");
                self.started = true;
                self.places.iter_mut().for_each(|place| place.pending = false);
                Ok(())
            }
            Err(ServerError::AlreadyStarted) => {
                ensure!(self.started, "a first start is refused as a second one");
                Ok(())
            }
            Err(error) => self.only_when_full(&error, &before),
        }
    }

    /// Every listener is closed. What is in a queue will not be delivered any more.
    pub(super) fn closed(&mut self) {
        for place in &mut self.places {
            place.open = false;
        }
        for client in &mut self.clients {
            if let Fate::Queued(_) = client.fate {
                client.fate = Fate::Refused;
            }
        }
    }

    fn connect(&mut self, number: u8) -> Check {
        let Some(place) = Self::choose(number, self.open_places()) else { return Ok(()) };
        if self.full() || self.living_clients().len() >= CLIENTS_MAX {
            return Ok(());
        }
        let stream = TcpStream::connect(self.places[place].address).unwrap();
        stream.set_nonblocking(true).unwrap();
        let name = stream.local_addr().unwrap();
        self.clients.push(Client {
            stream: Some(stream),
            name,
            fate: Fate::Queued(place),
            sent: Vec::new(),
            got: Vec::new(),
            half_closed: false,
        });
        Ok(())
    }

    fn connect_to_closed(&mut self, number: u8) -> Check {
        let closed = (0..self.places.len()).filter(|place| !self.places[*place].open);
        let Some(place) = Self::choose(number, closed.collect()) else { return Ok(()) };
        let address = self.places[place].address;
        let reopened = self.places.iter().any(|place| place.open && place.address == address);
        if !self.full() && !reopened && sys::OS == "linux" {
            ensure!(TcpStream::connect(address).is_err(), "{} still listens", address);
        }
        Ok(())
    }

    fn send(&mut self, number: u8, count: u16) {
        let Some(client) = Self::choose(number, self.living_clients()) else { return };
        let client = &mut self.clients[client];
        if client.half_closed {
            return;
        }
        let start = client.sent.len();
        let bytes: Vec<u8> = (start..start + usize::from(count)).map(|n| (n % 251) as u8).collect();
        // A connection that was reset takes no more.
        if client.stream.as_mut().unwrap().write_all(&bytes).is_ok() {
            client.sent.extend(bytes);
        }
    }

    /// The model learns what was delivered, and complains of what must not have been.
    pub(super) fn take_in(&mut self) -> Check {
        let delivered = self.desk.delivered.borrow()[self.seen..].to_vec();
        self.seen += delivered.len();
        let stopped = self.desk.stopped_by_handler.take();
        let last = delivered.len();
        for (count, Delivery { peer, at, kept }) in delivered.into_iter().enumerate() {
            // A port may be used again by a later client; the queues are served in order.
            let places = &self.places;
            let waiting = |client: &&mut Client| {
                let Fate::Queued(place) = client.fate else { return false };
                client.name == peer && at.is_none_or(|at| places[place].address == at)
            };
            let Some(client) = self.clients.iter_mut().find(waiting) else {
                return Err(format!("{peer} was delivered twice, or after the stop"));
            };
            let Fate::Queued(place) = client.fate else { unreachable!() };
            ensure!(!self.places[place].pending, "delivered before the start");
            client.fate = if kept { Fate::Served } else { Fate::Dropped };
            if stopped && count + 1 == last {
                // The handler stopped the server with this connection, the last of its batch.
                self.closed();
            }
        }
        Ok(())
    }
}
