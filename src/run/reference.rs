//! `bind_sockets` and `resolve` of a script, by the reference on this machine's kernel.

use std::fmt;
use std::rc::Rc;

use socket2::Socket;

use super::faults::Faults;
use crate::reference::{
    BindError, BindOptions, Bound, Family, Faulty, FaultySocket, Os, Port, Query, RealOs,
    bind_sockets_on,
};
use crate::script::errors;
use crate::script::{BindSocketsArgs, FamilyArg, FlagsArg, Platform, PortArg, ResolveArgs};
use crate::sys::{self, OptionError, OptionId};
use crate::trace::{Outcome, ResolvedRecord, SocketFacts, Value};

/// What a `bind_sockets` on this machine's kernel answers.
pub type RealAnswer = Result<Bound<FaultySocket<Socket>>, BindError>;

type Bind = dyn Fn(&mut Faulty<RealOs>, &BindOptions) -> RealAnswer;

/// A `bind_sockets` on this machine's kernel: the reference, or another one in its place.
#[derive(Clone)]
pub struct RealBind(Rc<Bind>);

impl RealBind {
    /// Another one than the reference.
    pub fn new(bind: impl Fn(&mut Faulty<RealOs>, &BindOptions) -> RealAnswer + 'static) -> Self {
        Self(Rc::new(bind))
    }
}

impl Default for RealBind {
    fn default() -> Self {
        Self::new(bind_sockets_on)
    }
}

impl fmt::Debug for RealBind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RealBind").finish_non_exhaustive()
    }
}

/// The reference's arguments for a script's; AI_* names take the numbers of `platform`.
#[must_use]
pub fn bind_options(args: &BindSocketsArgs, platform: Platform) -> BindOptions {
    let port = match &args.port {
        None => Port::Number(0),
        Some(PortArg::Text(text) | PortArg::Named(text)) => Port::from(text.as_str()),
    };
    let mut options = BindOptions::new(port);
    options.address.clone_from(&args.address);
    if let Some(family) = args.family {
        options.family = match family {
            FamilyArg::Unspec => Family::Unspec,
            FamilyArg::Inet => Family::Inet,
            FamilyArg::Inet6 => Family::Inet6,
            FamilyArg::Other(number) => Family::Other(number),
        };
    }
    if let Some(flags) = &args.flags {
        options.flags = flag_bits(flags, platform);
    }
    options.backlog = args.backlog.unwrap_or(options.backlog);
    options.reuse_port = args.reuse_port.unwrap_or(options.reuse_port);
    options.port_attempts = args.port_attempts.unwrap_or(options.port_attempts);
    options.exclusive = args.exclusive.unwrap_or(options.exclusive);
    options
}

fn flag_bits(flags: &FlagsArg, platform: Platform) -> Option<i32> {
    match flags {
        FlagsArg::Absent => None,
        FlagsArg::Bits(bits) => Some(*bits),
        FlagsArg::Named(names) => {
            Some(names.iter().fold(0, |bits, flag| bits | errors::flag_bits(platform, *flag)))
        }
    }
}

/// Calls it; an error comes back as the step's outcome.
pub(super) fn bind_sockets(
    bind: &RealBind,
    args: &BindSocketsArgs,
    platform: Platform,
    faults: &Faults,
) -> Result<Vec<Socket>, Outcome> {
    let options = bind_options(args, platform);
    let mut os = Faulty::new(RealOs::new(), faults.plan());
    match (bind.0)(&mut os, &options) {
        Ok(bound) => Ok(bound.sockets.into_iter().map(FaultySocket::into_inner).collect()),
        Err(error) => Err(error_outcome(&error, platform)),
    }
}

/// The outcome that a failed `bind_sockets` is written as.
#[must_use]
pub fn error_outcome(error: &BindError, platform: Platform) -> Outcome {
    let name = match (error.name(), error.code()) {
        (Some(own), _) => own.to_string(),
        (None, Some(code)) if error.call() == Some("resolve") => {
            errors::resolver_name(platform, code)
        }
        (None, code) => errors::name(platform, code.unwrap_or(0)),
    };
    Outcome::Error { name, code: error.code() }
}

/// `getaddrinfo` alone.
pub(super) fn resolve(args: &ResolveArgs, platform: Platform, faults: &Faults) -> Outcome {
    if args.host.is_none() && args.service.is_none() {
        return Outcome::NotSupported("dns-lookup does not ask for no host and no service".into());
    }
    let query = Query {
        host: args.host.clone(),
        service: args.service.clone(),
        family: match args.family {
            None | Some(FamilyArg::Unspec) => sys::AF_UNSPEC,
            Some(FamilyArg::Inet) => sys::AF_INET,
            Some(FamilyArg::Inet6) => sys::AF_INET6,
            Some(FamilyArg::Other(number)) => number,
        },
        flags: args.flags.as_ref().and_then(|flags| flag_bits(flags, platform)).unwrap_or(0),
    };
    let mut os = Faulty::new(RealOs::new(), faults.plan());
    match os.resolve(&query) {
        Ok(records) => Outcome::Ok(Value::Records(
            records.iter().map(|record| ResolvedRecord { address: record.address }).collect(),
        )),
        Err(failure) => Outcome::Error {
            name: errors::resolver_name(platform, failure.code),
            code: Some(failure.code),
        },
    }
}

/// Reads back what can be read of a socket.
///
/// # Errors
/// The raw code of `getsockname`.
pub fn socket_facts(socket: &Socket) -> Result<SocketFacts, i32> {
    let address = socket
        .local_addr()
        .map_err(|error| sys::raw_error(&error))?
        .as_socket()
        .ok_or(sys::EAFNOSUPPORT)?;
    let switch = |option| match sys::get_option(socket, option) {
        Ok(number) => Some(number != 0),
        Err(OptionError::Os(_) | OptionError::Unsupported(_)) => None,
    };
    Ok(SocketFacts {
        address,
        reuseaddr: switch(OptionId::ReuseAddr),
        reuseport: switch(OptionId::ReusePort),
        v6only: address.is_ipv6().then(|| switch(OptionId::V6Only)).flatten(),
        nonblocking: switch(OptionId::Nonblocking),
        cloexec: switch(OptionId::Cloexec),
        listening: switch(OptionId::Accepting),
    })
}
