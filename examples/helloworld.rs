//! The smallest server: `cargo run --example helloworld`, then open <http://127.0.0.1:8888/>.

use std::io::{Read, Write};

use bindproof::reference::mio::net::TcpStream;
use bindproof::reference::{EventLoop, Next, TcpServer};

const HELLO: &[u8] = b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = TcpServer::new(|stream: TcpStream, _peer| {
        EventLoop::current()?.watch(stream, |stream, _turn| match stream.read(&mut [0; 4096]) {
            Ok(0) => Next::Done,
            Ok(_) => stream.write_all(HELLO).map_or(Next::Done, |()| Next::Again),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Next::Wait,
            Err(_) => Next::Done,
        })?;
        Ok(())
    });
    server.listen(8888)?;
    EventLoop::current()?.run()?;
    Ok(())
}
