//! `bindproof bind`: the reference, called once.

use socket2::Socket;

use super::args::BindArgs;
use super::exit::{CliError, Exit};
use super::output::Output;
use crate::reference::{
    BindError, BindOptions, Os, OsFacts, Query, RawError, RealOs, Record, ResolveFailure,
};
use crate::reference::{OptionName, bind_sockets_on};
use crate::report::{json, terminal};
use crate::run::{bind_options, error_outcome, local_platform, socket_facts};
use crate::script::{BindSocketsArgs, Platform, PortArg};
use crate::sys;
use crate::trace::SocketFacts;

pub(super) fn bind(args: &BindArgs) -> Result<Exit, CliError> {
    let output = Output::new(std::path::Path::new("-"));
    let answer = called(args);
    if args.json {
        let exit = if answer.is_ok() { Exit::Good } else { Exit::Findings };
        return super::emit(&output, &as_json(&answer)?, exit);
    }
    match answer {
        Ok(sockets) => super::emit(&output, &terminal::sockets(&facts(&sockets)?), Exit::Good),
        Err(error) => {
            anstream::eprintln!("bindproof: {error}");
            Ok(Exit::Findings)
        }
    }
}

/// Calls the reference. The sockets listen until they are dropped.
pub(super) fn called(args: &BindArgs) -> Result<Vec<Socket>, BindError> {
    sys::prepare();
    let options = bind_options(
        &BindSocketsArgs {
            port: Some(PortArg::Text(args.port.clone())),
            address: args.address.clone(),
            family: Some(args.family),
            backlog: Some(args.backlog),
            flags: Some(args.flags.clone()),
            reuse_port: Some(args.reuse_port),
            port_attempts: Some(args.port_attempts),
            exclusive: Some(args.exclusive),
        },
        platform(),
    );
    sockets(&options, args.assume_no_ipv6)
}

/// What `--json` prints: one line.
pub(super) fn as_json(answer: &Result<Vec<Socket>, BindError>) -> Result<String, CliError> {
    Ok(match answer {
        Ok(sockets) => json::sockets(&facts(sockets)?),
        Err(error) => json::bind_error(&error_outcome(error, platform()), error.call()),
    })
}

fn platform() -> Platform {
    local_platform().unwrap_or(Platform::Freebsd)
}

fn facts(sockets: &[Socket]) -> Result<Vec<SocketFacts>, CliError> {
    let unreadable = |code| CliError::unusable(format!("getsockname failed with code {code}"));
    sockets.iter().map(|socket| socket_facts(socket).map_err(unreadable)).collect()
}

fn sockets(options: &BindOptions, without_ipv6: bool) -> Result<Vec<Socket>, BindError> {
    let real = RealOs::new();
    let mut facts = real.facts().clone();
    facts.has_ipv6 &= !without_ipv6;
    bind_sockets_on(&mut WithFacts { real, facts }, options).map(|bound| bound.sockets)
}

/// The real kernel under a program that was built otherwise.
struct WithFacts {
    real: RealOs,
    facts: OsFacts,
}

impl Os for WithFacts {
    type Socket = Socket;

    fn facts(&self) -> &OsFacts {
        &self.facts
    }

    fn resolve(&mut self, query: &Query) -> Result<Vec<Record>, ResolveFailure> {
        self.real.resolve(query)
    }

    fn socket(&mut self, family: i32, kind: i32, protocol: i32) -> Result<Self::Socket, RawError> {
        self.real.socket(family, kind, protocol)
    }

    fn set_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError> {
        self.real.set_option(socket, option)
    }

    fn set_nonblocking(&mut self, socket: &Self::Socket) -> Result<(), RawError> {
        self.real.set_nonblocking(socket)
    }

    fn bind(&mut self, socket: &Self::Socket, to: std::net::SocketAddr) -> Result<(), RawError> {
        self.real.bind(socket, to)
    }

    fn local_addr(&mut self, socket: &Self::Socket) -> Result<std::net::SocketAddr, RawError> {
        self.real.local_addr(socket)
    }

    fn listen(&mut self, socket: &Self::Socket, backlog: i32) -> Result<(), RawError> {
        self.real.listen(socket, backlog)
    }

    fn close(&mut self, socket: Self::Socket) {
        self.real.close(socket);
    }
}
