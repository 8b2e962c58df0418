//! Whether the harness finds what an entry shows.

use std::net::{IpAddr, SocketAddr};

use bindproof::judge::{StepVerdict, judge, predict};
use bindproof::run::{ScriptJob, ScriptRun, simulate};
use bindproof::script::{Call, Parsed, Platform, PortArg, errors, parse_call_text};
use bindproof::testkit::examine;
use bindproof::testkit::variants::{VARIANTS, right};
use bindproof::trace::{Outcome, SocketFacts, Trace, Value};

use crate::entry::{Entry, Shown, platform};

const SCRIPT_TIMEOUT_MS: u64 = 30_000;

/// Is it as the entry says?
pub(crate) fn check(entry: &Entry) -> Result<(), String> {
    let script = || entry.script.as_ref().ok_or("there is neither script nor behaviour");
    match &entry.file.shown {
        Shown::Variant { what, platform: name } => variant(script()?, what, platform(name)),
        Shown::Answer { platform: name, step, got } => {
            match verdict(script()?, platform(name), *step, got)? {
                StepVerdict::Diverged(_) => Ok(()),
                other => Err(format!("the judge lets {got} pass: {other:?}")),
            }
        }
        Shown::Systems { step, answers } => {
            let mut different: Vec<_> = answers.values().collect();
            different.sort();
            different.dedup();
            if different.len() < 2 {
                return Err("the systems answer the same".into());
            }
            answers.iter().try_for_each(|(name, answer)| {
                predicted(script()?, platform(name), *step, answer)
                    .map_err(|why| format!("{name}: {why}"))
            })
        }
        Shown::Missed { platform: Some(name), step: Some(step), got: Some(got), .. } => {
            match verdict(script()?, platform(name), *step, got)? {
                StepVerdict::Diverged(_) => Err(format!("the judge finds {got}, so it is found")),
                _ => Ok(()),
            }
        }
        Shown::Missed { platform: None, step: None, got: None, .. } if entry.script.is_none() => {
            Ok(())
        }
        Shown::Missed { .. } => Err("an answer has a platform, a step and a script".into()),
    }
}

/// The wrong variant is found by the script, and nothing is found in the right one.
fn variant(script: &Parsed, what: &str, platform: Platform) -> Result<(), String> {
    let variant = VARIANTS.iter().find(|variant| variant.what == what);
    let variant = variant.ok_or_else(|| format!("no variant {what}"))?;
    if let Some(finding) = examine(&script.script, platform, &right()).finding {
        return Err(format!("found in the right bind_sockets:\n{finding}"));
    }
    let examined = examine(&script.script, platform, &variant.simulated());
    examined.finding.map(|_| ()).ok_or_else(|| format!("{what} is not found"))
}

/// What the judge says of a step that answers so, after others that answer as the platform does.
fn verdict(
    script: &Parsed,
    platform: Platform,
    step: usize,
    got: &str,
) -> Result<StepVerdict, String> {
    let mut trace = simulated(script, platform);
    let before = judge(&trace);
    if let Some(divergence) = before.divergences().next() {
        return Err(format!("without it, too: {divergence}"));
    }
    let place = trace.steps.get_mut(step - 1).ok_or("there is no such step")?;
    let call = parse_call_text(&place.call).map_err(|error| error.to_string())?;
    place.outcome = outcome(&call, platform, got)?;
    Ok(judge(&trace).steps[step - 1].clone())
}

fn simulated(script: &Parsed, platform: Platform) -> Trace {
    let job = ScriptJob { parsed: script.clone(), seed: None };
    match simulate(platform, &job, SCRIPT_TIMEOUT_MS) {
        ScriptRun::Ran(trace) => *trace,
        other => panic!("{other:?}"),
    }
}

/// An answer as an expectation writes it; of `bind_sockets`, the host of its one listener.
fn outcome(call: &Call, platform: Platform, text: &str) -> Result<Outcome, String> {
    let Some(value) = text.strip_prefix("ok") else {
        let code = errors::code(platform, text).or_else(|| errors::resolver_code(platform, text));
        let code = Some(code.ok_or_else(|| format!("no error {text}"))?);
        return Ok(Outcome::Error { name: text.into(), code });
    };
    Ok(Outcome::Ok(match (call, value.strip_prefix('=')) {
        (
            Call::Socket { .. } | Call::Set { .. } | Call::Bind { .. } | Call::Listen { .. },
            None,
        ) => Value::Done,
        (Call::GetName { .. }, Some(address)) => {
            Value::Address(address.parse().map_err(|_| "no address")?)
        }
        (Call::BindSockets { args, .. }, Some(host)) => {
            let Some(PortArg::Text(port)) = &args.port else { return Err("no port".into()) };
            let port = port.parse().map_err(|_| "no number for a port")?;
            let host: IpAddr = host.parse().map_err(|_| "no address")?;
            Value::Sockets(vec![listener(SocketAddr::new(host, port))])
        }
        _ => return Err(format!("no {text} of {call} is known here")),
    }))
}

fn listener(address: SocketAddr) -> SocketFacts {
    SocketFacts {
        address,
        reuseaddr: Some(true),
        reuseport: Some(false),
        v6only: address.is_ipv6().then_some(true),
        nonblocking: Some(true),
        cloexec: Some(true),
        listening: Some(true),
    }
}

/// The platform answers so, and nothing else.
fn predicted(script: &Parsed, platform: Platform, step: usize, answer: &str) -> Result<(), String> {
    let predictions = predict(&script.script, platform, None);
    let prediction = predictions.get(step - 1).ok_or("there is no such step")?;
    match &prediction.allowed {
        Ok(allowed) if allowed == &[answer] => Ok(()),
        other => Err(format!("{}: predicted is {other:?}", prediction.call)),
    }
}
