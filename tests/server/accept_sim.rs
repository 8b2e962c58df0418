//! The accept loop with an `accept` and a clock of our own: what an error does, and when the next
//! try is made (A6 to A10).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bindproof::reference::{
    AcceptCodes, AcceptOptions, Clock, Endpoint, EventLoop, Listener, Remover, add_accept_handler,
};
use mio::event::Source;
use mio::{Interest, Registry, Token};

use crate::event_loop::pair;
use crate::{records, turns};

/// A clock that moves on when the loop would wait.
#[derive(Clone)]
pub(crate) struct SimClock {
    start: Instant,
    elapsed: Rc<Cell<Duration>>,
}

impl SimClock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), elapsed: Rc::default() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.elapsed.get()
    }
}

impl Clock for SimClock {
    fn now(&self) -> Instant {
        self.start + self.elapsed.get()
    }

    fn wait(&self, until: Instant) -> Duration {
        self.elapsed.set(self.elapsed.get().max(until.saturating_duration_since(self.start)));
        Duration::ZERO
    }
}

const AGAIN: i32 = 11;
const INTR: i32 = 4;
const MFILE: i32 = 24;
const NFILE: i32 = 23;
const NOBUFS: i32 = 105;
const NOMEM: i32 = 12;
const ABORTED: i32 = 103;
const BADF: i32 = 9;
/// Linux' numbers; they are the same on every machine that runs these tests.
const CODES: AcceptCodes =
    AcceptCodes { drained: &[AGAIN], interrupted: INTR, lost: &[ABORTED, 71, 104, 1] };

/// What `accept` answers: a number stands for a connection.
type Answer = Result<u32, i32>;

/// The queue, and when it was asked.
#[derive(Clone)]
struct Queue {
    answers: Rc<RefCell<VecDeque<Answer>>>,
    /// Once the queue is empty.
    then: Rc<Cell<i32>>,
    calls: Rc<RefCell<Vec<Duration>>>,
    clock: SimClock,
}

struct SimListener(Queue, SimSource);

/// No socket, or one whose readiness stands for a client.
struct SimSource(Option<mio::net::TcpStream>);

impl Source for SimSource {
    fn register(&mut self, at: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), |socket| socket.register(at, token, interest))
    }

    fn reregister(&mut self, at: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), |socket| socket.reregister(at, token, interest))
    }

    fn deregister(&mut self, at: &Registry) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), |socket| socket.deregister(at))
    }
}

impl Listener for SimListener {
    type Stream = u32;

    fn source(&mut self) -> &mut dyn Source {
        &mut self.1
    }

    fn accept(&mut self) -> Result<(u32, Endpoint), i32> {
        let queue = &self.0;
        queue.calls.borrow_mut().push(queue.clock.elapsed());
        let answer = queue.answers.borrow_mut().pop_front();
        answer.unwrap_or(Err(queue.then.get())).map(|number| (number, Endpoint::Unnamed))
    }

    fn local_addr(&self) -> Endpoint {
        Endpoint::Unnamed
    }

    fn codes(&self) -> AcceptCodes {
        CODES
    }
}

/// A loop with one simulated listener.
struct Sim {
    event_loop: EventLoop,
    queue: Queue,
    delivered: Rc<RefCell<Vec<u32>>>,
    remover: Remover,
}

impl Sim {
    fn new(answers: impl IntoIterator<Item = Answer>, then: i32) -> Self {
        Self::with_batch(answers, then, 128)
    }

    fn with_batch(answers: impl IntoIterator<Item = Answer>, then: i32, batch: usize) -> Self {
        records::keep();
        let clock = SimClock::new();
        let event_loop = EventLoop::with_clock(clock.clone()).unwrap();
        let queue = Queue {
            answers: Rc::new(RefCell::new(answers.into_iter().collect())),
            then: Rc::new(Cell::new(then)),
            calls: Rc::default(),
            clock,
        };
        let delivered = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&delivered);
        let options = AcceptOptions { batch, ..AcceptOptions::default() };
        let remover = add_accept_handler(
            &event_loop,
            SimListener(queue.clone(), SimSource(None)),
            options,
            move |number, _| seen.borrow_mut().push(number),
        )
        .unwrap();
        Self { event_loop, queue, delivered, remover }
    }

    /// Runs for so long by the simulated clock.
    fn run_for(&self, time: Duration) {
        let stop = self.event_loop.handle();
        self.event_loop.call_at(self.event_loop.now() + time, move || stop.stop());
        self.event_loop.run().unwrap();
    }

    fn calls(&self) -> usize {
        self.queue.calls.borrow().len()
    }

    fn delivered(&self) -> Vec<u32> {
        self.delivered.borrow().clone()
    }

    /// The times between one try and the next, in milliseconds.
    fn delays(&self) -> Vec<u128> {
        let calls = self.queue.calls.borrow();
        calls.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect()
    }
}

