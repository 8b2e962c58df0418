//! `stop`: from anywhere, any number of times (T7, T8, T10, D9, D10).

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use bindproof::reference::{EventLoop, Next, ServerOptions, TcpServer};

use crate::event_loop::pair;
use crate::{addresses, clients, echo, echoes, keeper, listener, local, run_until, same, turns};

/// Whether a client is refused; the port is nobody else's, for the kernel chose it a moment ago.
fn refused(address: SocketAddr) -> bool {
    TcpStream::connect_timeout(&address, Duration::from_secs(20)).is_err()
}

#[test]
fn t7_stop_may_come_twice_or_before_the_start_and_the_server_listens_again() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    server.stop();
    server.stop();
    server.listen(local()).unwrap();
    let first = addresses(&server)[0];
    server.stop();
    assert!(server.local_addrs().is_empty());
    assert!(refused(first));
    server.stop();

    // At once, on the same port, and a stop of that, too.
    server.listen(same(first)).unwrap();
    echoes(&event_loop, &mut TcpStream::connect(first).unwrap());
    server.stop();
    assert!(refused(first));
}

#[test]
fn d9_stop_closes_what_bind_left_waiting() {
    let server = TcpServer::new(echo);
    server.bind(local()).unwrap();
    let address = addresses(&server)[0];
    server.stop();
    assert!(refused(address) && server.local_addrs().is_empty());
    // A start finds nothing, and is no error.
    server.start().unwrap();
}

#[test]
fn t7_a_duplicate_elsewhere_gets_the_clients_that_come_after_the_stop() {
    let event_loop = EventLoop::current().unwrap();
    let (delivered, handler) = keeper();
    let server = TcpServer::new(handler);
    let (socket, address) = listener(16);
    let copy = socket.try_clone().unwrap();
    server.add_socket(socket).unwrap();
    turns(&event_loop, 1);
    server.stop();
    turns(&event_loop, 1);
    // Closed without being taken off the loop, the listener would go on sending events, to
    // whoever has its place then.
    let called = Rc::new(Cell::new(false));
    let (heir, _other) = pair();
    let flag = Rc::clone(&called);
    let watched = event_loop.watch(heir, move |_, _| {
        flag.set(true);
        Next::Wait
    });
    let heir = watched.unwrap();
    let client = TcpStream::connect(address).unwrap();
    turns(&event_loop, 3);
    assert!(!called.get() && delivered.borrow().is_empty());
    assert!(event_loop.remove(heir) && event_loop.is_empty());
    copy.set_nonblocking(false).unwrap();
    assert_eq!(copy.accept().unwrap().1.as_socket(), client.local_addr().ok());
}

/// D10: a new socket that gets the number of a closed one is another listener.
#[test]
fn d10_a_recycled_descriptor_is_no_listener_twice() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    for _ in 0..3 {
        server.listen(local()).unwrap();
        echoes(&event_loop, &mut TcpStream::connect(addresses(&server)[0]).unwrap());
        server.stop();
    }
}

#[test]
fn t8_stop_inside_a_handler_ends_the_batch() {
    let event_loop = EventLoop::current().unwrap();
    let calls = Rc::new(Cell::new(0));
    let seen = Rc::clone(&calls);
    let server = TcpServer::cyclic(
        |stop| {
            move |_stream, _peer| {
                seen.set(seen.get() + 1);
                stop.stop();
                Ok(())
            }
        },
        ServerOptions::default(),
    );
    server.listen(local()).unwrap();
    server.listen(local()).unwrap();
    let [first, second] = addresses(&server)[..] else { panic!("two listeners") };
    let waiting = [clients(first, 20), clients(second, 20)];
    run_until(&event_loop, || calls.get() > 0);
    turns(&event_loop, 3);
    assert_eq!(calls.get(), 1);
    assert!(event_loop.is_empty() && server.local_addrs().is_empty());
    assert!(refused(first) && refused(second));
    drop(waiting);
}

#[test]
fn t8_another_thread_stops_a_server_whose_loop_waits() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    server.listen(local()).unwrap();
    let address = addresses(&server)[0];
    let (stop, end) = (server.stop_handle(), event_loop.handle());
    let thread = std::thread::spawn(move || {
        stop.stop();
        stop.stop();
        end.stop();
    });
    event_loop.run().unwrap();
    thread.join().unwrap();
    run_until(&event_loop, || event_loop.is_empty());
    assert!(refused(address));
}

#[test]
fn t8_dropping_the_server_stops_it() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    server.listen(local()).unwrap();
    let address = addresses(&server)[0];
    drop(server);
    assert!(refused(address) && event_loop.is_empty());
    drop(TcpListener::bind(address).unwrap());
}

#[test]
fn t10_connections_in_progress_live_on_and_queued_ones_are_reset() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    server.listen(local()).unwrap();
    let address = addresses(&server)[0];
    let mut open = TcpStream::connect(address).unwrap();
    echoes(&event_loop, &mut open);

    let mut queued = TcpStream::connect(address).unwrap();
    server.stop();
    queued.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let error = queued.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(refused(address));

    echoes(&event_loop, &mut open);
    open.write_all(b"more").unwrap();
    echoes_rest(&event_loop, open);
}

/// The end of a conversation: the client closes, and the server drops its side.
fn echoes_rest(event_loop: &EventLoop, client: TcpStream) {
    client.shutdown(std::net::Shutdown::Write).unwrap();
    run_until(event_loop, || event_loop.is_empty());
}
