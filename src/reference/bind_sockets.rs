//! `bind_sockets`: from a port and an address, as a person writes them, to listening sockets.

use super::arguments;
use super::attempt::{Opened, Skipped, attempt};
use super::error::BindError;
use super::options::BindOptions;
use super::os::Os;
use super::real::RealOs;
use super::records;

/// What [`bind_sockets_on`] returns.
#[derive(Debug)]
pub struct Bound<S> {
    /// The listening sockets, IPv4 first.
    pub sockets: Vec<S>,
    /// The records that have no socket, in order. If every record was skipped there is no socket,
    /// and that is no error (R22).
    pub skipped: Vec<Skipped>,
}

/// `getaddrinfo`, then for each address `socket`, `setsockopt`, `bind` and `listen`.
///
/// Opens every listening socket that a server needs for one port: a name, or no address at all,
/// stands for an IPv4 *and* an IPv6 address, and these are always two sockets. It needs no server
/// and no event loop, so it can run before the process forks, drops privileges or starts threads.
///
/// The sockets are listening, non-blocking and close-on-exec; an IPv6 socket never takes IPv4
/// connections; with port 0 all have the same port. The rules R1 to R24 are those of Tornado's
/// function of this name; the [differences](#differences-from-tornado) are deliberate.
///
/// # Examples
/// ```
/// use bindproof::{BindOptions, Port, reference::bind_sockets};
///
/// let mut options = BindOptions::new(Port::Number(0));
/// options.address = Some("127.0.0.1".into());
/// let sockets = bind_sockets(&options)?;
///
/// let address = sockets[0].local_addr().unwrap().as_socket().unwrap();
/// assert!(address.port() != 0);
/// std::net::TcpStream::connect(address).expect("it already listens");
///
/// // Somebody has that port now.
/// options.port = Port::Number(address.port());
/// let error = bind_sockets(&options).unwrap_err();
/// assert_eq!(error.address(), Some(address));
/// println!("{error}");
/// # Ok::<(), bindproof::reference::BindError>(())
/// ```
///
/// # Errors
/// The first call that fails ends the whole function, and every socket it opened is closed before
/// it returns. Three answers of the system are not errors: `socket` says `EAFNOSUPPORT` (R10), a
/// system without `SO_REUSEADDR` says `ENOPROTOOPT` (R13), and `localhost` resolves to a `::1`
/// that cannot be bound (R18). If every address was skipped in this way the list is empty;
/// [`bind_sockets_on`] says why.
///
/// # Platforms
/// * Windows: `SO_REUSEADDR` is not set, for there it would let another program share the port;
///   [`BindOptions::exclusive`] keeps others from taking connections with a more specific
///   address. `reuse_port` is refused.
/// * macOS: a link-local address that `localhost` resolves to is left out (R9). A listener on
///   `127.0.0.1` may stand beside one on `0.0.0.0`.
/// * Linux, macOS, the BSDs: a server that was restarted gets its port at once.
///
/// # Differences from Tornado
/// * On an error nothing stays open (D1).
/// * Addresses that differ only in the canonical name are one (D2).
/// * Ports above 65535, signs and white space are refused instead of wrapped around (D3).
/// * Port 0 is tried again if the chosen port is taken in the other family (D4); until the
///   function returns, the sockets of the given-up attempts stay open, so that the system cannot
///   offer the same port twice. A client that reaches one of them is reset.
/// * `exclusive` (D7), and no conversion of non-ASCII names (D15).
/// * A negative backlog reaches the kernel as it is (R21), and Linux reads it as a large one;
///   Python's `listen` makes it 0 before.
///
/// The call blocks while a name is resolved.
pub fn bind_sockets(options: &BindOptions) -> Result<Vec<socket2::Socket>, BindError> {
    bind_sockets_on(&mut RealOs::new(), options).map(|bound| bound.sockets)
}

/// The same as [`bind_sockets`], on any [`Os`], and with what was skipped and why.
///
/// # Examples
/// ```
/// use bindproof::{BindOptions, Port, reference::{RealOs, bind_sockets_on}};
///
/// let bound = bind_sockets_on(&mut RealOs::new(), &BindOptions::new(Port::Number(0)))?;
/// for skipped in &bound.skipped {
///     println!("{} has no socket by rule {}", skipped.address, skipped.reason.rule());
/// }
/// # Ok::<(), bindproof::reference::BindError>(())
/// ```
///
/// # Errors
/// As [`bind_sockets`].
pub fn bind_sockets_on<O: Os>(
    os: &mut O,
    options: &BindOptions,
) -> Result<Bound<O::Socket>, BindError> {
    let facts = os.facts().clone();
    let query = arguments::check(&facts, options)?;
    let records = records::resolve(os, &facts, &query)?;

    // D4: sockets of given-up attempts are held until the end. In a range of four ports with one
    // free, a Linux kernel offered a loop that closed them first the same port every time.
    let mut held = Vec::new();
    let mut retries = 0;
    let result = loop {
        let mut opened = Opened { sockets: Vec::new(), skipped: Vec::new() };
        match attempt(os, &facts, options, &records, &mut opened) {
            Ok(()) => break Ok(Bound { sockets: opened.sockets, skipped: opened.skipped }),
            Err(failure) => {
                held.append(&mut opened.sockets);
                if !failure.port_lost || retries >= options.port_attempts {
                    let attempts = retries.saturating_add(1);
                    break Err(BindError::Call(failure.into_error(&facts, attempts)));
                }
                retries += 1;
            }
        }
    };
    // D1
    for socket in held {
        os.close(socket);
    }
    result
}
