//! The network that the targets on the real kernel run in: a private one where there is one, else
//! the host's, on ports that are free.

use std::cell::RefCell;
use std::fmt::Write;

use crate::judge::{Judge, machines};
use crate::run::{
    Ports, PortsExhausted, environment_facts, local_platform, platform_facts, wanted,
};
use crate::sandbox::{self, Wanted};
use crate::script::{Env, Platform, Script};
use crate::search::{Finding, Runner};
use crate::sys;
use crate::trace::{Header, SubjectFacts};

/// Where this process runs its scripts.
pub(super) struct Place {
    pub(super) platform: Platform,
    /// What a trace's header says of it.
    pub(super) header: Header,
    /// How the private network is set up; `None` is the host's network.
    wanted: Option<Wanted>,
    ports: Ports,
}

thread_local! {
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// Enters a private network. Without it [`with`] runs in the host's.
pub(super) fn enter() -> Result<(), String> {
    let wanted = Wanted { private_network: true, ..Wanted::default() };
    let entered = sandbox::enter(&wanted).map_err(|refusal| refusal.reason)?;
    sys::prepare();
    let mut header = header();
    header.environment.network = Some("private".into());
    header.environment.hosts = entered.hosts;
    PLACE.set(Some(Place::new(header, Some(wanted))?));
    Ok(())
}

/// Does something in the place of this process.
pub(super) fn with<T>(act: impl FnOnce(&mut Place) -> T) -> Result<T, String> {
    PLACE.with_borrow_mut(|place| {
        if place.is_none() {
            sys::prepare();
            let mut header = header();
            header.environment.network = Some("host".into());
            *place = Some(Place::new(header, None)?);
        }
        Ok(act(place.as_mut().expect("it was made above")))
    })
}

fn header() -> Header {
    Header {
        platform: platform_facts(),
        subject: SubjectFacts {
            name: "reference".into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        environment: environment_facts(&[]),
        ..Header::default()
    }
}

/// What the process finds in the host's network cannot be changed there; what is injected can.
fn is_injected(env: &Env) -> bool {
    matches!(env, Env::Fail(_) | Env::Records(_) | Env::Ipv6Off)
}

/// The lines that a place can provide, whichever kind it is: a filter that refuses IPv6 could not
/// be taken off again, so that is injected.
pub(super) fn provided(env: Vec<Env>) -> Vec<Env> {
    let private = PLACE.with_borrow(|place| place.as_ref().is_some_and(|one| one.wanted.is_some()));
    env.into_iter().filter(|line| private || is_injected(line)).collect()
}

impl Place {
    fn new(header: Header, wanted: Option<Wanted>) -> Result<Self, String> {
        let platform = local_platform().ok_or("there is no model of this system")?;
        let ports = match &wanted {
            Some(_) => Self::private_ports(&header),
            None => Ports::host(),
        };
        Ok(Self { platform, header, wanted, ports })
    }

    fn private_ports(header: &Header) -> Ports {
        Ports::private(header.environment.ephemeral.unwrap_or((32_768, 65_535)))
    }

    /// Gives the process the settings, hosts file and privileges that a script asks for.
    fn set_up(&mut self, env: &[Env]) -> Result<(), String> {
        let Some(before) = &self.wanted else { return Ok(()) };
        let asked = Wanted { ipv6_off: false, ..wanted(env, true) };
        if asked == *before {
            return Ok(());
        }
        self.change(asked)
    }

    fn change(&mut self, asked: Wanted) -> Result<(), String> {
        let before = self.wanted.take();
        let entered = sandbox::change(before.as_ref(), &asked).map_err(|refusal| refusal.reason)?;
        self.header.environment = environment_facts(&[]);
        self.header.environment.network = Some("private".into());
        self.header.environment.hosts = entered.hosts;
        if entered.private_network {
            self.ports = Self::private_ports(&self.header);
        }
        self.wanted = Some(asked);
        Ok(())
    }

    /// Runs a script on the kernel, judged as it runs; what does not fit must not fit twice.
    pub(super) fn run(&mut self, script: &Script) -> Result<Option<Finding>, String> {
        self.set_up(&script.env)?;
        let mut runner = self.runner(script)?;
        if let Ok(finding) = runner.run(script, &mut self.ports) {
            return Ok(finding);
        }
        // Every port of this network was used once.
        let Some(asked) = self.wanted.take() else {
            return Err(PortsExhausted.to_string());
        };
        self.change(asked)?;
        runner.run(script, &mut self.ports).map_err(|error| error.to_string())
    }

    fn runner(&self, script: &Script) -> Result<Runner, String> {
        let mut header = self.header.clone();
        if script.env.contains(&Env::Ipv6Off) {
            header.environment.ipv6 = Some("off".into());
            header.environment.ipv6_off_by = Some("injection".into());
        }
        let (mut machines, injected) = machines(&header)?;
        let (mut fails, mut records) = (Vec::new(), None);
        for line in &script.env {
            match line {
                Env::Fail(fail) => fails.push(fail.clone()),
                Env::Records(answer) => records = Some(answer.clone()),
                _ => {}
            }
        }
        fails.extend(injected);
        machines.iter_mut().for_each(|machine| machine.records.clone_from(&records));
        let judge = Judge::new(machines, fails.clone());
        Ok(Runner::new(self.platform, judge, false).injecting(fails, records))
    }
}

/// Runs a script here; what the model does not explain is a finding.
pub(super) fn judged(script: &Script) -> Result<(), String> {
    let Some(finding) = with(|place| place.run(script))?? else { return Ok(()) };
    let mut text = String::from("on this machine's kernel:\n");
    for (index, (call, outcome)) in finding.steps.iter().enumerate() {
        let _ = writeln!(text, "{:3}  {call}  {outcome}", index + 1);
    }
    for divergence in &finding.divergences {
        let _ = writeln!(text, "{divergence}");
    }
    let _ = write!(text, "bindproof run - <<'END' | bindproof judge -\n{script}END");
    Err(text)
}
