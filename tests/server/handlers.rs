//! Handlers: called once for each connection, contained when they fail (T9, T11, D12, D17).

use std::cell::RefCell;
use std::io::Read;
use std::net::TcpStream;
use std::rc::Rc;

use bindproof::reference::{EventLoop, ServerOptions, TcpServer};
use bindproof::{BindOptions, Port};
use log::Level;

use crate::{addresses, clients, keeper, local, names, peers, records, run_until, turns};

#[test]
fn t9_errors_and_panics_of_a_handler_are_logged_and_go_no_further() {
    records::keep();
    let event_loop = EventLoop::current().unwrap();
    let calls = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&calls);
    let server = TcpServer::new(move |_stream, peer: bindproof::reference::Endpoint| {
        seen.borrow_mut().push(peer.as_inet().unwrap());
        match seen.borrow().len() {
            2 | 6 | 10 => Err("no good".into()),
            4 | 8 => panic!("no good at all"),
            _ => Ok(()),
        }
    });
    server.listen(local()).unwrap();
    let clients = clients(addresses(&server)[0], 10);
    run_until(&event_loop, || calls.borrow().len() >= 10);
    assert_eq!(*calls.borrow(), names(&clients));
    let records = records::take();
    assert_eq!(records.len(), 5, "{records:?}");
    for (place, (level, text)) in records.iter().enumerate() {
        assert_eq!(*level, Level::Error);
        let peer = calls.borrow()[2 * place + 1].to_string();
        assert!(text.contains(&peer) && text.contains("no good"), "{text}");
    }
    // Alive, and every stream of a handler that returned is closed.
    for mut client in clients {
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }
    let _further = TcpStream::connect(addresses(&server)[0]).unwrap();
    run_until(&event_loop, || calls.borrow().len() == 11);
}

/// An error whose words cannot be had.
#[derive(Debug)]
struct Unspeakable;

impl std::fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no words")
    }
}

impl std::error::Error for Unspeakable {}

#[test]
fn t9_an_error_that_panics_when_it_is_logged_goes_no_further() {
    records::keep();
    let event_loop = EventLoop::current().unwrap();
    let calls = Rc::new(RefCell::new(0));
    let seen = Rc::clone(&calls);
    let server = TcpServer::new(move |_, _| {
        *seen.borrow_mut() += 1;
        Err(Unspeakable.into())
    });
    server.listen(local()).unwrap();
    let clients = clients(addresses(&server)[0], 3);
    run_until(&event_loop, || *calls.borrow() == 3);
    let records = records::take();
    assert!(records.len() == 3 && records.iter().all(|(_, text)| text.contains("no words")));
    for (mut client, (_, text)) in clients.into_iter().zip(records) {
        assert!(text.contains(&client.local_addr().unwrap().to_string()), "{text}");
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn t11_the_peer_of_each_family_has_its_own_kind_of_address() {
    let event_loop = EventLoop::new().unwrap();
    let (delivered, handler) = keeper();
    let options =
        ServerOptions { event_loop: Some(event_loop.clone()), ..ServerOptions::default() };
    let server = TcpServer::with_options(handler, options);
    server.listen(BindOptions::new(Port::Number(0))).unwrap();
    let mut clients = Vec::new();
    for address in addresses(&server) {
        let host = if address.is_ipv4() { "127.0.0.1" } else { "::1" };
        let client = TcpStream::connect((host, address.port()));
        // In some containers [::] can be bound and ::1 is on no interface.
        clients.extend(client.inspect_err(|_| assert!(address.is_ipv6())).ok());
    }
    assert!(!clients.is_empty());
    run_until(&event_loop, || delivered.borrow().len() >= clients.len());
    // Two listeners have no common order.
    let (mut got, mut expected) = (peers(&delivered), names(&clients));
    got.sort();
    expected.sort();
    assert_eq!(got, expected, "an IPv4 client is never an IPv4-mapped one");
}

#[test]
fn d12_the_stream_of_a_handler_does_not_block() {
    let event_loop = EventLoop::current().unwrap();
    let (delivered, handler) = keeper();
    let server = TcpServer::new(handler);
    server.listen(local()).unwrap();
    let _client = TcpStream::connect(addresses(&server)[0]).unwrap();
    run_until(&event_loop, || !delivered.borrow().is_empty());
    assert!(delivered.borrow_mut()[0].0.read(&mut [0]).is_err());
    turns(&event_loop, 1);
}
