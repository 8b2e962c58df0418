//! The committed corpora and regressions of the fuzz targets, replayed on stable on every system.
//!
//! Without the usual harness: a target on the real kernel enters a private network, which only a
//! process with one thread may do, so this program runs itself again for each of them. Where there
//! is no private network they run in the host's, on fresh ports.

use std::any::Any;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use bindproof::sandbox;
use bindproof::script::{Choices, Script, parse, parse_call_text};
use bindproof::testkit::bind_script;
use bindproof::testkit::fuzz::{Input, TARGETS, Target, judged_again, target, watch_panics};
use bindproof::trace::read;
use libtest_mimic::{Arguments, Failed, Trial};

/// Says which target this process replays.
const MARKER: &str = "BINDPROOF_TEST_CORPUS";
/// Of all corpora together, in bytes.
const CORPORA_MAX: u64 = 2 << 20;
const CANARY: &str = "canary";

type Outcome = Result<(), Failed>;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(MARKER) {
        return alone(&name);
    }
    let arguments = Arguments::from_args();
    // `cargo package` leaves fuzz/ out, and writes the manifest as it was beside the new one.
    if !fuzz().is_dir() && Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml.orig").is_file() {
        eprintln!("NOT REPLAYED: the packaged crate has no fuzz/ and so no corpora");
        return ExitCode::SUCCESS;
    }
    let mut trials: Vec<_> = TARGETS
        .iter()
        .filter(|target| target.name != CANARY)
        .map(|target| Trial::test(format!("replay::{}", target.name), || replay(target)))
        .collect();
    trials.push(Trial::test("the_canary_fails", the_canary_fails));
    #[cfg(unix)]
    trials.push(Trial::test("the_printed_command_runs", the_printed_command_runs));
    trials.push(Trial::test("every_target_has_a_program", every_target_has_a_program));
    trials.push(Trial::test("every_input_has_a_target", every_input_has_a_target));
    trials.push(Trial::test("the_corpora_are_small", the_corpora_are_small));
    #[cfg(feature = "cli")]
    trials.push(Trial::test("the_dictionary_has_every_flag", the_dictionary_has_every_flag));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The files of a folder, in order; none if there is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn inputs(name: &str) -> (Vec<PathBuf>, Vec<PathBuf>) {
    (files(&fuzz().join("corpus").join(name)), files(&fuzz().join("regressions").join(name)))
}

fn replay(target: &'static Target) -> Outcome {
    let (corpus, regressions) = inputs(target.name);
    if corpus.is_empty() {
        return Err("there is no corpus".into());
    }
    if target.real {
        return in_a_process_of_its_own(target);
    }
    for path in corpus.iter().chain(&regressions) {
        one(target, path, false)?;
    }
    println!("{}: {} inputs, {} regressions", target.name, corpus.len(), regressions.len());
    Ok(())
}

/// An input is run, and shown as what runs here.
fn one(target: &Target, path: &Path, private: bool) -> Outcome {
    let data = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let examined = catch_unwind(AssertUnwindSafe(|| target.examine(&data)));
    let found = examined.unwrap_or_else(|payload| Err(message(&*payload).to_string()));
    found
        .and_then(|()| shown(target, &data, private))
        .map_err(|why| format!("{}\n{}\n{why}", path.display(), target.print(&data)).into())
}

/// What is printed of an input can be read, and is the script that runs, where it stands for a script.
fn shown(target: &Target, data: &[u8], private: bool) -> Result<(), String> {
    let text = target.print(data);
    let unseen = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.trim().is_empty() || text.contains(unseen) {
        return Err(format!("it is printed as {text:?}"));
    }
    if target.name.contains("trace") {
        return calls(&text, data);
    }
    // A server's life is no script.
    if target.input == Input::Choices && target.name != "tcp_server" {
        let scripts = parse(&text).map_err(|error| error.to_string())?;
        if scripts.len() != 1 || scripts[0].script.steps.is_empty() {
            return Err("it is not printed as one script".into());
        }
        if target.name == "bind_sockets_real" {
            return surroundings(&scripts[0].script, &text, data, private);
        }
    }
    Ok(())
}

/// Every step of the traces that can be read is a call, and its outcome a comment.
fn calls(text: &str, data: &[u8]) -> Result<(), String> {
    let Ok(traces) = read(&String::from_utf8_lossy(data)) else { return Ok(()) };
    let steps: Vec<_> = traces.iter().flat_map(|trace| &trace.steps).collect();
    let calls = text.lines().filter(|line| !line.starts_with('#') && *line != "---");
    let calls: Vec<_> = calls.filter_map(|line| line.rsplit_once("  # ")).collect();
    let same = calls.len() == steps.len()
        && calls.iter().zip(&steps).all(|((call, outcome), step)| {
            let told = step.outcome.to_string();
            parse_call_text(call) == parse_call_text(&step.call)
                && (*outcome == told || told.contains(char::is_control))
        });
    if same { Ok(()) } else { Err(format!("{} steps are printed as {calls:?}", steps.len())) }
}

