//! `std::net::TcpListener`, with a thread that accepts and one for each connection.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bindproof_adapters::{Failure, Keys, Library, host, port, serve};

struct Std;

enum Server {
    Quiet(TcpListener),
    Answering { address: SocketAddr, ends: Arc<AtomicBool>, thread: JoinHandle<()> },
}

impl Library for Std {
    const NAME: &'static str = "std::net";
    const VERSION: &'static str = env!("RUSTC_VERSION");
    const OPTIONS: &'static [&'static str] = &["port", "address"];
    type Server = Server;

    fn bind(&mut self, keys: &Keys) -> Result<Server, Failure> {
        Ok(Server::Quiet(TcpListener::bind((host(keys)?, port(keys)?))?))
    }

    fn local_addr(&self, server: &Server) -> io::Result<SocketAddr> {
        match server {
            Server::Quiet(listener) => listener.local_addr(),
            Server::Answering { address, .. } => Ok(*address),
        }
    }

    fn answer(&mut self, server: Server) -> io::Result<Server> {
        let Server::Quiet(listener) = server else { return Ok(server) };
        let address = listener.local_addr()?;
        let ends = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if told.load(Ordering::SeqCst) {
                    return;
                }
                match stream {
                    Ok(stream) => drop(thread::spawn(move || echo(&stream))),
                    // Such as no descriptor being left: there may be one later.
                    Err(_) => thread::sleep(Duration::from_millis(10)),
                }
            }
        });
        Ok(Server::Answering { address, ends, thread })
    }

    /// The library has no way to wake a thread that accepts: one more connection does.
    fn close(&mut self, server: Server) -> io::Result<()> {
        if let Server::Answering { address, ends, thread } = server {
            ends.store(true, Ordering::SeqCst);
            TcpStream::connect(address)?;
            thread.join().expect("it does not panic");
        }
        Ok(())
    }
}

fn echo(mut stream: &TcpStream) -> io::Result<()> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(stream);
    while reader.read_until(b'\n', &mut line)? > 0 {
        stream.write_all(&line)?;
        line.clear();
    }
    Ok(())
}

fn main() -> io::Result<()> {
    serve(Std)
}
