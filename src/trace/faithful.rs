//! Is a trace a run of the script in its header?

use std::collections::BTreeMap;

use super::header::{EndReason, Trace};
use super::lines::{ReadError, read};
use super::outcome::Outcome;
use crate::script::{Address, Call, Port, PortArg, Script, parse, parse_call_text};

/// Reads traces as [`read`] does, and holds each against the script in its header: every step is
/// the call that the script has there, with numbers for its ports, and a trace that is complete has
/// all of them.
///
/// # Errors
/// As [`read`], and the first line that does not belong to the script.
///
/// ```
/// let trace = bindproof::trace::Trace {
///     header: bindproof::trace::Header { script: "a = socket inet\n".into(), ..Default::default() },
///     steps: Vec::new(),
///     end: bindproof::trace::EndReason::Complete,
/// };
/// let error = bindproof::trace::read_faithful(&bindproof::trace::write(&trace)).unwrap_err();
/// assert_eq!(error.to_string(), "line 2: the run is complete after 0 of the script's 1 calls");
/// ```
pub fn read_faithful(text: &str) -> Result<Vec<Trace>, ReadError> {
    let traces = read(text)?;
    let mut line = 1;
    for trace in &traces {
        faithful(trace).map_err(|(after, message)| ReadError { line: line + after, message })?;
        // The header, a line a step, the end.
        line += trace.steps.len() + 2;
    }
    Ok(traces)
}

/// An error says how many lines after the header it is.
fn faithful(trace: &Trace) -> Result<(), (usize, String)> {
    let script = script(trace).map_err(|message| (0, message))?;
    let mut named = BTreeMap::new();
    for (index, made) in trace.steps.iter().enumerate() {
        let line = index + 1;
        let Some(step) = script.steps.get(index) else {
            let count = script.steps.len();
            return Err((line, format!("the script has {count} calls only")));
        };
        let call = parse_call_text(&made.call).map_err(|error| (line, error.message))?;
        if !is_run_of(&step.call, &call, &made.outcome, &mut named) {
            let message = format!(
                "expected the script's `{}` with its ports as numbers, found `{}`",
                step.call, made.call
            );
            return Err((line, message));
        }
    }
    let (made, asked) = (trace.steps.len(), script.steps.len());
    if trace.end == EndReason::Complete && made < asked {
        let message = format!("the run is complete after {made} of the script's {asked} calls");
        return Err((made + 1, message));
    }
    Ok(())
}

fn script(trace: &Trace) -> Result<Script, String> {
    let mut scripts = parse(&trace.header.script)
        .map_err(|error| format!("the script in the header does not parse: {error}"))?;
    match scripts.len() {
        1 => Ok(scripts.remove(0).script),
        count => Err(format!("expected one script in the header, found {count}")),
    }
}

/// Is this the script's call, with the ports that the run has given it?
fn is_run_of(
    written: &Call,
    made: &Call,
    outcome: &Outcome,
    named: &mut BTreeMap<String, u16>,
) -> bool {
    let mut is_named =
        |name: &str, port: u16| port != 0 && *named.entry(name.into()).or_insert(port) == port;
    let mut expected = written.clone();
    match (&mut expected, made) {
        (Call::BindSockets { args, .. }, Call::BindSockets { args: made, .. }) => {
            if let (Some(PortArg::Named(name)), Some(PortArg::Text(text))) =
                (&args.port, &made.port)
                && let Ok(port) = text.parse()
                && is_named(name, port)
            {
                args.port = Some(PortArg::Text(port.to_string()));
            }
        }
        (
            Call::Bind { address, .. }
            | Call::ConnectNew { address, .. }
            | Call::Connect { address, .. },
            made,
        ) => {
            if let Some(Address { port: Port::Number(port), .. }) = made.address()
                && match &address.port {
                    Port::Number(_) => false,
                    Port::Named(name) => is_named(name, *port),
                    Port::Of(_) => true,
                }
            {
                address.port = Port::Number(*port);
            }
        }
        _ => {}
    }
    // A call that was not made keeps the port of a socket that has none.
    let open = match made {
        Call::BindSockets { args, .. } => matches!(args.port, Some(PortArg::Named(_))),
        call => match call.address().map(|address| &address.port) {
            Some(Port::Named(_)) => true,
            Some(Port::Of(_)) => !matches!(outcome, Outcome::Absent(_)),
            _ => false,
        },
    };
    expected == *made && !open
}
