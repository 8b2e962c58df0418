//! Shrinking: a shorter and simpler script that is still of interest.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::call::{
    Address, BindSocketsArgs, Call, Expectation, Half, Host, Name, Port, PortArg, ResolveArgs,
    Script, Setting, Step,
};

/// More scripts than this are not tried.
pub const SHRINK_TRIES_MAX: usize = 10_000;

/// The simplest script found that `still` holds for, beginning with `script`, for which it must
/// hold: calls and `env` lines are dropped, values and addresses made plain, ports made one, names
/// made `a`, `b`, `c`. The title and the expectations are left out.
///
/// ```
/// use bindproof::script::{parse, shrink};
/// let text = "a = socket inet\nset a reuseaddr on\nbind a 127.0.0.2:q\nlisten a 7\nclose a\n";
/// let script = parse(text).unwrap().remove(0).script;
/// let listens = |script: &bindproof::script::Script| script.to_string().contains("listen");
/// assert_eq!(shrink(&script, listens).to_string(), "a = socket inet\nlisten a 16\n");
/// ```
pub fn shrink(script: &Script, still: impl FnMut(&Script) -> bool) -> Script {
    let mut shrinker = Shrinker { best: script.clone(), still, tries: 0 };
    shrinker.consider(Script {
        title: None,
        env: script.env.clone(),
        steps: script
            .steps
            .iter()
            .map(|step| Step { call: step.call.clone(), expectation: Expectation::Unwritten })
            .collect(),
    });
    loop {
        let before = shrinker.best.clone();
        shrinker.drop_steps();
        shrinker.drop_env();
        shrinker.simplify_steps();
        if shrinker.best == before || shrinker.tries >= SHRINK_TRIES_MAX {
            break;
        }
    }
    shrinker.consider(with_plain_names(&shrinker.best));
    shrinker.best
}

struct Shrinker<F> {
    best: Script,
    still: F,
    tries: usize,
}

impl<F: FnMut(&Script) -> bool> Shrinker<F> {
    /// Takes a script in place of the best one if it is as interesting.
    fn consider(&mut self, script: Script) -> bool {
        if script == self.best || script.steps.is_empty() || self.tries >= SHRINK_TRIES_MAX {
            return false;
        }
        self.tries += 1;
        let good = (self.still)(&script);
        if good {
            self.best = script;
        }
        good
    }

    /// Leaves out runs of calls, long ones first, with every call that then has no socket.
    fn drop_steps(&mut self) {
        let mut length = self.best.steps.len().div_ceil(2);
        while length > 0 {
            let mut first = self.best.steps.len().saturating_sub(length);
            loop {
                let mut shorter = self.best.clone();
                let last = (first + length).min(shorter.steps.len());
                shorter.steps.drain(first.min(last)..last);
                keep_what_has_sockets(&mut shorter);
                self.consider(shorter);
                if first == 0 {
                    break;
                }
                first = first.saturating_sub(length);
            }
            length /= 2;
        }
    }

    fn drop_env(&mut self) {
        for index in (0..self.best.env.len()).rev() {
            let mut fewer = self.best.clone();
            fewer.env.remove(index);
            self.consider(fewer);
        }
    }

    /// Tries the simpler forms of each call.
    fn simplify_steps(&mut self) {
        let mut index = 0;
        while index < self.best.steps.len() {
            for simpler in simpler_calls(&self.best.steps[index].call) {
                let mut script = self.best.clone();
                script.steps[index].call = simpler;
                if self.consider(script) {
                    break;
                }
            }
            index += 1;
        }
        for port in ["q", "r"] {
            let merged = with_one_port(&self.best, port);
            self.consider(merged);
        }
    }
}

/// Calls that mention a name which nothing has assigned go, and what depends on them.
fn keep_what_has_sockets(script: &mut Script) {
    let mut assigned: Vec<Name> = Vec::new();
    let mut results: Vec<String> = Vec::new();
    script.steps.retain(|step| {
        let there = |name: &Name| {
            assigned.contains(name) || (name.index.is_some() && results.contains(&name.word))
        };
        if !step.call.names_mentioned().into_iter().all(there) {
            return false;
        }
        match (&step.call, step.call.socket_assigned()) {
            (Call::BindSockets { name, .. }, _) => results.push(name.word.clone()),
            (_, Some(name)) => assigned.push(name.clone()),
            _ => {}
        }
        true
    });
}

