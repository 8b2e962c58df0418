//! The reference, or a wrong variant of it, on this machine's kernel, as an implementation.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::Socket;

use crate::conform::{Asked, AskedFamily, AskedPort, Implementation, Refusal};
use crate::reference::{BindError, BindOptions, Family, Port, RealOs, bind_sockets_on};
use crate::run::{Faults, KernelSubject, Subject, SubjectName, error_outcome, local_platform};
use crate::script::{Call, Platform};
use crate::testkit::variants::Variant;
use crate::trace::Outcome;

/// How long an accepting thread waits between two looks, in milliseconds.
const PAUSE_MS: u64 = 1;

/// How long a call may wait, in milliseconds.
const RAW_TIMEOUT_MS: u64 = 500;

/// The reference as an implementation.
#[derive(Debug)]
pub struct Library {
    variant: Option<Variant>,
    kernel: KernelSubject,
}

impl Library {
    /// As it is.
    #[must_use]
    pub fn right() -> Self {
        Self::of(None)
    }

    /// With a mistake.
    #[must_use]
    pub fn wrong(variant: Variant) -> Self {
        Self::of(Some(variant))
    }

    fn of(variant: Option<Variant>) -> Self {
        let platform = local_platform().unwrap_or(Platform::Freebsd);
        let faults = Faults::new(platform, &[]);
        let kernel = KernelSubject::new(SubjectName::Kernel, platform, faults, None);
        Self { variant, kernel }
    }
}

/// Listeners, and the threads that accept from copies of them. They end before the sockets close.
#[derive(Debug, Default)]
pub struct Listeners {
    sockets: Vec<Socket>,
    accepting: Mutex<Vec<JoinHandle<()>>>,
    stop: Arc<AtomicBool>,
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let accepting = self.accepting.get_mut().map(std::mem::take).unwrap_or_default();
        for thread in accepting {
            // A thread that panicked has dropped its copy, too.
            let _ = thread.join();
        }
    }
}

impl Implementation for Library {
    type Listeners = Listeners;

    const NAME: &str = "reference";
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    const OPTIONS: &[&str] = &["port", "address", "family", "backlog", "flags", "reuse_port"];
    const ANSWERS: bool = true;
    const RAW: bool = true;

    fn bind_sockets(&mut self, asked: &Asked) -> Result<Listeners, Refusal> {
        let options = options(asked);
        let mut os = RealOs::new();
        let bound = match &self.variant {
            None => bind_sockets_on(&mut os, &options),
            Some(variant) => variant.bind_sockets(&mut os, &options),
        };
        let bound = bound.map_err(|error| refusal(&error))?;
        let mut listeners = Listeners::default();
        listeners.sockets = bound.sockets;
        Ok(listeners)
    }

    fn local_addrs(&self, listeners: &Listeners) -> Vec<Option<SocketAddr>> {
        let name = |socket: &Socket| socket.local_addr().ok()?.as_socket();
        listeners.sockets.iter().map(name).collect()
    }

    fn raw(&mut self, call: &Call) -> Outcome {
        self.kernel.call(call, RAW_TIMEOUT_MS)
    }

    fn answer(&mut self, listeners: &Listeners) -> Result<(), Refusal> {
        for listener in &listeners.sockets {
            listener.set_nonblocking(true)?;
            let (copy, stop) = (listener.try_clone()?, Arc::clone(&listeners.stop));
            let thread = std::thread::spawn(move || accept(&copy, &stop));
            if let Ok(mut accepting) = listeners.accepting.lock() {
                accepting.push(thread);
            }
        }
        Ok(())
    }
}

/// Accepts until it is told to stop; an error is no reason to.
fn accept(listener: &Socket, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((stream, _)) => {
                if stream.set_nonblocking(false).is_ok() {
                    std::thread::spawn(move || echo(stream.into()));
                }
            }
            Err(_) => std::thread::sleep(Duration::from_millis(PAUSE_MS)),
        }
    }
}

fn echo(stream: TcpStream) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        if writer.write_all(&line).is_err() {
            return;
        }
        line.clear();
    }
}

fn options(asked: &Asked) -> BindOptions {
    let port = match &asked.port {
        None => Port::Number(0),
        Some(AskedPort::Number(number)) => Port::from(number.to_string().as_str()),
        Some(AskedPort::Text(text)) => Port::from(text.as_str()),
    };
    let mut options = BindOptions::new(port);
    options.address.clone_from(&asked.address);
    options.family = match asked.family {
        None | Some(AskedFamily::Unspec) => Family::Unspec,
        Some(AskedFamily::Inet) => Family::Inet,
        Some(AskedFamily::Inet6) => Family::Inet6,
    };
    options.backlog = asked.backlog.unwrap_or(options.backlog);
    options.flags = asked.flags.unwrap_or(options.flags);
    options.reuse_port = asked.reuse_port.unwrap_or(options.reuse_port);
    options
}

fn refusal(error: &BindError) -> Refusal {
    let platform = local_platform().unwrap_or(Platform::Freebsd);
    let name = match error_outcome(error, platform) {
        Outcome::Error { name, .. } => Some(name),
        _ => None,
    };
    Refusal::Failed { name, call: error.call().map(Into::into), message: error.to_string() }
}
