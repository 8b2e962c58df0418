//! `tokio::net::TcpListener`, with a task that accepts and one for each connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bindproof_adapters::{Failure, Keys, Library, host, port, serve};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

struct Tokio(Runtime);

enum Server {
    Quiet(TcpListener),
    Answering(SocketAddr, JoinHandle<()>),
}

impl Library for Tokio {
    const NAME: &'static str = "tokio::net";
    const VERSION: &'static str = "1.54.1";
    const OPTIONS: &'static [&'static str] = &["port", "address"];
    type Server = Server;

    fn bind(&mut self, keys: &Keys) -> Result<Server, Failure> {
        let listener = self.0.block_on(TcpListener::bind((host(keys)?, port(keys)?)))?;
        Ok(Server::Quiet(listener))
    }

    fn local_addr(&self, server: &Server) -> io::Result<SocketAddr> {
        match server {
            Server::Quiet(listener) => listener.local_addr(),
            Server::Answering(address, _) => Ok(*address),
        }
    }

    fn answer(&mut self, server: Server) -> io::Result<Server> {
        let Server::Quiet(listener) = server else { return Ok(server) };
        let address = listener.local_addr()?;
        let task = self.0.spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => drop(tokio::spawn(echo(stream))),
                    // Such as no descriptor being left: there may be one later.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        });
        Ok(Server::Answering(address, task))
    }

    /// A task that is aborted has dropped its listener when it has been waited for.
    fn close(&mut self, server: Server) -> io::Result<()> {
        if let Server::Answering(_, task) = server {
            task.abort();
            // The answer is that it was cancelled.
            let _ = self.0.block_on(task);
        }
        Ok(())
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<u64> {
    let (mut reader, mut writer) = stream.split();
    tokio::io::copy(&mut reader, &mut writer).await
}

fn main() -> io::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    serve(Tokio(runtime))
}
