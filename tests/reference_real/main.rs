//! Properties of `bind_sockets` on this machine's kernel, over generated arguments.
//!
//! They count the descriptors of the whole process, so nothing else may open any meanwhile: every
//! test here holds one lock, and no other kind of test belongs into this file. Addresses are
//! numbers, `localhost` or nothing; for every other text the resolver is told that it is a number,
//! so no name leaves the machine. Ports are chosen by the kernel.

#[path = "../strategies/mod.rs"]
mod strategies;

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bindproof::reference::{
    BindError, Fault, FaultPlan, FaultSite, Faulty, OptionName, Os, Query, RealOs, bind_sockets,
    bind_sockets_on,
};
use bindproof::sys::{self, OptionId};
use bindproof::{BindOptions, Family, Port};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use socket2::{Domain, Socket, Type};

static ALONE: Mutex<()> = Mutex::new(());

/// Waits until no other test of this file runs.
fn alone() -> MutexGuard<'static, ()> {
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // The first look-up may load libraries and leave something open.
    drop(bind_sockets(&BindOptions::new(Port::Number(0))));
    guard
}

/// Runs a property with the lock held from before the first case until after the last one.
fn check<T: std::fmt::Debug>(
    strategy: impl Strategy<Value = T>,
    property: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let _alone = alone();
    let mut runner = TestRunner::new(strategies::config());
    if let Err(error) = runner.run(&strategy, property) {
        panic!("{error}\n{runner}");
    }
}

/// Keeps names on this machine.
fn stay_here(mut options: BindOptions) -> BindOptions {
    let host = options.address.as_deref().unwrap_or_default();
    let number = host.is_empty() || host.parse::<IpAddr>().is_ok();
    // A hosts file always has the IPv4 side of `localhost`; for the other a resolver may ask.
    let known = host == "localhost" && matches!(options.family, Family::Unspec | Family::Inet);
    if !number && !known {
        options.flags = Some(options.flags.unwrap_or(sys::AI_PASSIVE) | sys::AI_NUMERICHOST);
    }
    options
}

fn any_options() -> impl Strategy<Value = BindOptions> {
    let port = prop_oneof![6 => strategies::port_zero(), 1 => strategies::no_ports()];
    strategies::options(port).prop_map(stay_here)
}

/// Arguments most of which can be bound.
fn good_options() -> impl Strategy<Value = BindOptions> {
    let hosts = vec!["127.0.0.1", "::1", "0.0.0.0", "::", "localhost", ""];
    (any_options(), prop::sample::select(hosts), any::<bool>()).prop_map(
        |(mut options, host, open)| {
            options.port = Port::Number(0);
            options.address = Some(host.to_owned());
            options.flags = None;
            options.reuse_port &= sys::HAS_REUSE_PORT;
            if open {
                options.family = Family::Unspec;
            }
            stay_here(options)
        },
    )
}

/// How many descriptors this process has; always 0 where it cannot tell (Windows), so that every
/// comparison there holds. The accounts of the simulated system hold on every platform.
fn open_files() -> usize {
    sys::open_files().unwrap_or(0)
}

/// How many more descriptors this many sockets are.
fn counted(sockets: usize) -> usize {
    if sys::open_files().is_some() { sockets } else { 0 }
}

fn name(socket: &Socket) -> SocketAddr {
    socket.local_addr().unwrap().as_socket().unwrap()
}

fn is_on(socket: &Socket, option: OptionId) -> Option<bool> {
    sys::get_option(socket, option).ok().map(|number| number != 0)
}

/// Whether an interface has `::1`; in some containers only the resolver has it.
fn has_ipv6_loopback() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

/// The distinct addresses that the resolver gives, IPv4 first, of the families that the kernel
/// has; written down a second time, by another method than the reference's.
fn expected(options: &BindOptions) -> Vec<SocketAddr> {
    let query = Query {
        host: options.address.clone().filter(|host| !host.is_empty()),
        service: Some("0".into()),
        family: options.family.raw(sys::AF_INET, sys::AF_INET6),
        flags: options.flags.unwrap_or(sys::AI_PASSIVE),
    };
    let records = RealOs::new().resolve(&query).unwrap();
    // R18
    let no_ipv6 = options.address.as_deref() == Some("localhost") && !has_ipv6_loopback();
    let mut addresses = Vec::new();
    for domain in [Domain::IPV4, Domain::IPV6] {
        let exists = Socket::new(domain, Type::STREAM, None).is_ok();
        for record in records.iter().filter(|_| exists && (domain == Domain::IPV4 || !no_ipv6)) {
            let own = Domain::for_address(record.address) == domain;
            if own && !addresses.contains(&record.address) {
                addresses.push(record.address);
            }
        }
    }
    addresses
}

/// Everything that a successful call promises of its sockets (R23).
fn promised(options: &BindOptions, sockets: &[Socket]) -> Result<(), TestCaseError> {
    let names: Vec<SocketAddr> = sockets.iter().map(name).collect();
    let hosts = |list: &[SocketAddr]| list.iter().map(SocketAddr::ip).collect::<Vec<_>>();
    prop_assert_eq!(hosts(&names), hosts(&expected(options)), "in this order");
    for (socket, address) in sockets.iter().zip(&names) {
        prop_assert_eq!(address.port(), names[0].port());
        prop_assert_ne!(address.port(), 0);
        prop_assert_eq!(is_on(socket, OptionId::ReuseAddr), Some(!sys::WINDOWS));
        let shared = is_on(socket, OptionId::ReusePort).unwrap_or(false);
        prop_assert_eq!(shared, options.reuse_port);
        if address.is_ipv6() {
            prop_assert_eq!(is_on(socket, OptionId::V6Only), Some(true));
        }
        let exclusive = is_on(socket, OptionId::ExclusiveAddrUse).unwrap_or(false);
        prop_assert_eq!(exclusive, options.exclusive && sys::WINDOWS);
        for option in [OptionId::Nonblocking, OptionId::Cloexec, OptionId::Accepting] {
            // Windows cannot read the first one back, macOS not the last one.
            prop_assert_ne!(is_on(socket, option), Some(false), "{:?}", option);
        }
    }
    Ok(())
}

