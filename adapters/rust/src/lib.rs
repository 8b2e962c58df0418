//! What the adapters in Rust share: a library as the protocol sees it, and the keys of a request.

mod lines;

use std::io;
use std::net::SocketAddr;

use serde_json::{Map, Value};

pub use lines::serve;

/// The keys of a request, without `id` and `call`.
pub type Keys = Map<String, Value>;

/// Why a call was not done.
pub enum Failure {
    /// The library cannot be asked this: a key or a call.
    NotSupported(String),
    /// What it answered.
    Error(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Error(error)
    }
}

/// A library that opens listening sockets.
pub trait Library {
    const NAME: &'static str;
    const VERSION: &'static str;
    const OPTIONS: &'static [&'static str];
    /// One handle: the listening socket, before and after it accepts.
    type Server;

    fn bind(&mut self, keys: &Keys) -> Result<Self::Server, Failure>;
    fn local_addr(&self, server: &Self::Server) -> io::Result<SocketAddr>;
    fn answer(&mut self, server: Self::Server) -> io::Result<Self::Server>;
    fn close(&mut self, server: Self::Server) -> io::Result<()>;
}

/// `port`: Rust's libraries take a `u16`, so there is no way to ask for more, or for a name.
pub fn port(keys: &Keys) -> Result<u16, Failure> {
    keys.get("port")
        .map_or(Some(0), |port| u16::try_from(port.as_u64()?).ok())
        .ok_or_else(|| Failure::NotSupported("port".into()))
}

/// `address`, which has no default.
pub fn host(keys: &Keys) -> Result<&str, Failure> {
    let host = keys.get("address").and_then(Value::as_str);
    host.ok_or_else(|| Failure::NotSupported("address".into()))
}

/// Both, for libraries that do not resolve names.
pub fn socket_addr(keys: &Keys) -> Result<SocketAddr, Failure> {
    let (host, port) = (host(keys)?, port(keys)?);
    let parsed = format!("{host}:{port}").parse().or_else(|_| format!("[{host}]:{port}").parse());
    parsed.map_err(|_| Failure::NotSupported("address".into()))
}
