//! Blocking clients on loopback. A connection ends at the client, which then keeps its port for a
//! minute, so each one comes from the next of many loopback addresses.

use std::io::{self, Read, Write};
use std::mem::size_of;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU32, Ordering};

use socket2::{Domain, Socket, Type};

/// How many source addresses: with 28,000 ports each, more than a run can use up.
const SOURCES: u32 = 250;
static SOURCE: AtomicU32 = AtomicU32::new(0);

/// A connection from the next source address. The kernel chooses the port when it knows both
/// ends, so that one port can have several connections.
pub(crate) fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    let on: libc::c_int = 1;
    // SAFETY: on outlives the call, and the length is its size.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if done != 0 {
        return Err(io::Error::last_os_error());
    }
    let number = SOURCE.fetch_add(1, Ordering::Relaxed) % SOURCES;
    let source = Ipv4Addr::from(0x7f00_0200 + number);
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect(&to.into())?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

/// Sends, and waits for the same bytes.
pub(crate) fn echo(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(message)?;
    expect(stream, message)
}

pub(crate) fn expect(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let mut answer = vec![0; message.len()];
    stream.read_exact(&mut answer)?;
    if answer == message { Ok(()) } else { Err(io::Error::other("other bytes came back")) }
}

/// Many short connections at once: all connect, send and close their half, then all read to the
/// end. How many got back exactly what they sent.
pub(crate) fn short(to: SocketAddr, at_once: usize, message: &[u8]) -> io::Result<usize> {
    let mut streams = Vec::with_capacity(at_once);
    for _ in 0..at_once {
        let mut stream = connect(to)?;
        if !message.is_empty() {
            stream.write_all(message)?;
        }
        stream.shutdown(Shutdown::Write)?;
        streams.push(stream);
    }
    let mut good = 0;
    let mut answer = vec![0; message.len() + 1];
    for mut stream in streams {
        let mut got = 0;
        loop {
            match stream.read(&mut answer[got..])? {
                0 => break,
                more => got += more,
            }
        }
        good += usize::from(answer[..got] == *message);
    }
    Ok(good)
}
