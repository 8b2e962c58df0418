//! `bindproof serve`: a `TcpServer` that answers.

mod hello;
mod logger;
mod processes;

use std::io::Write;
use std::time::Duration;

use mio::net::TcpStream;

use super::args::ServeArgs;
use super::exit::{CliError, Exit};
use crate::reference::{
    BindOptions, ConnectionHandler, Endpoint, EventLoop, HandlerResult, LoopHandle, Port,
    ServerOptions, StopHandle, TcpServer, worker_id,
};
use crate::run::Echo;

/// What is spoken with each client.
#[derive(Debug, Clone, Copy)]
enum Protocol {
    Hello,
    Echo,
}

impl ConnectionHandler for Protocol {
    fn handle_stream(&self, stream: TcpStream, peer: Endpoint) -> HandlerResult {
        let event_loop = EventLoop::current()?;
        match self {
            Self::Hello => {
                let source = event_loop.add(hello::Hello::new(stream, peer))?;
                event_loop.set_alarm(source, Some(event_loop.now() + hello::PATIENCE));
            }
            Self::Echo => {
                event_loop.add(Echo::new(stream))?;
            }
        }
        Ok(())
    }
}

pub(super) fn serve(args: &ServeArgs) -> Result<Exit, CliError> {
    logger::to_stderr();
    let grace = Duration::from_secs(args.grace);
    let protocol = if args.echo { Protocol::Echo } else { Protocol::Hello };
    let options = ServerOptions { drain: grace, ..ServerOptions::default() };
    let server = TcpServer::with_options(protocol, options);
    for address in &args.address {
        let bound = server.bind(BindOptions {
            address: Some(address.clone()),
            backlog: args.backlog,
            reuse_port: args.reuse_port,
            ..BindOptions::new(Port::from(args.port.as_str()))
        });
        bound.map_err(CliError::unusable)?;
    }
    if let Some(workers) = args.processes {
        processes::start(&server, workers, || announce(&server, args.echo))?;
    } else if let Some(threads) = args.threads {
        let workers = server.start_threads(threads).map_err(CliError::unusable)?;
        // Before the line that says it is ready: whoever reads that may send a signal.
        on_signal(server.stop_handle(), None)?;
        announce(&server, args.echo);
        workers.join();
        return Ok(Exit::Good);
    } else {
        server.start().map_err(CliError::unusable)?;
    }
    let event_loop = EventLoop::current().map_err(CliError::unusable)?;
    on_signal(server.stop_handle(), Some(event_loop.handle()))?;
    if args.processes.is_none() {
        announce(&server, args.echo);
    }
    run(&event_loop, &server, grace)
}

/// Serves on this thread until a signal comes and the connections have ended.
fn run(
    event_loop: &EventLoop,
    server: &TcpServer<Protocol>,
    grace: Duration,
) -> Result<Exit, CliError> {
    event_loop.run_through_panics().map_err(CliError::unusable)?;
    server.stop();
    if !event_loop.drain(grace).map_err(CliError::unusable)? {
        log::warn!("{} connections did not end in time", event_loop.len());
    }
    Ok(Exit::Good)
}

/// SIGINT, SIGTERM, SIGHUP, Ctrl-C: the first one stops the server, the second one the process.
///
/// Not that of a worker: a terminal and a supervisor send to every process of the group, and the
/// parent hands its own signal on, so the first one comes twice. There the parent takes the second.
fn on_signal(stop: StopHandle, event_loop: Option<LoopHandle>) -> Result<(), CliError> {
    let mut stopping = false;
    ctrlc::set_handler(move || {
        if std::mem::replace(&mut stopping, true) {
            if worker_id().is_none() {
                std::process::exit(130);
            }
            return;
        }
        stop.stop();
        if let Some(event_loop) = &event_loop {
            event_loop.stop();
        }
    })
    .map_err(CliError::unusable)
}

/// One line for each listener, when clients can connect.
fn announce(server: &TcpServer<Protocol>, echo: bool) {
    let mut out = anstream::stdout().lock();
    for address in server.local_addrs() {
        // A reader that is gone does not keep the server from serving.
        let _ = match address {
            _ if echo => writeln!(out, "listening on {address}"),
            address => writeln!(out, "listening on http://{address}/"),
        };
    }
    let _ = out.flush();
}

/// Who answers, for a page that shows it.
fn worker_name() -> String {
    if let Some(id) = worker_id() {
        return format!("worker process {id}");
    }
    match std::thread::current().name() {
        Some(name) if name.starts_with("worker-") => name.replace('-', " thread "),
        _ => "one process".to_owned(),
    }
}
