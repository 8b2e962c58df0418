//! Worker threads (W4, W10 to W13).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use bindproof::reference::{Endpoint, EventLoop, Next, ServerError, TcpServer};

use crate::{addresses, echo, local};

/// A blocking round trip.
fn ask(client: &mut TcpStream) {
    client.write_all(b"ping").unwrap();
    let mut answer = [0; 4];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"ping");
}

#[test]
fn w10_every_connection_is_handled_once_by_one_of_the_threads() {
    let handled: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let seen = Arc::clone(&handled);
    let server = TcpServer::new(move |stream, peer: Endpoint| {
        *seen.lock().unwrap().entry(peer.to_string()).or_default() += 1;
        echo(stream, peer)
    });
    server.bind(local()).unwrap();
    server.bind(local()).unwrap();
    let targets = addresses(&server);
    let workers = server.start_threads(4).unwrap();
    assert_eq!(workers.len(), 4);
    assert!(!workers.is_empty());
    assert_eq!(addresses(&server), targets, "one address a socket, not a duplicate");
    let mut clients: Vec<TcpStream> =
        (0..200).map(|number| TcpStream::connect(targets[number % 2]).unwrap()).collect();
    clients.iter_mut().for_each(ask);
    // Clients of different listeners may share a port.
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for client in &clients {
        *names.entry(client.local_addr().unwrap().to_string()).or_default() += 1;
    }
    assert_eq!(*handled.lock().unwrap(), names);
    drop(clients);
    server.stop();
    workers.join();
}

#[test]
fn w4_no_number_is_one_worker_for_each_cpu() {
    let server = TcpServer::new(echo);
    server.bind(local()).unwrap();
    let workers = server.start_threads(0).unwrap();
    assert_eq!(workers.len(), std::thread::available_parallelism().unwrap().get());
    server.stop();
    workers.join();
}

#[test]
fn w11_a_factory_makes_a_handler_for_each_worker_on_its_thread() {
    let made: Arc<Mutex<BTreeSet<(usize, String)>>> = Arc::default();
    let seen = Arc::clone(&made);
    let server = TcpServer::new(|_, _| unreachable!("the workers have their own"));
    server.bind(local()).unwrap();
    let target = addresses(&server)[0];
    let workers = server
        .start_threads_with(3, move |id| {
            let name = std::thread::current().name().unwrap().to_owned();
            seen.lock().unwrap().insert((id, name));
            // Not Send: it never leaves its thread.
            let local = std::rc::Rc::new(id);
            move |mut stream: mio::net::TcpStream, _| {
                stream.write_all(&[u8::try_from(*local)?])?;
                Ok(())
            }
        })
        .unwrap();
    let expected: BTreeSet<_> = (0..3).map(|id| (id, format!("worker-{id}"))).collect();
    assert_eq!(*made.lock().unwrap(), expected);
    let mut answer = [9];
    TcpStream::connect(target).unwrap().read_exact(&mut answer).unwrap();
    assert!(answer[0] < 3);
    server.stop();
    workers.join();
}

#[test]
fn w11_errors_and_panics_never_end_a_worker() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let server = TcpServer::new(move |stream: mio::net::TcpStream, peer| {
        match seen.fetch_add(1, Ordering::Relaxed) % 4 {
            0 => Err("on purpose".into()),
            1 => panic!("on purpose"),
            // Later, out of a callback of the loop.
            2 => {
                EventLoop::current()?.watch(stream, |_, _| -> Next { panic!("on purpose") })?;
                Ok(())
            }
            _ => echo(stream, peer),
        }
    });
    server.bind(local()).unwrap();
    let target = addresses(&server)[0];
    let workers = server.start_threads(2).unwrap();
    for number in 0..40 {
        let mut client = TcpStream::connect(target).unwrap();
        if number % 4 == 3 {
            ask(&mut client);
        } else {
            // Ended by the server; a reset if it had not read.
            client.write_all(b"x").unwrap();
            assert!(client.read(&mut [0]).map_or(true, |got| got == 0));
        }
    }
    assert_eq!(calls.load(Ordering::Relaxed), 40);
    server.stop();
    workers.join();
}

