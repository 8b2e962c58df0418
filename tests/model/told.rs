//! Traces told line by line, each with its verdict: what a header makes possible, what follows a
//! surprise, and what an answer must be made of to be the expected one.
//!
//! A line is `MARK CALL -> OUTCOME`; the mark is a blank where the step is allowed, `!` where it is
//! not, `?` where the model does not say.

use bindproof::judge::{StepVerdict, judge};
use bindproof::script::{Platform, errors};
use bindproof::trace::{
    EndReason, Header, Outcome, ResolvedRecord, SocketFacts, Trace, TraceStep, Value,
};

use crate::openness::known;

/// `127.0.0.1:2000 reuseaddr v6only deaf`: a socket that listens, does not block and is
/// close-on-exec, unless it is said otherwise.
pub(crate) fn socket(text: &str) -> SocketFacts {
    let mut words = text.split(' ');
    let address = words.next().expect("an address").parse().expect("an address");
    let words: Vec<_> = words.collect();
    let is = |word| Some(words.contains(&word));
    SocketFacts {
        address,
        reuseaddr: is("reuseaddr"),
        reuseport: is("reuseport"),
        v6only: address.is_ipv6().then_some(words.contains(&"v6only")),
        nonblocking: Some(!words.contains(&"blocks")),
        cloexec: Some(!words.contains(&"inherited")),
        listening: Some(!words.contains(&"deaf")),
    }
}

pub(crate) fn outcome(platform: Platform, text: &str) -> Outcome {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let address = || rest.parse().expect("an address");
    let list = || rest.split(", ").filter(|one| !one.is_empty());
    Outcome::Ok(match word {
        "ok" => Value::Done,
        "on" | "off" => Value::Switch(word == "on"),
        "yes" | "no" => Value::Word(word.into()),
        "address" => Value::Address(address()),
        "local" => Value::Local(address()),
        "peer" => Value::Peer(address()),
        "sockets" => Value::Sockets(list().map(socket).collect()),
        "records" => Value::Records(
            list()
                .map(|one| ResolvedRecord { address: one.parse().expect("an address") })
                .collect(),
        ),
        "blocks" => return Outcome::Blocked,
        "absent" => return Outcome::Absent(rest.into()),
        error if error.starts_with('E') => {
            let code = match rest {
                "" => errors::code(platform, error).or(errors::resolver_code(platform, error)),
                "uncoded" => None,
                number => Some(number.parse().expect("a code")),
            };
            return Outcome::Error { name: error.into(), code };
        }
        number => Value::Number(number.parse().expect("an outcome")),
    })
}

/// Each line must be judged as it is marked.
pub(crate) fn told(header: &Header, story: &str) {
    let platform: Platform = header.platform.os.parse().expect("a platform");
    let lines: Vec<_> = story.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut steps = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let (call, word) = line[2..].split_once(" -> ").expect("CALL -> OUTCOME");
        steps.push(TraceStep {
            step: index + 1,
            call: call.trim().into(),
            outcome: outcome(platform, word.trim()),
        });
    }
    let trace = Trace { header: header.clone(), steps, end: EndReason::Complete };
    let verdict = judge(&trace);
    for (line, step) in lines.iter().zip(&verdict.steps) {
        let mark = match step {
            StepVerdict::Allowed(_) => " ",
            StepVerdict::Diverged(_) => "!",
            StepVerdict::Unmodelled(_) => "?",
        };
        assert_eq!(mark, &line[..1], "{line}: {step:?} in\n{story}");
    }
}

pub(crate) fn on(platform: Platform, release: &str) -> Header {
    let mut header = known();
    header.platform.os = platform.to_string();
    header.platform.kernel = bindproof::matrix::own_kernel(platform).into();
    header.platform.release = release.into();
    header.platform.libc = String::new();
    header
}

pub(crate) fn with_fail(line: &str) -> Header {
    let mut header = known();
    header.environment.fail = vec![line.into()];
    header
}
