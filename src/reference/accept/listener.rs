//! What an accept loop accepts from.

use std::io;

use mio::event::Source;
use mio::net::{TcpListener, TcpStream};
use socket2::{Socket, Type};

use super::AcceptCodes;
use crate::reference::endpoint::Endpoint;
use crate::reference::os::RawError;
use crate::sys::{self, OptionError, OptionId};

/// A listening socket, as far as the accept loop looks at it. [`SocketListener`] is the real one;
/// tests put their own `accept` here.
pub trait Listener {
    /// What `accept` gives.
    type Stream;

    /// The socket to register.
    fn source(&mut self) -> &mut dyn Source;

    /// `accept`: a connection and the address of its other end.
    ///
    /// # Errors
    /// The raw code.
    fn accept(&mut self) -> Result<(Self::Stream, Endpoint), RawError>;

    /// Where it listens.
    fn local_addr(&self) -> Endpoint;

    /// What the codes of its `accept` mean.
    fn codes(&self) -> AcceptCodes {
        AcceptCodes::here()
    }
}

/// Why a socket cannot be accepted from.
#[derive(Debug, thiserror::Error)]
pub enum ListenerError {
    /// Its type is not `SOCK_STREAM`.
    #[error("{address} is not a stream socket, so it has no connections to accept")]
    NotAStream {
        /// Where it is bound.
        address: Endpoint,
    },
    /// It is not in the listening state.
    #[error("{address} does not listen; call listen first")]
    NotListening {
        /// Where it is bound.
        address: Endpoint,
    },
    /// `getsockname`, `getsockopt` or `ioctl` failed.
    #[error("cannot look at a socket that was handed in: {0}")]
    Unreadable(#[source] io::Error),
}

/// A listening socket of the kernel, TCP or Unix-domain, made non-blocking (D11).
#[derive(Debug)]
pub struct SocketListener {
    listener: TcpListener,
    address: Endpoint,
}

impl SocketListener {
    /// Takes a socket that listens already: `getsockname`, `getsockopt`, `ioctl(FIONBIO)`.
    ///
    /// # Errors
    /// [`ListenerError`]; the socket is closed.
    ///
    /// # Platforms
    /// macOS and Windows answer `ENOPROTOOPT` to `SO_ACCEPTCONN` or not at all; nothing is
    /// concluded from that.
    pub fn new(socket: Socket) -> Result<Self, ListenerError> {
        let address = check(&socket)?;
        // mio's listener only registers and closes; `accept` below serves every family.
        let listener = TcpListener::from_std(std::net::TcpListener::from(socket));
        Ok(Self { listener, address })
    }
}

/// Whether a socket can be accepted from; makes it non-blocking.
pub(crate) fn check(socket: &Socket) -> Result<Endpoint, ListenerError> {
    let address: Endpoint = socket.local_addr().map_err(ListenerError::Unreadable)?.into();
    if socket.r#type().map_err(ListenerError::Unreadable)? != Type::STREAM {
        return Err(ListenerError::NotAStream { address });
    }
    match sys::get_option(socket, OptionId::Accepting) {
        Ok(0) => return Err(ListenerError::NotListening { address }),
        Ok(_) | Err(OptionError::Unsupported(_)) => {}
        Err(OptionError::Os(code)) if code == sys::ENOPROTOOPT => {}
        Err(OptionError::Os(code)) => {
            return Err(ListenerError::Unreadable(io::Error::from_raw_os_error(code)));
        }
    }
    sys::set_nonblocking(socket).map_err(ListenerError::Unreadable)?;
    Ok(address)
}

impl Listener for SocketListener {
    type Stream = TcpStream;

    fn source(&mut self) -> &mut dyn Source {
        &mut self.listener
    }

    fn accept(&mut self) -> Result<(TcpStream, Endpoint), RawError> {
        let (stream, peer) = sys::accept(&self.listener)?;
        Ok((stream, peer.into()))
    }

    fn local_addr(&self) -> Endpoint {
        self.address.clone()
    }
}
