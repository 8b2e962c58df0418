//! What happens inside the process with one thread. Each line it prints is looked at.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, exit};
use std::time::Duration;

use bindproof::reference::{
    EventLoop, ForkError, ForkOptions, Forked, ServerError, TcpServer, bind_sockets,
    fork_processes, worker_id,
};
use bindproof::sys::{self, ChildEnd};
use bindproof::{BindOptions, Port};
use log::{LevelFilter, Log, Metadata, Record};

use crate::trials::{FOLDER, SCENARIO};

/// No scenario lives longer, whatever goes wrong.
fn limit_life() {
    // SAFETY: alarm takes a number.
    unsafe { libc::alarm(100) };
}

/// A line in one write, so that those of several processes do not mix.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

fn fork(options: &ForkOptions) -> Result<Forked, ForkError> {
    // SAFETY: this process has one thread and makes no loop before it forks.
    let forked = unsafe { fork_processes(options) };
    if matches!(forked, Ok(Forked::Worker(_))) {
        limit_life();
    }
    forked
}

fn start<H: bindproof::reference::ConnectionHandler + 'static>(
    server: &TcpServer<H>,
    options: &ForkOptions,
) -> Result<usize, ServerError> {
    // SAFETY: as in `fork`.
    let started = unsafe { server.start_processes(options) };
    limit_life();
    started
}

/// Three workers that hand signals on.
fn three() -> ForkOptions {
    ForkOptions { hand_on_signals: true, ..ForkOptions::new(3) }
}

fn local() -> BindOptions {
    BindOptions { address: Some("127.0.0.1".into()), ..BindOptions::new(Port::Number(0)) }
}

/// Answers with the worker's id.
fn answer(
    mut stream: mio::net::TcpStream,
    _peer: bindproof::reference::Endpoint,
) -> bindproof::reference::HandlerResult {
    let id = worker_id().unwrap();
    say(&format!("served {id}"));
    writeln!(stream, "{id}")?;
    Ok(())
}

struct Say;

impl Log for Say {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("bindproof")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            say(&format!("log {}", record.args()));
        }
    }

    fn flush(&self) {}
}

pub(crate) fn run(name: &str) {
    limit_life();
    log::set_logger(&Say).unwrap();
    log::set_max_level(LevelFilter::Info);
    match name {
        "bind, fork, add" => bind_fork_add(),
        "bind, start" => bind_start(),
        "fork, listen" => fork_listen(),
        "ids of one" => ids(1),
        "ids of three" => ids(3),
        "ids of all" => ids(0),
        "refused" => refused(),
        "restarts" => restarts(),
        "too many restarts" => too_many_restarts(2),
        "no restarts" => too_many_restarts(0),
        "restarts of all" => restarts_of_all(),
        "deaf to SIGTERM" => deaf(),
        "slow to end" => slow_to_end(),
        "exit 1" => exit(1),
        #[cfg(target_os = "linux")]
        "no descriptors" => no_descriptors(),
        #[cfg(target_os = "linux")]
        "leaks" => leaks(),
        other => panic!("no scenario {other}"),
    }
}

/// P3
fn bind_fork_add() {
    let sockets = bind_sockets(&local()).unwrap();
    let address = sockets[0].local_addr().unwrap().as_socket().unwrap();
    match fork(&three()).unwrap() {
        Forked::AllDone => say("all done"),
        Forked::Worker(id) => {
            let server = TcpServer::new(answer);
            server.add_sockets(sockets).unwrap();
            say(&format!("ready {id} {address}"));
            EventLoop::current().unwrap().run().unwrap();
        }
    }
}

/// P2
fn bind_start() {
    let server = TcpServer::new(answer);
    server.bind(local()).unwrap();
    let address = server.local_addrs()[0].as_inet().unwrap();
    let id = start(&server, &three()).unwrap();
    assert!(matches!(server.start(), Err(ServerError::AlreadyStarted)));
    say(&format!("ready {id} {address}"));
    EventLoop::current().unwrap().run().unwrap();
}

