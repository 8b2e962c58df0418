//! `serve` as clients and signals meet it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use bindproof::sys;

use crate::bindproof;

pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) addresses: Vec<SocketAddr>,
}

/// Starts a server with one port of the kernel's choice for each of these addresses.
fn serve(hosts: &[&str], more: &[&str]) -> Serving {
    serve_by(Command::new(env!("CARGO_BIN_EXE_bindproof")), hosts, more)
}

pub(crate) fn serve_by(mut command: Command, hosts: &[&str], more: &[&str]) -> Serving {
    command.args(["serve", "--port", "0"]).args(more).stdout(Stdio::piped());
    for host in hosts {
        command.args(["--address", host]);
    }
    let mut child = command.spawn().expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let addresses = hosts.iter().map(|_| {
        let line = lines.next().expect("a line for each listener").expect("UTF-8");
        let address = line.strip_prefix("listening on ").expect("where it listens");
        address.trim_start_matches("http://").trim_end_matches('/').parse().expect("an address")
    });
    let addresses = addresses.collect();
    Serving { child, addresses }
}

impl Serving {
    /// Asks it to end, and answers its exit code; Windows knows no such signal.
    fn end(mut self) -> Option<i32> {
        if !sys::HAS_FORK {
            self.child.kill().expect("it runs");
            self.child.wait().expect("it ends");
            return Some(0);
        }
        sys::end_process(i32::try_from(self.child.id()).expect("it fits"), false);
        self.child.wait().expect("it ends").code()
    }
}

fn request(address: SocketAddr, request: &str) -> String {
    let mut client = TcpStream::connect(address).expect("it listens");
    client.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("it answers and closes");
    answer
}

fn get(address: SocketAddr) -> String {
    request(address, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

#[test]
fn hello_over_both_families_and_a_signal_ends_it_well() {
    let hosts = if has_ipv6() { &["127.0.0.1", "::1"][..] } else { &["127.0.0.1"] };
    let serving = serve(hosts, &[]);
    for address in &serving.addresses {
        let answer = get(*address);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("<h1>hello</h1>"), "{answer}");
        assert!(answer.contains(&format!("this is {address}")), "{answer}");
    }
    assert_eq!(serving.end(), Some(0));
}

#[test]
fn every_request_has_the_answer_that_http_has_for_it() {
    let serving = serve(&["127.0.0.1"], &[]);
    let address = serving.addresses[0];
    let head = request(address, "HEAD / HTTP/1.0\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "{head}");
    let post = request(address, "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
    assert!(post.starts_with("HTTP/1.1 405 ") && post.contains("Allow: GET, HEAD"), "{post}");
    let nonsense = request(address, "hello\r\n\r\n");
    assert!(nonsense.starts_with("HTTP/1.1 400 "), "{nonsense}");
    let long = request(address, &format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(17_000)));
    assert!(long.starts_with("HTTP/1.1 431 "), "{long}");
    assert_eq!(serving.end(), Some(0));
}

/// A large size is more than the sockets on the way can hold.
fn echo(address: SocketAddr, size: usize) {
    let bytes: Vec<u8> = (0..size).map(|number| (number % 251) as u8).collect();
    let mut client = TcpStream::connect(address).expect("it listens");
    let mut writer = client.try_clone().expect("a duplicate");
    let sent = bytes.clone();
    let thread = std::thread::spawn(move || {
        writer.write_all(&sent).expect("it reads");
        writer.shutdown(Shutdown::Write).expect("it is open");
    });
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).expect("it sends back and closes");
    thread.join().expect("it wrote");
    assert!(answer == bytes, "{} of {} bytes came back", answer.len(), bytes.len());
}

#[test]
fn an_echo_sends_back_everything_in_order() {
    let serving = serve(&["127.0.0.1"], &["--echo"]);
    for size in [0, 1, 4096, 20_000_000] {
        echo(serving.addresses[0], size);
    }
    assert_eq!(serving.end(), Some(0));
}

#[test]
fn a_request_in_progress_is_answered_after_the_signal() {
    for more in [&[][..], &["--threads", "2"], &["--processes", "2"]] {
        if more.contains(&"--processes") && !sys::HAS_FORK {
            let done = bindproof(&["serve", "--port", "0", "--processes", "2"]);
            assert_eq!(done.code, 2, "{done:?}");
            assert!(done.stderr.contains("--threads") || done.stderr.contains("start_threads"));
            continue;
        }
        let serving = serve(&["127.0.0.1"], more);
        let address = serving.addresses[0];
        // The first half is there, so the connection is accepted, or will be reset.
        let mut client = TcpStream::connect(address).expect("it listens");
        client.write_all(b"GET / HTTP/1.1\r\n").expect("it reads");
        assert!(get(address).contains("hello"));
        let accepted = more.is_empty();
        let ended = std::thread::spawn(move || serving.end());
        if accepted && sys::HAS_FORK {
            // One queue and one thread: the second client was served, so the first one is.
            while TcpStream::connect(address).is_ok() {
                std::thread::yield_now();
            }
            client.write_all(b"\r\n").expect("it reads");
            let mut answer = String::new();
            client.read_to_string(&mut answer).expect("it answers");
            assert!(answer.contains("<h1>hello</h1>"), "{answer}");
        }
        drop(client);
        assert_eq!(ended.join().expect("no panic"), Some(0), "{more:?}");
    }
}

#[test]
fn a_port_in_use_and_an_address_of_elsewhere_are_one_clear_line() {
    let holder = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = holder.local_addr().expect("its name").port().to_string();
    let done = bindproof(&["serve", "--address", "127.0.0.1", "--port", &port]);
    assert_eq!(done.code, 2, "{done:?}");
    assert_eq!(done.stderr.lines().count(), 1, "{done:?}");
    assert!(done.stderr.contains(&format!("bind for 127.0.0.1:{port}")), "{done:?}");
    let done = bindproof(&["serve", "--address", "198.51.100.7", "--port", "0"]);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
    assert!(done.stderr.contains("bind for 198.51.100.7:0"), "{done:?}");
}
