//! Whole scripts on the simulated kernel, in this process: a fresh machine for each.

use std::rc::Rc;

use super::subject::{SimulatedBind, SimulatedSubject};
use crate::model::resolve::Libc;
use crate::model::{Ipv6, Machine, usual_machines};
use crate::reference::bind_sockets_on;
use crate::run::driver::drive;
use crate::run::faults::Faults;
use crate::run::limits::Limits;
use crate::run::pool::{ScriptJob, ScriptRun};
use crate::run::ports::Ports;
use crate::run::subject::Subject;
use crate::script::{Env, Fail, Platform};
use crate::trace::{EndReason, Environment, Header, PlatformFacts, Trace, TraceStep};

/// The user of a process that may do everything, and of one that may not: root and nobody.
const UIDS: [u32; 2] = [0, 65_534];

/// Runs a script on a platform that the model plays, and says in the trace's header which machine
/// that was. Unless it asks for a user without privilege, it runs as in a network of its own: as
/// somebody who may bind every port.
#[must_use]
pub fn simulate(platform: Platform, job: &ScriptJob, script_timeout_ms: u64) -> ScriptRun {
    simulate_calling(platform, job, script_timeout_ms, Rc::new(bind_sockets_on))
}

/// The same with another `bind_sockets`.
#[must_use]
pub fn simulate_calling(
    platform: Platform,
    job: &ScriptJob,
    script_timeout_ms: u64,
    bind: SimulatedBind,
) -> ScriptRun {
    let script = &job.parsed.script;
    let (machines, fails) = usual_machines(platform, None, &script.env);
    let privileged = !script.env.contains(&Env::Unprivileged);
    let mut machine = machines.into_iter().next().expect("a release is one machine at least");
    machine.privileged = privileged;
    machine.isolated = true;
    machine.uid = UIDS[usize::from(!privileged)];
    let mut subject =
        SimulatedSubject::calling(machine.clone(), Faults::new(platform, &fails), bind);
    let header = Header {
        script: job.parsed.source.clone(),
        platform: PlatformFacts { libc: libc(&machine).into(), ..platform_facts(platform) },
        subject: subject.facts(),
        environment: environment(&machine, &fails),
        seed: job.seed,
    };
    let mut ports = Ports::private(machine.ephemeral);
    let limits = Limits { script_timeout_ms, ..Limits::default() };
    let mut steps = Vec::new();
    let driven = drive(script, &mut subject, &mut ports, Some(platform), &limits, &mut |made| {
        let (step, call) = (steps.len() + 1, made.call.to_string());
        steps.push(TraceStep { step, call, outcome: made.outcome });
    });
    let end = driven.unwrap_or(EndReason::Limit);
    ScriptRun::Ran(Box::new(Trace { header, steps, end }))
}

/// The platform as a trace's header writes it; no release and no processor are simulated.
pub(in crate::run) fn platform_facts(platform: Platform) -> PlatformFacts {
    PlatformFacts {
        os: platform.to_string(),
        kernel: "simulated".into(),
        release: String::new(),
        arch: "any".into(),
        libc: libc(&Machine::usual(platform)).into(),
    }
}

fn libc(machine: &Machine) -> &'static str {
    match machine.libc {
        Libc::Glibc => "glibc",
        Libc::Musl => "musl",
        Libc::System => "system",
    }
}

fn environment(machine: &Machine, fails: &[Fail]) -> Environment {
    let off = machine.ipv6 == Ipv6::Off;
    Environment {
        ipv6: Some(
            match machine.ipv6 {
                Ipv6::On => "on",
                Ipv6::NoAddress => "no-address",
                Ipv6::Off => "off",
            }
            .into(),
        ),
        ipv6_off_by: off.then(|| "kernel".into()),
        bindv6only: Some(machine.v6only_default),
        somaxconn: machine.somaxconn,
        ephemeral: Some(machine.ephemeral),
        low_port: Some(machine.low_port),
        privileged: Some(machine.privileged),
        uid: Some(machine.uid),
        network: Some("private".into()),
        hosts: machine.hosts.clone(),
        records: machine.records.as_ref().map(|records| {
            let line = Env::Records(records.clone()).to_string();
            line.split(' ').skip(1).map(str::to_string).collect()
        }),
        fail: fails.iter().map(ToString::to_string).collect(),
    }
}
