//! Rules on this machine's kernel: loopback addresses and port 0, and wildcards for a moment.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bindproof::reference::{RealOs, bind_sockets, bind_sockets_on};
use bindproof::sys::{self, OptionId};
use bindproof::{BindOptions, Family, Port};
use socket2::{Domain, Socket, Type};

use crate::{everywhere, options};

/// Waits until no other test of this file runs: one asks for a port that it has just given back,
/// and the kernel would hand it to another.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn name(socket: &Socket) -> SocketAddr {
    socket.local_addr().unwrap().as_socket().unwrap()
}

/// An option as a switch; `None` where it cannot be read.
fn is_on(socket: &Socket, option: OptionId) -> Option<bool> {
    sys::get_option(socket, option).ok().map(|number| number != 0)
}

/// One listener on IPv4 loopback, and its address.
fn one(options: &BindOptions) -> (Socket, SocketAddr) {
    let mut sockets = bind_sockets(options).unwrap();
    assert_eq!(sockets.len(), 1);
    let socket = sockets.remove(0);
    let address = name(&socket);
    (socket, address)
}

/// A listener on `[::]` whose port is free in IPv4; `None` if the kernel has no IPv6, which is
/// checked.
fn ipv6_with_free_ipv4() -> Option<(Socket, SocketAddr)> {
    // The port was chosen for both families, and the IPv4 half is closed.
    let last = bind_sockets(&everywhere("0")).unwrap().pop().unwrap();
    let address = name(&last);
    if address.is_ipv6() {
        return Some((last, address));
    }
    let error = Socket::new(Domain::IPV6, Type::STREAM, None).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(sys::EAFNOSUPPORT));
    None
}

/// Whether `connect` reached a listener. A client can also be given the port it connects to and
/// meet itself, which is no listener.
fn reaches(address: SocketAddr) -> bool {
    TcpStream::connect(address)
        .is_ok_and(|client| client.local_addr().unwrap() != client.peer_addr().unwrap())
}

/// A socket without any option, bound to this address.
fn bare_bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

#[test]
fn r6_real_an_unknown_name_is_the_resolvers_error() {
    let _alone = alone();
    // AI_NUMERICHOST: the name never leaves this machine.
    let asked = BindOptions { flags: Some(sys::AI_NUMERICHOST), ..options("0", "no-such-host") };
    let error = bind_sockets(&asked).unwrap_err();
    assert_eq!(error.call(), Some("resolve"));
    assert!(error.code().is_some_and(|code| code != 0), "{error:?}");
    assert!(error.to_string().starts_with("resolve \"no-such-host\", port 0: "), "{error}");
}

#[test]
fn r12_sockets_are_close_on_exec_from_birth() {
    let _alone = alone();
    // The other half of this test runs in a program of its own, which is this one.
    if let Ok(id) = std::env::var("BINDPROOF_TEST_FIND_DESCRIPTOR") {
        println!("found={}", sys::find_descriptor(&id));
        return;
    }
    let child = |socket: &Socket| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "real::r12_sockets_are_close_on_exec_from_birth", "--nocapture"])
            .env("BINDPROOF_TEST_FIND_DESCRIPTOR", sys::descriptor_id(socket))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).contains("found=true")
    };
    let (socket, _) = one(&options("0", "127.0.0.1"));
    assert_ne!(is_on(&socket, OptionId::Cloexec), Some(false));
    assert!(!child(&socket), "a spawned program has the listener");
    // The same question has another answer without the flag, so it can be trusted.
    if sys::set_option(&socket, OptionId::Cloexec, 0).is_ok() && !sys::WINDOWS {
        assert!(child(&socket), "a spawned program must find a socket that is not close-on-exec");
    }
}

#[test]
fn r13_real_a_restart_is_not_kept_waiting_by_connections_of_the_last_run() {
    let _alone = alone();
    let (listener, address) = one(&options("0", "127.0.0.1"));
    let client = TcpStream::connect(address).unwrap();
    assert!(sys::wait_readable(&listener, 5_000).unwrap(), "the client is in the queue");
    let (accepted, _) = listener.accept().unwrap();
    drop(listener);
    let again = options(&address.port().to_string(), "127.0.0.1");
    // A live accepted connection of the listener that is closed.
    if !sys::WINDOWS {
        let error = bare_bind(address).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(sys::EADDRINUSE), "without the option");
    }
    let (listener, _) = one(&again);
    drop(listener);
    // The server closes first: TIME_WAIT stays on its side, once the client has closed, too.
    drop(accepted);
    drop(client);
    if !sys::WINDOWS {
        let error = bare_bind(address).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(sys::EADDRINUSE), "without the option");
    }
    assert_eq!(one(&again).1, address);
}

#[test]
fn r14_real_two_calls_share_a_port_only_with_reuse_port() {
    let _alone = alone();
    if !sys::HAS_REUSE_PORT {
        let asked = BindOptions { reuse_port: true, ..options("0", "127.0.0.1") };
        assert_eq!(bind_sockets(&asked).unwrap_err().name(), Some("ReusePortUnsupported"));
        return;
    }
    let shared =
        |port: u16| BindOptions { reuse_port: true, ..options(&port.to_string(), "127.0.0.1") };
    let (first, address) = one(&shared(0));
    assert_eq!(is_on(&first, OptionId::ReusePort), Some(true));
    let (_second, same) = one(&shared(address.port()));
    assert_eq!(address, same);
    let alone = options(&address.port().to_string(), "127.0.0.1");
    let error = bind_sockets(&alone).unwrap_err();
    assert_eq!((error.code(), error.address()), (Some(sys::EADDRINUSE), Some(address)));
    assert!(error.to_string().contains("another socket has this port"), "{error}");
}

