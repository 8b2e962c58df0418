//! The loop alone: timers, work from other threads, the ready list, and its end.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bindproof::reference::{Clock, EventLoop, LoopError, Next, SystemClock};

use crate::accept_sim::SimClock;
use crate::{records, run_until, turns};

/// Both ends of a connection, one of them mio's.
pub(crate) fn pair() -> (mio::net::TcpStream, std::net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap().0;
    server.set_nonblocking(true).unwrap();
    (mio::net::TcpStream::from_std(server), client)
}

#[test]
fn timers_run_in_the_order_in_which_they_are_due() {
    let clock = SimClock::new();
    let event_loop = EventLoop::with_clock(clock.clone()).unwrap();
    let order = Rc::new(RefCell::new(Vec::new()));
    let start = event_loop.now();
    let at = |ms: u64, name: &'static str| {
        let order = Rc::clone(&order);
        let due = start + Duration::from_millis(ms);
        event_loop.call_at(due, move || order.borrow_mut().push(name))
    };
    at(3000, "third");
    at(1000, "first");
    let cancelled = at(1500, "cancelled");
    at(2000, "second");
    at(1000, "first too");
    assert!(event_loop.cancel(cancelled));
    assert!(!event_loop.cancel(cancelled));
    let stop = event_loop.handle();
    event_loop.call_at(start + Duration::from_secs(4), move || stop.stop());
    event_loop.run().unwrap();
    assert_eq!(*order.borrow(), ["first", "first too", "second", "third"]);
    assert_eq!(clock.elapsed(), Duration::from_secs(4));
}

#[test]
fn a_timer_that_arms_itself_for_now_does_not_keep_the_turn() {
    fn again(event_loop: EventLoop, fired: Rc<Cell<u32>>) {
        fired.set(fired.get() + 1);
        let inner = event_loop.clone();
        event_loop.call_at(inner.now(), move || again(inner, fired));
    }
    // By a clock that stands still, so that every one of them is due at once.
    let event_loop = EventLoop::with_clock(SimClock::new()).unwrap();
    let fired = Rc::new(Cell::new(0));
    again(event_loop.clone(), Rc::clone(&fired));
    turns(&event_loop, 3);
    assert_eq!(fired.get(), 4);
}

#[test]
fn another_thread_stops_a_loop_that_waits() {
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    let thread = std::thread::spawn(move || handle.stop());
    event_loop.run().unwrap();
    thread.join().unwrap();
}

#[test]
fn a_stop_before_the_run_ends_it_and_counts_once() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.handle().stop();
    event_loop.run().unwrap();
    let ran = Rc::new(Cell::new(false));
    let (flag, handle) = (Rc::clone(&ran), event_loop.handle());
    event_loop.call_soon(move || {
        flag.set(true);
        handle.stop();
    });
    event_loop.run().unwrap();
    assert!(ran.get(), "the second run was ended by the first stop");
}

#[test]
fn every_function_from_other_threads_runs_once_on_the_loops_thread() {
    let event_loop = EventLoop::new().unwrap();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let handle = event_loop.handle();
            std::thread::spawn(move || {
                for _ in 0..500 {
                    assert!(handle.call(|| COUNT.set(COUNT.get() + 1)));
                }
            })
        })
        .collect();
    run_until(&event_loop, || COUNT.get() >= 2000);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    turns(&event_loop, 2);
    assert_eq!(COUNT.get(), 2000);

    let handle = event_loop.handle();
    drop(event_loop);
    assert!(!handle.call(|| COUNT.set(0)), "the loop is gone");
}

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

