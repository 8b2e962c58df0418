//! One server under one kind of load.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::Size;
use crate::support::client::{connect, echo, expect, short as short_connections};
use crate::support::server::Server;

const PING: &[u8] = b"sixteen bytes...";

/// Says whether a promise holds.
pub(crate) fn check(what: &str, holds: bool) -> bool {
    if !holds {
        println!("  FAILED: {what}");
    }
    holds
}

/// Waits until the server has so many descriptors.
fn descriptors_are(server: &Server, count: usize) -> bool {
    let start = Instant::now();
    while server.descriptors() != count {
        if start.elapsed() > Duration::from_secs(30) {
            println!("  {} descriptors, expected {count}", server.descriptors());
            return false;
        }
        std::thread::yield_now();
    }
    true
}

/// Many connections at once.
pub(crate) fn held(size: &Size) -> bool {
    let count = size.held;
    let server = Server::bindproof(&["--echo"]);
    let descriptors = server.descriptors();
    // The buffers of the server are there before anything is measured.
    short_connections(server.address, 16, PING).expect("it echoes");
    let before = server.resident();
    let start = Instant::now();
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        clients.push(connect(server.address).expect("it listens"));
    }
    let opened = start.elapsed();
    let round = |clients: &mut Vec<TcpStream>| {
        clients.iter_mut().filter_map(|client| echo(client, PING).ok()).count()
    };
    let first = round(&mut clients);
    let resident = server.resident();
    let second = round(&mut clients);
    let at_once = server.descriptors() - descriptors;
    println!("  {count} connections opened in {:.2} s", opened.as_secs_f64());
    println!(
        "  resident memory {} KiB before, {} KiB with them: {} bytes each",
        before / 1024,
        resident / 1024,
        resident.saturating_sub(before) / count as u64
    );
    println!("  held at once {at_once}; echoed to {first}, then {second}");
    drop(clients);
    let returned = descriptors_are(&server, descriptors);
    println!("  descriptors before {descriptors}, after {}", server.descriptors());
    check("all were held", at_once == count)
        & check("every one was echoed to", first == count && second == count)
        & check("every descriptor was returned", returned)
        & check("it ended well", server.end().success())
}

