//! From a new server to one that accepts (T1 to T3, T5, T6, T12, D5, D13).

use std::cell::RefCell;
use std::net::TcpStream;
use std::rc::Rc;

use bindproof::reference::{
    BindError, EventLoop, Fault, FaultPlan, FaultSite, Faulty, ForkError, ForkOptions, RealOs,
    ServerError, ServerOptions, SkipReason, TcpServer, bind_sockets_on,
};
use bindproof::{BindOptions, Port, sys};

use crate::{
    addresses, clients, echo, echoes, keeper, local, names, peers, run_until, same, turns,
};

/// In a thread of its own, so that no other test has made a default loop.
fn alone(test: impl FnOnce() + Send + 'static) {
    std::thread::spawn(test).join().unwrap();
}

#[test]
fn t1_the_constructor_makes_nothing() {
    alone(|| {
        let server = TcpServer::new(|_, _| Ok(()));
        assert!(EventLoop::existing().is_none());
        assert!(server.local_addrs().is_empty());
    });
}

#[test]
fn t2_a_given_loop_is_used_and_no_other_is_made() {
    alone(|| {
        let event_loop = EventLoop::new().unwrap();
        let (delivered, handler) = keeper();
        let options =
            ServerOptions { event_loop: Some(event_loop.clone()), ..ServerOptions::default() };
        let server = TcpServer::with_options(handler, options);
        server.listen(local()).unwrap();
        assert_eq!(event_loop.len(), 1);
        assert!(EventLoop::existing().is_none());
        let clients = clients(addresses(&server)[0], 1);
        run_until(&event_loop, || !delivered.borrow().is_empty());
        assert_eq!(peers(&delivered), names(&clients));
    });
}

#[test]
fn t2_the_threads_loop_is_taken_when_the_first_socket_is_added() {
    alone(|| {
        let server = TcpServer::new(|_, _| Ok(()));
        server.bind(local()).unwrap();
        assert!(EventLoop::existing().is_none(), "binding needs no loop");
        server.listen(local()).unwrap();
        assert_eq!(EventLoop::existing().unwrap().len(), 1);
    });
}

#[test]
fn t3_every_listen_opens_new_sockets_and_all_are_served() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    server.listen(local()).unwrap();
    server.listen(local()).unwrap();
    let [first, second] = addresses(&server)[..] else { panic!("two listeners") };
    assert_ne!(first.port(), second.port());

    // The third fails and leaves the others as they were.
    let error = server.listen(same(first)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("bind") && text.contains(&first.to_string()), "{text}");
    let ServerError::Bind(BindError::Call(call)) = error else { panic!("{error:?}") };
    assert_eq!(call.code, sys::EADDRINUSE);
    assert_eq!(addresses(&server), [first, second]);
    for address in [first, second] {
        echoes(&event_loop, &mut TcpStream::connect(address).unwrap());
    }
}

#[test]
fn t3_an_unknown_host_and_an_address_of_elsewhere_say_what_failed() {
    let server = TcpServer::new(|_, _| Ok(()));
    let unknown = BindOptions {
        address: Some("256.1.1.1".into()),
        flags: Some(sys::AI_NUMERICHOST),
        ..local()
    };
    let text = server.listen(unknown).unwrap_err().to_string();
    assert!(text.contains("resolve") && text.contains("256.1.1.1"), "{text}");
    let elsewhere = BindOptions { address: Some("198.51.100.7".into()), ..local() };
    let text = server.listen(elsewhere).unwrap_err().to_string();
    assert!(text.contains("bind for 198.51.100.7:0"), "{text}");
    assert!(server.local_addrs().is_empty());
}

/// This system, but for a call that fails.
fn failing(site: FaultSite, code: i32) -> Faulty<RealOs> {
    let fault = Fault { site, family: None, nth: None, code };
    Faulty::new(RealOs::new(), Rc::new(RefCell::new(FaultPlan::new(vec![fault]))))
}

#[test]
fn t3_no_permission_names_the_call_the_address_and_the_error() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    server.listen(local()).unwrap();
    let before = addresses(&server);
    let http = BindOptions { port: Port::Number(80), ..local() };
    let address = format!("{}:80", http.address.as_deref().unwrap());
    let mut forbidden = failing(FaultSite::Bind, sys::EACCES);
    let refusals = [server.listen_on(&mut forbidden, &http), server.bind_on(&mut forbidden, &http)];
    for refused in refusals {
        let error = refused.unwrap_err();
        let text = error.to_string();
        let says = std::io::Error::from_raw_os_error(sys::EACCES).to_string();
        assert!(text.contains(&format!("bind for {address}: {says}")), "{text}");
        let ServerError::Bind(BindError::Call(call)) = error else { panic!("{error:?}") };
        assert_eq!(call.code, sys::EACCES);
    }
    assert_eq!(addresses(&server), before);
    echoes(&event_loop, &mut TcpStream::connect(before[0]).unwrap());
}

/// A system on which `socket` refuses every family.
fn without_families() -> Faulty<RealOs> {
    failing(FaultSite::Socket, sys::EAFNOSUPPORT)
}

