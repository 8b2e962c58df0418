//! The accept loop on this machine's kernel (A1 to A5, A11, A12).

use std::cell::{Cell, RefCell};
use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use bindproof::reference::{
    AcceptOptions, Endpoint, EventLoop, Remover, SocketListener, add_accept_handler,
};
use bindproof::sys::{self, OptionId};
use socket2::{SockRef, Socket};

use crate::{Delivered, clients, listener, names, peers, run_until, turns};

/// Adds a listener that keeps what is delivered.
fn keep(event_loop: &EventLoop, socket: Socket, batch: usize) -> (Delivered, Remover) {
    let delivered = Delivered::default();
    let seen = Rc::clone(&delivered);
    let callback = move |stream, peer| seen.borrow_mut().push((stream, peer));
    (delivered, add(event_loop, socket, batch, callback))
}

fn add(
    event_loop: &EventLoop,
    socket: Socket,
    batch: usize,
    callback: impl FnMut(mio::net::TcpStream, Endpoint) + 'static,
) -> Remover {
    let listener = SocketListener::new(socket).unwrap();
    let options = AcceptOptions { batch, ..AcceptOptions::default() };
    add_accept_handler(event_loop, listener, options, callback).unwrap()
}

/// Can a listener hold so many waiting clients?
fn queue_holds(clients: u32) -> bool {
    sys::OS == "linux" && sys::surroundings().somaxconn.is_some_and(|most| most >= clients)
}

#[test]
fn a1_waiting_connections_are_delivered_once_in_order_without_a_further_client() {
    let event_loop = EventLoop::new().unwrap();
    let (socket, address) = listener(128);
    let before = clients(address, 5);
    let (delivered, remover) = keep(&event_loop, socket, 128);
    turns(&event_loop, 2);
    assert_eq!(peers(&delivered), names(&before));

    // Dropping the remover is not removal.
    drop(remover.clone());
    let after = clients(address, 3);
    run_until(&event_loop, || delivered.borrow().len() >= 8);
    turns(&event_loop, 3);
    assert_eq!(peers(&delivered), [names(&before), names(&after)].concat());
}

#[test]
fn a1_the_remover_ends_the_delivery_and_may_be_called_again() {
    let event_loop = EventLoop::new().unwrap();
    let (socket, address) = listener(128);
    let copy = socket.try_clone().unwrap();
    let (delivered, remover) = keep(&event_loop, socket, 128);
    turns(&event_loop, 1);
    remover.remove();
    remover.remove();
    // The duplicate keeps the socket listening, so this client does connect.
    let _client = TcpStream::connect(address).unwrap();
    turns(&event_loop, 3);
    assert!(delivered.borrow().is_empty() && event_loop.is_empty());
    drop(copy);
}

#[test]
fn a1_another_thread_may_remove() {
    let event_loop = EventLoop::new().unwrap();
    let (socket, address) = listener(128);
    let (delivered, remover) = keep(&event_loop, socket, 128);
    turns(&event_loop, 1);
    let clients = clients(address, 2);
    std::thread::spawn(move || remover.remove()).join().unwrap();
    run_until(&event_loop, || event_loop.is_empty());
    assert!(delivered.borrow().is_empty(), "delivered after the removal");
    drop(clients);
}

#[test]
fn a2_a_batch_is_bounded_whatever_the_backlog_is() {
    let event_loop = EventLoop::new().unwrap();
    let (socket, address) = listener(1024);
    let (count, batch, expected) =
        if queue_holds(300) { (300, 128, vec![128, 256, 300]) } else { (20, 8, vec![8, 16, 20]) };
    let clients = clients(address, count);
    let (delivered, _remover) = keep(&event_loop, socket, batch);
    let mut counts = Vec::new();
    for _ in 0..3 {
        turns(&event_loop, 1);
        counts.push(delivered.borrow().len());
    }
    assert_eq!(counts, expected);
    drop(clients);
}

#[test]
fn a2_a_batch_of_none_is_a_batch_of_one() {
    let event_loop = EventLoop::new().unwrap();
    let (socket, address) = listener(16);
    let waiting = clients(address, 3);
    let (delivered, _remover) = keep(&event_loop, socket, 0);
    run_until(&event_loop, || delivered.borrow().len() >= 3);
    assert_eq!(peers(&delivered), names(&waiting));
}

/// Whatever loops the thread has made since: the listener's own is found.
#[test]
fn a1_removal_on_the_loops_own_thread_is_done_when_the_call_returns() {
    let first = EventLoop::new().unwrap();
    let (socket, address) = listener(16);
    let (_delivered, remover) = keep(&first, socket, 16);
    let second = EventLoop::new().unwrap();
    let (other, other_address) = listener(16);
    let (_delivered, other_remover) = keep(&second, other, 16);
    drop(EventLoop::new().unwrap());
    let refused = |address| TcpStream::connect(address).is_err();
    assert!(!refused(address) && !refused(other_address));
    remover.remove();
    assert!(refused(address));
    other_remover.remove();
    assert!(refused(other_address));
}

#[test]
fn a2_the_default_batch_is_tornados() {
    assert_eq!(AcceptOptions::default().batch, 128);
}

/// D6: a literal port of Tornado's loop strands everything behind the first batch here.
#[test]
fn a3_d6_a_batch_that_ends_by_the_limit_comes_back_by_itself() {
    let sizes: &[(usize, usize)] =
        if queue_holds(300) { &[(129, 128), (300, 128)] } else { &[(20, 8)] };
    for &(count, batch) in sizes {
        let event_loop = EventLoop::new().unwrap();
        let (socket, address) = listener(512);
        let (delivered, _remover) = keep(&event_loop, socket, batch);
        // The listener has waited for its first event, as in a server that runs.
        turns(&event_loop, 2);
        let clients = clients(address, count);
        // Then silence: these turns wait for nothing.
        turns(&event_loop, 6);
        assert_eq!(delivered.borrow().len(), count);
        assert_eq!(peers(&delivered), names(&clients));
    }
}