#[test]
fn a_source_that_is_not_done_comes_back_after_the_others() {
    let event_loop = EventLoop::new().unwrap();
    let order = Rc::new(RefCell::new(Vec::new()));
    let mut others = Vec::new();
    for name in ["a", "b"] {
        let (stream, mut other) = pair();
        other.write_all(b"xyz").unwrap();
        others.push(other);
        let order = Rc::clone(&order);
        let watched = event_loop.watch(stream, move |stream, _| {
            order.borrow_mut().push(name);
            let mut one = [0];
            match stream.read(&mut one) {
                Ok(1) => Next::Again,
                _ => Next::Wait,
            }
        });
        watched.unwrap();
    }
    run_until(&event_loop, || order.borrow().len() >= 2);
    turns(&event_loop, 5);
    let order = order.borrow();
    assert_eq!(order.len(), 8, "three bytes and the end of them: {order:?}");
    assert!(order.chunks(2).all(|turn| turn[0] != turn[1]), "{order:?}");
}

#[test]
fn a_source_that_is_done_or_removed_is_closed() {
    let event_loop = EventLoop::new().unwrap();
    let (stream, mut done) = pair();
    done.write_all(b"x").unwrap();
    event_loop.watch(stream, |_, _| Next::Done).unwrap();
    let (stream, mut removed) = pair();
    let id = event_loop.watch(stream, |_, _| unreachable!()).unwrap();
    assert_eq!(event_loop.len(), 2);
    assert!(event_loop.remove(id));
    assert!(!event_loop.remove(id));
    assert_eq!(removed.read(&mut [0]).unwrap(), 0);
    run_until(&event_loop, || event_loop.is_empty());
    // Closed with a byte unread, which is a reset.
    assert!(done.read(&mut [0]).map_or(true, |got| got == 0));
}

#[test]
fn a_source_that_removes_itself_in_its_turn_is_gone_after_it() {
    let event_loop = EventLoop::new().unwrap();
    let (stream, mut client) = pair();
    client.write_all(b"x").unwrap();
    let watched = event_loop.watch(stream, |_, turn| {
        let id = turn.source();
        assert!(turn.event_loop().remove(id));
        assert!(!turn.event_loop().remove(id));
        turn.call_at(turn.event_loop().now());
        Next::Again
    });
    watched.unwrap();
    run_until(&event_loop, || event_loop.is_empty());
    turns(&event_loop, 3);
}

#[test]
fn a_place_that_is_used_again_gets_no_event_of_the_one_before() {
    let event_loop = EventLoop::new().unwrap();
    let (first, _a) = pair();
    let first = event_loop.watch(first, |_, _| Next::Wait).unwrap();
    event_loop.remove(first);
    turns(&event_loop, 1);
    let served = Rc::new(Cell::new(false));
    let (second, _b) = pair();
    let flag = Rc::clone(&served);
    let second = event_loop.watch(second, move |_, _| {
        flag.set(true);
        Next::Wait
    });
    event_loop.serve(first);
    event_loop.remove(first);
    turns(&event_loop, 2);
    assert!(!served.get());
    event_loop.serve(second.unwrap());
    turns(&event_loop, 1);
    assert!(served.get());
}

#[test]
fn a_source_is_called_when_its_alarm_is_due() {
    let clock = SimClock::new();
    let event_loop = EventLoop::with_clock(clock.clone()).unwrap();
    let (stream, mut client) = pair();
    client.write_all(b"x").unwrap();
    let calls = Rc::new(RefCell::new(Vec::new()));
    let (seen, start) = (Rc::clone(&calls), event_loop.now());
    let watched = event_loop.watch(stream, move |_, turn| {
        seen.borrow_mut().push(turn.event_loop().now() - start);
        let count = seen.borrow().len();
        // The second one takes the place of the first.
        turn.call_at(start + Duration::from_secs(100));
        turn.call_at(start + Duration::from_secs(10 * count as u64));
        if count == 3 {
            turn.cancel_call();
            turn.event_loop().handle().stop();
        }
        Next::Wait
    });
    event_loop.serve(watched.unwrap());
    event_loop.run().unwrap();
    let seconds: Vec<u64> = calls.borrow().iter().map(Duration::as_secs).collect();
    // The byte and the first turn may come in one turn or in two.
    assert!(seconds.ends_with(&[10, 20]) || seconds == [0, 0, 20], "{seconds:?}");
    turns(&event_loop, 3);
    assert_eq!(calls.borrow().len(), 3, "the alarm was cancelled");
}

