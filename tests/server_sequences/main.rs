//! Random histories of a server against a small model, and the account of its descriptors.
//!
//! Everything here counts the descriptors of the process, so one test runs at a time. The
//! histories run in a child process, which can use up its descriptors without harm to anybody.
//! `PROPTEST_CASES` says how many; `ci/server-sequences` runs ten thousand.

use std::cell::Cell;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bindproof::reference::{EventLoop, ServerOptions, TcpServer};
use bindproof::testkit::server::{Action, SEQUENCE_MAX, World, sequence};
use bindproof::{BindOptions, Port, sys};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseError, TestRunner};

static ALONE: Mutex<()> = Mutex::new(());
const CHILD: &str = "BINDPROOF_SEQUENCES";

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many descriptors this process has; always 0 where it cannot tell, so that every comparison
/// holds there.
fn open_files() -> usize {
    sys::open_files().unwrap_or(0)
}

#[test]
fn every_history_keeps_the_promises_of_the_model() {
    let _alone = alone();
    if std::env::var_os(CHILD).is_some() {
        return histories();
    }
    let done = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "every_history_keeps_the_promises_of_the_model", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stdout);
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{text}{errors}");
    // Shown by `cargo test -- --nocapture`, and by ci/server-sequences.
    print!("{}", text.lines().filter(|line| line.starts_with("ran ")).collect::<String>());
}

fn config() -> ProptestConfig {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/server.txt");
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        // A history that hangs takes its deadline each time it is tried.
        max_shrink_time: 120_000,
        ..ProptestConfig::default()
    }
}

fn histories() {
    let exhausting = limit_descriptors();
    // Handlers panic on purpose; a failure of a history is told by its error.
    std::panic::set_hook(Box::new(|_| {}));
    // The first look-up may load libraries and leave something open.
    drop(TcpServer::new(|_, _| Ok(())).bind(options()));
    let (ran, steps) = (Cell::new(0_u32), Cell::new(0_usize));
    let mut runner = TestRunner::new(config());
    let bytes = prop::collection::vec(any::<[u8; 4]>(), 1..SEQUENCE_MAX);
    let result = runner.run(&bytes, |bytes| {
        let sequence = sequence(&bytes.concat());
        let before = open_files();
        let mut world = World::new(exhausting, ran.get().wrapping_mul(64));
        for action in &sequence {
            world.step(*action).map_err(|why| failed(&sequence, why))?;
        }
        world.finish().map_err(|why| failed(&sequence, why))?;
        prop_assert_eq!(open_files(), before, "descriptors");
        ran.set(ran.get() + 1);
        steps.set(steps.get() + sequence.len());
        Ok(())
    });
    if let Err(error) = result {
        println!("{error}\n{runner}");
        std::process::exit(1);
    }
    println!("ran {} sequences, {} steps", ran.get(), steps.get());
}

fn failed(sequence: &[Action], why: String) -> TestCaseError {
    TestCaseError::fail(format!("{why}\n{sequence:?}"))
}

/// A low limit, so that using up all descriptors is cheap. Only this process has it.
#[cfg(target_os = "linux")]
fn limit_descriptors() -> bool {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(160), maximum }).unwrap();
    true
}

#[cfg(not(target_os = "linux"))]
fn limit_descriptors() -> bool {
    false
}

fn options() -> BindOptions {
    BindOptions { address: Some("127.0.0.1".into()), ..BindOptions::new(Port::Number(0)) }
}

#[test]
fn t7_every_descriptor_is_returned() {
    let _alone = alone();
    drop(TcpServer::new(|_, _| Ok(())).bind(options()));
    let before = open_files();
    let event_loop = EventLoop::new().unwrap();
    let with_loop = open_files();
    let given = ServerOptions { event_loop: Some(event_loop.clone()), ..ServerOptions::default() };
    let server = TcpServer::with_options(|_, _| Ok(()), given);
    assert_eq!(open_files(), with_loop, "t1: a new server opens nothing");
    for round in 0..3 {
        server.listen(options()).unwrap();
        server.listen(BindOptions::new(Port::Number(0))).unwrap();
        if round == 0 {
            server.bind(options()).unwrap();
            server.start().unwrap();
        }
        server.listen(options()).unwrap();
        let address = server.local_addrs()[0].as_inet().unwrap();
        let client = std::net::TcpStream::connect(address).unwrap();
        event_loop.run_once(std::time::Duration::ZERO).unwrap();
        server.stop();
        drop(client);
        assert_eq!(open_files(), with_loop);
    }
    let handle = event_loop.handle();
    drop((server, event_loop));
    assert_eq!(open_files(), before, "a handle that is left keeps nothing open");
    handle.stop();
}

#[test]
fn t7_w12_threads_return_every_descriptor() {
    let _alone = alone();
    drop(TcpServer::new(|_, _| Ok(())).bind(options()));
    let before = open_files();
    let server = TcpServer::new(|_, _| Ok(()));
    server.bind(options()).unwrap();
    server.bind(options()).unwrap();
    let workers = server.start_threads(3).unwrap();
    assert!(open_files() > before || sys::OS == "windows");
    server.stop();
    workers.join();
    assert_eq!(open_files(), before);
}
