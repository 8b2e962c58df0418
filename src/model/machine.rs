//! One machine: a platform with every choice made that a release or a setting leaves open.

use std::net::SocketAddr;

use super::fact::Release;
use super::platform::{LinuxQuirks, Record, record};
use super::resolve::Libc;
use crate::script::{Env, Fail, Platform};

/// The hosts file that `predict` supposes.
const HOSTS: [&str; 2] = ["127.0.0.1 localhost", "::1 localhost"];

/// How much of IPv6 a machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ipv6 {
    /// The family, and `::1` on the loopback interface.
    On,
    /// The family, but no address (`disable_ipv6=1`).
    NoAddress,
    /// `socket` answers `EAFNOSUPPORT`.
    Off,
}

/// Everything outside the world of sockets that changes answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The facts of the platform.
    pub record: &'static Record,
    /// The release; `None` is the newest measured one.
    pub release: Option<Release>,
    /// What older Linux kernels do differently.
    pub quirks: LinuxQuirks,
    /// How much of IPv6 there is.
    pub ipv6: Ipv6,
    /// The default of `IPV6_V6ONLY`.
    pub v6only_default: bool,
    /// The upper limit of a backlog; `None` is unknown.
    pub somaxconn: Option<u32>,
    /// The ephemeral range, both ends included.
    pub ephemeral: (u16, u16),
    /// The first port that needs no privilege.
    pub low_port: u16,
    /// May the process bind ports below it?
    pub privileged: bool,
    /// The user of new sockets.
    pub uid: u32,
    /// The resolver.
    pub libc: Libc,
    /// The lines of the hosts file; `None` is unknown.
    pub hosts: Option<Vec<String>>,
    /// The addresses that the resolver answers to every question, by injection.
    pub records: Option<Vec<SocketAddr>>,
    /// A private network: no interface but loopback, and no name server that answers.
    pub isolated: bool,
}

impl Machine {
    /// A machine as `predict` supposes it: the newest measured release, unprivileged, loopback up.
    #[must_use]
    pub fn usual(platform: Platform) -> Self {
        let record = record(platform);
        Self {
            record,
            release: None,
            quirks: LinuxQuirks::default(),
            ipv6: Ipv6::On,
            v6only_default: record.v6only_default.value,
            somaxconn: Some(record.somaxconn.value),
            ephemeral: record.ephemeral.value,
            low_port: 1024,
            privileged: false,
            uid: 1000,
            libc: if platform == Platform::Linux { Libc::Glibc } else { Libc::System },
            hosts: None,
            records: None,
            isolated: false,
        }
    }

    /// The platform.
    #[must_use]
    pub fn platform(&self) -> Platform {
        self.record.platform
    }

    /// The machine with the `env` lines of a script; `env fail` is not a matter of the machine.
    #[must_use]
    pub fn with_env(mut self, env: &[Env]) -> Self {
        for line in env {
            match line {
                Env::Ipv6Off => self.ipv6 = Ipv6::Off,
                Env::Ipv6NoAddress => self.ipv6 = Ipv6::NoAddress,
                Env::BindV6Only(on) => self.v6only_default = *on,
                // Only a private network has a hosts file of its own.
                Env::Hosts(lines) => {
                    self.hosts = Some(lines.clone());
                    self.isolated = true;
                }
                Env::Ephemeral(low, high) => self.ephemeral = (*low, *high),
                Env::Somaxconn(limit) => self.somaxconn = Some(*limit),
                Env::Unprivileged => self.privileged = false,
                Env::Records(records) => self.records = Some(records.clone()),
                Env::Fail(_) => {}
            }
        }
        self
    }

    /// The machines that a release leaves possible: one, or several where releases differ and
    /// nobody read or ran this one.
    #[must_use]
    pub fn of_release(self, release: Option<Release>) -> Vec<Self> {
        self.record
            .quirks(release)
            .into_iter()
            .map(|quirks| Self { release, quirks, ..self.clone() })
            .collect()
    }

    /// The machines that an unknown release leaves possible.
    #[must_use]
    pub fn of_any_release(self) -> Vec<Self> {
        let all = self.record.quirks_of_any_release();
        all.into_iter().map(|quirks| Self { quirks, ..self.clone() }).collect()
    }
}

/// The machines that `predict` supposes for a script: loopback up, the usual settings, and what
/// the script's `env` lines say; with the calls that they make fail.
#[must_use]
pub fn usual_machines(
    platform: Platform,
    release: Option<Release>,
    env: &[Env],
) -> (Vec<Machine>, Vec<Fail>) {
    let fails = env
        .iter()
        .filter_map(|line| match line {
            Env::Fail(fail) => Some(fail.clone()),
            _ => None,
        })
        .collect();
    let hosts = HOSTS.map(str::to_string).to_vec();
    let usual = Machine { hosts: Some(hosts), ..Machine::usual(platform) };
    (usual.with_env(env).of_release(release), fails)
}