#[test]
fn d5_nothing_bound_is_an_error_of_the_server_and_none_of_bind_sockets() {
    let options = BindOptions::new(Port::Number(0));
    let bound = bind_sockets_on(&mut without_families(), &options).unwrap();
    assert!(bound.sockets.is_empty());

    let server = TcpServer::new(|_, _| Ok(()));
    let refusals = [
        server.listen_on(&mut without_families(), &options),
        server.bind_on(&mut without_families(), &options),
    ];
    for refused in refusals {
        let error = refused.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("every interface, port 0"), "{text}");
        let ServerError::NothingBound { skipped, .. } = error else { panic!("{error:?}") };
        assert!(!skipped.is_empty() && skipped.len() == bound.skipped.len());
        for skipped in skipped {
            let code = sys::EAFNOSUPPORT;
            assert_eq!(skipped.reason, SkipReason::FamilyUnsupported { code });
            assert!(text.contains(&skipped.address.to_string()), "{text}");
        }
    }
    assert!(server.local_addrs().is_empty());
    let local = BindOptions { address: Some("localhost".into()), ..options };
    let text = server.listen_on(&mut without_families(), &local).unwrap_err().to_string();
    assert!(text.contains("localhost, port 0"), "{text}");
}

#[test]
fn t5_a_bound_socket_queues_clients_until_the_start() {
    let event_loop = EventLoop::current().unwrap();
    let (delivered, handler) = keeper();
    let server = TcpServer::new(handler);
    server.bind(local()).unwrap();
    server.bind(local()).unwrap();
    let [first, second] = addresses(&server)[..] else { panic!("two listeners") };
    let clients = [clients(first, 2), clients(second, 1)].concat_streams();
    turns(&event_loop, 3);
    assert!(delivered.borrow().is_empty());
    server.start().unwrap();
    run_until(&event_loop, || delivered.borrow().len() >= 3);
    let (mut got, mut expected) = (peers(&delivered), names(&clients));
    got.sort();
    expected.sort();
    assert_eq!(got, expected);

    // From now on it works like listen.
    server.bind(local()).unwrap();
    assert_eq!(addresses(&server)[..2], [first, second]);
    let _third = TcpStream::connect(addresses(&server)[2]).unwrap();
    run_until(&event_loop, || delivered.borrow().len() >= 4);
}

trait ConcatStreams {
    fn concat_streams(self) -> Vec<TcpStream>;
}

impl<const N: usize> ConcatStreams for [Vec<TcpStream>; N] {
    fn concat_streams(self) -> Vec<TcpStream> {
        self.into_iter().flatten().collect()
    }
}

#[test]
fn t6_a_second_start_of_any_kind_is_refused_and_does_no_harm() {
    let event_loop = EventLoop::current().unwrap();
    let server = TcpServer::new(echo);
    server.bind(local()).unwrap();
    server.start().unwrap();
    assert!(matches!(server.start(), Err(ServerError::AlreadyStarted)));
    let threads = server.start_threads(2);
    assert!(matches!(threads, Err(ServerError::AlreadyStarted)), "{threads:?}");
    echoes(&event_loop, &mut TcpStream::connect(addresses(&server)[0]).unwrap());
}

/// No process is forked here: every call is refused before. What forks stands in
/// `tests/processes`.
#[test]
fn t6_d13_w2_processes_are_refused_where_they_cannot_be_and_nothing_changes() {
    alone(|| {
        let event_loop = EventLoop::new().unwrap();
        let options =
            ServerOptions { event_loop: Some(event_loop.clone()), ..ServerOptions::default() };
        let server = TcpServer::with_options(echo, options);
        server.bind(local()).unwrap();
        let refused = sys_start_processes(&server);
        if sys::HAS_FORK {
            assert!(matches!(refused, ServerError::LoopBeforeFork), "{refused:?}");
        } else {
            let expected = ServerError::Fork(ForkError::ForkUnsupported);
            assert_eq!(refused.to_string(), expected.to_string());
        }
        // Not started by that: it can still be.
        server.start().unwrap();
        echoes(&event_loop, &mut TcpStream::connect(addresses(&server)[0]).unwrap());
    });
}

fn sys_start_processes<H: bindproof::reference::ConnectionHandler + 'static>(
    server: &TcpServer<H>,
) -> ServerError {
    // SAFETY: the server has a loop, so the call is refused before it forks.
    unsafe { server.start_processes(&ForkOptions::new(1)) }.unwrap_err()
}

#[test]
fn t12_port_zero_gives_two_addresses_with_one_port_in_order() {
    let server = TcpServer::new(|_, _| Ok(()));
    server.bind(BindOptions::new(Port::Number(0))).unwrap();
    let found = addresses(&server);
    assert!(found.iter().all(|address| address.port() == found[0].port() && address.port() != 0));
    assert!(found[0].is_ipv4());
    if let [_, second] = found[..] {
        assert!(second.is_ipv6());
    }
    server.listen(local()).unwrap();
    assert_eq!(addresses(&server)[..found.len()], found, "the oldest first, the waiting ones too");
    assert_eq!(addresses(&server).len(), found.len() + 1);
}
