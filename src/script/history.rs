//! Random histories: calls in any order on a few sockets, most of them sensible.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::call::{
    Address, Call, Expectation, Family, Half, Host, Name, Port, Scope, Script, Setting,
    SocketOption, Step,
};
use super::choices::Choices;

/// How large a history may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistorySize {
    /// Names assigned.
    pub sockets_max: usize,
    /// Calls.
    pub calls_max: usize,
}

impl Default for HistorySize {
    fn default() -> Self {
        Self { sockets_max: 6, calls_max: 30 }
    }
}

/// What a name stands for, as far as the generator follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fresh,
    Bound,
    Listening,
    Connected,
    Closed,
}

#[derive(Debug, Clone)]
struct Known {
    name: Name,
    family: Family,
    stage: Stage,
    bound_to: Option<Address>,
}

/// A history of calls: sockets of both families on two ports, options set at any time, binds and
/// listens repeated and refused, connections from either end, copies of descriptors. Names are
/// `a` to `f`; ports are `p` and `q`, chosen by the kernel, or another socket's.
///
/// ```
/// use bindproof::script::{Choices, HistorySize, history};
/// let script = history(&mut Choices::of_seed(1), HistorySize::default());
/// assert!(!script.steps.is_empty());
/// assert_eq!(script, history(&mut Choices::of_seed(1), HistorySize::default()));
/// ```
#[must_use]
pub fn history(choices: &mut Choices<'_>, size: HistorySize) -> Script {
    let longest = u32::try_from(size.calls_max.saturating_sub(2)).unwrap_or(u32::MAX);
    let length = 2 + choices.below(longest.saturating_add(1)) as usize;
    let mut generator = Generator { choices, size, known: Vec::new(), steps: Vec::new() };
    while generator.steps.len() < length.min(size.calls_max.max(1)) {
        if generator.choices.is_empty() && !generator.steps.is_empty() {
            break;
        }
        generator.grow();
    }
    generator.steps.truncate(size.calls_max);
    Script { title: None, env: Vec::new(), steps: generator.steps }
}

struct Generator<'a, 'b> {
    choices: &'a mut Choices<'b>,
    size: HistorySize,
    known: Vec<Known>,
    steps: Vec<Step>,
}

impl Generator<'_, '_> {
    fn push(&mut self, call: Call) {
        self.steps.push(Step { call, expectation: Expectation::Unwritten });
    }

    /// One more call, or a few that belong together.
    fn grow(&mut self) {
        let room = self.known.len() < self.size.sockets_max;
        let any = |stage| self.known.iter().any(|one| one.stage == stage);
        let when = |possible: bool, weight: u32| if possible { weight } else { 0 };
        let weights = [
            when(room || self.known.is_empty(), 4),
            when(any(Stage::Fresh), 8),
            when(any(Stage::Bound), 8),
            when(room && any(Stage::Listening), 7),
            when(room && any(Stage::Listening), 6),
            when(any(Stage::Connected), 6),
            when(!self.known.is_empty(), 5),
            when(room && !self.known.is_empty(), 1),
            when(!self.known.is_empty(), 4),
            when(!self.known.is_empty(), 2),
        ];
        match self.choices.weighted(&weights) {
            0 => self.socket(),
            1 => self.bind(Some(Stage::Fresh)),
            2 => self.listen(Some(Stage::Bound)),
            3 => self.connect_new(),
            4 => self.accept(Some(Stage::Listening)),
            5 => self.stream(Some(Stage::Connected)),
            6 => self.option(),
            7 => self.copy(),
            8 => self.close(),
            _ => self.odd(),
        }
    }

    /// A name that nothing has yet.
    fn new_name(&self) -> Name {
        let letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let number = self.known.len();
        let word = match number / letters.len() {
            0 => letters[number].to_string(),
            more => format!("{}{more}", letters[number % letters.len()]),
        };
        Name { word, index: None }
    }