/// No line that the bytes ask for is dropped, and in a private network all of them are provided.
fn surroundings(printed: &Script, text: &str, data: &[u8], private: bool) -> Result<(), String> {
    let asked = bind_script(&mut Choices::of_bytes(data)).env;
    let missing = text.lines().filter(|line| line.starts_with("# not provided here: env "));
    let missing = missing.count();
    if printed.env.len() + missing != asked.len() || private && printed.env != asked {
        return Err(format!("{} and {missing} of {asked:?}", printed.env.len()));
    }
    Ok(())
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without words")
}

fn in_a_process_of_its_own(target: &Target) -> Outcome {
    let output = Command::new(std::env::current_exe()?).env(MARKER, target.name).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !told.contains(" inputs, ") {
        return Err(format!("{told}{errors}").into());
    }
    let required = std::env::var("BINDPROOF_REQUIRED").unwrap_or_default();
    let must = sandbox::HAS_NAMESPACES && required.split(' ').any(|lane| lane == "sandbox");
    if must && told.contains("in the host's network") {
        return Err(format!("a private network is required here: {told}").into());
    }
    print!("{told}");
    Ok(())
}

/// The part of the test that happens in a process of its own.
fn alone(name: &str) -> ExitCode {
    let target = target(name).expect("the caller knows it");
    let (corpus, regressions) = inputs(name);
    let prepared = target.prepare();
    let private = prepared.is_ok();
    let place = match prepared {
        Ok(()) => "a private network".to_string(),
        Err(why) => format!("the host's network ({why})"),
    };
    watch_panics();
    for path in corpus.iter().chain(&regressions) {
        if let Err(failed) = one(target, path, private) {
            println!("{}", failed.message().unwrap_or("failed"));
            return ExitCode::FAILURE;
        }
    }
    let (inputs, old) = (corpus.len(), regressions.len());
    println!("{name}: {inputs} inputs, {old} regressions, in {place}");
    ExitCode::SUCCESS
}

/// Otherwise nothing above says anything.
fn the_canary_fails() -> Outcome {
    let canary = target(CANARY).ok_or("there is no canary")?;
    canary.examine(b"bin")?;
    match canary.examine(b"bind") {
        Err(why) if why.contains("as it must be") => Ok(()),
        other => Err(format!("the canary answers {other:?}").into()),
    }
}

/// What a finding on this kernel says runs it again, given to a shell.
#[cfg(unix)]
fn the_printed_command_runs() -> Outcome {
    let script = &parse("a = socket inet\nbind a 127.0.0.1:0\nlisten a 5\n")?[0].script;
    let command = judged_again(script);
    let program = Path::new(env!("CARGO_BIN_EXE_bindproof"));
    let folder = program.parent().ok_or("the program is in no folder")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path)?;
    let output = Command::new("sh").args(["-c", &command]).env("PATH", path).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && told.contains("3 steps") {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command}\nanswers {}\n{told}{errors}", output.status).into())
}

fn every_target_has_a_program() -> Outcome {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml"))?;
    let programs: Vec<_> = manifest
        .split("[[bin]]")
        .skip(1)
        .filter_map(|bin| bin.split("name = \"").nth(1)?.split('"').next())
        .filter(|name| known_here(name))
        .collect();
    let targets: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    if programs == targets { Ok(()) } else { Err(format!("{programs:?} and {targets:?}").into()) }
}

/// The command line is a target only where it is there.
fn known_here(name: &str) -> bool {
    cfg!(feature = "cli") || name != "cli_arguments"
}

fn every_input_has_a_target() -> Outcome {
    for kind in ["corpus", "regressions"] {
        for folder in files(&fuzz().join(kind)) {
            let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            if known_here(&name) && target(&name).is_none() {
                return Err(format!("{} belongs to no target", folder.display()).into());
            }
        }
    }
    Ok(())
}

#[cfg(feature = "cli")]
fn the_dictionary_has_every_flag() -> Outcome {
    let words = fs::read_to_string(fuzz().join("dictionaries/cli_arguments.dict"))?;
    let command = bindproof::cli::command();
    let verbs = command.get_subcommands().map(|verb| format!("\"{}\\x0A\"", verb.get_name()));
    let flags = command
        .get_subcommands()
        .flat_map(|verb| verb.get_arguments())
        .filter_map(|argument| Some(format!("\"\\x0A--{}\\x0A\"", argument.get_long()?)));
    let missing: Vec<_> =
        verbs.chain(flags).filter(|word| !words.lines().any(|line| line == word)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("{missing:?} are missing: run the example seeds of fuzz/").into())
}

fn the_corpora_are_small() -> Outcome {
    let mut bytes = 0;
    for folder in files(&fuzz().join("corpus")) {
        for file in files(&folder) {
            bytes += fs::metadata(file)?.len();
        }
    }
    println!("{bytes} bytes");
    if bytes < CORPORA_MAX { Ok(()) } else { Err(format!("the corpora have {bytes} bytes").into()) }
}