#[test]
fn a_writer_that_is_blocked_waits_until_it_can_go_on() {
    const SIZE: usize = 8 << 20;
    let event_loop = EventLoop::new().unwrap();
    let (stream, mut client) = pair();
    let mut left = SIZE;
    let watched = event_loop.watch(stream, move |stream, _| {
        while left > 0 {
            match stream.write(&vec![7; left]) {
                Ok(sent) => left -= sent,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    return Next::WaitWritable;
                }
                Err(error) => panic!("{error}"),
            }
        }
        Next::Done
    });
    event_loop.serve(watched.unwrap());
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        client.read_to_end(&mut all).unwrap();
        all
    });
    run_until(&event_loop, || event_loop.is_empty());
    let all = reader.join().unwrap();
    assert!(all.len() == SIZE && all.iter().all(|byte| *byte == 7));
}

/// The end of a stream is announced once. A source that is not done reading then must still know
/// that a short read is not all.
#[test]
fn the_end_of_a_stream_is_not_forgotten_by_a_source_that_is_not_done() {
    let event_loop = EventLoop::new().unwrap();
    let (stream, mut client) = pair();
    client.write_all(b"xyz").unwrap();
    drop(client);
    let watched = event_loop.watch(stream, |stream, turn| {
        let mut buffer = [0; 2];
        match stream.read(&mut buffer) {
            Ok(0) => Next::Done,
            Ok(got) if turn.drained(got, buffer.len()) => Next::Wait,
            Ok(_) => Next::Again,
            Err(error) => panic!("{error}"),
        }
    });
    watched.unwrap();
    run_until(&event_loop, || event_loop.is_empty());
}

#[test]
fn a_panic_loses_no_event_of_the_others() {
    let event_loop = EventLoop::new().unwrap();
    let seen = Rc::new(Cell::new(0));
    let mut others = Vec::new();
    for number in 0..6 {
        let (stream, mut other) = pair();
        other.write_all(b"x").unwrap();
        others.push(other);
        let seen = Rc::clone(&seen);
        let watched = event_loop.watch(stream, move |_, _| {
            assert!(number != 1, "on purpose");
            seen.set(seen.get() + 1);
            Next::Done
        });
        watched.unwrap();
        let (called, event) = (Rc::clone(&others_called()), number);
        event_loop.call_soon(move || {
            called.set(called.get() + 1);
            assert!(event != 3, "on purpose, too");
        });
    }
    let before = others_called().get();
    let mut panics = 0;
    let start = Instant::now();
    while !event_loop.is_empty() {
        assert!(start.elapsed() < crate::DEADLINE);
        let turn = || event_loop.run_once(Duration::from_millis(50)).unwrap();
        panics += usize::from(catch_unwind(AssertUnwindSafe(turn)).is_err());
    }
    assert_eq!(panics, 2);
    assert_eq!(seen.get(), 5);
    assert_eq!(others_called().get() - before, 6);
}

fn others_called() -> Rc<Cell<u32>> {
    thread_local! {
        static CALLED: Rc<Cell<u32>> = Rc::default();
    }
    CALLED.with(Rc::clone)
}

#[test]
fn a_loop_can_go_on_through_panics_and_tells_of_them() {
    records::keep();
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    event_loop.call_soon(|| panic!("the first"));
    event_loop.call_soon(|| panic!("the second"));
    event_loop.call_soon(move || handle.stop());
    event_loop.run_through_panics().unwrap();
    let texts: Vec<String> = records::take().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("the first") && texts[1].contains("the second"), "{texts:?}");
}

#[test]
fn a_callback_cannot_run_the_loop_that_calls_it() {
    let event_loop = EventLoop::new().unwrap();
    let (inner, handle) = (event_loop.clone(), event_loop.handle());
    event_loop.call_soon(move || {
        assert!(matches!(inner.run(), Err(LoopError::AlreadyRunning)));
        handle.stop();
    });
    event_loop.run().unwrap();
}