    fn add(&mut self, name: Name, family: Family, stage: Stage, bound_to: Option<Address>) {
        self.known.push(Known { name, family, stage, bound_to });
    }

    /// One that is known, in a stage if one is asked for and there is one.
    fn pick(&mut self, stage: Option<Stage>) -> usize {
        let fitting: Vec<usize> = (0..self.known.len())
            .filter(|index| stage.is_none_or(|stage| self.known[*index].stage == stage))
            .collect();
        if fitting.is_empty() {
            let all = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
            return self.choices.below(all) as usize;
        }
        self.choices.one_of(&fitting)
    }

    fn socket(&mut self) {
        let family = self.choices.one_of(&[Family::Inet, Family::Inet6]);
        let name = self.new_name();
        self.push(Call::Socket { name: name.clone(), family });
        if family == Family::Inet6 {
            let value = self.choices.one_of(&[None, Some(Setting::Off), Some(Setting::On)]);
            if let Some(value) = value {
                let (name, option) = (name.clone(), SocketOption::V6Only);
                self.push(Call::Set { name, option, value });
            }
        }
        for option in [SocketOption::ReuseAddr, SocketOption::ReusePort] {
            if self.choices.chance(1, 3) {
                self.push(Call::Set { name: name.clone(), option, value: Setting::On });
            }
        }
        self.add(name, family, Stage::Fresh, None);
    }

    fn port(&mut self) -> Port {
        match self.choices.weighted(&[12, 4, 3, 2]) {
            0 => Port::Named("p".into()),
            1 => Port::Named("q".into()),
            2 => Port::Number(0),
            _ => match self.pick_bound() {
                Some(name) => Port::Of(name),
                None => Port::Named("p".into()),
            },
        }
    }

    fn pick_bound(&mut self) -> Option<Name> {
        let bound: Vec<_> = self
            .known
            .iter()
            .filter(|one| !matches!(one.stage, Stage::Fresh | Stage::Closed))
            .map(|one| one.name.clone())
            .collect();
        (!bound.is_empty()).then(|| self.choices.one_of(&bound))
    }