/// P4: the parent keeps the port with a socket that does not listen.
fn fork_listen() {
    let address: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let holder = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    holder.set_reuse_port(true).unwrap();
    holder.set_reuse_address(true).unwrap();
    holder.bind(&address.into()).unwrap();
    let address = holder.local_addr().unwrap().as_socket().unwrap();
    match fork(&three()).unwrap() {
        Forked::AllDone => say("all done"),
        Forked::Worker(id) => {
            let port = Port::Number(address.port());
            let server = TcpServer::new(answer);
            server.listen(BindOptions { port, reuse_port: true, ..local() }).unwrap();
            say(&format!("ready {id} {address}"));
            EventLoop::current().unwrap().run().unwrap();
        }
    }
}

fn ids(workers: usize) {
    assert_eq!(worker_id(), None);
    match fork(&ForkOptions::new(workers)).unwrap() {
        Forked::AllDone => say("all done"),
        Forked::Worker(id) => {
            assert_eq!(worker_id(), Some(id));
            say(&format!("worker {id}"));
        }
    }
}

fn refused() {
    let one = ForkOptions::new(1);
    // A loop exists.
    let server = TcpServer::new(answer);
    server.bind(local()).unwrap();
    let event_loop = EventLoop::new().unwrap();
    assert_eq!(fork(&one), Err(ForkError::LoopBeforeFork));
    assert!(matches!(start(&server, &one), Err(ServerError::LoopBeforeFork)));
    drop(event_loop);

    // A second thread, where the system tells.
    let (end, wait) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || wait.recv());
    if sys::OS == "linux" {
        assert_eq!(fork(&one), Err(ForkError::SeveralThreads { threads: 2 }));
    }
    drop(end);
    assert!(thread.join().unwrap().is_err());
    while sys::thread_count().is_some_and(|threads| threads > 1) {
        std::thread::yield_now();
    }
    // Inside a worker. The refused calls before have not started the server.
    let id = start(&server, &one).unwrap();
    assert_eq!(fork(&one), Err(ForkError::InsideWorker { id }));
    say("refused inside");
}

/// The worker 0 ends with 2, 3, 4, by a signal, and well.
fn restarts() {
    // A child that is no worker ends meanwhile.
    let program = std::env::current_exe().unwrap();
    let mut other = Command::new(program).env(SCENARIO, "exit 1").spawn().unwrap();
    match fork(&ForkOptions::new(2)).unwrap() {
        Forked::AllDone => {
            say("all done");
            // Reaped by the parent of the workers, so there is nobody to wait for.
            assert!(other.try_wait().is_err());
        }
        Forked::Worker(1) => {
            // Until the parent has reaped it. SAFETY: signal 0 only asks whether it is there.
            while unsafe { libc::kill(i32::try_from(other.id()).unwrap(), 0) } == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            say("worker 1");
        }
        Forked::Worker(id) => {
            let path = std::path::Path::new(&std::env::var(FOLDER).unwrap()).join("starts");
            let starts = std::fs::read_to_string(&path).unwrap_or_default() + "x";
            std::fs::write(&path, &starts).unwrap();
            say(&format!("worker {id} start {}", starts.len()));
            match i32::try_from(starts.len()).unwrap() {
                start @ 1..=3 => exit(start + 1),
                4 => {
                    sys::end_process(i32::try_from(std::process::id()).unwrap(), true);
                    std::thread::sleep(Duration::from_secs(100));
                }
                _ => {}
            }
        }
    }
}

/// The worker 1 fails always, the others would stay.
fn too_many_restarts(max_restarts: u32) {
    let options = ForkOptions { max_restarts, ..ForkOptions::new(3) };
    match fork(&options) {
        Err(error) => {
            let end = ChildEnd::Exited(7);
            assert_eq!(error, ForkError::TooManyRestarts { id: 1, end, max_restarts });
            // Nobody is left to wait for.
            assert_eq!(sys::next_ended_child(true), Err(libc::ECHILD));
            say(&format!("error {error}"));
        }
        Ok(Forked::Worker(1)) => {
            say("worker 1");
            exit(7);
        }
        Ok(Forked::Worker(_)) => std::thread::sleep(Duration::from_secs(100)),
        Ok(Forked::AllDone) => unreachable!(),
    }
}

