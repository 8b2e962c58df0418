//! `socket2::Socket`, as in the example of its documentation, with threads that accept.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use bindproof_adapters::{Failure, Keys, Library, serve, socket_addr};
use socket2::{Domain, Socket, Type};

struct Socket2;

struct Server {
    socket: Arc<Socket>,
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
        Ok(Server { socket: Arc::new(socket), thread: None })
    }

    fn local_addr(&self, server: &Server) -> io::Result<SocketAddr> {
        Ok(server.socket.local_addr()?.as_socket().expect("an internet address"))
    }

    fn answer(&mut self, mut server: Server) -> io::Result<Server> {
        let socket = Arc::clone(&server.socket);
        server.thread = Some(thread::spawn(move || {
            while let Ok((mut stream, _)) = socket.accept() {
                thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while let Ok(count @ 1..) = stream.read(&mut buffer) {
                        stream.write_all(&buffer[..count])?;
                    }
                    io::Result::Ok(())
                });
            }
        }));
        Ok(server)
    }

    /// On Linux this wakes the thread in `accept`; elsewhere it may be refused.
    fn close(&mut self, server: Server) -> io::Result<()> {
        if let Some(thread) = server.thread {
            server.socket.shutdown(Shutdown::Both)?;
            thread.join().expect("it does not panic");
        }
        Ok(())
    }
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
