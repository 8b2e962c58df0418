//! The child process that enters an environment and runs scripts there.

use std::io::{self, BufRead, BufWriter, Write};
use std::path::PathBuf;

use super::driver::{Made, drive};
use super::faults::Faults;
use super::kernel::KernelSubject;
use super::limits::Limits;
use super::origin::{local_platform, platform_facts, seen_by};
use super::ports::Ports;
use super::protocol::{Job, Ready, Start, line};
use super::reference::RealBind;
use super::subject::{Subject, SubjectName};
use crate::sandbox::{self, Entered, Wanted};
use crate::script::{Env, Fail, FailOnly, Family, Verb, parse, parse_env_text};
use crate::sys;
use crate::trace::{Header, PlatformFacts, TraceStep, write_end, write_header, write_step};

/// The hidden verb of [`worker_main`].
pub const WORKER_VERB: &str = "__worker";
/// The hidden verb of [`find_descriptor_main`].
pub const FIND_DESCRIPTOR_VERB: &str = "__find-descriptor";

/// How much of what is told may wait for more of it, in bytes.
const OUTPUT_BYTES: usize = 64 * 1024;

/// The ephemeral range to keep away from where it cannot be read: the widest of any default.
const EPHEMERAL_UNKNOWN: (u16, u16) = (32_768, 65_535);

/// What stands before the port of a socket of which nothing else is known.
pub(crate) const BOUND_TO: &str = "port:";

/// Has this process the socket that `id` names, or, after [`BOUND_TO`], one bound to a port?
pub(crate) fn has_descriptor(id: &str) -> bool {
    match id.strip_prefix(BOUND_TO) {
        Some(port) => port.parse().is_ok_and(sys::find_bound),
        None => sys::find_descriptor(id),
    }
}

/// Tells whether this process has the socket that `id` names: `yes` or `no` on stdout.
///
/// # Errors
/// stdout's.
pub fn find_descriptor_main(id: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}", if has_descriptor(id) { "yes" } else { "no" })
}

/// What the sandbox is asked for by these `env` lines. `ipv6 off` is left to faults where there is
/// no filter.
#[must_use]
pub fn wanted(env: &[Env], private_network: bool) -> Wanted {
    let mut wanted = Wanted { private_network, ..Wanted::default() };
    for line in env {
        match line {
            Env::Ipv6Off => wanted.ipv6_off = sandbox::HAS_FILTER,
            Env::Ipv6NoAddress => wanted.ipv6_no_address = true,
            Env::BindV6Only(on) => wanted.bindv6only = Some(*on),
            Env::Hosts(lines) => wanted.hosts = Some(lines.clone()),
            Env::Ephemeral(low, high) => wanted.ephemeral = Some((*low, *high)),
            Env::Somaxconn(limit) => wanted.somaxconn = Some(*limit),
            Env::Unprivileged => wanted.unprivileged = true,
            Env::Records(_) | Env::Fail(_) => {}
        }
    }
    wanted
}

/// The named ports of the private network that this process is in.
pub(crate) fn private_ports() -> Ports {
    Ports::private(sys::surroundings().ephemeral.unwrap_or(EPHEMERAL_UNKNOWN))
}

/// Serves its parent on stdin and stdout until stdin ends. Must be called in a process that has
/// one thread, before anything else.
///
/// # Errors
/// Of stdin or stdout, or a line that the parent did not write.
pub fn worker_main() -> io::Result<()> {
    worker_main_calling(RealBind::default())
}

/// The same with another `bind_sockets` than the reference.
///
/// # Errors
/// Those of [`worker_main`].
pub fn worker_main_calling(bind: RealBind) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = BufWriter::with_capacity(OUTPUT_BYTES, io::stdout().lock());
    let start: Start = read(&mut input)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let worker = match Worker::enter(&start) {
        Ok(worker) => worker,
        Err(reason) => {
            output.write_all(line(&Ready { refused: Some(reason) }).as_bytes())?;
            return output.flush();
        }
    };
    output.write_all(line(&Ready { refused: None }).as_bytes())?;
    output.flush()?;
    let mut worker = Worker { bind, ..worker };
    while let Some(job) = read::<Job>(&mut input)? {
        worker.run(&job, &mut output)?;
        if !job.more {
            output.flush()?;
        }
    }
    Ok(())
}

fn read<T: serde::de::DeserializeOwned>(input: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut text = String::new();
    if input.read_line(&mut text)? == 0 {
        return Ok(None);
    }
    serde_json::from_str(&text).map(Some).map_err(io::Error::from)
}

pub(super) struct Worker {
    entered: Entered,
    env: Vec<Env>,
    subject: SubjectName,
    ports: Ports,
    limits: Limits,
    /// The program that `inherited` spawns.
    finder: Option<PathBuf>,
    /// What was seen when the environment was entered: no script can change it.
    platform: PlatformFacts,
    surroundings: sys::Surroundings,
    bind: RealBind,
}