/// Many short connections, from two threads.
pub(crate) fn short(size: &Size) -> bool {
    const AT_ONCE: usize = 100;
    let count = size.short;
    let server = Server::bindproof(&["--echo"]);
    let descriptors = server.descriptors();
    let (good, bad) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let rounds = AtomicUsize::new(count.div_ceil(AT_ONCE));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let take = |left: usize| left.checked_sub(1);
                while rounds.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
                    match short_connections(server.address, AT_ONCE, PING) {
                        Ok(done) => {
                            good.fetch_add(done, Ordering::Relaxed);
                            bad.fetch_add(AT_ONCE - done, Ordering::Relaxed);
                        }
                        Err(error) => {
                            println!("  {error}");
                            bad.fetch_add(AT_ONCE, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let took = start.elapsed().as_secs_f64();
    let (good, bad) = (good.into_inner(), bad.into_inner());
    println!(
        "  {good} connections echoed to and ended in {took:.1} s, {:.0} a second; lost {bad}",
        good as f64 / took
    );
    println!("  server CPU {:.1} us each", server.cpu().as_secs_f64() * 1e6 / good.max(1) as f64);
    let returned = descriptors_are(&server, descriptors);
    println!("  descriptors before {descriptors}, after {}", server.descriptors());
    check("none was lost", bad == 0 && good >= count)
        & check("every descriptor was returned", returned)
        & check("it ended well", server.end().success())
}

/// The limit of descriptors is hit, and lifted again.
pub(crate) fn descriptors(size: &Size) -> bool {
    const COUNT: usize = 500;
    const LIMIT: usize = 100;
    let server = Server::bindproof(&["--echo"]);
    let before = server.descriptors();
    server.limit_descriptors(LIMIT as u64);
    // So many are served until the limit is reached.
    let served = LIMIT - server.descriptors_below(LIMIT);
    let mut clients: Vec<TcpStream> =
        (0..COUNT).map(|_| connect(server.address).expect("it queues")).collect();
    let first = clients[..served].iter_mut().filter_map(|client| echo(client, PING).ok()).count();
    let cpu = server.cpu();
    std::thread::sleep(size.at_limit);
    let spent = (server.cpu() - cpu).as_secs_f64() / size.at_limit.as_secs_f64() * 100.0;
    let at_limit = server.descriptors_below(LIMIT);
    // Those who have a connection are served meanwhile.
    let again = clients[..served].iter_mut().filter_map(|client| echo(client, PING).ok()).count();
    println!("  at the limit: {at_limit} descriptors, {first} of {COUNT} clients served");
    println!("  CPU while {} clients wait: {spent:.3} % of a core", COUNT - served);
    server.limit_descriptors(4096);
    let start = Instant::now();
    let all = clients.iter_mut().filter_map(|client| echo(client, PING).ok()).count();
    println!("  lifted: {all} of {COUNT} served {:.2} s later", start.elapsed().as_secs_f64());
    drop(clients);
    let returned = descriptors_are(&server, before);
    println!("  descriptors before {before}, after {}", server.descriptors());
    check("the limit was reached and the first ones served", first == served && at_limit == LIMIT)
        & check("connections went on at the limit", again == served)
        & check("at most 5 % of a core while waiting", spent <= 5.0)
        & check("all were served in the end", all == COUNT)
        & check("every descriptor was returned", returned)
        & check("it ended well", server.end().success())
}

/// Clients that are gone before they are accepted.
pub(crate) fn resets(size: &Size) -> bool {
    let rounds = size.resets;
    const AT_ONCE: usize = 500;
    let server = Server::bindproof(&["--echo"]);
    let descriptors = server.descriptors();
    let mut served = 0;
    for _ in 0..rounds {
        // It cannot accept while it is stopped.
        server.signal(libc::SIGSTOP);
        for _ in 0..AT_ONCE {
            let client = connect(server.address).expect("it queues");
            SockRef::from(&client).set_linger(Some(Duration::ZERO)).expect("it is open");
        }
        let mut alive = connect(server.address).expect("it queues");
        server.signal(libc::SIGCONT);
        served += usize::from(echo(&mut alive, PING).is_ok());
    }
    println!(
        "  {} clients reset while they waited; {served} of {rounds} others served",
        rounds * AT_ONCE
    );
    let returned = descriptors_are(&server, descriptors);
    println!("  descriptors before {descriptors}, after {}", server.descriptors());
    check("the others were served", served == rounds)
        & check("every descriptor was returned", returned)
        & check("it ended well", server.end().success())
}

fn hello(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = connect(address)?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.contains("<h1>hello</h1>"))
}

/// Clients that send a byte a second, beside fast ones.
pub(crate) fn slow(size: &Size) -> bool {
    const SLOW: usize = 500;
    let server = Server::bindproof(&[]);
    let descriptors = server.descriptors();
    let quiet = fast(&server, size.fast, &mut []);
    let mut slow: Vec<TcpStream> =
        (0..SLOW).map(|_| connect(server.address).expect("it listens")).collect();
    let beside = fast(&server, size.fast, &mut slow);
    println!("  fast clients alone:  {quiet}");
    println!("  beside {SLOW} slow ones: {beside}");
    // The server loses its patience after ten seconds.
    let start = Instant::now();
    let mut dropped = 0;
    for client in &mut slow {
        client.set_read_timeout(Some(Duration::from_secs(30))).expect("it is open");
        dropped += usize::from(client.read(&mut [0]).map_or_else(
            // A reset, for the server had not read everything.
            |error| error.raw_os_error() == Some(libc::ECONNRESET),
            |got| got == 0,
        ));
    }
    println!(
        "  slow ones dropped: {dropped} of {SLOW}, after {:.1} s more",
        start.elapsed().as_secs_f64()
    );
    drop(slow);
    let returned = descriptors_are(&server, descriptors);
    println!("  descriptors before {descriptors}, after {}", server.descriptors());
    check("every fast client was answered", quiet.lost == 0 && beside.lost == 0)
        & check("every slow one was dropped", dropped == SLOW)
        & check("every descriptor was returned", returned)
        & check("it ended well", server.end().success())
}

struct Fast {
    answered: usize,
    lost: usize,
    median_us: u128,
    p99_us: u128,
}

impl std::fmt::Display for Fast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { answered, lost, median_us, p99_us } = self;
        write!(
            f,
            "{answered} answered, {lost} lost, median {median_us} us, 99th of 100 {p99_us} us"
        )
    }
}