#[test]
fn a6_would_block_ends_the_batch_and_waits_for_an_event() {
    let sim = Sim::new([Ok(1), Err(AGAIN), Ok(2)], AGAIN);
    turns(&sim.event_loop, 5);
    assert_eq!(sim.delivered(), [1]);
    assert_eq!(sim.calls(), 2);
    assert_eq!(records::take(), []);
}

#[test]
fn a6_an_interrupted_call_is_made_again_at_once_and_uses_no_slot() {
    let interrupted = [Err(INTR), Ok(1), Err(INTR), Err(INTR), Ok(2), Ok(3), Ok(4)];
    let sim = Sim::with_batch(interrupted, AGAIN, 4);
    turns(&sim.event_loop, 1);
    assert_eq!(sim.delivered(), [1, 2, 3, 4], "in one batch of four");
}

#[test]
fn a6_a_storm_of_signals_does_not_keep_the_loop() {
    let sim = Sim::with_batch([], INTR, 4);
    let served = Rc::new(Cell::new(0));
    for _ in 0..3 {
        let served = Rc::clone(&served);
        sim.event_loop.call_soon(move || served.set(served.get() + 1));
        turns(&sim.event_loop, 1);
    }
    assert_eq!((served.get(), sim.calls()), (3, 12));
}

#[test]
fn a7_a_lost_connection_is_passed_over_in_the_same_batch() {
    for code in CODES.lost {
        let sim = Sim::new([Err(*code), Ok(1), Err(*code), Ok(2)], AGAIN);
        turns(&sim.event_loop, 1);
        assert_eq!(sim.delivered(), [1, 2], "code {code}");
        assert_eq!(sim.queue.clock.elapsed(), Duration::ZERO);
        assert_eq!(records::take(), []);
    }
}

#[test]
fn a7_a_lost_connection_uses_a_slot() {
    let sim = Sim::with_batch([Err(ABORTED), Ok(1), Ok(2)], AGAIN, 2);
    turns(&sim.event_loop, 1);
    assert_eq!(sim.delivered(), [1], "the second slot");
    turns(&sim.event_loop, 1);
    assert_eq!(sim.delivered(), [1, 2], "the next batch");
}

#[test]
fn a8_no_room_for_a_minute_makes_few_calls_and_one_record() {
    for code in [MFILE, NFILE, NOBUFS, NOMEM, BADF] {
        let sim = Sim::new([], code);
        sim.run_for(Duration::from_secs(60));
        assert!(sim.calls() <= 70, "code {code}: {} calls", sim.calls());
        assert!(sim.calls() > 60, "code {code}: {} calls", sim.calls());
        let records = records::take();
        assert_eq!(records.len(), 1, "{records:?}");
        assert!(records[0].1.contains("pauses"), "{records:?}");
    }
}

#[test]
fn a8_the_delay_doubles_to_its_limit_and_starts_over_after_a_success() {
    let sim = Sim::new([], MFILE);
    sim.run_for(Duration::from_secs(4));
    let delays = sim.delays();
    assert_eq!(delays[..10], [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);

    sim.queue.calls.borrow_mut().clear();
    sim.queue.answers.borrow_mut().push_back(Ok(7));
    sim.run_for(Duration::from_secs(2));
    assert_eq!(sim.delivered(), [7]);
    assert_eq!(sim.delays()[..4], [0, 5, 10, 20], "the success, then no room again");
}

#[test]
fn a8_one_record_when_the_pause_ends_and_waiting_clients_are_delivered() {
    let sim = Sim::new([Ok(1), Err(MFILE), Err(MFILE), Ok(2), Err(MFILE), Ok(3), Ok(4)], AGAIN);
    sim.run_for(Duration::from_secs(1));
    assert_eq!(sim.delivered(), [1, 2, 3, 4]);
    let texts: Vec<String> = records::take().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("pauses") && texts[1].contains("goes on"), "{texts:?}");
}

