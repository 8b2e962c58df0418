//! Seeds of every target, made from the behaviours, and the dictionaries of the text targets.
//!
//! usage: cargo run --manifest-path fuzz/Cargo.toml --example seeds -- FOLDER
//!
//! Writes FOLDER/TARGET/…, to be merged into the corpora, and renews fuzz/dictionaries.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bindproof::matrix::{Behaviour, embedded};
use bindproof::model::rules;
use bindproof::run::{ScriptJob, ScriptRun, simulate};
use bindproof::script::{
    Call, Choices, Flag, HistorySize, Platform, Script, SocketOption, Verb, errors, history,
};
use bindproof::testkit::bind_script;
use bindproof::trace::write;

use encode::{exactly, nearly};

#[path = "seeds/encode.rs"]
mod encode;

/// A seed that is longer than this is cut off or left out: libFuzzer mutates short inputs best.
const SEED_MAX: usize = 2_048;
/// How many random sequences the server gets, which no behaviour of a script stands for.
const SEQUENCES: u64 = 64;

fn main() -> io::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).expect("usage: seeds FOLDER").into();
    let behaviours = embedded().expect("the behaviours parse");
    dictionaries(&behaviours)?;
    texts(&folder, &behaviours)?;
    traces(&folder, &behaviours)?;
    // Guesses take minutes.
    choices(&folder, &behaviours)
}

fn put(folder: &Path, target: &str, name: &str, data: &[u8]) -> io::Result<()> {
    if data.len() > SEED_MAX {
        return Ok(());
    }
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name.replace('/', "-")), data)
}

/// What behaviours hold as text: scripts, command lines, questions for the resolver.
fn texts(folder: &Path, behaviours: &[Behaviour]) -> io::Result<()> {
    for behaviour in behaviours {
        let id = &behaviour.id;
        put(folder, "script_text", id, behaviour.parsed.source.as_bytes())?;
        put(folder, "cli_arguments", id, format!("check\n{id}\n--format\njson").as_bytes())?;
        for (step, one) in behaviour.parsed.script.steps.iter().enumerate() {
            let (host, service, flags) = match &one.call {
                Call::BindSockets { args, .. } => {
                    let words = one.call.to_string();
                    let words = words.split(' ').skip(3).filter_map(|word| word.split_once('='));
                    let line: String = words
                        .map(|(key, value)| format!("\n--{}\n{value}", key.replace('_', "-")))
                        .collect();
                    put(
                        folder,
                        "cli_arguments",
                        &format!("{id}-{step}"),
                        format!("bind{line}").as_bytes(),
                    )?;
                    (args.address.clone(), None, args.flags.clone())
                }
                Call::Resolve { args } => {
                    (args.host.clone(), args.service.clone(), args.flags.clone())
                }
                _ => continue,
            };
            let text =
                format!("{}\n{}", host.unwrap_or("-".into()), service.unwrap_or("80".into()));
            for head in [[0, 0, 0], [7, 0, 0], [11, 0, u8::from(flags.is_some())], [0, 0x80, 3]] {
                let data = [&head[..], text.as_bytes()].concat();
                put(folder, "resolve_differential", &format!("{id}-{step}-{}", head[0]), &data)?;
            }
        }
    }
    for platform in Platform::all() {
        let line =
            format!("predict\n--platform\n{platform}\n--release\n6.1.0\nx.sock\n--output\n-");
        put(folder, "cli_arguments", &format!("predict-{platform}"), line.as_bytes())?;
        let line = format!(
            "shrink\nx.sock\n--as\nc\n--against\n{platform}\n--subject\nsimulated:{platform}"
        );
        put(folder, "cli_arguments", &format!("shrink-{platform}"), line.as_bytes())?;
    }
    Ok(())
}

/// Every behaviour on every simulated platform, recorded.
fn traces(folder: &Path, behaviours: &[Behaviour]) -> io::Result<()> {
    for behaviour in behaviours {
        for platform in Platform::all() {
            let job = ScriptJob { parsed: behaviour.parsed.clone(), seed: None };
            let ScriptRun::Ran(mut trace) = simulate(platform, &job, 1_000) else { continue };
            // Half of a trace is its script, which neither of them looks into.
            trace.header.script = String::new();
            let name = format!("{}-{platform}", behaviour.id);
            for target in ["trace_json", "judge_trace"] {
                put(folder, target, &name, write(&trace).as_bytes())?;
            }
        }
    }
    Ok(())
}

/// The decisions that lead to each behaviour, or to what is nearest to it.
fn choices(folder: &Path, behaviours: &[Behaviour]) -> io::Result<()> {
    let (mut exact, mut near, mut all) = (0, 0, 0);
    for (index, behaviour) in behaviours.iter().enumerate() {
        let script = &behaviour.parsed.script;
        let calls = |call: &Call| matches!(call, Call::BindSockets { .. });
        all += 1;
        if script.steps.iter().any(|step| calls(&step.call)) {
            let generate = |data: &[u8]| bind_script(&mut Choices::of_bytes(data));
            let (data, same) = nearly(script, &generate, index as u64);
            exact += usize::from(same);
            near += usize::from(!same);
            put(folder, "bind_sockets_real", &behaviour.id, &data)?;
            for platform in 0..4 {
                let data = [&[platform][..], &data].concat();
                put(
                    folder,
                    "bind_sockets_simulated",
                    &format!("{}-{platform}", behaviour.id),
                    &data,
                )?;
            }
        }
        let generate = |data: &[u8]| history(&mut Choices::of_bytes(data), HistorySize::default());
        let Some((data, same)) = exactly(script, &generate, index as u64) else { continue };
        exact += usize::from(same);
        near += usize::from(!same);
        put(folder, "history_real", &behaviour.id, &data)?;
        for platform in 0..4 {
            // In the usual surroundings.
            let data = [&[platform, 0][..], &data].concat();
            put(folder, "history_simulated", &format!("{}-{platform}", behaviour.id), &data)?;
        }
    }
    for seed in 0..SEQUENCES {
        let mut choices = Choices::of_seed(seed);
        let length = 4 * (1 + choices.below(40));
        let data: Vec<u8> = (0..length).map(|_| choices.below(256) as u8).collect();
        put(folder, "tcp_server", &format!("random-{seed}"), &data)?;
    }
    eprintln!("{all} behaviours: {exact} exactly as decisions, {near} nearly");
    Ok(())
}

