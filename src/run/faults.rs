//! `env fail`: calls that fail on purpose, in this process, in front of the operating system.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::reference::{Fault, FaultFamily, FaultPlan, FaultSite, OptionName};
use crate::script::{Fail, FailOnly, Family, Platform, SocketOption, Verb, errors};
use crate::trace::Outcome;

/// The `fail` lines of a script in force: one plan for its raw calls and for the calls that the
/// reference makes, so that `#2` counts over both.
#[derive(Debug, Clone)]
pub struct Faults {
    platform: Platform,
    plan: Rc<RefCell<FaultPlan>>,
}

impl Faults {
    /// Faults with the error numbers of `platform`.
    #[must_use]
    pub fn new(platform: Platform, rules: &[Fail]) -> Self {
        let faults = rules.iter().map(|rule| fault(platform, rule)).collect();
        Self { platform, plan: Rc::new(RefCell::new(FaultPlan::new(faults))) }
    }

    /// The same, with what the resolver answers (`env records`).
    #[must_use]
    pub fn answering(self, records: Option<Vec<SocketAddr>>) -> Self {
        self.plan.borrow_mut().records = records;
        self
    }

    /// The plan, to put in front of the reference.
    #[must_use]
    pub fn plan(&self) -> Rc<RefCell<FaultPlan>> {
        Rc::clone(&self.plan)
    }

    /// What this raw call of the script must answer, if it must fail. Counts the call.
    #[must_use]
    pub fn decide(
        &self,
        verb: Verb,
        option: Option<SocketOption>,
        family: Option<Family>,
    ) -> Option<Outcome> {
        let family = family.map(fault_family);
        let mut plan = self.plan.borrow_mut();
        let site = site(verb, option);
        let code = plan.decide(site, family).or_else(|| match (site, option) {
            // Rare options have sites of their own, which a fault on any option covers, too.
            (FaultSite::Other(_), Some(_)) => plan.decide(any_option(verb), family),
            _ => None,
        })?;
        Some(Outcome::Error { name: errors::name(self.platform, code), code: Some(code) })
    }
}

fn fault(platform: Platform, rule: &Fail) -> Fault {
    let (option, family) = match rule.only {
        None => (None, None),
        Some(FailOnly::Option(option)) => (Some(option), None),
        Some(FailOnly::Family(family)) => (None, Some(fault_family(family))),
    };
    let code = errors::code(platform, &rule.error)
        .or_else(|| errors::resolver_code(platform, &rule.error))
        .or_else(|| rule.error.strip_prefix("E#")?.parse().ok())
        // A name without a number on this platform still has to be an error.
        .unwrap_or(i32::MAX);
    Fault { site: site(rule.verb, option), family, nth: rule.nth, code }
}

fn fault_family(family: Family) -> FaultFamily {
    match family {
        Family::Inet => FaultFamily::Inet,
        Family::Inet6 => FaultFamily::Inet6,
    }
}

fn site(verb: Verb, option: Option<SocketOption>) -> FaultSite {
    match (verb, option) {
        (Verb::Resolve, _) => FaultSite::Resolve,
        (Verb::Socket, _) => FaultSite::Socket,
        (Verb::Bind, _) => FaultSite::Bind,
        (Verb::Listen, _) => FaultSite::Listen,
        (Verb::Name, _) => FaultSite::LocalAddr,
        (Verb::Set, None) => FaultSite::AnySet,
        (Verb::Set, Some(SocketOption::ReuseAddr)) => FaultSite::SetOption(OptionName::ReuseAddr),
        (Verb::Set, Some(SocketOption::ReusePort)) => FaultSite::SetOption(OptionName::ReusePort),
        (Verb::Set, Some(SocketOption::V6Only)) => FaultSite::SetOption(OptionName::V6Only),
        (Verb::Set, Some(SocketOption::ExclusiveAddrUse)) => {
            FaultSite::SetOption(OptionName::ExclusiveAddrUse)
        }
        (Verb::Set, Some(SocketOption::Nonblocking)) => FaultSite::SetNonblocking,
        (Verb::Set, Some(SocketOption::Cloexec)) => FaultSite::Other("set cloexec"),
        (Verb::Set, Some(SocketOption::Accepting)) => FaultSite::Other("set accepting"),
        (Verb::Set, Some(SocketOption::Linger)) => FaultSite::Other("set linger"),
        (Verb::Get, Some(option)) => FaultSite::Other(match option {
            SocketOption::ReuseAddr => "get reuseaddr",
            SocketOption::ReusePort => "get reuseport",
            SocketOption::V6Only => "get v6only",
            SocketOption::ExclusiveAddrUse => "get exclusiveaddruse",
            SocketOption::Nonblocking => "get nonblocking",
            SocketOption::Cloexec => "get cloexec",
            SocketOption::Accepting => "get accepting",
            SocketOption::Linger => "get linger",
        }),
        (verb, _) => FaultSite::Other(other(verb)),
    }
}

fn any_option(verb: Verb) -> FaultSite {
    site(verb, None)
}

fn other(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::Connect => "connect",
        Verb::Accept => "accept",
        Verb::Dup => "dup",
        Verb::Inherited => "inherited",
        Verb::Send => "send",
        Verb::Recv => "recv",
        Verb::Shutdown => "shutdown",
        Verb::Close => "close",
        Verb::BindSockets => "bind_sockets",
        Verb::Serve => "serve",
        Verb::Stop => "stop",
        _ => "set",
    }
}

#[cfg(test)]
mod tests {
    use super::Faults;
    use crate::script::{Env, Family, Platform, SocketOption, Verb, parse_env_text};

    fn faults(lines: &[&str]) -> Faults {
        let rules: Vec<_> = lines
            .iter()
            .map(|line| match parse_env_text(line).expect("an env line") {
                Env::Fail(fail) => fail,
                other => panic!("{other}"),
            })
            .collect();
        Faults::new(Platform::Windows, &rules)
    }

    #[test]
    fn a_fault_hits_its_call_option_family_and_turn() {
        let faults = faults(&["fail bind:inet6#2 EADDRINUSE", "fail get:v6only EINVAL"]);
        let word = |verb, option, family| {
            faults.decide(verb, option, family).map(|outcome| outcome.word().to_string())
        };
        assert_eq!(word(Verb::Bind, None, Some(Family::Inet6)), None);
        assert_eq!(word(Verb::Bind, None, Some(Family::Inet)), None);
        let second = word(Verb::Bind, None, Some(Family::Inet6));
        assert_eq!(second.as_deref(), Some("EADDRINUSE"));
        assert_eq!(word(Verb::Bind, None, Some(Family::Inet6)), None);
        assert_eq!(word(Verb::Get, Some(SocketOption::ReuseAddr), None), None);
        let get = word(Verb::Get, Some(SocketOption::V6Only), None);
        assert_eq!(get.as_deref(), Some("EINVAL"));
    }

    #[test]
    fn a_fault_on_any_get_and_on_any_set_hits_every_option() {
        let faults = faults(&["fail get EINVAL", "fail set EACCES"]);
        for option in SocketOption::all() {
            assert!(faults.decide(Verb::Get, Some(option), None).is_some(), "get {option}");
            assert!(faults.decide(Verb::Set, Some(option), None).is_some(), "set {option}");
        }
    }
}