/// Whatever the arguments are: no panic; what is open afterwards is what was returned; and what
/// was returned keeps its promises.
#[test]
fn any_arguments_give_what_was_promised_or_leave_nothing_open() {
    check(any_options(), |options| {
        let before = open_files();
        let answer = bind_sockets(&options);
        let returned = answer.as_ref().map_or(0, Vec::len);
        prop_assert_eq!(open_files(), before + counted(returned), "{:?}", answer);
        match answer {
            Ok(sockets) => promised(&options, &sockets)?,
            Err(error) => {
                prop_assert!(error.code().is_some() != error.name().is_some(), "{:?}", error);
                prop_assert!(!error.to_string().is_empty());
            }
        }
        prop_assert_eq!(open_files(), before, "the sockets are closed when they are dropped");
        Ok(())
    });
}

/// Loopback addresses and wildcards can be bound, and keep the promises, with every backlog,
/// `reuse_port` and `exclusive`.
#[test]
fn good_arguments_are_bound() {
    let bound = Cell::new(0);
    check(good_options(), |options| {
        match bind_sockets(&options) {
            Ok(sockets) => {
                bound.set(bound.get() + sockets.len());
                promised(&options, &sockets)
            }
            // An address of another family than the one asked for, or a number that is no family.
            Err(BindError::Resolve { .. }) => {
                prop_assert_ne!(options.family, Family::Unspec);
                Ok(())
            }
            Err(error) => {
                prop_assert_eq!(error.code(), Some(sys::EADDRNOTAVAIL), "{}", error);
                prop_assert!(!has_ipv6_loopback(), "{}", error);
                Ok(())
            }
        }
    });
    assert!(bound.get() > 50, "nearly nothing was bound, so nearly nothing was checked");
}

/// An IPv4 client never reaches an IPv6 listener, whatever stands beside it.
#[test]
fn an_ipv4_client_never_reaches_an_ipv6_listener() {
    let asked = Cell::new(0);
    check(good_options(), |options| {
        let Ok(sockets) = bind_sockets(&options) else { return Ok(()) };
        let Some(port) = sockets.first().map(|socket| name(socket).port()) else { return Ok(()) };
        let client = TcpStream::connect(("127.0.0.1", port));
        for listener in &sockets {
            if name(listener).is_ipv4() {
                // A backlog of 0 lets some systems refuse even the first client.
                let arrived = client.is_err() || sys::wait_readable(listener, 5_000).unwrap();
                prop_assert!(arrived, "connected, but not to the IPv4 listener");
                prop_assert!(client.is_ok() || options.backlog == 0, "{:?}", client);
            } else {
                asked.set(asked.get() + 1);
                prop_assert!(!sys::wait_readable(listener, 0).unwrap(), "{:?}", client);
                prop_assert!(listener.accept().is_err(), "{:?}", client);
            }
        }
        Ok(())
    });
    assert!(asked.get() > 50, "nearly no IPv6 listener was asked");
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let sites = vec![
        FaultSite::Resolve,
        FaultSite::Socket,
        FaultSite::SetOption(OptionName::ReuseAddr),
        FaultSite::SetOption(OptionName::ReusePort),
        FaultSite::SetOption(OptionName::V6Only),
        FaultSite::SetNonblocking,
        FaultSite::Bind,
        FaultSite::LocalAddr,
        FaultSite::Listen,
    ];
    let codes = vec![
        sys::EAFNOSUPPORT,
        sys::ENOPROTOOPT,
        sys::EADDRNOTAVAIL,
        sys::EADDRINUSE,
        sys::EACCES,
        sys::EINVAL,
        sys::EOPNOTSUPP,
    ];
    (prop::sample::select(sites), 1_u32..3, prop::sample::select(codes))
        .prop_map(|(site, nth, code)| Fault { site, family: None, nth: Some(nth), code })
}

/// With one call failing beside real ones: what is open afterwards is what was returned, an error
/// is the one that was made, and its port can be bound at once.
#[test]
fn one_failing_call_leaves_nothing_open() {
    let failed = Cell::new(0);
    check((good_options(), any_fault()), |(options, fault)| {
        let fine = bind_sockets(&options).is_ok();
        let before = open_files();
        let plan = Rc::new(RefCell::new(FaultPlan::new(vec![fault.clone()])));
        let answer = bind_sockets_on(&mut Faulty::new(RealOs::new(), plan), &options);
        let returned = answer.as_ref().map_or(0, |bound| bound.sockets.len());
        prop_assert_eq!(open_files(), before + counted(returned), "{:?}", answer);
        if let (true, Err(error)) = (fine, answer) {
            failed.set(failed.get() + 1);
            prop_assert_eq!(error.code(), Some(fault.code), "{}", error);
            if let Some(address) = error.address().filter(|address| address.port() != 0) {
                prop_assert!(TcpListener::bind(address).is_ok(), "{} is still held", address);
            }
        }
        Ok(())
    });
    assert!(failed.get() > 20, "nearly no call failed");
}