/// The words that each text target knows.
fn dictionaries(behaviours: &[Behaviour]) -> io::Result<()> {
    let mut script: BTreeSet<String> = BTreeSet::new();
    script.extend(Verb::all().map(|word| format!("{word} ")));
    script.extend(SocketOption::all().map(|word| format!("{word} ")));
    script.extend(errors::all().map(str::to_string));
    script.extend(Platform::all().map(|word| format!("{word}:")));
    let source: String =
        behaviours.iter().map(|one| without_comments(&one.parsed.script)).collect();
    script.extend(source.split([' ', '\n', '|']).filter(|word| word.len() > 1).map(str::to_string));
    dictionary("script_text", &script)?;

    let mut trace: BTreeSet<String> = script;
    trace.extend(KEYS.iter().map(|key| format!("\"{key}\":")));
    trace.extend(VALUES.iter().map(|value| value.to_string()));
    dictionary("trace_json", &trace)?;
    dictionary("judge_trace", &trace)?;

    let mut words: BTreeSet<String> = BTreeSet::new();
    let command = bindproof::cli::command();
    words.extend(command.get_subcommands().map(|verb| format!("{}\n", verb.get_name())));
    for one in std::iter::once(&command).chain(command.get_subcommands()) {
        for argument in one.get_arguments() {
            words.extend(argument.get_long().map(|flag| format!("\n--{flag}\n")));
            let values = argument.get_possible_values();
            words.extend(values.iter().map(|value| value.get_name().to_string()));
        }
    }
    words.extend(Flag::all().map(|flag| flag.to_string()));
    words.extend(Platform::all().map(|platform| format!("simulated:{platform}")));
    words.extend(rules().map(|rule| rule.id.to_string()));
    dictionary("cli_arguments", &words)?;

    let resolver = HOSTS.iter().chain(&SERVICES).map(|word| word.to_string()).collect();
    dictionary("resolve_differential", &resolver)
}

fn without_comments(script: &Script) -> String {
    let script = Script { title: None, ..script.clone() };
    script.to_string()
}

fn dictionary(target: &str, words: &BTreeSet<String>) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries");
    fs::create_dir_all(&folder)?;
    let mut text = String::from("# Written by fuzz/examples/seeds.rs.\n");
    for word in words.iter().filter(|word| word.len() <= 64) {
        text.push('"');
        for byte in word.bytes() {
            match byte {
                b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
                b' '..=b'~' => text.push(char::from(byte)),
                _ => text.push_str(&format!("\\x{byte:02X}")),
            }
        }
        text.push_str("\"\n");
    }
    fs::write(folder.join(format!("{target}.dict")), text)
}

const KEYS: [&str; 44] = [
    "format",
    "kind",
    "script",
    "platform",
    "os",
    "kernel",
    "release",
    "arch",
    "libc",
    "subject",
    "name",
    "version",
    "environment",
    "ipv6",
    "ipv6_off_by",
    "bindv6only",
    "somaxconn",
    "ephemeral",
    "low_port",
    "privileged",
    "uid",
    "network",
    "hosts",
    "records",
    "fail",
    "seed",
    "step",
    "call",
    "outcome",
    "ok",
    "error",
    "code",
    "blocked",
    "absent",
    "not_supported",
    "local",
    "peer",
    "steps",
    "why",
    "family",
    "address",
    "port",
    "flowinfo",
    "scope",
];
const VALUES: [&str; 16] = [
    "\"trace\"",
    "\"end\"",
    "\"complete\"",
    "\"limit\"",
    "\"died\"",
    "\"private\"",
    "\"host\"",
    "\"injection\"",
    "\"seccomp\"",
    "\"off\"",
    "\"no-address\"",
    "null",
    "true",
    "\"xnu\"",
    "\"nt\"",
    "\"gvisor\"",
];
const HOSTS: [&str; 24] = [
    "127.0.0.1",
    "0x7f",
    "0177",
    "0X",
    "4294967295",
    "4294967296",
    "255.",
    ".1",
    "::",
    "::1",
    "::ffff:",
    "fe80::1",
    "ff02::1",
    "%lo",
    "%1",
    "%",
    "1.2.3.4",
    "ffff:",
    "localhost",
    "0.0.0.0",
    "256",
    "08",
    "[::1]",
    "*",
];
const SERVICES: [&str; 16] = [
    "\n80",
    "\n65535",
    "\n65536",
    "\n4294967376",
    "\n-1",
    "\n+80",
    "\n http",
    "\nhttp",
    "\n0x50",
    "\n080",
    "\n18446744073709551616",
    "\n\t80",
    "\n80 ",
    "\n*",
    "\n2147483648",
    "\n-",
];
