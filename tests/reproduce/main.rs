//! Reproducers: programs made of scripts, built and run. They are for Unix.
#![cfg(all(feature = "cli", unix))]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bindproof::matrix::{Behaviour, embedded};
use bindproof::reproduce::{Form, OnlyInScripts, reproduce};
use bindproof::run::local_platform;
use bindproof::script::{Answer, Expectation, Platform, Script};

/// The system's own C and Rust compilers and Python; `None` where one is not there.
fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
    if !found {
        eprintln!("SKIPPED: there is no {program} here");
    }
    found
}

/// The behaviours that stand for themselves: no environment, no call of bindproof's own.
fn plain(platform: Platform) -> Vec<(Behaviour, Script)> {
    let all =
        embedded().expect("they parse").into_iter().filter(|one| one.parsed.script.env.is_empty());
    all.map(|one| (one.clone(), expected_on(platform, &one.parsed.script))).collect()
}

/// The script with what a platform is expected to answer.
fn expected_on(platform: Platform, script: &Script) -> Script {
    let mut script = script.clone();
    for step in &mut script.steps {
        step.expectation = match &step.expectation {
            Expectation::Unwritten => Expectation::All(vec![Answer::Ok]),
            written => match written.for_platform(platform) {
                Some(answers) => Expectation::All(answers.to_vec()),
                None => Expectation::Unwritten,
            },
        };
    }
    script
}

/// A folder with a program, and what starts it.
struct Program {
    folder: tempfile::TempDir,
    command: Vec<String>,
}

fn build(form: Form, text: &str) -> Program {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let words = |words: &[&OsStr]| -> Vec<String> {
        words.iter().map(|word| word.to_str().expect("UTF-8").to_string()).collect()
    };
    let compile = |source: PathBuf, compiler: &str, flags: &[&str]| -> PathBuf {
        fs::write(&source, text).expect("written");
        let target = path("reproducer");
        let done = Command::new(compiler)
            .args(flags)
            .arg("-o")
            .args([&target, &source])
            .output()
            .expect("the compiler starts");
        assert!(done.status.success(), "{}\n{text}", String::from_utf8_lossy(&done.stderr));
        target
    };
    let command = match form {
        Form::C => {
            let target = compile(path("r.c"), "cc", &["-std=c99", "-Wall", "-Wextra", "-Werror"]);
            words(&[target.as_os_str()])
        }
        Form::Rust => {
            let target = compile(path("r.rs"), "rustc", &["--edition", "2024", "-D", "warnings"]);
            words(&[target.as_os_str()])
        }
        Form::Python => {
            fs::write(path("r.py"), text).expect("written");
            words(&["python3".as_ref(), path("r.py").as_os_str()])
        }
        Form::Script => {
            fs::create_dir(path("found")).expect("made");
            fs::write(path("found").join("it.sock"), text).expect("written");
            let binary: &OsStr = env!("CARGO_BIN_EXE_bindproof").as_ref();
            let flags = ["check", "--behaviours"].map(OsStr::new);
            words(&[binary, flags[0], flags[1], folder.path().as_os_str()])
        }
    };
    Program { folder, command }
}

/// The code that a program ends with, and what it prints. On Linux it runs in a network of its
/// own if there can be one.
fn run(program: &Program) -> (i32, String) {
    let binary = env!("CARGO_BIN_EXE_bindproof");
    let own_network = |flags: &[&str]| {
        Command::new(binary).arg("__sandbox").args(flags).arg("--").args(&program.command).output()
    };
    let mut done = own_network(&[]).expect("it starts");
    if done.status.code() == Some(2) {
        done = own_network(&["--host"]).expect("it starts");
    }
    assert!(Path::new(program.folder.path()).exists());
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.code().unwrap_or(-1), printed + &complaints)
}

/// Those that a form can make, in that form.
fn programs(form: Form) -> Vec<(String, String)> {
    let Some(platform) = local_platform() else { return Vec::new() };
    let made = plain(platform).into_iter().filter_map(|(behaviour, script)| {
        let program = reproduce(&script, form).ok()?;
        Some((behaviour.id, program))
    });
    made.collect()
}

/// One of each group.
fn sample(all: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut groups: Vec<String> = Vec::new();
    let group = |id: &str| id.split('/').next().unwrap_or_default().to_string();
    let mut first = |id: &str| {
        let new = !groups.contains(&group(id));
        if new {
            groups.push(group(id));
        }
        new
    };
    all.into_iter().filter(|(id, _)| first(id)).collect()
}