#[test]
fn the_running_loop_is_the_current_one() {
    let default = EventLoop::current().unwrap();
    let other = EventLoop::new().unwrap();
    let number = |event_loop: &EventLoop| format!("{event_loop:?}");
    assert_eq!(number(&EventLoop::current().unwrap()), number(&default));
    let expected = number(&other);
    other.call_soon(move || assert_eq!(number(&EventLoop::current().unwrap()), expected));
    turns(&other, 2);
    assert_eq!(number(&EventLoop::current().unwrap()), number(&default));
}

#[test]
fn draining_ends_with_the_last_source_or_with_the_time() {
    let clock = SimClock::new();
    let event_loop = EventLoop::with_clock(clock.clone()).unwrap();
    assert!(event_loop.drain(Duration::from_secs(5)).unwrap());
    assert_eq!(clock.elapsed(), Duration::ZERO);
    let (stream, client) = pair();
    let id = event_loop.watch(stream, |_, _| Next::Wait).unwrap();
    assert!(!event_loop.drain(Duration::from_secs(5)).unwrap());
    assert_eq!(clock.elapsed(), Duration::from_secs(5));
    let inner = event_loop.clone();
    event_loop.call_soon(move || assert!(inner.remove(id)));
    assert!(event_loop.drain(Duration::from_secs(5)).unwrap());
    drop(client);
}

#[test]
fn a_time_that_no_clock_can_tell_is_no_limit() {
    let event_loop = EventLoop::new().unwrap();
    let (stream, client) = pair();
    event_loop.watch(stream, |_, _| Next::Done).unwrap();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        drop(client);
    });
    assert!(event_loop.drain(Duration::MAX).unwrap());
    event_loop.handle().call(|| ());
    event_loop.run_once(Duration::MAX).unwrap();
    thread.join().unwrap();
}

/// `epoll(7)`, question 9: less than was asked for means that nothing is left; but not where the
/// end of the stream is still to be read.
#[test]
fn a_short_read_drains_unless_the_other_side_has_closed() {
    let event_loop = EventLoop::new().unwrap();
    let (stream, mut client) = pair();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let turns = Rc::clone(&seen);
    let watched = event_loop.watch(stream, move |stream, turn| {
        let drained = [turn.drained(1, 2), turn.drained(2, 2), turn.drained(3, 2)];
        turns.borrow_mut().push((drained, turn.readiness().is_read_closed()));
        let mut bytes = [0; 8];
        while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
        Next::Wait
    });
    watched.unwrap();
    client.write_all(b"x").unwrap();
    run_until(&event_loop, || !seen.borrow().is_empty());
    let short = bindproof::sys::SHORT_READ_DRAINS;
    assert_eq!(seen.borrow()[0], ([short, false, false], false));
    drop(client);
    run_until(&event_loop, || seen.borrow().iter().any(|(_, closed)| *closed));
    assert_eq!(seen.borrow().last().unwrap().0, [false; 3]);
}

#[test]
fn a_source_can_take_its_alarm_back() {
    let clock = SimClock::new();
    let event_loop = EventLoop::with_clock(clock).unwrap();
    let (stream, _client) = pair();
    let calls = Rc::new(Cell::new(0));
    let count = Rc::clone(&calls);
    let source = event_loop.watch(stream, move |_, turn| {
        count.set(count.get() + 1);
        turn.call_at(turn.event_loop().now() + Duration::from_secs(1));
        turn.cancel_call();
        Next::Wait
    });
    event_loop.serve(source.unwrap());
    let stop = event_loop.handle();
    event_loop.call_at(event_loop.now() + Duration::from_secs(5), move || stop.stop());
    event_loop.run().unwrap();
    assert_eq!(calls.get(), 1);
}

#[test]
fn the_clock_of_the_system_waits_as_long_as_it_is_told_and_no_longer() {
    let now = Instant::now();
    let minute = Duration::from_secs(60);
    let waits = SystemClock.wait(now + minute);
    assert!(waits > minute / 2 && waits <= minute, "{waits:?}");
    assert_eq!(SystemClock.wait(now), Duration::ZERO);
}