#[test]
fn a4_one_busy_listener_does_not_keep_the_others_waiting() {
    let count: usize = if queue_holds(1000) { 1000 } else { 100 };
    let batch = count / 10;
    let event_loop = EventLoop::new().unwrap();
    let (busy, busy_address) = listener(1024);
    let (quiet, quiet_address) = listener(16);
    let order = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&order);
    let _quiet = add(&event_loop, quiet, batch, move |_, _| seen.borrow_mut().push("quiet"));
    turns(&event_loop, 2);
    let waiting = clients(busy_address, count);
    let seen = Rc::clone(&order);
    let late = Rc::new(RefCell::new(None));
    let (slot, timers) = (Rc::clone(&late), event_loop.clone());
    let _busy = add(&event_loop, busy, batch, move |_, _| {
        seen.borrow_mut().push("busy");
        // In the first batch: a client of the quiet one, and a timer that is due.
        if slot.borrow().is_none() {
            *slot.borrow_mut() = Some(TcpStream::connect(quiet_address).unwrap());
            let seen = Rc::clone(&seen);
            timers.call_at(timers.now(), move || seen.borrow_mut().push("timer"));
        }
    });
    turns(&event_loop, 12);
    let order = order.borrow();
    assert_eq!(order.len(), count + 2);
    let place = |name| order.iter().position(|seen| *seen == name).unwrap();
    assert!(place("quiet") <= batch + 1, "after {} of the busy one", place("quiet"));
    assert!(place("timer") <= batch + 1, "after {} of the busy one", place("timer"));
    drop(waiting);
}

#[test]
fn a5_removal_inside_the_callback_ends_the_batch_at_once() {
    let event_loop = EventLoop::new().unwrap();
    let (socket, address) = listener(128);
    let clients = clients(address, 40);
    let count = Rc::new(Cell::new(0));
    let remover: Rc<RefCell<Option<Remover>>> = Rc::default();
    let (seen, slot) = (Rc::clone(&count), Rc::clone(&remover));
    let added = add(&event_loop, socket, 128, move |_, _| {
        seen.set(seen.get() + 1);
        slot.borrow().as_ref().unwrap().remove();
    });
    *remover.borrow_mut() = Some(added);
    turns(&event_loop, 5);
    assert_eq!(count.get(), 1);
    assert!(event_loop.is_empty());
    drop(clients);
}

#[test]
fn a11_a_panic_unwinds_out_of_the_loop_and_loses_no_other_connection() {
    let event_loop = EventLoop::new().unwrap();
    let (socket, address) = listener(128);
    let clients = clients(address, 5);
    let delivered = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&delivered);
    let _remover = add(&event_loop, socket, 128, move |_stream, peer| {
        seen.borrow_mut().push(peer.as_inet().unwrap());
        assert!(seen.borrow().len() != 2, "on purpose");
    });
    let run = || run_until(&event_loop, || delivered.borrow().len() >= 5);
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    assert_eq!(delivered.borrow().len(), 2);
    // Without a further client.
    turns(&event_loop, 2);
    assert_eq!(*delivered.borrow(), names(&clients));
}

#[test]
fn a12_the_stream_is_non_blocking_and_close_on_exec_and_has_its_peer() {
    let event_loop = EventLoop::new().unwrap();
    let (socket, address) = listener(128);
    let (delivered, _remover) = keep(&event_loop, socket, 128);
    let client = TcpStream::connect(address).unwrap();
    run_until(&event_loop, || !delivered.borrow().is_empty());
    let (stream, peer) = &mut delivered.borrow_mut()[0];
    assert_eq!(peer.as_inet().unwrap(), client.local_addr().unwrap());
    let is_on = |option| sys::get_option(&SockRef::from(&*stream), option).map(|on| on != 0);
    assert_ne!(is_on(OptionId::Nonblocking), Ok(false));
    assert_eq!(is_on(OptionId::Cloexec), Ok(true));
    let error = stream.read(&mut [0]).unwrap_err();
    assert!(sys::ACCEPT_DRAINED.contains(&error.raw_os_error().unwrap()), "{error}");
}

#[test]
fn a12_a_client_that_was_reset_while_it_waited_does_no_harm() {
    let event_loop = EventLoop::new().unwrap();
    let (socket, address) = listener(128);
    let reset = TcpStream::connect(address).unwrap();
    let reset_name = reset.local_addr().unwrap();
    SockRef::from(&reset).set_linger(Some(Duration::ZERO)).unwrap();
    drop(reset);
    let alive = TcpStream::connect(address).unwrap();
    let (delivered, _remover) = keep(&event_loop, socket, 128);
    run_until(&event_loop, || peers(&delivered).contains(&alive.local_addr().unwrap()));
    let mut delivered = delivered.borrow_mut();
    // Linux delivers it; other systems may drop it from the queue, or say so by an error.
    let (stream, peer) = &mut delivered[0];
    if sys::OS == "linux" {
        assert_eq!(peer.as_inet().unwrap(), reset_name);
    }
    if peer.as_inet().unwrap() == reset_name {
        assert!(stream.read(&mut [0]).map_or(true, |got| got == 0));
    }
    alive.shutdown(Shutdown::Both).unwrap();
}
