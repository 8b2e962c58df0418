//! Tests of the event loop, the accept loop, `TcpServer`, its threads and Unix-domain sockets: each
//! rule by its id. Sockets are on loopback addresses and ports that the kernel chose.
//!
//! What counts this process's descriptors stands in `tests/server_sequences`, what forks or uses up
//! descriptors in `tests/processes`.

mod accept_real;
mod accept_sim;
mod event_loop;
mod given_sockets;
mod handlers;
mod readiness;
mod records;
mod shown;
mod starting;
mod stopping;
mod threads;
mod tidy;
mod unix_real;
mod unix_sim;

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bindproof::reference::{ConnectionHandler, Endpoint, EventLoop, TcpServer, bind_sockets};
use bindproof::{BindOptions, Port, sys};
use socket2::Socket;

/// How long anything may take that takes no time on an idle machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// A loopback address and a port of the kernel's choice. On Linux, where all of 127.0.0.0/8 is
/// loopback, nobody else has the address, so the port stays free when the listener is closed.
fn local() -> BindOptions {
    static NEXT: AtomicU32 = AtomicU32::new(0x7f4d_0001);
    let address = match sys::OS {
        "linux" => Ipv4Addr::from(NEXT.fetch_add(1, Ordering::Relaxed)),
        _ => Ipv4Addr::LOCALHOST,
    };
    BindOptions { address: Some(address.to_string()), ..BindOptions::new(Port::Number(0)) }
}

/// An address that was chosen before.
fn same(address: SocketAddr) -> BindOptions {
    let host = Some(address.ip().to_string());
    BindOptions { address: host, ..BindOptions::new(Port::Number(address.port())) }
}

/// A listening socket that admits so many clients, and its address.
fn listener(backlog: i32) -> (Socket, SocketAddr) {
    let socket = bind_sockets(&BindOptions { backlog, ..local() }).unwrap().remove(0);
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

fn clients(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| TcpStream::connect(address).unwrap()).collect()
}

/// Turns that wait for nothing: what needs an event from elsewhere does not happen in them.
fn turns(event_loop: &EventLoop, count: usize) {
    for _ in 0..count {
        event_loop.run_once(Duration::ZERO).unwrap();
    }
}

/// Runs a loop until something has happened.
#[track_caller]
fn run_until(event_loop: &EventLoop, happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < DEADLINE, "it did not happen");
        event_loop.run_once(Duration::from_millis(50)).unwrap();
    }
}

/// What was delivered, in order.
type Delivered = Rc<RefCell<Vec<(mio::net::TcpStream, Endpoint)>>>;

fn peers(delivered: &Delivered) -> Vec<SocketAddr> {
    delivered.borrow().iter().map(|(_, peer)| peer.as_inet().unwrap()).collect()
}

fn names(clients: &[TcpStream]) -> Vec<SocketAddr> {
    clients.iter().map(|client| client.local_addr().unwrap()).collect()
}

/// A handler that keeps the streams.
fn keeper() -> (Delivered, impl ConnectionHandler + 'static) {
    let delivered = Delivered::default();
    let keep = Rc::clone(&delivered);
    let handler = move |stream, peer| {
        keep.borrow_mut().push((stream, peer));
        Ok(())
    };
    (delivered, handler)
}

fn addresses<H>(server: &TcpServer<H>) -> Vec<SocketAddr> {
    server.local_addrs().iter().map(|address| address.as_inet().unwrap()).collect()
}

/// A handler that sends back what it gets, on the loop that calls it.
fn echo(stream: mio::net::TcpStream, _peer: Endpoint) -> bindproof::reference::HandlerResult {
    use bindproof::reference::Next;
    EventLoop::current()?.watch(stream, |stream, _turn| {
        let mut buffer = [0; 512];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => return Next::Done,
                // A test sends less than a socket buffer holds.
                Ok(got) => stream.write_all(&buffer[..got]).unwrap(),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Next::Wait,
                Err(_) => return Next::Done,
            }
        }
    })?;
    Ok(())
}

/// Whether a client gets back what it sends, with the loop run meanwhile.
#[track_caller]
fn echoes(event_loop: &EventLoop, client: &mut TcpStream) {
    client.write_all(b"ping").unwrap();
    client.set_nonblocking(true).unwrap();
    let got = RefCell::new(Vec::<u8>::new());
    let client = RefCell::new(client);
    run_until(event_loop, || {
        let mut buffer = [0; 16];
        if let Ok(count) = client.borrow_mut().read(&mut buffer) {
            assert_ne!(count, 0, "closed");
            got.borrow_mut().extend(&buffer[..count]);
        }
        got.borrow().len() >= 4
    });
    assert_eq!(*got.borrow(), b"ping");
    client.borrow_mut().set_nonblocking(false).unwrap();
}
