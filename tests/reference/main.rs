//! Tests of the reference: each rule by its id, the golden tables, properties on a simulated
//! system. What is run on this machine's kernel opens only loopback addresses and port 0, or
//! wildcards for a moment.
//!
//! Properties that count this process's descriptors stand in `tests/reference_real`, where nothing
//! else runs beside them.

mod before_socket;
mod differences;
mod golden;
mod messages;
mod properties;
mod real;
mod steps_after_bind;
mod steps_before_bind;
#[path = "../strategies/mod.rs"]
mod strategies;
#[path = "../strategies/swallow.rs"]
mod swallow;
mod table_os;
mod tidy;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use bindproof::reference::{
    BindError, Bound, CallError, Fault, FaultFamily, FaultPlan, FaultSite, Faulty, FaultySocket,
    Os, OsFacts, bind_sockets_on,
};
use bindproof::{BindOptions, Port};
use table_os::{TableOs, TableSocket};

/// The defaults, for a port and an address as a person writes them.
fn options(port: &str, address: &str) -> BindOptions {
    BindOptions { address: Some(address.to_owned()), ..BindOptions::new(Port::from(port)) }
}

/// The defaults on every interface.
fn everywhere(port: &str) -> BindOptions {
    BindOptions::new(Port::from(port))
}

/// A call that fails every time.
fn fail(site: FaultSite, code: i32) -> Fault {
    Fault { site, family: None, nth: None, code }
}

/// A call on a socket of one family that fails every time.
fn fail_on(site: FaultSite, family: FaultFamily, code: i32) -> Fault {
    Fault { site, family: Some(family), nth: None, code }
}

/// The n-th call that fails.
fn fail_nth(site: FaultSite, nth: u32, code: i32) -> Fault {
    Fault { site, family: None, nth: Some(nth), code }
}

type Answer = Result<Bound<FaultySocket<TableSocket>>, BindError>;

/// Runs the reference on a system some of whose calls fail. Whatever the answer, the sockets that
/// are open afterwards are exactly the ones that were returned (D1).
fn run(os: TableOs, faults: Vec<Fault>, options: &BindOptions) -> (TableOs, Answer) {
    let plan = Rc::new(RefCell::new(FaultPlan::new(faults)));
    let mut faulty = Faulty::new(os, plan);
    let answer = bind_sockets_on(&mut faulty, options);
    let os = faulty.into_inner();
    assert_eq!(os.open(), answer.as_ref().map_or(0, |bound| bound.sockets.len()), "{:#?}", os.log);
    (os, answer)
}

/// The names of the sockets, in order.
fn names(os: &mut TableOs, bound: Bound<FaultySocket<TableSocket>>) -> Vec<String> {
    let sockets = bound.sockets.into_iter().map(FaultySocket::into_inner);
    sockets.map(|socket| os.local_addr(&socket).unwrap().to_string()).collect()
}

/// Runs the reference on a system whose calls work, and returns the names of its sockets.
fn bound(os: TableOs, options: &BindOptions) -> Vec<String> {
    let (mut os, answer) = run(os, Vec::new(), options);
    names(&mut os, answer.unwrap())
}

/// The failure of a call on a socket.
fn call_error(answer: Answer) -> CallError {
    match answer {
        Err(BindError::Call(error)) => error,
        other => panic!("expected a failed call, got {other:?}"),
    }
}

/// The addresses in which a socket was asked to be bound, in order.
fn bind_calls(os: &TableOs) -> Vec<SocketAddr> {
    let last = |line: &&str| line.rsplit(' ').next().unwrap().parse().unwrap();
    os.calls("bind").iter().map(last).collect()
}

/// An error that has no meaning of its own in the reference on any platform: `EINVAL`.
fn einval(facts: &OsFacts) -> i32 {
    if facts.windows { 10022 } else { 22 }
}
