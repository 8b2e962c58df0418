//! Where a trace comes from: the platform and the environment of its header.

use crate::script::{Env, Platform};
use crate::sys;
use crate::trace::{Environment, PlatformFacts};

/// The platform that this program runs on; `None` where it is not one of the four.
#[must_use]
pub fn local_platform() -> Option<Platform> {
    sys::OS.parse().ok()
}

/// What this machine says of itself.
#[must_use]
pub fn platform_facts() -> PlatformFacts {
    PlatformFacts {
        os: sys::OS.to_string(),
        kernel: sys::kernel_name().to_string(),
        release: sys::kernel_release(),
        arch: std::env::consts::ARCH.to_string(),
        libc: sys::LIBC.to_string(),
    }
}

/// What this process can see of its surroundings, for a script with these `env` lines.
#[must_use]
pub fn environment_facts(env: &[Env]) -> Environment {
    seen_by(&sys::surroundings(), env)
}

/// The same for surroundings that were looked at before.
pub(super) fn seen_by(seen: &sys::Surroundings, env: &[Env]) -> Environment {
    Environment {
        ipv6: seen.ipv6.map(str::to_string),
        bindv6only: seen.bindv6only,
        somaxconn: seen.somaxconn,
        ephemeral: seen.ephemeral,
        low_port: seen.low_port,
        privileged: seen.privileged,
        uid: seen.uid,
        fail: env
            .iter()
            .filter_map(|line| match line {
                Env::Fail(fail) => Some(fail.to_string()),
                _ => None,
            })
            .collect(),
        records: env.iter().find_map(|line| match line {
            Env::Records(_) => {
                Some(line.to_string().split(' ').skip(1).map(str::to_string).collect())
            }
            _ => None,
        }),
        ..Environment::default()
    }
}
