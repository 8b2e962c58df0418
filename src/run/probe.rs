//! Can this machine provide an environment? Tried in a process of its own.

use super::child::Child;
use super::pool::{Launcher, PoolOptions};
use super::subject::SubjectName;
use crate::sandbox::Probe;
use crate::script::Env;

/// Starts a worker inside the environment and lets it end; `None` if it could be had, else why
/// not.
#[must_use]
pub fn probe(launcher: &Launcher, probe: &Probe) -> Option<String> {
    let options = PoolOptions {
        subject: SubjectName::Kernel,
        jobs: 1,
        script_timeout_ms: 1_000,
        sandbox: true,
    };
    let wanted = &probe.wanted;
    let env: Vec<_> = [
        wanted.ipv6_off.then_some(Env::Ipv6Off),
        wanted.ipv6_no_address.then_some(Env::Ipv6NoAddress),
        wanted.bindv6only.map(Env::BindV6Only),
        wanted.hosts.clone().map(Env::Hosts),
        wanted.ephemeral.map(|(low, high)| Env::Ephemeral(low, high)),
        wanted.somaxconn.map(Env::Somaxconn),
        wanted.unprivileged.then_some(Env::Unprivileged),
    ]
    .into_iter()
    .flatten()
    .collect();
    match Child::start(launcher, &env, wanted.private_network, &options) {
        Ok(Ok(child)) => {
            child.finish();
            None
        }
        Ok(Err(refused)) => Some(refused),
        Err(broken) => Some(broken),
    }
}
