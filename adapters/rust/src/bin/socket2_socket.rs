//! `socket2::Socket`, as in the example of its documentation, with threads that accept.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bindproof_adapters::{Failure, Keys, Library, serve, socket_addr};
use socket2::{Domain, Socket, Type};

struct Socket2;

struct Server {
    socket: Arc<Socket>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Library for Socket2 {
    const NAME: &'static str = "socket2";
    const VERSION: &'static str = "0.6.5";
    const OPTIONS: &'static [&'static str] = &["port", "address", "backlog", "reuse_port"];
    type Server = Server;

    fn bind(&mut self, keys: &Keys) -> Result<Server, Failure> {
        let address = socket_addr(keys)?;
        // `listen` has to be told; this is the example's number.
        let backlog = keys.get("backlog").map_or(Some(128), |backlog| backlog.as_i64());
        let backlog = backlog.and_then(|backlog| i32::try_from(backlog).ok());
        let backlog = backlog.ok_or_else(|| Failure::NotSupported("backlog".into()))?;
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        if let Some(on) = keys.get("reuse_port") {
            set_reuse_port(&socket, *on == true)?;
        }
        socket.bind(&address.into())?;
        socket.listen(backlog)?;
        Ok(Server { socket: Arc::new(socket), ends: Arc::default(), thread: None })
    }

    fn local_addr(&self, server: &Server) -> io::Result<SocketAddr> {
        Ok(server.socket.local_addr()?.as_socket().expect("an internet address"))
    }

    fn answer(&mut self, mut server: Server) -> io::Result<Server> {
        let (socket, told) = (Arc::clone(&server.socket), Arc::clone(&server.ends));
        server.thread = Some(thread::spawn(move || {
            loop {
                match socket.accept() {
                    Ok((stream, _)) => drop(thread::spawn(move || echo(stream))),
                    Err(_) if told.load(Ordering::SeqCst) => return,
                    // Such as no descriptor being left: there may be one later.
                    Err(_) => thread::sleep(Duration::from_millis(10)),
                }
            }
        }));
        Ok(server)
    }

    /// On Linux this wakes the thread in `accept`; elsewhere it may be refused.
    fn close(&mut self, server: Server) -> io::Result<()> {
        if let Some(thread) = server.thread {
            server.ends.store(true, Ordering::SeqCst);
            server.socket.shutdown(Shutdown::Both)?;
            thread.join().expect("it does not panic");
        }
        Ok(())
    }
}

fn echo(mut stream: Socket) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while let count @ 1.. = stream.read(&mut buffer)? {
        stream.write_all(&buffer[..count])?;
    }
    Ok(())
}

#[cfg(unix)]
fn set_reuse_port(socket: &Socket, on: bool) -> Result<(), Failure> {
    Ok(socket.set_reuse_port(on)?)
}

#[cfg(not(unix))]
fn set_reuse_port(_socket: &Socket, _on: bool) -> Result<(), Failure> {
    Err(Failure::NotSupported("reuse_port".into()))
}

fn main() -> io::Result<()> {
    serve(Socket2)
}
