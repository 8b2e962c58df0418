//! Signals to `serve`: what is in progress ends in peace, whoever is sent the signal.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::serve::{Serving, serve_by};

const WAYS: [&[&str]; 3] = [&[], &["--threads", "2"], &["--processes", "2"]];

/// An echo that leads a process group of its own, as one that a terminal starts.
fn echo(more: &[&str]) -> Serving {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bindproof"));
    command.process_group(0);
    serve_by(command, &["127.0.0.1"], &[&["--echo"], more].concat())
}

fn send(serving: &Serving, signal: i32, to_all: bool) {
    let id = i32::try_from(serving.child.id()).expect("it fits");
    // SAFETY: kill takes two numbers. The child was not waited for, so its id is its own, and that
    // of the group that it leads.
    assert_eq!(unsafe { libc::kill(if to_all { -id } else { id }, signal) }, 0);
}

fn ask(client: &mut TcpStream) {
    client.write_all(b"ping").expect("it reads");
    let mut answer = [0; 4];
    client.read_exact(&mut answer).expect("it echoes");
    assert_eq!(&answer, b"ping");
}

fn wait_until_refused(address: SocketAddr) {
    let start = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(60), "it still listens");
        std::thread::yield_now();
    }
}

/// A terminal's Ctrl-C and most supervisors send to all processes of a group; the parent hands its
/// own signal on, too.
#[test]
fn connections_in_progress_go_on_whoever_gets_the_signal() {
    for more in WAYS {
        for (signal, to_all) in [
            (libc::SIGTERM, false),
            (libc::SIGINT, false),
            (libc::SIGINT, true),
            (libc::SIGTERM, true),
        ] {
            let mut serving = echo(more);
            let address = serving.addresses[0];
            let mut clients: Vec<TcpStream> =
                (0..8).map(|_| TcpStream::connect(address).expect("it listens")).collect();
            clients.iter_mut().for_each(ask);
            send(&serving, signal, to_all);
            wait_until_refused(address);
            // Whatever else the signal has set off does no harm either, for a while.
            for _ in 0..10 {
                clients.iter_mut().for_each(ask);
                std::thread::sleep(Duration::from_millis(20));
            }
            drop(clients);
            let status = serving.child.wait().expect("it ends");
            assert_eq!(status.code(), Some(0), "{more:?} {signal} {to_all}");
        }
    }
}

#[test]
fn the_second_signal_ends_it_at_once() {
    for more in WAYS {
        let mut serving = echo(&[more, &["--grace", "3000"]].concat());
        let address = serving.addresses[0];
        let mut client = TcpStream::connect(address).expect("it listens");
        ask(&mut client);
        send(&serving, libc::SIGINT, false);
        wait_until_refused(address);
        ask(&mut client);
        send(&serving, libc::SIGINT, false);
        assert!(client.read(&mut [0]).map_or(true, |got| got == 0), "it was served on");
        serving.child.wait().expect("it ends");
    }
}

/// The line that says where it listens is the promise that a signal is heeded.
#[test]
fn a_signal_right_after_the_first_line_ends_it_well() {
    for more in WAYS {
        for _ in 0..10 {
            let mut serving = echo(more);
            send(&serving, libc::SIGTERM, false);
            assert_eq!(serving.child.wait().expect("it ends").code(), Some(0), "{more:?}");
        }
    }
}

#[test]
fn a_grace_without_end_is_none() {
    for more in [WAYS[0], WAYS[1]] {
        let mut serving = echo(&[more, &["--grace", "18446744073709551615"]].concat());
        let address = serving.addresses[0];
        let mut client = TcpStream::connect(address).expect("it listens");
        ask(&mut client);
        send(&serving, libc::SIGTERM, false);
        wait_until_refused(address);
        ask(&mut client);
        drop(client);
        assert_eq!(serving.child.wait().expect("it ends").code(), Some(0), "{more:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_without_room_is_no_reason_to_fail() {
    for more in WAYS {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let mut command = Command::new(env!("CARGO_BIN_EXE_bindproof"));
        command.stderr(full);
        let more = [&["--echo", "--grace", "0"], more].concat();
        let mut serving = serve_by(command, &["127.0.0.1"], &more);
        let mut client = TcpStream::connect(serving.addresses[0]).expect("it listens");
        ask(&mut client);
        // It says that this connection has not ended.
        send(&serving, libc::SIGTERM, false);
        assert_eq!(serving.child.wait().expect("it ends").code(), Some(0), "{more:?}");
    }
}