impl Worker {
    fn enter(start: &Start) -> Result<Self, String> {
        let env = start
            .env
            .iter()
            .map(|text| parse_env_text(text).map_err(|error| error.to_string()))
            .collect::<Result<Vec<_>, _>>()?;
        let subject = start.subject.parse()?;
        let entered = sandbox::enter(&wanted(&env, start.private_network))
            .map_err(|refusal| refusal.reason)?;
        let limits = Limits { script_timeout_ms: start.script_timeout_ms, ..Limits::default() };
        let finder = std::env::current_exe().ok();
        Ok(Self { finder, ..Self::inside(entered, env, subject, limits) })
    }

    /// In an environment that was entered, without a program that `inherited` could spawn.
    fn inside(entered: Entered, env: Vec<Env>, subject: SubjectName, limits: Limits) -> Self {
        sys::prepare();
        let ports = if entered.private_network { private_ports() } else { Ports::host() };
        let (platform, surroundings) = (platform_facts(), sys::surroundings());
        let bind = RealBind::default();
        Self { entered, env, subject, ports, limits, finder: None, platform, surroundings, bind }
    }

    /// In this process as it is.
    pub(super) fn here(env: Vec<Env>) -> Self {
        Self::inside(Entered::default(), env, SubjectName::Reference, Limits::default())
    }

    /// Writes a whole trace of one script.
    pub(super) fn run(&mut self, job: &Job, output: &mut impl Write) -> io::Result<()> {
        let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        let mut parsed = parse(&job.script).map_err(|error| invalid(error.to_string()))?;
        let script = parsed.pop().ok_or_else(|| invalid("no script".into()))?.script;
        let platform = local_platform();
        // Where the platform is none of the four, its numbers are those nearest to it.
        let numbers = platform.unwrap_or(crate::script::Platform::Freebsd);
        let records = script.env.iter().find_map(|line| match line {
            Env::Records(records) => Some(records.clone()),
            _ => None,
        });
        let faults = Faults::new(numbers, &self.fail_rules(&script.env)).answering(records);
        let mut subject = KernelSubject::new(self.subject, numbers, faults, self.finder.clone())
            .calling(self.bind.clone());
        let header = self.header(job, &script.env, &subject);
        writeln!(output, "{}", write_header(&header))?;
        let mut written = 0;
        let mut failed = None;
        let mut sink = |made: Made<'_>| {
            written += 1;
            let (call, outcome) = (made.call.to_string(), made.outcome);
            let step = TraceStep { step: written, call, outcome };
            let mut done = writeln!(output, "{}", write_step(&step));
            if !job.at_its_end {
                done = done.and_then(|()| output.flush());
            }
            failed = failed.take().or(done.err());
        };
        let driven =
            drive(&script, &mut subject, &mut self.ports, platform, &self.limits, &mut sink);
        if let Some(error) = failed {
            return Err(error);
        }
        let why = match driven {
            Ok(why) => why,
            Err(_) => crate::trace::EndReason::Limit,
        };
        writeln!(output, "{}", write_end(written, why))
    }

    /// The script's `fail` lines, and the injected half of `ipv6 off` where there is no filter.
    fn fail_rules(&self, env: &[Env]) -> Vec<Fail> {
        let mut rules: Vec<_> = env
            .iter()
            .filter_map(|line| match line {
                Env::Fail(fail) => Some(fail.clone()),
                _ => None,
            })
            .collect();
        if self.injects_ipv6_off() {
            rules.push(Fail {
                verb: Verb::Socket,
                only: Some(FailOnly::Family(Family::Inet6)),
                nth: None,
                error: "EAFNOSUPPORT".into(),
            });
        }
        rules
    }

    fn injects_ipv6_off(&self) -> bool {
        self.env.contains(&Env::Ipv6Off) && self.entered.ipv6_off_by.is_none()
    }

    fn header(&self, job: &Job, env: &[Env], subject: &KernelSubject) -> Header {
        let mut environment = seen_by(&self.surroundings, env);
        environment.network =
            Some(if self.entered.private_network { "private" } else { "host" }.into());
        environment.hosts.clone_from(&self.entered.hosts);
        if let Some(by) = self.entered.ipv6_off_by {
            environment.ipv6_off_by = Some(by.into());
        } else if self.injects_ipv6_off() {
            environment.ipv6 = Some("off".into());
            environment.ipv6_off_by = Some("injection".into());
        }
        Header {
            script: job.script.clone(),
            platform: self.platform.clone(),
            subject: subject.facts(),
            environment,
            seed: job.seed,
        }
    }
}
