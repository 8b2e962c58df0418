//! `mio::net::TcpListener`, with a loop in a thread of its own for each.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};

use bindproof_adapters::{Failure, Keys, Library, serve, socket_addr};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);

struct Mio;

enum Server {
    Quiet(TcpListener),
    Answering { address: SocketAddr, waker: Waker, thread: JoinHandle<io::Result<()>> },
}

impl Library for Mio {
    const NAME: &'static str = "mio::net";
    const VERSION: &'static str = "1.2.5";
    const OPTIONS: &'static [&'static str] = &["port", "address"];
    type Server = Server;

    fn bind(&mut self, keys: &Keys) -> Result<Server, Failure> {
        Ok(Server::Quiet(TcpListener::bind(socket_addr(keys)?)?))
    }

    fn local_addr(&self, server: &Server) -> io::Result<SocketAddr> {
        match server {
            Server::Quiet(listener) => listener.local_addr(),
            Server::Answering { address, .. } => Ok(*address),
        }
    }

    fn answer(&mut self, server: Server) -> io::Result<Server> {
        let Server::Quiet(mut listener) = server else { return Ok(server) };
        let address = listener.local_addr()?;
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let thread = thread::spawn(move || run(poll, &listener));
        Ok(Server::Answering { address, waker, thread })
    }

    fn close(&mut self, server: Server) -> io::Result<()> {
        if let Server::Answering { waker, thread, .. } = server {
            waker.wake()?;
            thread.join().expect("it does not panic")?;
        }
        Ok(())
    }
}

/// Accepts and echoes until it is woken.
fn run(mut poll: Poll, listener: &TcpListener) -> io::Result<()> {
    let mut events = Events::with_capacity(64);
    let mut streams = BTreeMap::new();
    let mut last = WAKER.0;
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            match event.token() {
                WAKER => return Ok(()),
                LISTENER => {
                    while let Ok((mut stream, _)) = listener.accept() {
                        last += 1;
                        poll.registry().register(&mut stream, Token(last), Interest::READABLE)?;
                        streams.insert(Token(last), stream);
                    }
                }
                token => {
                    if streams.get(&token).is_some_and(|stream| echo(stream).is_err()) {
                        streams.remove(&token);
                    }
                }
            }
        }
    }
}

/// Until nothing is there. An error, and the end, are the end of the stream.
fn echo(mut stream: &TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => stream.write_all(&buffer[..count])?,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn main() -> io::Result<()> {
    serve(Mio)
}
