//! What a turn of a source is told.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::rc::Rc;
use std::time::Duration;

use bindproof::reference::{EventLoop, Next, Readiness};

use crate::accept_sim::SimClock;
use crate::event_loop::pair;
use crate::run_until;

/// What each turn of a source is told.
fn told(event_loop: &EventLoop, stream: mio::net::TcpStream) -> Rc<RefCell<Vec<Readiness>>> {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let turns = Rc::clone(&seen);
    let watched = event_loop.watch(stream, move |stream, turn| {
        turns.borrow_mut().push(turn.readiness());
        let mut bytes = [0; 8];
        while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
        if turn.readiness().is_alarm() {
            return Next::Wait;
        }
        turn.call_at(turn.event_loop().now() + Duration::from_secs(1));
        Next::Wait
    });
    watched.unwrap();
    seen
}

#[test]
fn a_source_that_waits_for_room_is_told_of_it() {
    let event_loop = EventLoop::new().unwrap();
    let (stream, mut client) = pair();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let turns = Rc::clone(&seen);
    let watched = event_loop.watch(stream, move |stream, turn| {
        turns.borrow_mut().push(turn.readiness());
        while stream.read(&mut [0; 8]).is_ok_and(|count| count > 0) {}
        Next::WaitWritable
    });
    watched.unwrap();
    client.write_all(b"x").unwrap();
    run_until(&event_loop, || seen.borrow().iter().any(|turn| turn.is_writable()));
    assert!(!seen.borrow().iter().any(|turn| turn.is_error()), "{:?}", seen.borrow());
    let first = seen.borrow()[0];
    assert!(first.is_readable() && !first.is_writable(), "{first:?}");
}

/// epoll and kqueue tell of it; on Windows only reading does, by mio's documentation of `is_error`.
#[cfg(unix)]
#[test]
fn a_source_whose_peer_resets_the_connection_is_told_of_an_error() {
    let event_loop = EventLoop::new().unwrap();
    let (stream, client) = pair();
    let seen = told(&event_loop, stream);
    let client = socket2::Socket::from(client);
    client.set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    run_until(&event_loop, || !seen.borrow().is_empty());
    let first = seen.borrow()[0];
    assert!(first.is_error(), "{first:?}");
}

#[test]
fn a_turn_says_why_it_was_given_and_forgets_an_alarm_afterwards() {
    let clock = SimClock::new();
    let event_loop = EventLoop::with_clock(clock).unwrap();
    let (stream, mut client) = pair();
    let seen = told(&event_loop, stream);
    client.write_all(b"x").unwrap();
    run_until(&event_loop, || !seen.borrow().is_empty());
    let first = seen.borrow()[0];
    assert!(first.is_readable() && !first.is_alarm() && !first.is_read_closed(), "{first:?}");
    run_until(&event_loop, || seen.borrow().len() >= 2);
    let second = seen.borrow()[1];
    assert!(second.is_alarm() && !second.is_readable() && !second.is_error(), "{second:?}");
    client.write_all(b"y").unwrap();
    run_until(&event_loop, || seen.borrow().len() >= 3);
    let third = seen.borrow()[2];
    assert!(third.is_readable() && !third.is_alarm(), "{third:?}");
    drop(client);
    run_until(&event_loop, || seen.borrow().iter().any(|turn| turn.is_read_closed()));
}
