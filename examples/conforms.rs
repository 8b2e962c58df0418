//! How a project holds its own server to the contract: `cargo test --example conforms` runs it here;
//! in a project of yours it is a file in `tests/`, with bindproof as a dev-dependency.

use std::net::{SocketAddr, TcpListener};

use bindproof::conform::{Asked, Check, Implementation, Refusal};

/// The standard library's listener.
struct Std;

impl Implementation for Std {
    type Listeners = TcpListener;

    const NAME: &str = "std::net::TcpListener";
    const OPTIONS: &[&str] = &["port", "address"];

    fn bind_sockets(&mut self, asked: &Asked) -> Result<TcpListener, Refusal> {
        let address = asked.address.as_deref().ok_or(Refusal::not_supported("address"))?;
        Ok(TcpListener::bind((address, asked.port_number()?))?)
    }

    fn local_addrs(&self, listener: &TcpListener) -> Vec<Option<SocketAddr>> {
        vec![listener.local_addr().ok()]
    }
}

/// What it does otherwise is known, with the reason; an entry that nothing matches fails, too.
#[test]
fn conforms() {
    Check::new(|| Std)
        .known("bind_sockets.nonblocking", "listeners are blocking until they are told not to be")
        .known("bind_sockets.v6only", "the system's default is kept")
        .known("bind_sockets.bind", "so a mapped address is taken")
        .known("bind_sockets.records", "of a name's addresses the first that can be bound is used")
        .known("bind_sockets.sockets", "\"\" is no address, and [::] takes the port in IPv4, too")
        .known("bind_sockets.family", "a missing family is an error")
        .known("bind_sockets.reuseaddr", "a system without the option is an error")
        .known("bind_sockets.port", "getsockname is not asked")
        .run();
}

fn main() {
    // Nothing is checked outside of a test.
    let _ = Check::new(|| Std);
    println!("cargo test --example conforms");
}