/// Every worker fails always; one restart is allowed.
fn restarts_of_all() {
    let options = ForkOptions { max_restarts: 1, ..ForkOptions::new(2) };
    match fork(&options) {
        Err(error) => {
            assert!(matches!(error, ForkError::TooManyRestarts { .. }), "{error:?}");
            assert_eq!(sys::next_ended_child(true), Err(libc::ECHILD));
            say("error");
        }
        Ok(Forked::Worker(_)) => {
            say("worker");
            exit(7);
        }
        Ok(Forked::AllDone) => unreachable!(),
    }
}

/// A worker that does not end when it is told to.
fn deaf() {
    let grace = Duration::from_millis(50);
    let options = ForkOptions { max_restarts: 0, grace, ..ForkOptions::new(2) };
    // SAFETY: the signal is ignored, no handler runs. Before the fork, so that both workers are.
    unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
    match fork(&options) {
        Err(ForkError::TooManyRestarts { id: 1, .. }) => {
            assert_eq!(sys::next_ended_child(true), Err(libc::ECHILD));
            say("both gone");
        }
        Ok(Forked::Worker(1)) => exit(1),
        Ok(Forked::Worker(_)) => std::thread::sleep(Duration::from_secs(100)),
        other => panic!("{other:?}"),
    }
}

/// A worker that has something to finish when it is told to end, and the grace to do so.
fn slow_to_end() {
    let grace = Duration::from_secs(60);
    let options = ForkOptions { max_restarts: 0, grace, ..ForkOptions::new(2) };
    // SAFETY: as in `deaf`.
    unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
    match fork(&options) {
        Err(ForkError::TooManyRestarts { id: 1, .. }) => say("both gone"),
        Ok(Forked::Worker(1)) => exit(1),
        Ok(Forked::Worker(_)) => {
            std::thread::sleep(Duration::from_millis(300));
            say("finished");
            exit(0);
        }
        other => panic!("{other:?}"),
    }
}

/// The handler serves its first client, and leaks the stream of every other one.
#[cfg(target_os = "linux")]
fn leaks() {
    use std::cell::Cell;
    use std::io::Read;

    use bindproof::reference::Next;
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let event_loop = EventLoop::current().unwrap();
    let (first, handle) = (Cell::new(true), event_loop.handle());
    let server = TcpServer::new(move |stream: mio::net::TcpStream, _| {
        if !first.replace(false) {
            std::mem::forget(stream);
            return Ok(());
        }
        let handle = handle.clone();
        EventLoop::current()?.watch(stream, move |stream, _| {
            let mut one = [0];
            match stream.read(&mut one) {
                Ok(1) => stream.write_all(&one).map_or(Next::Done, |()| Next::Again),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Next::Wait,
                _ => {
                    handle.stop();
                    Next::Done
                }
            }
        })?;
        Ok(())
    });
    server.listen(local()).unwrap();
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum }).unwrap();
    say(&format!("ready 0 {}", server.local_addrs()[0]));
    event_loop.run().unwrap();
}

/// The limit of descriptors is reached while clients wait, then some are free again.
#[cfg(target_os = "linux")]
fn no_descriptors() {
    use std::cell::RefCell;
    use std::rc::Rc;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let event_loop = EventLoop::current().unwrap();
    let hogs: Rc<RefCell<Vec<std::fs::File>>> = Rc::default();
    let served = Rc::new(RefCell::new(Vec::new()));
    let (keep, handle) = (Rc::clone(&served), event_loop.handle());
    let server = TcpServer::new(move |stream: mio::net::TcpStream, _| {
        keep.borrow_mut().push(stream);
        if keep.borrow().len() == 8 {
            handle.stop();
        }
        Ok(())
    });
    server.listen(local()).unwrap();
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum }).unwrap();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        hogs.borrow_mut().push(file);
    }
    say(&format!("ready 0 {}", server.local_addrs()[0]));
    // Twenty tries or so are made meanwhile.
    let full = Rc::clone(&hogs);
    event_loop.call_at(event_loop.now() + Duration::from_millis(500), move || {
        full.borrow_mut().truncate(4);
    });
    event_loop.run().unwrap();
    // The queue is empty now, which the next turn finds.
    event_loop.run_once(Duration::ZERO).unwrap();
    say(&format!("served {}", served.borrow().len()));
}