#[test]
fn r15_real_an_ipv6_listener_takes_no_ipv4_client() {
    let _alone = alone();
    let Some((listener, address)) = ipv6_with_free_ipv4() else { return };
    assert!(address.ip().is_unspecified() && address.is_ipv6());
    assert_eq!(is_on(&listener, OptionId::V6Only), Some(true));
    assert!(!reaches(SocketAddr::new([127, 0, 0, 1].into(), address.port())));
    // A machine whose interfaces have no IPv6 address still binds [::].
    let has_loopback = TcpListener::bind("[::1]:0").is_ok();
    assert_eq!(reaches(format!("[::1]:{}", address.port()).parse().unwrap()), has_loopback);
}

#[test]
fn r16_real_both_families_have_one_port_and_ipv4_comes_first() {
    let _alone = alone();
    let sockets = bind_sockets(&everywhere("0")).unwrap();
    let names: Vec<SocketAddr> = sockets.iter().map(name).collect();
    let port = names[0].port();
    assert_ne!(port, 0);
    assert!(
        names.iter().all(|name| name.port() == port && name.ip().is_unspecified()),
        "{names:?}"
    );
    assert!(names.is_sorted_by_key(SocketAddr::is_ipv6), "{names:?}");
}

#[test]
fn r17_real_accept_on_an_idle_listener_does_not_wait() {
    let _alone = alone();
    // What the standard library's non-blocking listener answers: EWOULDBLOCK by its raw code.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let would_block = other.accept().unwrap_err().raw_os_error();
    for socket in bind_sockets(&everywhere("0")).unwrap() {
        assert_eq!(socket.accept().unwrap_err().raw_os_error(), would_block);
    }
}

#[test]
fn r21_real_every_backlog_listens() {
    let _alone = alone();
    for backlog in [0, -1, 1, i32::MAX, i32::MIN] {
        let (socket, _) = one(&BindOptions { backlog, ..options("0", "127.0.0.1") });
        assert_ne!(is_on(&socket, OptionId::Accepting), Some(false), "backlog {backlog}");
    }
}

#[test]
fn r23_real_every_option_reads_back() {
    let _alone = alone();
    let sockets = bind_sockets(&everywhere("0")).unwrap();
    assert!(!sockets.is_empty());
    for socket in sockets {
        assert_eq!(is_on(&socket, OptionId::ReuseAddr), Some(!sys::WINDOWS));
        assert_ne!(is_on(&socket, OptionId::ReusePort), Some(true));
        if name(&socket).is_ipv6() {
            assert_eq!(is_on(&socket, OptionId::V6Only), Some(true));
        }
        for option in [OptionId::Nonblocking, OptionId::Cloexec, OptionId::Accepting] {
            // Windows cannot read the first one back, macOS not the last one.
            assert_ne!(is_on(&socket, option), Some(false), "{option:?}");
        }
    }
}

#[test]
fn d1_real_the_port_is_free_after_an_error() {
    let _alone = alone();
    // IPv6 fails because somebody has the port there; the IPv4 listener must be closed with it.
    let Some((_taken, address)) = ipv6_with_free_ipv4() else { return };
    let port = address.port();
    let error = bind_sockets(&everywhere(&port.to_string())).unwrap_err();
    assert_eq!((error.code(), error.address()), (Some(sys::EADDRINUSE), Some(address)));
    assert!(!reaches(SocketAddr::new([127, 0, 0, 1].into(), port)), "a half-open set of listeners");
    let ipv4 = BindOptions { family: Family::Inet, ..everywhere(&port.to_string()) };
    assert_eq!(name(&bind_sockets(&ipv4).unwrap()[0]).port(), port);
}

#[test]
fn d3_real_a_port_as_text_is_a_port() {
    let _alone = alone();
    let spelled = BindOptions {
        port: Port::Service("000".into()),
        address: Some("127.0.0.1".into()),
        ..BindOptions::new(Port::Number(0))
    };
    assert_ne!(one(&spelled).1.port(), 0);
}

#[test]
fn d7_real_exclusive_reads_back_on_windows_and_does_nothing_elsewhere() {
    let _alone = alone();
    let (socket, _) = one(&BindOptions { exclusive: true, ..options("0", "127.0.0.1") });
    let expected = sys::WINDOWS.then_some(true);
    assert_eq!(is_on(&socket, OptionId::ExclusiveAddrUse), expected);
    assert_eq!(is_on(&socket, OptionId::ReuseAddr), Some(!sys::WINDOWS));
}

#[test]
fn r22_real_nothing_is_skipped_on_a_machine_with_both_families() {
    let _alone = alone();
    let bound = bind_sockets_on(&mut RealOs::new(), &everywhere("0")).unwrap();
    let inet6 = Socket::new(Domain::IPV6, Type::STREAM, None).is_ok();
    assert_eq!(bound.skipped.is_empty(), inet6, "{:?}", bound.skipped);
    assert_eq!(bound.sockets.len() + bound.skipped.len(), 2);
}
