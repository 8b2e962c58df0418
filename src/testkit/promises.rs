//! What the contract of `bind_sockets` promises of every success, read off the sockets, whatever
//! the script.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::script::{
    BindSocketsArgs, Call, Env, FailOnly, Platform, PortArg, Script, SocketOption, Verb,
};
use crate::trace::{Outcome, SocketFacts, Value};

/// Whether every success among these steps keeps its promises.
///
/// # Errors
/// The first one that does not, in words.
pub fn kept(platform: Platform, script: &Script, steps: &[(Call, Outcome)]) -> Result<(), String> {
    for (call, outcome) in steps {
        let (Call::BindSockets { args, .. }, Outcome::Ok(Value::Sockets(sockets))) =
            (call, outcome)
        else {
            continue;
        };
        if !addresses_are_right(script, args, sockets) {
            return Err(format!("R7, R8 or R16 is broken on {platform}: {call} {outcome}"));
        }
        for socket in sockets {
            if !options_are_right(platform, script, args, socket) {
                return Err(format!(
                    "R12 to R17 or R21 is broken on {platform}: {call} {socket:?}"
                ));
            }
        }
    }
    Ok(())
}

/// Is `SO_REUSEADDR` made to be unknown by an `env` line?
fn lacks_reuse_addr(env: &Env) -> bool {
    let option = FailOnly::Option(SocketOption::ReuseAddr);
    matches!(env, Env::Fail(fail) if fail.verb == Verb::Set
        && fail.error == "ENOPROTOOPT"
        && !matches!(fail.only, Some(FailOnly::Option(_)) if fail.only != Some(option)))
}

/// R12 to R17 and R21 of one socket; what a platform cannot read back is `None`.
fn options_are_right(
    platform: Platform,
    script: &Script,
    args: &BindSocketsArgs,
    socket: &SocketFacts,
) -> bool {
    let on = |option: Option<bool>| option.is_none_or(|on| on);
    let reuseport = platform != Platform::Windows && args.reuse_port == Some(true);
    on(socket.nonblocking)
        && on(socket.cloexec)
        && on(socket.listening)
        && (socket.reuseaddr == Some(platform != Platform::Windows)
            || script.env.iter().any(lacks_reuse_addr))
        && socket.reuseport.is_none_or(|set| set == reuseport)
        && socket.v6only == socket.address.is_ipv6().then_some(true)
}

/// Records that differ in their scope alone are two (R8), and `getsockname` shows the scope of
/// neither where the address is not link-local.
fn may_look_alike(env: &Env) -> bool {
    matches!(env, Env::Records(_)) && env.to_string().contains('%')
}

/// R7, R8 and R16 of all of them.
fn addresses_are_right(script: &Script, args: &BindSocketsArgs, sockets: &[SocketFacts]) -> bool {
    let addresses: Vec<_> = sockets.iter().map(|socket| socket.address).collect();
    let distinct: BTreeSet<_> = addresses.iter().collect();
    let ports: BTreeSet<_> = addresses.iter().map(SocketAddr::port).collect();
    let asked = match &args.port {
        None => Some(0),
        Some(PortArg::Text(text) | PortArg::Named(text)) => text.parse::<u16>().ok(),
    };
    (distinct.len() == addresses.len() || script.env.iter().any(may_look_alike))
        && addresses.is_sorted_by_key(SocketAddr::is_ipv6)
        && ports.len() <= 1
        && !ports.contains(&0)
        && asked.is_none_or(|port| port == 0 || ports.iter().all(|found| *found == port))
}