/// Simpler forms of a call, the simplest first.
fn simpler_calls(call: &Call) -> Vec<Call> {
    match call.clone() {
        Call::Set { name, option, value: Setting::Number(number) } if number != 0 => {
            vec![Call::Set { name, option, value: Setting::On }]
        }
        Call::Listen { name, backlog } if backlog != 16 => vec![Call::Listen { name, backlog: 16 }],
        Call::Send { name, count } if count > 1 => vec![Call::Send { name, count: 1 }],
        Call::Shutdown { name, half } if half != Half::Both => {
            vec![Call::Shutdown { name, half: Half::Both }]
        }
        Call::Bind { name, address } => simpler_addresses(&address)
            .map(|address| Call::Bind { name: name.clone(), address })
            .collect(),
        Call::Connect { name, address } => simpler_addresses(&address)
            .map(|address| Call::Connect { name: name.clone(), address })
            .collect(),
        Call::ConnectNew { name, address } => simpler_addresses(&address)
            .map(|address| Call::ConnectNew { name: name.clone(), address })
            .collect(),
        Call::BindSockets { name, args } => simpler_arguments(&args)
            .into_iter()
            .map(|args| Call::BindSockets { name: name.clone(), args })
            .collect(),
        Call::Serve { name, sockets, stop_at: Some(_) } => {
            vec![Call::Serve { name, sockets, stop_at: None }]
        }
        Call::Resolve { args } => {
            simpler_questions(&args).into_iter().map(|args| Call::Resolve { args }).collect()
        }
        _ => Vec::new(),
    }
}

/// Plain hosts of the same family, then a plain port.
fn simpler_addresses(address: &Address) -> impl Iterator<Item = Address> {
    let v6 = |ip| Host::V6(ip, None);
    let plain = match &address.host {
        Host::V4(_) => [Host::V4(Ipv4Addr::LOCALHOST), Host::V4(Ipv4Addr::UNSPECIFIED)],
        Host::V6(..) => [v6(Ipv6Addr::LOCALHOST), v6(Ipv6Addr::UNSPECIFIED)],
    };
    // Only what stands before the present host is simpler.
    let simpler = plain.iter().position(|host| *host == address.host).unwrap_or(plain.len());
    let port = address.port.clone();
    let hosts = plain.into_iter().take(simpler);
    let hosts = hosts.map(move |host| Address { host, port: port.clone() });
    let port = Port::Named("p".into());
    let named = (address.port != port).then(|| Address { host: address.host.clone(), port });
    hosts.chain(named)
}

fn simpler_arguments(args: &BindSocketsArgs) -> Vec<BindSocketsArgs> {
    let without: [fn(&mut BindSocketsArgs); 8] = [
        |args| args.port = None,
        |args| args.address = None,
        |args| args.family = None,
        |args| args.backlog = None,
        |args| args.flags = None,
        |args| args.reuse_port = None,
        |args| args.port_attempts = None,
        |args| args.exclusive = None,
    ];
    let mut all: Vec<_> = without.iter().map(|change| changed(args, change)).collect();
    if args.port.is_some() {
        all.push(BindSocketsArgs { port: Some(PortArg::Named("p".into())), ..args.clone() });
    }
    all.retain(|simpler| simpler != args);
    all
}

fn simpler_questions(args: &ResolveArgs) -> Vec<ResolveArgs> {
    let without: [fn(&mut ResolveArgs); 4] = [
        |args| args.host = None,
        |args| args.service = None,
        |args| args.family = None,
        |args| args.flags = None,
    ];
    let mut all: Vec<_> = without.iter().map(|change| changed(args, change)).collect();
    all.retain(|simpler| simpler != args);
    all
}

fn changed<T: Clone>(value: &T, change: &fn(&mut T)) -> T {
    let mut value = value.clone();
    change(&mut value);
    value
}

/// The script with `p` in place of another named port.
fn with_one_port(script: &Script, port: &str) -> Script {
    let mut script = script.clone();
    for step in &mut script.steps {
        if let Some(address) = address_mut(&mut step.call)
            && address.port == Port::Named(port.into())
        {
            address.port = Port::Named("p".into());
        }
    }
    script
}

