//! Calls that the system refuses to the subject, and to nobody else.

use crate::run::local_platform;
use crate::sandbox::{self, RefusedCall, RefusedSite};
use crate::script::{Env, Fail, FailOnly, Family, SocketOption, Verb, errors};

/// The `fail` lines as calls that a filter refuses, `CALL=ERROR`.
///
/// # Errors
/// A line that a filter cannot do: it sees neither the n-th call nor the family of a socket, and
/// the resolver is no system call.
pub fn refused(env: &[Env]) -> Result<Vec<String>, String> {
    env.iter()
        .filter_map(|line| match line {
            Env::Fail(fail) => Some(refused_call(fail)),
            Env::Records(_) => {
                Some(Err("a resolver cannot be told what to answer to another program".into()))
            }
            _ => None,
        })
        .collect()
}

fn refused_call(fail: &Fail) -> Result<String, String> {
    if !sandbox::HAS_FILTER {
        return Err("only Linux can refuse calls to another program".into());
    }
    if fail.nth.is_some() {
        return Err(format!("a filter cannot count calls, as fail {fail} wants"));
    }
    let site = match (fail.verb, fail.only) {
        (Verb::Socket, Some(FailOnly::Family(Family::Inet))) => "socket:inet",
        (Verb::Socket, Some(FailOnly::Family(Family::Inet6))) => "socket:inet6",
        (Verb::Set, Some(FailOnly::Option(SocketOption::ReuseAddr))) => "setsockopt:reuseaddr",
        (Verb::Set, Some(FailOnly::Option(SocketOption::ReusePort))) => "setsockopt:reuseport",
        (Verb::Set, Some(FailOnly::Option(SocketOption::V6Only))) => "setsockopt:v6only",
        (Verb::Bind, None) => "bind",
        (Verb::Listen, None) => "listen",
        (Verb::Name, None) => "name",
        (Verb::Accept, None) => "accept",
        _ => return Err(format!("a filter cannot do fail {fail}")),
    };
    Ok(format!("{site}={}", fail.error))
}

/// A refused call from its text.
///
/// # Errors
/// What was expected.
pub fn parse(text: &str) -> Result<RefusedCall, String> {
    let (site, name) = text.rsplit_once('=').ok_or("expected CALL=ERROR")?;
    let code = local_platform().and_then(|platform| errors::code(platform, name));
    let code = code.ok_or_else(|| format!("expected the name of an error, found {name:?}"))?;
    Ok(RefusedCall { site: site.parse::<RefusedSite>()?, code })
}

/// Refuses calls to this thread, and to the threads and processes that it starts from now on.
pub(super) fn refuse_here(calls: &[&str]) -> Result<(), String> {
    let calls = calls.iter().map(|call| parse(call)).collect::<Result<Vec<_>, _>>()?;
    sandbox::refuse_to_this_thread(&calls).map_err(|refusal| refusal.reason)
}
