//! The handler of the server: an echo, and what else it does on demand.

use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;

use crate::reference::{Endpoint, EventLoop, HandlerResult, Next, StopHandle};

/// The payload of the handler's panic, so that a panic hook can tell it from every other one.
#[derive(Debug, Clone, Copy)]
pub struct OnPurpose;

/// What the handler does with the next connection; then it echoes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Echo,
    Stop,
    Fail,
    Panic,
}

/// What the handler and the world share.
pub(super) struct Desk {
    pub(super) mood: Cell<Mood>,
    pub(super) delivered: RefCell<Vec<Delivery>>,
    pub(super) stopped_by_handler: Cell<bool>,
}

/// A connection that was delivered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delivery {
    pub(super) peer: SocketAddr,
    /// Where it was accepted, if that can still be told: clients of different listeners may have one
    /// port of their own.
    pub(super) at: Option<SocketAddr>,
    /// Whether the handler kept it.
    pub(super) kept: bool,
}

/// Notes every connection, and echoes unless it was told otherwise.
pub(super) fn handler(
    desk: Rc<Desk>,
    stop: StopHandle,
) -> Box<dyn Fn(mio::net::TcpStream, Endpoint) -> HandlerResult> {
    Box::new(move |stream, peer| {
        let mood = desk.mood.replace(Mood::Echo);
        let kept = matches!(mood, Mood::Echo | Mood::Stop);
        let peer = peer.as_inet().expect("TCP");
        desk.delivered.borrow_mut().push(Delivery { peer, at: stream.local_addr().ok(), kept });
        match mood {
            Mood::Fail => return Err("on purpose".into()),
            Mood::Panic => std::panic::panic_any(OnPurpose),
            Mood::Stop => {
                desk.stopped_by_handler.set(true);
                stop.stop();
            }
            Mood::Echo => {}
        }
        EventLoop::current()?.watch(stream, |stream, turn| {
            // A small buffer and few reads, so that many turns end before the socket is empty.
            let mut buffer = [0; 512];
            for _ in 0..2 {
                match stream.read(&mut buffer) {
                    Ok(0) => return Next::Done,
                    Ok(got) => {
                        // All of a sequence fits into the socket's buffer.
                        if stream.write_all(&buffer[..got]).is_err() {
                            return Next::Done;
                        }
                        if turn.drained(got, buffer.len()) {
                            return Next::Wait;
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Next::Wait,
                    Err(_) => return Next::Done,
                }
            }
            Next::Again
        })?;
        Ok(())
    })
}