    fn host(&mut self, family: Family) -> Host {
        let v6 = |ip| Host::V6(ip, None);
        match family {
            Family::Inet => Host::V4(match self.choices.weighted(&[6, 6, 3, 1]) {
                0 => Ipv4Addr::UNSPECIFIED,
                1 => Ipv4Addr::LOCALHOST,
                2 => Ipv4Addr::new(127, 0, 0, 2),
                _ => self.choices.one_of(&[
                    Ipv4Addr::new(192, 0, 2, 1),
                    Ipv4Addr::BROADCAST,
                    Ipv4Addr::new(224, 0, 0, 1),
                    Ipv4Addr::new(127, 255, 255, 255),
                ]),
            }),
            Family::Inet6 => match self.choices.weighted(&[8, 6, 2, 3, 1, 1]) {
                0 => v6(Ipv6Addr::UNSPECIFIED),
                1 => v6(Ipv6Addr::LOCALHOST),
                2 => v6(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped()),
                3 => v6(Ipv4Addr::LOCALHOST.to_ipv6_mapped()),
                4 => v6(Ipv4Addr::new(127, 0, 0, 2).to_ipv6_mapped()),
                _ => self.choices.one_of(&[
                    v6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
                    v6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)),
                    Host::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1), Some(Scope::Loopback)),
                    Host::V6(Ipv6Addr::LOCALHOST, Some(Scope::Loopback)),
                    v6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1)),
                ]),
            },
        }
    }

    fn bind(&mut self, stage: Option<Stage>) {
        let index = self.pick(stage);
        let family = match (self.known[index].family, self.choices.chance(1, 40)) {
            (family, false) => family,
            (Family::Inet, true) => Family::Inet6,
            (Family::Inet6, true) => Family::Inet,
        };
        let address = Address { host: self.host(family), port: self.port() };
        let one = &mut self.known[index];
        if one.stage == Stage::Fresh {
            one.stage = Stage::Bound;
            one.bound_to = Some(address.clone());
        }
        let name = one.name.clone();
        self.push(Call::Bind { name, address });
    }

    fn listen(&mut self, stage: Option<Stage>) {
        let index = self.pick(stage);
        let backlog = match self.choices.weighted(&[6, 2, 1, 1, 1]) {
            0 => 16,
            1 => 1,
            2 => 0,
            3 => -1,
            _ => i32::MAX,
        };
        let one = &mut self.known[index];
        if matches!(one.stage, Stage::Fresh | Stage::Bound) {
            one.stage = Stage::Listening;
        }
        let name = one.name.clone();
        self.push(Call::Listen { name, backlog });
    }

    /// An address that somebody probably listens on.
    fn target(&mut self) -> Address {
        let bound: Vec<_> = self
            .known
            .iter()
            .filter(|one| one.stage == Stage::Listening)
            .map(|one| (one.name.clone(), one.family, one.bound_to.clone()))
            .collect();
        if bound.is_empty() {
            let family = self.choices.one_of(&[Family::Inet, Family::Inet6]);
            return Address { host: self.near(family), port: self.port() };
        }
        let (name, family, address) = self.choices.one_of(&bound);
        let family = match (family, self.choices.chance(1, 3)) {
            (Family::Inet6, true) => Family::Inet,
            (family, _) => family,
        };
        let port = match address.map(|address| address.port) {
            Some(port @ (Port::Named(_) | Port::Of(_))) => port,
            _ => Port::Of(name),
        };
        Address { host: self.near(family), port }
    }

    /// An address of this machine.
    fn near(&mut self, family: Family) -> Host {
        match family {
            Family::Inet => Host::V4(self.choices.one_of(&[
                Ipv4Addr::LOCALHOST,
                Ipv4Addr::LOCALHOST,
                Ipv4Addr::new(127, 0, 0, 2),
                Ipv4Addr::UNSPECIFIED,
            ])),
            Family::Inet6 => {
                let ip = self.choices.one_of(&[
                    Ipv6Addr::LOCALHOST,
                    Ipv6Addr::LOCALHOST,
                    Ipv4Addr::LOCALHOST.to_ipv6_mapped(),
                    Ipv6Addr::UNSPECIFIED,
                ]);
                Host::V6(ip, None)
            }
        }
    }

    fn connect_new(&mut self) {
        let address = self.target();
        let family = match address.host {
            Host::V4(_) => Family::Inet,
            Host::V6(..) => Family::Inet6,
        };
        let name = self.new_name();
        self.push(Call::ConnectNew { name: name.clone(), address });
        self.add(name, family, Stage::Connected, None);
    }

    fn connect(&mut self) {
        let index = self.pick(None);
        let address = self.target();
        let one = &mut self.known[index];
        if matches!(one.stage, Stage::Fresh | Stage::Bound) {
            one.stage = Stage::Connected;
        }
        let name = one.name.clone();
        self.push(Call::Connect { name, address });
    }

    fn accept(&mut self, stage: Option<Stage>) {
        let index = self.pick(stage);
        let (listener, family) = (self.known[index].name.clone(), self.known[index].family);
        let name = self.new_name();
        self.push(Call::Accept { name: name.clone(), listener });
        self.add(name, family, Stage::Connected, None);
    }

    fn stream(&mut self, stage: Option<Stage>) {
        let name = {
            let index = self.pick(stage);
            self.known[index].name.clone()
        };
        let call = match self.choices.weighted(&[4, 4, 4, 2]) {
            0 => Call::Send { name, count: self.choices.one_of(&[1, 0, 7, 4_096]) },
            1 => Call::Recv { name },
            2 => {
                let half = self.choices.one_of(&[Half::Write, Half::Read, Half::Both]);
                Call::Shutdown { name, half }
            }
            _ => Call::GetName { name },
        };
        self.push(call);
    }

    fn option(&mut self) {
        let index = self.pick(None);
        let name = self.known[index].name.clone();
        let option = match self.choices.weighted(&[6, 6, 4, 1, 1, 1, 2]) {
            0 => SocketOption::ReuseAddr,
            1 => SocketOption::ReusePort,
            2 => SocketOption::V6Only,
            3 => SocketOption::Nonblocking,
            4 => SocketOption::Cloexec,
            5 => SocketOption::Accepting,
            _ => SocketOption::Linger,
        };
        let value = match option {
            SocketOption::Linger => {
                self.choices.one_of(&[Setting::Number(0), Setting::Off, Setting::Number(5)])
            }
            _ => self.choices.one_of(&[Setting::On, Setting::Off]),
        };
        let call = if self.choices.chance(1, 3) {
            Call::Get { name, option }
        } else {
            Call::Set { name, option, value }
        };
        self.push(call);
    }

    fn copy(&mut self) {
        let index = self.pick(None);
        let Known { name: original, family, stage, bound_to } = self.known[index].clone();
        let name = self.new_name();
        self.push(Call::Dup { name: name.clone(), original });
        self.add(name, family, stage, bound_to);
    }

    fn close(&mut self) {
        let index = self.pick(None);
        self.known[index].stage = Stage::Closed;
        let name = self.known[index].name.clone();
        self.push(Call::Close { name });
    }

    /// A call that need not make sense where it stands.
    fn odd(&mut self) {
        let room = self.known.len() < self.size.sockets_max;
        match self.choices.below(7) {
            0 => self.bind(None),
            1 => self.listen(None),
            2 => self.connect(),
            3 if room => self.accept(None),
            4 => self.stream(None),
            5 if room => self.connect_new(),
            _ => {
                let index = self.pick(None);
                let name = self.known[index].name.clone();
                self.push(Call::GetName { name });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Choices, HistorySize, history};
    use crate::script::{STEPS_MAX, Verb, parse};

    #[test]
    fn histories_parse_and_keep_to_their_size() {
        let size = HistorySize { sockets_max: 6, calls_max: 30 };
        for seed in 0..2_000 {
            let script = history(&mut Choices::of_seed(seed), size);
            assert!((1..=30).contains(&script.steps.len()), "seed {seed}");
            let names =
                script.steps.iter().filter(|step| step.call.socket_assigned().is_some()).count();
            assert!(names <= 6, "seed {seed}");
            let again = parse(&script.to_string()).expect("it parses");
            assert_eq!(again[0].script, script, "seed {seed}");
        }
    }

    #[test]
    fn any_bytes_make_a_history_and_none_make_the_simplest() {
        let size = HistorySize::default();
        let simplest = history(&mut Choices::of_bytes(&[]), size);
        assert_eq!(simplest.to_string(), "a = socket inet\n");
        for byte in 0..=255_u8 {
            let bytes = [byte; 300];
            let script = history(&mut Choices::of_bytes(&bytes), size);
            assert!(script.steps.len() <= size.calls_max.min(STEPS_MAX));
            assert!(parse(&script.to_string()).is_ok());
        }
    }

    #[test]
    fn every_call_of_a_history_comes_up() {
        let mut seen = Vec::new();
        for seed in 0..300 {
            for step in history(&mut Choices::of_seed(seed), HistorySize::default()).steps {
                let verb = step.call.verb();
                if !seen.contains(&verb) {
                    seen.push(verb);
                }
            }
        }
        let missing: Vec<_> = Verb::all()
            .filter(|verb| {
                !matches!(
                    verb,
                    Verb::BindSockets | Verb::Resolve | Verb::Inherited | Verb::Serve | Verb::Stop
                )
            })
            .filter(|verb| !seen.contains(verb))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
