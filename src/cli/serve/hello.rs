//! Hello over HTTP: one answer, then the connection ends.

use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::time::Duration;

use mio::event::Source;
use mio::net::TcpStream;

use super::worker_name;
use crate::reference::{Endpoint, Next, Turn, Watched};
use crate::run::write_some;

/// A client that has not sent its request, or not taken its answer, by then is dropped.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
const REQUEST_MAX: usize = 16 * 1024;
/// How often a client that sends all the time is read from before the others, and its own patience,
/// have a turn.
const READS_MAX: usize = 16;

pub(super) struct Hello {
    stream: TcpStream,
    peer: Endpoint,
    state: State,
}

enum State {
    /// What has come of the request.
    Reading(Vec<u8>),
    /// What is left of the answer.
    Writing(Vec<u8>),
    /// The answer is sent. Closing now would reset a client that still sends, and its system might
    /// throw the answer away, so what comes is read until the client closes.
    Closing,
}

impl Hello {
    pub(super) fn new(stream: TcpStream, peer: Endpoint) -> Self {
        Self { stream, peer, state: State::Reading(Vec::new()) }
    }

    fn go_on(&mut self) -> std::io::Result<Next> {
        for _ in 0..READS_MAX {
            match &mut self.state {
                State::Reading(request) => {
                    match read_more(&mut self.stream, request)? {
                        Got::Nothing => return Ok(Next::Wait),
                        Got::End => return Ok(Next::Done),
                        Got::Some => {}
                    }
                    if let Some(answer) = answer(request, &self.peer, &self.stream) {
                        self.state = State::Writing(answer);
                    }
                }
                State::Writing(rest) => {
                    let sent = write_some(&mut self.stream, rest)?;
                    rest.drain(..sent);
                    if !rest.is_empty() {
                        return Ok(Next::WaitWritable);
                    }
                    self.stream.shutdown(Shutdown::Write)?;
                    self.state = State::Closing;
                }
                State::Closing => {
                    let mut ignored = Vec::new();
                    match read_more(&mut self.stream, &mut ignored)? {
                        Got::Nothing => return Ok(Next::Wait),
                        Got::End => return Ok(Next::Done),
                        Got::Some => {}
                    }
                }
            }
        }
        Ok(Next::Again)
    }
}

enum Got {
    Nothing,
    Some,
    End,
}

fn read_more(stream: &mut TcpStream, to: &mut Vec<u8>) -> std::io::Result<Got> {
    let mut buffer = [0; 4096];
    match stream.read(&mut buffer) {
        Ok(0) => Ok(Got::End),
        Ok(got) => {
            to.extend_from_slice(&buffer[..got]);
            Ok(Got::Some)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Got::Nothing),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Got::Some),
        Err(error) => Err(error),
    }
}

/// The answer, once the head of the request is there.
fn answer(request: &[u8], peer: &Endpoint, stream: &TcpStream) -> Option<Vec<u8>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let (status, body) = match parsed.parse(request) {
        Ok(httparse::Status::Partial) if request.len() < REQUEST_MAX => return None,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            ("431 Request Header Fields Too Large", page("The request is too long."))
        }
        Err(error) => ("400 Bad Request", page(&format!("That is not HTTP: {error}."))),
        Ok(httparse::Status::Complete(_)) => match parsed.method {
            Some("GET" | "HEAD") => ("200 OK", page(&greeting(peer, stream))),
            _ => ("405 Method Not Allowed\r\nAllow: GET, HEAD", page("There is only GET here.")),
        },
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    let body = if parsed.method == Some("HEAD") { "" } else { &body };
    Some([head.as_bytes(), body.as_bytes()].concat())
}

fn greeting(peer: &Endpoint, stream: &TcpStream) -> String {
    let local = stream.local_addr().map_or_else(|_| "?".to_owned(), |local| local.to_string());
    format!("You are {peer}, this is {local}, served by {}.", worker_name())
}

fn page(text: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>bindproof</title>\n\
         <h1>hello</h1>\n<p>{text}</p>\n</html>\n"
    )
}

impl Watched for Hello {
    fn source(&mut self) -> &mut dyn Source {
        &mut self.stream
    }

    fn ready(&mut self, turn: &mut Turn<'_>) -> Next {
        if turn.readiness().is_alarm() {
            return Next::Done;
        }
        // A client that is gone is no news.
        self.go_on().unwrap_or(Next::Done)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream as Client};

    use super::*;
    use crate::reference::EventLoop;

    /// Others, and the client's own patience, have a turn while it goes on sending.
    #[test]
    fn a_client_that_sends_on_after_its_answer_is_read_from_in_many_turns() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = Client::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, peer) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        let event_loop = EventLoop::new().unwrap();
        let hello = Hello::new(TcpStream::from_std(stream), Endpoint::Inet(peer));
        event_loop.add(hello).unwrap();
        // What the sockets on the way hold, so that it is there before the first turn.
        let sent = 200_000;
        client.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        client.write_all(&vec![b'x'; sent]).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut turns = 0;
        while !event_loop.is_empty() {
            event_loop.run_once(Duration::from_secs(1)).unwrap();
            turns += 1;
        }
        assert!(turns > sent / (READS_MAX * 4096), "{turns} turns");
    }
}
