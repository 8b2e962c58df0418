//! An echo: a client gets back what it sends, in order, and its end after that.

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};

use mio::event::Source;
use mio::net::TcpStream;

use crate::reference::{Next, Turn, Watched};

/// How much is read at once. One buffer a thread, so that a silent client costs none.
const BUFFER: usize = 64 * 1024;
/// How often a client that sends all the time is read from before the others have a turn.
const READS_MAX: usize = 16;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; BUFFER].into_boxed_slice());
}

pub(crate) struct Echo {
    stream: TcpStream,
    /// What the client has not taken yet. Nothing more is read meanwhile.
    rest: Vec<u8>,
}

impl Echo {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, rest: Vec::new() }
    }

    /// True when everything is sent.
    fn send_rest(&mut self) -> std::io::Result<bool> {
        let sent = write_some(&mut self.stream, &self.rest)?;
        self.rest.drain(..sent);
        if self.rest.is_empty() {
            self.rest = Vec::new();
        }
        Ok(self.rest.is_empty())
    }

    fn exchange(&mut self, turn: &Turn<'_>, scratch: &mut [u8]) -> std::io::Result<Next> {
        for _ in 0..READS_MAX {
            if !self.rest.is_empty() && !self.send_rest()? {
                return Ok(Next::WaitWritable);
            }
            let got = match self.stream.read(scratch) {
                Ok(0) => return Ok(Next::Done),
                Ok(got) => got,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Next::Wait),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let sent = write_some(&mut self.stream, &scratch[..got])?;
            if sent < got {
                self.rest.extend_from_slice(&scratch[sent..got]);
            } else if turn.drained(got, scratch.len()) {
                return Ok(Next::Wait);
            }
        }
        Ok(Next::Again)
    }
}

/// Writes until the socket takes no more.
pub(crate) fn write_some(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<usize> {
    let mut sent = 0;
    while sent < bytes.len() {
        match stream.write(&bytes[sent..]) {
            Ok(more) => sent += more,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sent)
}

impl Watched for Echo {
    fn source(&mut self) -> &mut dyn Source {
        &mut self.stream
    }

    fn ready(&mut self, turn: &mut Turn<'_>) -> Next {
        // A client that is gone is no news.
        SCRATCH.with_borrow_mut(|scratch| self.exchange(turn, scratch).unwrap_or(Next::Done))
    }
}
