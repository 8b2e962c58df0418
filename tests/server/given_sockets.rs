//! Sockets from elsewhere (T4, D11, D16).

use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use bindproof::reference::{
    Endpoint, EventLoop, Listener, ListenerError, ServerError, SocketListener, TcpServer,
};
use bindproof::sys;
use mio::event::Source;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Socket, Type};

use crate::{addresses, clients, echo, echoes, keeper, listener, names, peers, run_until, turns};

#[test]
fn t4_sockets_of_bind_sockets_of_std_and_duplicates_are_served() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    let (own, own_address) = listener(16);
    let standard = TcpListener::bind("127.0.0.1:0").unwrap();
    let standard_address = standard.local_addr().unwrap();
    let duplicate = standard.try_clone().unwrap();
    server.add_socket(own).unwrap();
    server.add_sockets([standard, duplicate]).unwrap();
    assert_eq!(addresses(&server), [own_address, standard_address, standard_address]);
    for address in [own_address, standard_address] {
        echoes(&event_loop, &mut TcpStream::connect(address).unwrap());
    }
}

#[test]
fn t4_a_duplicate_delivers_each_connection_once() {
    let event_loop = EventLoop::current().unwrap();
    let (delivered, handler) = keeper();
    let server = TcpServer::new(handler);
    let (first, address) = listener(128);
    let second = first.try_clone().unwrap();
    server.add_sockets([first, second]).unwrap();
    let clients = clients(address, 20);
    run_until(&event_loop, || delivered.borrow().len() >= 20);
    turns(&event_loop, 3);
    let (mut got, mut expected) = (peers(&delivered), names(&clients));
    got.sort();
    expected.sort();
    assert_eq!(got, expected);
}

#[test]
fn t4_a_duplicate_that_is_closed_elsewhere_does_no_harm() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    let (first, address) = listener(16);
    let second = first.try_clone().unwrap();
    server.add_socket(first).unwrap();
    drop(second);
    echoes(&event_loop, &mut TcpStream::connect(address).unwrap());
}

/// D11: a listener that blocks would stop the loop after the first client.
#[test]
fn t4_d11_a_listener_that_blocks_is_made_non_blocking() {
    let event_loop = EventLoop::current().unwrap();
    let (delivered, handler) = keeper();
    let server = TcpServer::new(handler);
    let standard = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = standard.local_addr().unwrap();
    standard.set_nonblocking(false).unwrap();
    server.add_socket(standard).unwrap();
    let _client = TcpStream::connect(address).unwrap();
    // In a thread that blocks this would never return.
    run_until(&event_loop, || delivered.borrow().len() == 1);
    turns(&event_loop, 2);
}

#[test]
fn t4_a_datagram_socket_and_one_that_does_not_listen_are_refused() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    let (good, address) = listener(16);
    server.add_socket(good).unwrap();

    let datagram = UdpSocket::bind("127.0.0.1:0").unwrap();
    let name = datagram.local_addr().unwrap();
    let error = server.add_socket(datagram).unwrap_err();
    assert!(error.to_string().contains(&name.to_string()), "{error}");
    let not_a_stream =
        ServerError::Listener(ListenerError::NotAStream { address: Endpoint::Inet(name) });
    assert_eq!(error.to_string(), not_a_stream.to_string());

    // macOS and some others do not tell whether a socket listens.
    if sys::OS == "linux" {
        let silent = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        silent.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
        let error = server.add_socket(silent).unwrap_err();
        let expected = matches!(error, ServerError::Listener(ListenerError::NotListening { .. }));
        assert!(expected, "{error:?}");
        let client = TcpStream::connect(address).unwrap();
        let error = server.add_socket(client).unwrap_err();
        assert!(matches!(error, ServerError::Listener(_)), "{error:?}");
    }
    assert_eq!(addresses(&server), [address], "the server is unharmed");
    echoes(&event_loop, &mut TcpStream::connect(address).unwrap());
}

/// A listener that the loop refuses, if it is told to.
struct Refused {
    inner: SocketListener,
    source: RefusedSource,
}

struct RefusedSource(bool);

impl Source for RefusedSource {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        if self.0 { Err(io::Error::from_raw_os_error(sys::EINVAL)) } else { Ok(()) }
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        Ok(())
    }
}

impl Listener for Refused {
    type Stream = mio::net::TcpStream;

    fn source(&mut self) -> &mut dyn Source {
        &mut self.source
    }

    fn accept(&mut self) -> Result<(mio::net::TcpStream, Endpoint), i32> {
        self.inner.accept()
    }

    fn local_addr(&self) -> Endpoint {
        self.inner.local_addr()
    }
}

#[test]
fn t4_if_one_cannot_be_registered_all_of_the_call_are_closed() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    let (good, address) = listener(16);
    server.add_socket(good).unwrap();
    let watched = event_loop.len();

    let made: Vec<_> = [false, true, false].map(|refuse| (refuse, listener(16))).into();
    let given: Vec<std::net::SocketAddr> = made.iter().map(|(_, (_, address))| *address).collect();
    let listeners = made.into_iter().map(|(refuse, (socket, _))| Refused {
        inner: SocketListener::new(socket).unwrap(),
        source: RefusedSource(refuse),
    });
    let error = server.add_listeners(listeners.collect()).unwrap_err();
    let ServerError::Watch { address: failed, source } = error else { panic!("{error:?}") };
    assert_eq!(failed.as_inet(), Some(given[1]));
    assert_eq!(source.raw_os_error(), Some(sys::EINVAL));
    assert_eq!(addresses(&server), [address]);
    assert_eq!(event_loop.len(), watched);
    for address in given {
        assert!(TcpStream::connect_timeout(&address, Duration::from_secs(20)).is_err());
    }
    echoes(&event_loop, &mut TcpStream::connect(address).unwrap());
}