fn all_hold(form: Form, programs: Vec<(String, String)>, at_least: usize) {
    assert!(programs.len() >= at_least, "only {} programs", programs.len());
    let mut failed = Vec::new();
    for (id, text) in programs {
        let (code, printed) = run(&build(form, &text));
        if code != 0 {
            failed.push(format!("{id}: {code}: {printed}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_plain_behaviour_holds_in_python() {
    if is_there("python3") {
        all_hold(Form::Python, programs(Form::Python), 120);
    }
}

#[test]
fn one_behaviour_of_each_group_holds_in_c() {
    if is_there("cc") {
        all_hold(Form::C, sample(programs(Form::C)), 8);
    }
}

#[test]
fn one_behaviour_of_each_group_holds_in_rust() {
    if is_there("rustc") {
        all_hold(Form::Rust, sample(programs(Form::Rust)), 8);
    }
}

/// Each kind of answer, expected wrongly, is found and named.
#[test]
fn a_wrong_expectation_ends_with_1_and_names_the_step() {
    let text = "a = socket inet => ok\nbind a 127.0.0.1:p => ok\nlisten a 1 => EADDRINUSE\n\
                name a => ok=127.0.0.1:p|ok=0.0.0.0:p\nb = accept a => ok\nget a accepting => ok=off\n\
                close b => absent\nc = connect 127.0.0.1:0 => ECONNREFUSED|blocks\n";
    let script = bindproof::script::parse(text).expect("it parses").remove(0).script;
    for (form, compiler) in [(Form::C, "cc"), (Form::Python, "python3"), (Form::Rust, "rustc")] {
        if !is_there(compiler) {
            continue;
        }
        let (code, printed) = run(&build(form, &reproduce(&script, form).expect("it can be made")));
        assert_eq!(code, 1, "{form}: {printed}");
        let steps: Vec<_> = printed.lines().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(steps, ["step 3", "step 5", "step 6"], "{form}: {printed}");
    }
}

#[test]
fn what_only_a_script_can_do_is_named() {
    for (text, call) in [
        ("s = bind_sockets port=0", "s = bind_sockets port=0"),
        ("resolve host=127.0.0.1", "resolve host=127.0.0.1"),
        ("env fail bind EACCES\na = socket inet", "env fail bind EACCES"),
    ] {
        let script = bindproof::script::parse(text).expect("it parses").remove(0).script;
        for form in [Form::C, Form::Python, Form::Rust] {
            let error: OnlyInScripts = reproduce(&script, form).expect_err("it cannot be made");
            assert_eq!(error.call, call);
            assert!(error.to_string().contains("--as script"), "{error}");
        }
        assert!(reproduce(&script, Form::Script).is_ok());
    }
}

/// What tells two platforms apart can be an option that only one of them has.
#[cfg(target_os = "linux")]
mod missing_option {
    use std::process::Command;

    use bindproof::reproduce::{Form, reproduce};

    use super::{build, is_there, run};

    /// How the program of each form ends.
    fn ends(program: impl Fn(Form) -> String) -> Vec<(Form, i32, String)> {
        let bindproof = env!("CARGO_BIN_EXE_bindproof");
        let needs = [
            (Form::C, "cc"),
            (Form::Python, "python3"),
            (Form::Rust, "rustc"),
            (Form::Script, bindproof),
        ];
        let made = needs.into_iter().filter(|(_, needed)| is_there(needed)).map(|(form, _)| {
            let (code, printed) = run(&build(form, &program(form)));
            (form, code, printed)
        });
        made.collect()
    }

    #[test]
    fn every_form_ends_with_0_where_the_model_says_nothing_of_it() {
        let ends = ends(|form| {
            let shrunk = Command::new(env!("CARGO_BIN_EXE_bindproof"))
                .args(["shrink", "--subject", "simulated:windows", "--against", "linux"])
                .args(["--as", &form.to_string()])
                .arg("matrix/behaviours/reuseaddr/exclusive-first.sock")
                .output()
                .expect("it starts");
            let program = String::from_utf8(shrunk.stdout).expect("UTF-8");
            assert!(program.contains("exclusiveaddruse"), "{program}");
            program
        });
        assert!(ends.iter().all(|(_, code, _)| *code == 0), "{ends:?}");
    }

    #[test]
    fn every_form_ends_with_1_where_it_is_expected() {
        for call in ["set a exclusiveaddruse on", "get a exclusiveaddruse"] {
            let text = format!("title It\na = socket inet => ok\n{call} => ok\n");
            let script = bindproof::script::parse(&text).expect("it parses").remove(0).script;
            let ends = ends(|form| reproduce(&script, form).expect("it can be made"));
            let named = |printed: &str| printed.contains("step 2") && printed.contains(call);
            assert!(ends.iter().all(|(_, code, text)| *code == 1 && named(text)), "{ends:?}");
        }
    }
}

/// A real divergence, made by a model with one wrong fact: the shortest script and its program in
/// each form say what that model believes, and find out that it is not so.
#[cfg(target_os = "linux")]
mod wrong_model {
    use bindproof::judge::{Reduced, annotated, judge_on, machines, reduce};
    use bindproof::model::{Machine, Record};
    use bindproof::reproduce::{Form, reproduce};
    use bindproof::run::{
        Launcher, Pool, PoolOptions, ScriptJob, ScriptRun, SubjectName, WORKER_VERB,
    };
    use bindproof::script::{Fail, Script, parse};
    use bindproof::trace::Trace;

    use super::{build, is_there, run};

    /// A Linux on which `listen` does not look at other sockets again.
    fn wrong(mut machines: Vec<Machine>) -> Vec<Machine> {
        for machine in &mut machines {
            let mut record: Record = machine.record.clone();
            record.listen_checks.value = false;
            machine.record = Box::leak(Box::new(record));
        }
        machines
    }

    fn trace_of(pool: &Pool, script: &Script) -> Trace {
        let parsed = parse(&script.to_string()).expect("it parses").remove(0);
        match pool.run(&[ScriptJob { parsed, seed: None }], &|_| {}).remove(0) {
            ScriptRun::Ran(trace) => *trace,
            other => panic!("{other:?}"),
        }
    }

    fn wrong_machines(trace: &Trace) -> (Vec<Machine>, Vec<Fail>) {
        let (all, fails) = machines(&trace.header).expect("there is a model of this machine");
        (wrong(all), fails)
    }

    fn reduced(pool: &Pool, script: &Script) -> Option<Reduced> {
        reduce(script, |shorter| {
            let trace = trace_of(pool, shorter);
            let verdict = judge_on(&trace, Ok(wrong_machines(&trace)));
            verdict.divergences().next().cloned()
        })
    }

    #[test]
    fn a_divergence_is_reduced_and_reproduced_in_each_form() {
        let pool = Pool::new(
            Launcher {
                program: env!("CARGO_BIN_EXE_bindproof").into(),
                arguments: vec![WORKER_VERB.into()],
            },
            PoolOptions {
                subject: SubjectName::Kernel,
                jobs: 1,
                script_timeout_ms: 30_000,
                sandbox: true,
            },
        );
        let noisy = parse(
            "d = socket inet6\na = socket inet\nset a linger 3\nset a reuseaddr on\n\
             bind a 127.0.0.2:q\nb = socket inet\nset b reuseaddr on\nset b cloexec on\n\
             bind d [::1]:r\nbind b 127.0.0.2:q\nget a reuseaddr\nlisten b 7\nlisten d -1\n\
             c = connect [::1]:r\nlisten a 3\nsend c 9\nclose d\n",
        );
        let found = reduced(&pool, &noisy.expect("it parses").remove(0).script);
        let Reduced { script, divergence } = found.expect("the wrong fact shows");
        assert_eq!(divergence.rules, ["listen.backlog"]);
        assert_eq!(divergence.got.word(), "EADDRINUSE");
        assert!(script.steps.len() <= 8, "{script}");

        let (all, fails) = wrong_machines(&trace_of(&pool, &script));
        let believed = annotated(&script, all, fails);
        let (all, fails) = machines(&trace_of(&pool, &script).header).expect("a model");
        let right = annotated(&script, all, fails);
        for (form, compiler) in [
            (Form::C, "cc"),
            (Form::Python, "python3"),
            (Form::Rust, "rustc"),
            (Form::Script, env!("CARGO_BIN_EXE_bindproof")),
        ] {
            if !is_there(compiler) {
                continue;
            }
            let code = |script: &Script| {
                let mut script = script.clone();
                script.title = Some("A divergence".into());
                let program = reproduce(&script, form).expect("it can be made");
                run(&build(form, &program))
            };
            let (ended, printed) = code(&believed);
            assert_eq!(ended, 1, "{form}: {printed}");
            assert!(printed.contains("listen"), "{form}: {printed}");
            let (ended, printed) = code(&right);
            assert_eq!(ended, 0, "{form}: {printed}");
        }
    }
}
