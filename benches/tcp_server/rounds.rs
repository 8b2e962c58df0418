//! Interleaved rounds, and the medians of what they gave.

use std::net::TcpStream;
use std::process::Command;
use std::time::Instant;

use crate::SERVER;
use crate::support::client::{connect, echo, expect, short};
use crate::support::server::Server;

use std::io::Write;

const ROUNDS: usize = 11;
const CONNECTIONS: usize = 20_000;
const AT_ONCE: usize = 64;
const TRIPS: usize = 100_000;
const HELD: usize = 10_000;
const PING: [u8; 64] = [7; 64];

/// What one round gave.
#[derive(Clone, Copy)]
struct Figures {
    connections_a_second: f64,
    cpu_us_a_connection: f64,
    trips_a_second: f64,
    cpu_us_a_trip: f64,
}

pub(crate) fn compare() {
    let mut names = vec!["bare", "bindproof", "tokio"];
    if std::env::var_os(TORNADO).is_some() {
        names.push("tornado");
    }
    let servers: Vec<Server> = names.iter().map(|name| start(name)).collect();
    let mut figures: Vec<Vec<Figures>> = names.iter().map(|_| Vec::new()).collect();
    // One round that does not count.
    for round in 0..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        for place in 0..names.len() {
            // Who goes first changes: the second finds warm caches.
            let place = (place + round) % names.len();
            let measured = measure(&servers[place]);
            if round > 0 {
                figures[place].push(measured);
            }
        }
    }
    drop(servers);
    let memory: Vec<Memory> = names.iter().map(|name| memory(name)).collect();
    table(&names, &figures, &memory);
}

const TORNADO: &str = "BINDPROOF_TORNADO_PYTHON";

fn start(name: &str) -> Server {
    match name {
        "bindproof" => Server::bindproof(&["--echo"]),
        "tornado" => {
            let python = std::env::var_os(TORNADO).expect("it was there before");
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ci/tornado.d/echo.py");
            Server::start(Command::new(python).arg("-B").arg(script))
        }
        _ => {
            let this = std::env::current_exe().expect("this program");
            Server::start(Command::new(this).env(SERVER, name))
        }
    }
}

fn measure(server: &Server) -> Figures {
    let (start, cpu) = (Instant::now(), server.cpu());
    let mut done = 0;
    while done < CONNECTIONS {
        done += short(server.address, AT_ONCE, &[]).expect("it accepts");
    }
    let connections_a_second = done as f64 / start.elapsed().as_secs_f64();
    let cpu_us_a_connection = (server.cpu() - cpu).as_secs_f64() * 1e6 / done as f64;

    let mut clients: Vec<TcpStream> =
        (0..AT_ONCE).map(|_| connect(server.address).expect("it listens")).collect();
    for client in &mut clients {
        echo(client, &PING).expect("it echoes");
    }
    let (start, cpu) = (Instant::now(), server.cpu());
    let mut trips = 0;
    while trips < TRIPS {
        for client in &mut clients {
            client.write_all(&PING).expect("it reads");
        }
        for client in &mut clients {
            expect(client, &PING).expect("it echoes");
        }
        trips += clients.len();
    }
    let trips_a_second = trips as f64 / start.elapsed().as_secs_f64();
    let cpu_us_a_trip = (server.cpu() - cpu).as_secs_f64() * 1e6 / trips as f64;
    Figures { connections_a_second, cpu_us_a_connection, trips_a_second, cpu_us_a_trip }
}

/// Bytes for each of ten thousand connections that were echoed to.
#[derive(Clone, Copy)]
struct Memory {
    /// In the server's process.
    resident: u64,
    /// In the kernel, for the server's end: half of what both ends take. What earlier ones left
    /// free makes it too small.
    kernel: u64,
}

fn memory(name: &str) -> Memory {
    let server = start(name);
    short(server.address, AT_ONCE, &PING).expect("it echoes");
    let (resident, slab_before) = (server.resident(), slab());
    let mut clients: Vec<TcpStream> =
        (0..HELD).map(|_| connect(server.address).expect("it listens")).collect();
    for client in &mut clients {
        echo(client, &PING).expect("it echoes");
    }
    Memory {
        resident: (server.resident() - resident) / HELD as u64,
        kernel: slab().saturating_sub(slab_before) / HELD as u64 / 2,
    }
}

/// What the kernel has allocated for its objects, in bytes.
fn slab() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").expect("/proc/meminfo");
    let line = text.lines().find_map(|line| line.strip_prefix("Slab:")).expect("Slab");
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).expect("a number") * 1024
}

fn median(figures: &[Figures], which: impl Fn(&Figures) -> f64) -> f64 {
    let mut all: Vec<f64> = figures.iter().map(which).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// The median of the ratios to the bare loop, round by round: both met the same machine.
fn ratio(of: &[Figures], bare: &[Figures], which: impl Fn(&Figures) -> f64) -> f64 {
    let mut all: Vec<f64> = of.iter().zip(bare).map(|(of, bare)| which(of) / which(bare)).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn table(names: &[&str], figures: &[Vec<Figures>], memory: &[Memory]) {
    println!("medians of {ROUNDS} interleaved rounds; in brackets the ratio to the bare loop\n");
    // The kernel's objects are the same for all.
    let kernel = memory.iter().map(|memory| memory.kernel).max().unwrap_or(0);
    println!(
        "{:10} {:>18} {:>18} {:>18} {:>18} {:>22}",
        "", "connections/s", "CPU us each", "round trips/s", "CPU us each", "bytes held + kernel's"
    );
    for (place, name) in names.iter().enumerate() {
        let (resident, bare) = (memory[place].resident, (memory[0].resident + kernel) as f64);
        let column = |which: fn(&Figures) -> f64| {
            let value = median(&figures[place], which);
            let ratio = ratio(&figures[place], &figures[0], which);
            format!("{value:.2} ({ratio:.3})")
        };
        println!(
            "{name:10} {:>18} {:>18} {:>18} {:>18} {:>22}",
            column(|f| f.connections_a_second),
            column(|f| f.cpu_us_a_connection),
            column(|f| f.trips_a_second),
            column(|f| f.cpu_us_a_trip),
            format!("{resident} + {kernel} ({:.3})", (resident + kernel) as f64 / bare)
        );
    }
}
