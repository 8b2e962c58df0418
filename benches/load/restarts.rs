//! A server is replaced by another one under load, and the clients that notice are counted.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::Size;
use crate::scenarios::check;
use crate::support::client::{connect, echo};
use crate::support::server::Server;

/// What clients saw: a count for each error, and for none.
#[derive(Default)]
struct Seen(Mutex<BTreeMap<String, usize>>);

impl Seen {
    fn add(&self, what: &str) {
        *self.0.lock().expect("no panic").entry(what.to_owned()).or_default() += 1;
    }

    fn count(&self, what: &str) -> usize {
        self.0.lock().expect("no panic").get(what).copied().unwrap_or(0)
    }

    fn tell(&self, title: &str) {
        let seen = self.0.lock().expect("no panic");
        let total: usize = seen.values().sum();
        let failed = total - seen.get("served").copied().unwrap_or(0);
        println!("  {title}: {total} connections, {failed} failed: {seen:?}");
    }
}

/// Runs two threads of clients, one connection after the other, while something else happens.
fn under_load(address: SocketAddr, seen: &Seen, change: impl FnOnce()) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let served = connect(address).and_then(|mut client| echo(&mut client, b"ping"));
                    match served {
                        Ok(()) => seen.add("served"),
                        Err(error) => match error.raw_os_error() {
                            Some(libc::ECONNREFUSED) => seen.add("refused"),
                            Some(libc::ECONNRESET) => seen.add("reset"),
                            _ => seen.add(&error.to_string()),
                        },
                    }
                }
            });
        }
        change();
        over.store(true, Ordering::Relaxed);
    });
}

/// Waits until that many more clients were served.
fn served_more(seen: &Seen, more: usize) -> bool {
    let goal = seen.count("served") + more;
    let start = Instant::now();
    while seen.count("served") < goal {
        if start.elapsed() > Duration::from_secs(30) {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

/// `SO_REUSEADDR`: the old one goes, then the new one comes, as soon as the port can be bound.
/// `SO_REUSEPORT`: the new one comes beside the old one, which then goes.
pub(crate) fn restart(size: &Size) -> bool {
    let rounds = size.restarts;
    let mut good = true;
    for reuse_port in [false, true] {
        let more: &[&str] = if reuse_port { &["--echo", "--reuse-port"] } else { &["--echo"] };
        let mut server = Server::bindproof(more);
        let address = server.address;
        let port = address.port().to_string();
        let (seen, mut went_on) = (Seen::default(), true);
        let (mut starts, begin) = (0, Instant::now());
        under_load(address, &seen, || {
            for _ in 0..rounds {
                went_on &= served_more(&seen, 500);
                let next = if reuse_port {
                    starts += 1;
                    Server::start(&mut Server::command(&port, more))
                } else {
                    server.signal(libc::SIGTERM);
                    loop {
                        starts += 1;
                        let mut command = Server::command(&port, more);
                        // It says that the port is in use.
                        command.stderr(std::process::Stdio::null());
                        if let Some(next) = Server::try_start(&mut command) {
                            break next;
                        }
                    }
                };
                let old = std::mem::replace(&mut server, next);
                went_on &= old.end().success();
            }
            went_on &= served_more(&seen, 500);
        });
        let how = if reuse_port { "SO_REUSEPORT" } else { "SO_REUSEADDR" };
        let took = begin.elapsed().as_secs_f64();
        seen.tell(&format!("{rounds} restarts with {how}, {starts} starts, {took:.1} s"));
        good &= check("it went on after every restart", went_on);
    }
    good
}

/// One of two worker processes is killed again and again; the listening socket is not.
pub(crate) fn worker(size: &Size) -> bool {
    let rounds = size.restarts;
    let server = Server::bindproof(&["--echo", "--processes", "2"]);
    let children = format!("/proc/{0}/task/{0}/children", server.id());
    let (seen, mut went_on) = (Seen::default(), true);
    under_load(server.address, &seen, || {
        for round in 0..rounds {
            went_on &= served_more(&seen, 500);
            let workers = std::fs::read_to_string(&children).expect("it runs");
            let workers: Vec<i32> =
                workers.split_whitespace().filter_map(|id| id.parse().ok()).collect();
            if let Some(victim) = workers.get(round % 2) {
                // SAFETY: kill takes two numbers; the parent reaps it.
                unsafe { libc::kill(*victim, libc::SIGKILL) };
            }
        }
        went_on &= served_more(&seen, 500);
    });
    seen.tell(&format!("{rounds} times one of two worker processes killed"));
    check("it went on after every kill", went_on) & check("it ended well", server.end().success())
}
