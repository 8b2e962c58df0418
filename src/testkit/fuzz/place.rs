//! The network that the targets on the real kernel run in: a private one where there is one, else
//! the host's, on ports that are free.

use std::cell::{Cell, RefCell};
use std::fmt::Write;

use super::again::judged_again;
use crate::judge::{Judge, machines};
use crate::run::{
    Ports, PortsExhausted, environment_facts, local_platform, platform_facts, wanted,
};
use crate::sandbox::{self, Wanted};
use crate::script::{Call, Env, Platform, Port, Script};
use crate::search::{Finding, Runner};
use crate::sys;
use crate::trace::{Header, SubjectFacts};

/// Where this process runs its scripts.
pub(super) struct Place {
    pub(super) platform: Platform,
    /// What a trace's header says of it.
    pub(super) header: Header,
    /// How the private network is set up; `None` is the host's network.
    network: Option<Network>,
    ports: Ports,
}

/// Settings that are changed in place: to make a network anew for each script takes the kernel
/// much longer to undo than to do.
struct Network {
    /// Every setting as it was found.
    usual: Wanted,
    now: Wanted,
}

thread_local! {
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
    /// Apart from the place, which a body may hold while it panics: what an input stands for here
    /// is printed then.
    static PRIVATE: Cell<bool> = const { Cell::new(false) };
}

/// Enters a private network. Without it [`with`] runs in the host's.
pub(super) fn enter() -> Result<(), String> {
    let wanted = Wanted { private_network: true, ..Wanted::default() };
    let entered = sandbox::enter(&wanted).map_err(|refusal| refusal.reason)?;
    sys::prepare();
    let mut header = header();
    header.environment.network = Some("private".into());
    header.environment.hosts = entered.hosts;
    let found = &header.environment;
    let usual = Wanted {
        bindv6only: found.bindv6only,
        ephemeral: found.ephemeral,
        somaxconn: found.somaxconn,
        ..wanted
    };
    let network = Network { now: usual.clone(), usual };
    PLACE.set(Some(Place::new(header, Some(network))?));
    PRIVATE.set(true);
    Ok(())
}

/// Whether this process runs its scripts in a private network.
pub(super) fn is_private() -> bool {
    PRIVATE.get()
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

/// Whether this place can provide a line: a filter that refuses IPv6 could not be taken off again,
/// so that is injected.
pub(super) fn is_provided(line: &Env) -> bool {
    is_private() || is_injected(line)
}

/// What came of a script, unless there were too few ports for it.
type Attempt = Result<Option<Finding>, PortsExhausted>;

impl Place {
    fn new(header: Header, network: Option<Network>) -> Result<Self, String> {
        let platform = local_platform().ok_or("there is no model of this system")?;
        let ports = match &network {
            Some(network) => Self::private_ports(network),
            None => Ports::host(),
        };
        Ok(Self { platform, header, network, ports })
    }

    fn private_ports(network: &Network) -> Ports {
        Ports::private(network.usual.ephemeral.unwrap_or((32_768, 65_535)))
    }

    /// Gives the process the settings, hosts file and privileges that a script asks for, in this
    /// network or in one that nobody has used.
    fn set_up(&mut self, env: &[Env], fresh: bool) -> Result<(), String> {
        let Some(network) = &mut self.network else { return Ok(()) };
        let (asked, usual) = (wanted(env, true), &network.usual);
        let asked = Wanted {
            ipv6_off: false,
            bindv6only: asked.bindv6only.or(usual.bindv6only),
            ephemeral: asked.ephemeral.or(usual.ephemeral),
            somaxconn: asked.somaxconn.or(usual.somaxconn),
            ..asked
        };
        if fresh {
            self.ports = Self::private_ports(network);
        } else if asked == network.now {
            return Ok(());
        }
        let before = (!fresh).then_some(&network.now);
        let entered = sandbox::change(before, &asked).map_err(|refusal| refusal.reason)?;
        let environment = &mut self.header.environment;
        environment.bindv6only = asked.bindv6only;
        environment.ephemeral = asked.ephemeral;
        environment.somaxconn = asked.somaxconn;
        environment.privileged = Some(!asked.unprivileged);
        environment.ipv6 = Some(if asked.ipv6_no_address { "no-address" } else { "on" }.into());
        environment.hosts = entered.hosts;
        network.now = asked;
        Ok(())
    }

    /// Runs a script on the kernel, judged as it runs; what does not fit must not fit twice.
    pub(super) fn run(&mut self, script: &Script) -> Result<Option<Finding>, String> {
        if let Ok(found) = self.attempt(script, false)? {
            return Ok(found);
        }
        // Every port of this network was used once.
        self.attempt(script, true)?.map_err(|exhausted| exhausted.to_string())
    }

    fn attempt(&mut self, script: &Script, fresh: bool) -> Result<Attempt, String> {
        if fresh {
            self.set_up(&[], true)?;
        }
        let script = match self.elsewhere(script) {
            Ok(script) => script,
            Err(exhausted) => return Ok(Err(exhausted)),
        };
        self.set_up(&script.env, false)?;
        Ok(self.runner(&script)?.run(&script, &mut self.ports))
    }

    /// The script with a small ephemeral range that no other script has used: what one leaves in
    /// `TIME_WAIT` would be in the way of the next.
    fn elsewhere(&mut self, script: &Script) -> Result<Script, PortsExhausted> {
        let mut script = script.clone();
        let Some((low, high)) = script.env.iter().find_map(|line| match line {
            Env::Ephemeral(low, high) => Some((*low, *high)),
            _ => None,
        }) else {
            return Ok(script);
        };
        let mut first = self.ports.take()?;
        let mut last = first;
        while last - first < high - low {
            let next = self.ports.take()?;
            first = if next == last + 1 { first } else { next };
            last = next;
        }
        for line in &mut script.env {
            if let Env::Ephemeral(low, high) = line {
                (*low, *high) = (first, last);
            }
        }
        for step in &mut script.steps {
            let (Call::Bind { address, .. }
            | Call::Connect { address, .. }
            | Call::ConnectNew { address, .. }) = &mut step.call
            else {
                continue;
            };
            if let Port::Number(number) = &mut address.port
                && (low..=high).contains(number)
            {
                *number = *number - low + first;
            }
        }
        Ok(script)
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
    text.push_str(&judged_again(script));
    Err(text)
}
