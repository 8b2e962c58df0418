//! Every single call made to fail with every error that its platform has a number for.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use bindproof::model::Machine;
use bindproof::reference::{
    BindError, Bound, Fault, FaultPlan, FaultSite, Faulty, FaultySocket, Os, bind_sockets_on,
};
use bindproof::run::{SimulatedKernel, SimulatedOs, SimulatedSocket, os_facts};
use bindproof::script::{Platform, errors};
use bindproof::{BindOptions, Port};

use crate::swallow::{Case, Outcome, SITES, call_of, expected, usable};

/// Answers of the resolver whose addresses every platform can bind beside each other.
const RECORDS: [&[&str]; 4] = [
    &["127.0.0.1", "::1"],
    &["::1", "127.0.0.1", "::1", "127.0.0.1"],
    &["::", "0.0.0.0"],
    &["::1"],
];

const HOSTS: [&str; 2] = ["localhost", "other"];

type Answer = Result<Bound<FaultySocket<SimulatedSocket>>, BindError>;

/// Runs the reference with one fault. What is open afterwards is what was returned, and all of it
/// listens.
fn run(case: &Case, machine: &Machine) -> (Vec<SocketAddr>, Answer) {
    let kernel = SimulatedKernel::shared(machine.clone());
    let plan = Rc::new(RefCell::new(FaultPlan::new(vec![case.fault.clone()])));
    let mut os = Faulty::new(SimulatedOs::new(kernel.clone(), "s"), plan);
    let mut answer = bind_sockets_on(&mut os, &case.options);
    let mut names = Vec::new();
    let mut inner = os.into_inner();
    if let Ok(bound) = &mut answer {
        for socket in &bound.sockets {
            names.push(inner.local_addr(socket.inner()).expect("a bound socket has a name"));
        }
    }
    let world = &kernel.borrow().world;
    assert_eq!(world.descriptors.len(), names.len(), "opens equal closes: {case:?}");
    assert!(world.sockets.values().all(|socket| socket.listens()), "{case:?}");
    (names, answer)
}

/// The addresses with one port, if it is not the one that was asked for.
fn same(names: &[SocketAddr], records: &[SocketAddr]) -> bool {
    let port = names.first().map_or(0, SocketAddr::port);
    names.len() == records.len()
        && names.iter().zip(records).all(|(name, record)| {
            let wanted = if record.port() == 0 { port } else { record.port() };
            name.ip() == record.ip() && name.port() == wanted && wanted != 0
        })
}

fn check(case: &Case, machine: &Machine) {
    let records = usable(case);
    let (names, answer) = run(case, machine);
    match (expected(case, &records), answer) {
        (Outcome::Unharmed | Outcome::NewPort, Ok(_)) => {
            assert!(same(&names, &records), "{names:?} for {case:?}");
        }
        (Outcome::Without(missing), Ok(bound)) => {
            let mut left = records.clone();
            let skipped = left.remove(missing);
            assert!(same(&names, &left), "{names:?} for {case:?}");
            assert_eq!(bound.skipped.len(), 1, "{case:?}");
            assert_eq!(bound.skipped[0].address, skipped, "{case:?}");
        }
        (Outcome::Error(hit), Err(BindError::Call(error))) => {
            assert_eq!(Some(error.call), call_of(case.fault.site), "{case:?}");
            assert_eq!(error.code, case.fault.code, "{case:?}");
            assert_eq!(error.address.ip(), records[hit].ip(), "{case:?}");
        }
        (Outcome::Unresolved, Err(BindError::Resolve { failure, .. })) => {
            assert_eq!(failure.code, case.fault.code, "{case:?}");
        }
        (wanted, answer) => panic!("{wanted:?}, got {answer:?} for {case:?}"),
    }
}

/// Every error of the platform at every call of some `bind_sockets`; how many cases there were.
fn every_failure(platform: Platform) -> usize {
    let mut cases = 0;
    let port_numbers = [0_u16, 8080];
    for (records, host, port) in RECORDS
        .iter()
        .flat_map(|records| HOSTS.iter().map(move |host| (records, host)))
        .flat_map(|(records, host)| port_numbers.map(|port| (records, host, port)))
    {
        let parse = |text: &&str| SocketAddr::new(text.parse().expect("an address"), 0);
        let answer: Vec<_> = records.iter().map(parse).collect();
        let machine = Machine { records: Some(answer.clone()), ..Machine::usual(platform) };
        let facts = os_facts(&machine);
        let asked = answer.into_iter().map(|mut address| {
            address.set_port(port);
            address
        });
        let options = BindOptions {
            address: Some((*host).to_string()),
            reuse_port: facts.has_reuse_port,
            exclusive: true,
            port_attempts: 2,
            ..BindOptions::new(Port::Number(port))
        };
        let mut case = Case {
            facts,
            records: asked.collect(),
            options,
            fault: Fault { site: FaultSite::Resolve, family: None, nth: Some(1), code: 0 },
        };
        for site in SITES {
            for nth in 1..=3 {
                for code in errors::all().filter_map(|name| errors::code(platform, name)) {
                    case.fault = Fault { site, family: None, nth: Some(nth), code };
                    check(&case, &machine);
                    cases += 1;
                }
            }
        }
    }
    cases
}

#[test]
fn nothing_is_swallowed_but_what_the_contract_says_on_linux() {
    assert!(every_failure(Platform::Linux) > 30_000);
}

#[test]
fn nothing_is_swallowed_but_what_the_contract_says_on_macos() {
    assert!(every_failure(Platform::Macos) > 30_000);
}

#[test]
fn nothing_is_swallowed_but_what_the_contract_says_on_freebsd() {
    assert!(every_failure(Platform::Freebsd) > 30_000);
}

#[test]
fn nothing_is_swallowed_but_what_the_contract_says_on_windows() {
    assert!(every_failure(Platform::Windows) > 15_000);
}
