//! A script back into the decisions that lead to it. A generator cannot be run backwards, so its
//! decisions are guessed, a few bytes at a time, until it says what it should.

use std::collections::BTreeMap;

use bindproof::script::{Address, Call, Choices, Name, Port, Script, Step};

/// Guesses for the next call or two.
const GUESSES_MAX: u32 = 30_000;
/// Bytes that decide these.
const BYTES_MAX: u32 = 9;
/// Changes that are tried for a whole script.
const CHANGES_MAX: u32 = 6_000;

/// The decisions that lead exactly to a script's calls; false if some calls had to be left out.
/// `None` if nothing but a socket is left.
pub(crate) fn exactly(
    script: &Script,
    generate: &dyn Fn(&[u8]) -> Script,
    seed: u64,
) -> Option<(Vec<u8>, bool)> {
    let mut wanted = plain(script);
    let complete = wanted.len() == script.steps.len() && script.env.is_empty();
    let mut guesses = Choices::of_seed(seed);
    // As long as there can be.
    let mut data = vec![28];
    let (mut done, mut left_out) = (0, 0);
    while done < wanted.len() {
        let found = (0..GUESSES_MAX).find_map(|_| {
            let mut longer = data.clone();
            longer.extend((0..=guesses.below(BYTES_MAX)).map(|_| guesses.below(256) as u8));
            let calls = calls_of(&generate(&longer));
            (calls.len() > done && wanted.starts_with(&calls)).then_some((longer, calls.len()))
        });
        match found {
            Some((longer, count)) => (data, done) = (longer, count),
            None => {
                left_out += 1;
                wanted.remove(done);
            }
        }
    }
    (done > 1).then_some((data, complete && left_out == 0))
}

/// The decisions that lead to a script as much like this one as was found, and whether it is the
/// same.
pub(crate) fn nearly(
    script: &Script,
    generate: &dyn Fn(&[u8]) -> Script,
    seed: u64,
) -> (Vec<u8>, bool) {
    let wanted = lines(script);
    let mut guesses = Choices::of_seed(seed);
    let mut best = (Vec::new(), unlike(&wanted, &lines(&generate(&[]))));
    for _ in 0..CHANGES_MAX {
        let mut data = best.0.clone();
        for _ in 0..=guesses.below(3) {
            let place = guesses.below(data.len() as u32 + 1) as usize;
            let byte = guesses.below(256) as u8;
            match guesses.below(4) {
                0 => data.insert(place, byte),
                1 if place < data.len() => drop(data.remove(place)),
                _ if place < data.len() => data[place] = byte,
                _ => data.extend([0, byte]),
            }
        }
        let distance = unlike(&wanted, &lines(&generate(&data)));
        if distance <= best.1 {
            best = (data, distance);
        }
        if best.1 == 0 {
            break;
        }
    }
    while best.0.last() == Some(&0) {
        best.0.pop();
    }
    (best.0, best.1 == 0)
}

fn lines(script: &Script) -> Vec<String> {
    let steps = script.steps.iter().map(|step| step.call.to_string());
    script.env.iter().map(|line| format!("env {line}")).chain(steps).collect()
}

/// Words that one has and the other has not, line by line from the best fitting one.
fn unlike(wanted: &[String], found: &[String]) -> usize {
    let words = |line: &str| line.split(' ').map(str::to_string).collect::<Vec<_>>();
    let mut left: Vec<_> = found.iter().map(|line| words(line)).collect();
    let mut distance = 0;
    for line in wanted.iter().map(|line| words(line)) {
        let difference = |other: &Vec<String>| {
            let only =
                |a: &[String], b: &[String]| a.iter().filter(|word| !b.contains(word)).count();
            only(&line, other) + only(other, &line)
        };
        let best = left.iter().enumerate().min_by_key(|(_, other)| difference(other));
        match best.map(|(index, other)| (index, difference(other))) {
            Some((index, cost)) if cost < line.len() => {
                distance += cost;
                left.remove(index);
            }
            _ => distance += line.len(),
        }
    }
    distance + left.iter().map(Vec::len).sum::<usize>()
}

fn calls_of(script: &Script) -> Vec<Call> {
    script.steps.iter().map(|step| step.call.clone()).collect()
}

/// The calls that a history has, with the names and ports that a history gives.
fn plain(script: &Script) -> Vec<Call> {
    let mut names: BTreeMap<Name, Name> = BTreeMap::new();
    let mut ports: BTreeMap<String, String> = BTreeMap::new();
    let mut calls = Vec::new();
    for Step { call, .. } in &script.steps {
        let known = |name: &Name| names.contains_key(name);
        if matches!(call, Call::BindSockets { .. } | Call::Resolve { .. } | Call::Inherited { .. })
            || call.server_used().is_some()
            || matches!(call, Call::Serve { .. })
            || !call.sockets_used().into_iter().all(known)
        {
            continue;
        }
        if let Some(name) = call.socket_assigned() {
            let letters = ["a", "b", "c", "d", "e", "f"];
            let Some(letter) = letters.get(names.len()) else { continue };
            names.insert(name.clone(), Name { word: (*letter).to_string(), index: None });
        }
        if let Some(Port::Named(port)) = call.address().map(|address| &address.port) {
            let next = ["p", "q", "r", "s"][ports.len().min(3)];
            ports.entry(port.clone()).or_insert_with(|| next.to_string());
        }
        calls.push(renamed(call, &names, &ports));
    }
    calls
}

fn renamed(call: &Call, names: &BTreeMap<Name, Name>, ports: &BTreeMap<String, String>) -> Call {
    let name = |name: &Name| names.get(name).cloned().unwrap_or_else(|| name.clone());
    let address = |address: &Address| {
        let port = match &address.port {
            Port::Named(port) => Port::Named(ports[port].clone()),
            Port::Of(of) => Port::Of(name(of)),
            Port::Number(number) => Port::Number(*number),
        };
        Address { host: address.host.clone(), port }
    };
    match call.clone() {
        Call::Socket { name: n, family } => Call::Socket { name: name(&n), family },
        Call::Set { name: n, option, value } => Call::Set { name: name(&n), option, value },
        Call::Get { name: n, option } => Call::Get { name: name(&n), option },
        Call::Bind { name: n, address: a } => Call::Bind { name: name(&n), address: address(&a) },
        Call::Listen { name: n, backlog } => Call::Listen { name: name(&n), backlog },
        Call::ConnectNew { name: n, address: a } => {
            Call::ConnectNew { name: name(&n), address: address(&a) }
        }
        Call::Connect { name: n, address: a } => {
            Call::Connect { name: name(&n), address: address(&a) }
        }
        Call::Accept { name: n, listener } => {
            Call::Accept { name: name(&n), listener: name(&listener) }
        }
        Call::Dup { name: n, original } => Call::Dup { name: name(&n), original: name(&original) },
        Call::GetName { name: n } => Call::GetName { name: name(&n) },
        Call::Send { name: n, count } => Call::Send { name: name(&n), count },
        Call::Recv { name: n } => Call::Recv { name: name(&n) },
        Call::Shutdown { name: n, half } => Call::Shutdown { name: name(&n), half },
        Call::Close { name: n } => Call::Close { name: name(&n) },
        other => other,
    }
}
