//! A script around `bind_sockets`: surroundings, the call, and what can be seen of its sockets.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::arguments::arguments;
use super::surroundings::{environment, occupants};
use crate::script::{
    Address, BindSocketsArgs, Call, Choices, Expectation, Host, Name, Port, PortArg, Script,
    SocketOption, Step,
};

/// How many connections are tried: more than the small backlogs hold.
const CONNECTIONS_MAX: u32 = 4;

/// A script with a `bind_sockets` in it, and the calls before and after it that show what it did.
///
/// ```
/// use bindproof::script::{Choices, parse};
/// use bindproof::testkit::bind_script;
///
/// let script = bind_script(&mut Choices::of_seed(7));
/// assert_eq!(parse(&script.to_string()).unwrap()[0].script, script);
/// ```
#[must_use]
pub fn bind_script(choices: &mut Choices<'_>) -> Script {
    let env = environment(choices);
    let mut calls = Vec::new();
    occupants(choices, &env, &mut calls);
    let args = arguments(choices);
    calls.push(Call::BindSockets { name: word("s"), args: args.clone() });
    probes(choices, &args, &mut calls);
    let step = |call| Step { call, expectation: Expectation::Unwritten };
    Script { title: None, env, steps: calls.into_iter().map(step).collect() }
}

fn word(word: &str) -> Name {
    Name { word: word.into(), index: None }
}

fn socket(index: usize) -> Name {
    Name { word: "s".into(), index: Some(index) }
}

/// What tells one socket from another that its options alone do not.
fn probes(choices: &mut Choices<'_>, args: &BindSocketsArgs, calls: &mut Vec<Call>) {
    if args.exclusive.is_some() {
        let option = SocketOption::ExclusiveAddrUse;
        calls.push(Call::Get { name: socket(0), option });
    }
    if choices.chance(1, 3) {
        calls.push(Call::GetName { name: socket(choices.below(3) as usize) });
    }
    if choices.chance(1, 2) {
        connections(choices, calls);
    }
    if choices.chance(1, 4) {
        calls.push(Call::Close { name: socket(0) });
    }
    if choices.chance(1, 3) {
        let mut again = args.clone();
        if choices.chance(1, 3) {
            again.port = Some(PortArg::Named("p".into()));
        }
        calls.push(Call::BindSockets { name: word("t"), args: again });
    }
}

/// Clients of the first socket, which fill its queue where it is short.
fn connections(choices: &mut Choices<'_>, calls: &mut Vec<Call>) {
    let index = choices.below(2) as usize;
    let host = if choices.chance(1, 3) {
        Host::V6(Ipv6Addr::LOCALHOST, None)
    } else {
        Host::V4(Ipv4Addr::LOCALHOST)
    };
    for client in 0..=choices.below(CONNECTIONS_MAX) {
        let address = Address { host: host.clone(), port: Port::Of(socket(index)) };
        calls.push(Call::ConnectNew { name: word(&format!("c{client}")), address });
    }
}
