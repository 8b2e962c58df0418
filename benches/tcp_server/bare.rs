//! The limit: the same system calls as an echo server needs, and nothing else.

use std::collections::BTreeMap;
use std::mem::size_of;

const EVENTS: usize = 1024;
const BATCH: usize = 128;
const BUFFER: usize = 64 * 1024;

fn check(answer: libc::c_int) -> libc::c_int {
    assert!(answer >= 0, "{}", std::io::Error::last_os_error());
    answer
}

fn would_block() -> bool {
    std::io::Error::last_os_error().raw_os_error() == Some(libc::EAGAIN)
}

fn watch(epoll: libc::c_int, how: libc::c_int, fd: libc::c_int, events: libc::c_int) {
    let mut event = libc::epoll_event { events: events as u32, u64: fd as u64 };
    // SAFETY: the event outlives the call.
    check(unsafe { libc::epoll_ctl(epoll, how, fd, &raw mut event) });
}

fn listener() -> (libc::c_int, u16) {
    // SAFETY: zero bytes are a sockaddr_in; it and its length outlive the calls.
    unsafe {
        let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        let fd = check(libc::socket(libc::AF_INET, kind, 0));
        let mut name: libc::sockaddr_in = std::mem::zeroed();
        name.sin_family = libc::AF_INET as libc::sa_family_t;
        name.sin_addr.s_addr = libc::INADDR_LOOPBACK.to_be();
        let mut length = size_of::<libc::sockaddr_in>() as libc::socklen_t;
        let address = (&raw mut name).cast::<libc::sockaddr>();
        check(libc::bind(fd, address, length));
        check(libc::listen(fd, 4096));
        check(libc::getsockname(fd, address, &raw mut length));
        (fd, u16::from_be(name.sin_port))
    }
}

pub(crate) fn serve() {
    let (listener, port) = listener();
    println!("listening on 127.0.0.1:{port}");
    // SAFETY: epoll_create1 takes a number.
    let epoll = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) });
    watch(epoll, libc::EPOLL_CTL_ADD, listener, libc::EPOLLIN);
    let mut events = [libc::epoll_event { events: 0, u64: 0 }; EVENTS];
    let mut buffer = vec![0_u8; BUFFER];
    let mut rests = BTreeMap::new();
    loop {
        // SAFETY: events has room for so many.
        let ready = unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), EVENTS as i32, -1) };
        for event in &events[..check(ready) as usize] {
            let fd = event.u64 as libc::c_int;
            if fd == listener {
                accept(epoll, listener);
            } else if !exchange(epoll, fd, &mut buffer, &mut rests) {
                rests.remove(&fd);
                // SAFETY: fd is ours and not used again.
                check(unsafe { libc::close(fd) });
            }
        }
    }
}

fn accept(epoll: libc::c_int, listener: libc::c_int) {
    for _ in 0..BATCH {
        let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        let null = std::ptr::null_mut();
        // SAFETY: nobody asks for the address.
        let fd = unsafe { libc::accept4(listener, null, std::ptr::null_mut(), flags) };
        if fd < 0 {
            assert!(would_block(), "{}", std::io::Error::last_os_error());
            return;
        }
        watch(epoll, libc::EPOLL_CTL_ADD, fd, libc::EPOLLIN);
    }
}

/// False when the connection has ended.
fn exchange(
    epoll: libc::c_int,
    fd: libc::c_int,
    buffer: &mut [u8],
    rests: &mut BTreeMap<libc::c_int, Vec<u8>>,
) -> bool {
    if let Some(rest) = rests.get_mut(&fd) {
        // SAFETY: the bytes outlive the call.
        let sent = unsafe { libc::write(fd, rest.as_ptr().cast(), rest.len()) };
        if sent < 0 {
            return would_block();
        }
        rest.drain(..sent as usize);
        if rest.is_empty() {
            rests.remove(&fd);
            watch(epoll, libc::EPOLL_CTL_MOD, fd, libc::EPOLLIN);
        }
        return true;
    }
    // SAFETY: the buffer outlives the calls.
    unsafe {
        let got = libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len());
        if got <= 0 {
            return got < 0 && would_block();
        }
        let got = got as usize;
        let sent = libc::send(fd, buffer.as_ptr().cast(), got, libc::MSG_NOSIGNAL);
        if sent < 0 && !would_block() {
            return false;
        }
        let sent = sent.max(0) as usize;
        if sent < got {
            rests.insert(fd, buffer[sent..got].to_vec());
            watch(epoll, libc::EPOLL_CTL_MOD, fd, libc::EPOLLOUT);
        }
    }
    true
}
