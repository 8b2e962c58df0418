//! The written expectations of the behaviours and the model are two independent statements: they
//! agree on every platform.

use bindproof::judge::Judge;
use bindproof::matrix::{Behaviour, embedded};
use bindproof::model::usual_machines;
use bindproof::run::{Faults, Limits, Ports, SimulatedSubject, drive};
use bindproof::script::{Answer, Env, Expectation, Platform};
use libtest_mimic::{Arguments, Trial};

/// Where the two disagree, step by step.
fn disagreements(behaviour: &Behaviour, platform: Platform) -> Vec<String> {
    let script = &behaviour.parsed.script;
    let (mut machines, fails) = usual_machines(platform, None, &script.env);
    let mut found = Vec::new();
    // What is written is meant for a private network and a process that may do what root may, unless it says otherwise.
    let privileged = !script.env.contains(&Env::Unprivileged);
    for machine in &mut machines {
        machine.privileged = privileged;
        machine.isolated = true;
    }
    let mut judge = Judge::new(machines.clone(), fails.clone());
    let mut subject = SimulatedSubject::new(machines[0].clone(), Faults::new(platform, &fails));
    let mut ports = Ports::private(machines[0].ephemeral);
    let mut made = Vec::new();
    drive(script, &mut subject, &mut ports, Some(platform), &Limits::default(), &mut |step| {
        made.push((step.call, step.outcome));
    })
    .expect("ports enough");
    for (index, (step, (call, outcome))) in script.steps.iter().zip(&made).enumerate() {
        let default = [Answer::Ok];
        let written = match &step.expectation {
            Expectation::Unwritten => Some(&default[..]),
            written => written.for_platform(platform),
        };
        let written = written.filter(|answers| !answers.contains(&Answer::Unknown));
        let allowed = judge.allowed(call);
        let place = format!("{} {platform} step {}: {}", behaviour.id, index + 1, call);
        match (written, allowed) {
            (None, _) => {}
            (Some(_), Err(why)) => found.push(format!("{place}: unmodelled: {why}")),
            (Some(written), Ok(allowed)) => {
                for (answer, rule) in &allowed {
                    if !written.iter().any(|one| covers(one, answer)) {
                        found.push(format!(
                            "{place}: the model allows {answer} by {rule}, written is {written:?}"
                        ));
                    }
                }
            }
        }
        let _ = judge.step(call, outcome);
    }
    found
}

fn covers(written: &Answer, allowed: &str) -> bool {
    match written {
        Answer::Ok => allowed == "ok" || allowed.starts_with("ok="),
        // A written address has symbolic ports; the runs compare those.
        Answer::OkValue(value) => {
            allowed == format!("ok={value}")
                || ((value.contains(':')) && (allowed == "ok" || allowed.starts_with("ok=")))
        }
        Answer::Error(name) => allowed == name,
        Answer::AnyError => allowed == "error" || allowed.starts_with('E'),
        Answer::Blocks => allowed == "blocks",
        Answer::Absent => allowed == "absent",
        Answer::Unknown => true,
    }
}

/// A trial for each behaviour, so that what fails is named, and so that ci/mutants can ask the one
/// that has to do with a change.
fn main() -> std::process::ExitCode {
    let behaviours = embedded().expect("the behaviours parse");
    let trials = behaviours.into_iter().map(|behaviour| {
        Trial::test(behaviour.id.clone(), move || {
            let found: Vec<_> =
                Platform::all().flat_map(|platform| disagreements(&behaviour, platform)).collect();
            if found.is_empty() {
                return Ok(());
            }
            Err(format!("{} disagreements:\n{}", found.len(), found.join("\n")).into())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