/// As far as one thread allows: the others go on, and so does this one afterwards.
#[test]
fn w11_a_handler_that_blocks_stops_its_own_thread_only() {
    let (blocked, is_blocked) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let calls = AtomicUsize::new(0);
    let server = TcpServer::new(move |stream, peer| {
        if calls.fetch_add(1, Ordering::Relaxed) == 0 {
            blocked.send(())?;
            released.lock().unwrap().recv()?;
        }
        echo(stream, peer)
    });
    server.bind(local()).unwrap();
    let target = addresses(&server)[0];
    let workers = server.start_threads(2).unwrap();
    let mut first = TcpStream::connect(target).unwrap();
    is_blocked.recv().unwrap();
    let mut others: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(target).unwrap()).collect();
    others.iter_mut().for_each(ask);
    release.send(()).unwrap();
    ask(&mut first);
    drop((first, others));
    server.stop();
    workers.join();
}

/// A worker that serves already, or is being made, may stop the server before all are there.
#[test]
fn w12_a_stop_while_the_threads_start_ends_them() {
    let server = TcpServer::new(echo);
    server.bind(local()).unwrap();
    let target = addresses(&server)[0];
    let stop = server.stop_handle();
    let workers = server
        .start_threads_with(3, move |id| {
            if id == 1 {
                stop.stop();
            }
            echo
        })
        .unwrap();
    assert!(server.local_addrs().is_empty());
    workers.join();
    drop(TcpListener::bind(target).unwrap());
}

#[test]
fn w12_the_port_is_free_when_join_returns_and_connections_in_progress_end_first() {
    let server = TcpServer::new(echo);
    server.bind(local()).unwrap();
    let target = addresses(&server)[0];
    let workers = server.start_threads(3).unwrap();
    let mut clients: Vec<TcpStream> = (0..6).map(|_| TcpStream::connect(target).unwrap()).collect();
    clients.iter_mut().for_each(ask);
    let stop = workers.stop_handle();
    let joined = std::thread::spawn(move || workers.join());
    stop.stop();
    stop.stop();
    // They are served on while join waits for them.
    clients.iter_mut().for_each(ask);
    assert!(!joined.is_finished());
    drop(clients);
    joined.join().unwrap();
    drop(TcpListener::bind(target).unwrap());
    assert!(server.local_addrs().is_empty());
}

#[test]
fn w12_a_failed_start_leaves_no_worker_and_the_server_as_it_was() {
    let server = TcpServer::new(echo);
    server.bind(local()).unwrap();
    let target = addresses(&server)[0];
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let failed = server.start_threads_with(3, move |id| {
        assert!(id < 2, "no handler for the third");
        let held = Arc::clone(&held);
        move |stream, peer| {
            let _ = &held;
            echo(stream, peer)
        }
    });
    assert_eq!(Arc::strong_count(&alive), 1, "a worker's handler is still there");
    assert!(matches!(failed, Err(ServerError::Thread { worker: 2, .. })), "{failed:?}");
    assert_eq!(addresses(&server), [target]);
    let workers = server.start_threads(2).unwrap();
    ask(&mut TcpStream::connect(target).unwrap());
    server.stop();
    workers.join();
}

/// W13: the listeners of all threads are one socket, so none of them has `SO_REUSEPORT`.
#[test]
fn w13_threads_share_one_socket() {
    let server = TcpServer::new(echo);
    server.bind(local()).unwrap();
    let target = addresses(&server)[0];
    let workers = server.start_threads(2).unwrap();
    assert!(TcpListener::bind(target).is_err(), "a socket that shares its port would let it in");
    server.stop();
    workers.join();
}