/// One request after the other, for so long, with a byte from each slow client every second.
fn fast(server: &Server, time: Duration, slow: &mut [TcpStream]) -> Fast {
    let start = Instant::now();
    let mut times = Vec::new();
    let mut lost = 0;
    let mut fed = 0;
    while start.elapsed() < time {
        if start.elapsed().as_secs() >= fed {
            fed += 1;
            for client in &mut *slow {
                client.write_all(b"G").expect("it is patient");
            }
        }
        let request = Instant::now();
        match hello(server.address) {
            Ok(true) => times.push(request.elapsed().as_micros()),
            _ => lost += 1,
        }
    }
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or(0);
    Fast { answered: times.len(), lost, median_us: at(50), p99_us: at(99) }
}

/// A stop under full load: what is in progress is finished, for each way to serve.
pub(crate) fn stop(_: &Size) -> bool {
    ["one loop", "--threads", "--processes"].into_iter().fold(true, |good, way| {
        let more: &[&str] = if way == "one loop" { &[] } else { &[way, "2"] };
        good & stop_one(way, &[&["--echo"], more].concat())
    })
}

fn stop_one(way: &str, more: &[&str]) -> bool {
    const IN_PROGRESS: usize = 1000;
    let mut server = Server::bindproof(more);
    let address = server.address;
    // Their first half is echoed, so they are accepted.
    let mut open: Vec<TcpStream> =
        (0..IN_PROGRESS).map(|_| connect(address).expect("it listens")).collect();
    let started = open.iter_mut().filter_map(|client| echo(client, PING).ok()).count();
    let over = AtomicBool::new(false);
    let [answered, refused, truncated] = [0; 3].map(AtomicUsize::new);
    let finished = std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let count = match one_request(address) {
                        Outcome::Answered => &answered,
                        Outcome::Refused => &refused,
                        Outcome::Truncated => &truncated,
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while answered.load(Ordering::Relaxed) < 2000 {
            std::thread::yield_now();
        }
        server.signal(libc::SIGTERM);
        // The listeners are closed when clients are refused.
        while refused.load(Ordering::Relaxed) < 100 {
            std::thread::yield_now();
        }
        let finished = open.iter_mut().filter_map(|client| echo(client, PING).ok()).count();
        over.store(true, Ordering::Relaxed);
        finished
    });
    drop(open);
    let status = server.wait();
    let truncated = truncated.into_inner();
    println!(
        "  {way}: {} answered before; in progress {started}, finished after the signal {finished}; \
         cut off after the first byte of an answer {truncated}",
        answered.into_inner()
    );
    check("every one in progress was finished", finished == IN_PROGRESS && started == IN_PROGRESS)
        & check("no answer was cut off", truncated == 0)
        & check("it ended well", status.success())
}

enum Outcome {
    Answered,
    /// Not accepted, or reset in the queue: no byte of an answer.
    Refused,
    Truncated,
}

fn one_request(address: SocketAddr) -> Outcome {
    let Ok(mut stream) = connect(address) else { return Outcome::Refused };
    if stream.write_all(PING).is_err() {
        return Outcome::Refused;
    }
    let mut first = [0];
    match stream.read(&mut first) {
        Ok(1) if first[0] == PING[0] => {}
        _ => return Outcome::Refused,
    }
    if expect(&mut stream, &PING[1..]).is_err() || stream.shutdown(Shutdown::Write).is_err() {
        return Outcome::Truncated;
    }
    match stream.read(&mut first) {
        Ok(0) => Outcome::Answered,
        _ => Outcome::Truncated,
    }
}
