//! `bindproof bind`: the reference, called once.

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

pub(super) fn bind(args: &BindArgs) -> Result<Exit, CliError> {
    sys::prepare();
    let platform = local_platform().unwrap_or(Platform::Freebsd);
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
        platform,
    );
    let output = Output::new(std::path::Path::new("-"));
    match sockets(&options, args.assume_no_ipv6) {
        Ok(sockets) => {
            let facts = sockets
                .iter()
                .map(|socket| {
                    socket_facts(socket).map_err(|code| {
                        CliError::unusable(format!("getsockname failed with code {code}"))
                    })
                })
                .collect::<Result<Vec<_>, _>>()?;
            let text = if args.json { json::sockets(&facts) } else { terminal::sockets(&facts) };
            super::emit(&output, &text, Exit::Good)
        }
        Err(error) => {
            if args.json {
                let outcome = error_outcome(&error, platform);
                let text = json::bind_error(&outcome, error.call());
                return super::emit(&output, &text, Exit::Findings);
            }
            anstream::eprintln!("bindproof: {error}");
            Ok(Exit::Findings)
        }
    }
}

fn sockets(options: &BindOptions, without_ipv6: bool) -> Result<Vec<socket2::Socket>, BindError> {
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
    type Socket = socket2::Socket;

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