fn address_mut(call: &mut Call) -> Option<&mut Address> {
    match call {
        Call::Bind { address, .. }
        | Call::Connect { address, .. }
        | Call::ConnectNew { address, .. } => Some(address),
        _ => None,
    }
}

/// The script with its sockets called `a`, `b` and so on, in the order in which they are made.
fn with_plain_names(script: &Script) -> Script {
    let mut words: Vec<String> = Vec::new();
    for step in &script.steps {
        if let Some(name) = step.call.socket_assigned() {
            words.push(name.word.clone());
        }
    }
    let mut script = script.clone();
    if words.len() > LETTERS.len() {
        return script;
    }
    for step in &mut script.steps {
        step.call.rename(|name| {
            if let Some(index) = words.iter().position(|word| *word == name.word) {
                name.word = LETTERS[index..=index].to_string();
            }
        });
    }
    script
}

/// Plain names; `p` is left to the port.
const LETTERS: &str = "abcdefghijklmno";

#[cfg(test)]
mod tests {
    use super::shrink;
    use crate::script::{Script, parse};

    fn script(text: &str) -> Script {
        parse(text).expect("it parses").remove(0).script
    }

    #[track_caller]
    fn shrinks(text: &str, needed: &[&str], to: &str) {
        let small = shrink(&script(text), |script| {
            let text = script.to_string();
            needed.iter().all(|needed| text.contains(needed))
        });
        assert_eq!(small.to_string(), to);
    }

    #[test]
    fn calls_env_title_and_expectations_go() {
        shrinks(
            "title No need\nenv somaxconn 9\nenv bindv6only on\nz = socket inet\ny = dup z\n\
             set y reuseaddr on => ok\nset z linger 5\nclose z\n",
            &["reuseaddr", "bindv6only"],
            "env bindv6only on\na = socket inet\nb = dup a\nset b reuseaddr on\n",
        );
    }

    #[test]
    fn addresses_ports_and_numbers_become_plain() {
        shrinks(
            "a = socket inet6\nb = socket inet\nbind a [::ffff:127.0.0.1]:0\nbind b 0.0.0.0:q\n\
             listen a -1\nc = connect [::1]:@b\nsend c 900\nshutdown c read\nset c linger 3\n",
            &["bind a", "bind b", "listen", "connect", "send", "shutdown", "linger"],
            "a = socket inet6\nb = socket inet\nbind a [::1]:p\nbind b 127.0.0.1:p\n\
             listen a 16\nc = connect [::1]:p\nsend c 1\nshutdown c both\nset c linger on\n",
        );
    }

    #[test]
    fn servers_and_existing_sockets_get_plain_names_and_addresses() {
        shrinks(
            "z = bind_sockets port=p\nv = serve z.0 z.1 stop=2\ny = socket inet\n\
             connect y 0.0.0.0:@z.0\nrecv y\nname y\ninherited y\nstop v\n",
            &["serve", "connect", "@", "recv", "name", "inherited", "stop "],
            "a = bind_sockets\nb = serve a.0 a.1\nc = socket inet\n\
             connect c 127.0.0.1:@a.0\nrecv c\nname c\ninherited c\nstop b\n",
        );
    }

    #[test]
    fn arguments_of_the_reference_and_the_resolver_go() {
        shrinks(
            "s = bind_sockets port=q address=127.0.0.1 family=inet backlog=3 flags=0 \
             reuse_port=on port_attempts=2 exclusive=off\nclose s.0\n\
             resolve host=127.0.0.1 service=80 family=inet flags=0\n",
            &["reuse_port=on", "close", "host="],
            "a = bind_sockets reuse_port=on\nclose a.0\nresolve host=127.0.0.1\n",
        );
    }

    #[test]
    fn a_wildcard_that_is_needed_stays_and_nothing_simpler_is_undone() {
        shrinks(
            "a = socket inet\nbind a 0.0.0.0:p\n",
            &["0.0.0.0"],
            "a = socket inet\nbind a 0.0.0.0:p\n",
        );
    }

    #[test]
    fn what_is_never_of_interest_again_is_left_as_it_is() {
        let text = "b = socket inet\nset b reuseaddr on\n";
        assert_eq!(shrink(&script(text), |_| false).to_string(), text);
    }
}