#[test]
fn a8_a_paused_listener_is_not_asked_before_its_time() {
    let Sim { event_loop, queue, remover, .. } = Sim::new([], AGAIN);
    remover.remove();
    queue.calls.borrow_mut().clear();
    queue.answers.borrow_mut().push_back(Err(MFILE));
    let (socket, mut announce) = pair();
    let listener = SimListener(queue.clone(), SimSource(Some(socket)));
    let options = AcceptOptions::default();
    let remover = add_accept_handler(&event_loop, listener, options, |_, _| ()).unwrap();
    turns(&event_loop, 1);
    assert_eq!(queue.calls.borrow().len(), 1, "the pause begins");
    // The clock stands still while clients are announced.
    for _ in 0..3 {
        announce.write_all(b"x").unwrap();
        turns(&event_loop, 2);
    }
    assert_eq!(queue.calls.borrow().len(), 1);
    let sim = Sim { event_loop, queue, delivered: Rc::default(), remover };
    sim.run_for(Duration::from_secs(1));
    assert_eq!(sim.delays(), [5], "once more, when the pause is over");
}

#[test]
fn a8_the_delays_are_options() {
    let clock = SimClock::new();
    let event_loop = EventLoop::with_clock(clock.clone()).unwrap();
    let queue = Queue {
        answers: Rc::default(),
        then: Rc::new(Cell::new(MFILE)),
        calls: Rc::default(),
        clock,
    };
    let options = AcceptOptions {
        first_delay: Duration::from_millis(100),
        max_delay: Duration::from_millis(300),
        ..AcceptOptions::default()
    };
    let listener = SimListener(queue.clone(), SimSource(None));
    let remover = add_accept_handler(&event_loop, listener, options, |_, _| ()).unwrap();
    let sim = Sim { event_loop, queue, delivered: Rc::default(), remover };
    sim.run_for(Duration::from_secs(2));
    assert_eq!(sim.delays()[..4], [100, 200, 300, 300]);
}

#[test]
fn a8_a_delay_of_nothing_does_not_spin() {
    let clock = SimClock::new();
    let event_loop = EventLoop::with_clock(clock.clone()).unwrap();
    let queue = Queue {
        answers: Rc::default(),
        then: Rc::new(Cell::new(MFILE)),
        calls: Rc::default(),
        clock,
    };
    let none = Duration::ZERO;
    let options = AcceptOptions { first_delay: none, max_delay: none, batch: 0 };
    let listener = SimListener(queue.clone(), SimSource(None));
    let remover = add_accept_handler(&event_loop, listener, options, |_, _| ()).unwrap();
    turns(&event_loop, 20);
    assert_eq!(queue.calls.borrow().len(), 1, "the clock stands still");
    let sim = Sim { event_loop, queue, delivered: Rc::default(), remover };
    sim.run_for(Duration::from_millis(10));
    assert_eq!(sim.delays()[..5], [1; 5]);
}

#[test]
fn a8_removing_cancels_the_timer() {
    let sim = Sim::new([], MFILE);
    sim.run_for(Duration::from_secs(1));
    let calls = sim.calls();
    sim.remover.remove();
    assert!(sim.event_loop.is_empty());
    // Nothing is due any more, so a turn waits for its own end only.
    sim.event_loop.run_once(Duration::from_secs(100)).unwrap();
    assert_eq!(sim.queue.clock.elapsed().as_secs(), 101);
    assert_eq!(sim.calls(), calls);
}

#[test]
fn a8_other_listeners_go_on_meanwhile() {
    let sim = Sim::new([], MFILE);
    let second = Queue { answers: Rc::default(), calls: Rc::default(), ..sim.queue.clone() };
    second.answers.borrow_mut().extend([Ok(1), Ok(2)]);
    let delivered = Rc::new(Cell::new(0));
    let seen = Rc::clone(&delivered);
    let listener =
        SimListener(Queue { then: Rc::new(Cell::new(AGAIN)), ..second }, SimSource(None));
    let options = AcceptOptions::default();
    add_accept_handler(&sim.event_loop, listener, options, move |_, _| seen.set(seen.get() + 1))
        .unwrap();
    turns(&sim.event_loop, 1);
    assert_eq!(delivered.get(), 2);
    assert_eq!(sim.queue.clock.elapsed(), Duration::ZERO, "without waiting for the other one");
}

#[test]
fn a9_a_batch_of_lost_connections_only_pauses() {
    let sim = Sim::with_batch([], ABORTED, 8);
    sim.run_for(Duration::from_secs(60));
    assert!(sim.calls() <= 70 * 8, "{} calls", sim.calls());
    assert_eq!(sim.delays()[7], 5, "after eight calls");
    assert_eq!(records::take().len(), 1);
}

#[test]
fn a10_a_retry_goes_on_until_the_queue_is_empty() {
    let waiting = (0..20).map(Ok);
    let sim = Sim::with_batch([Err(MFILE)].into_iter().chain(waiting), AGAIN, 8);
    sim.run_for(Duration::from_secs(1));
    assert_eq!(sim.delivered(), (0..20).collect::<Vec<_>>());
    assert_eq!(sim.calls(), 22, "the error, twenty clients, and the call that would block");
}
