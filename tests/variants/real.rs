//! Nothing is found in the reference on this machine's own kernel and resolver, either.
#![cfg(feature = "cli")]

use std::collections::BTreeMap;

use bindproof::judge::{StepVerdict, judge};
use bindproof::run::{
    Launcher, Pool, PoolOptions, ScriptJob, ScriptRun, SubjectName, WORKER_VERB, probe,
};
use bindproof::sandbox::probes;
use bindproof::script::{Choices, parse};
use bindproof::testkit::bind_script;

/// How many generated scripts are run; nearly each has an environment, and so a process, of its
/// own.
const GENERATED: u64 = 300;

#[test]
fn nothing_is_found_in_the_reference_on_this_kernel() {
    let program = env!("CARGO_BIN_EXE_bindproof").into();
    let launcher = Launcher { program, arguments: vec![WORKER_VERB.into()] };
    // The scripts ask for hosts files and settings, and bind ports that somebody may have.
    let private = &probes()[0];
    if let Some(why) = probe(&launcher, private) {
        eprintln!("SKIPPED: {} is not to be had here: {why}", private.name);
        return;
    }
    let options = PoolOptions {
        subject: SubjectName::Reference,
        jobs: 2,
        script_timeout_ms: 2_000,
        sandbox: true,
    };
    let job = |seed| {
        let text = bind_script(&mut Choices::of_seed(seed)).to_string();
        ScriptJob { parsed: parse(&text).expect("a script").remove(0), seed: Some(seed) }
    };
    let jobs: Vec<_> = (0..GENERATED).map(job).collect();
    let (mut ran, mut judged, mut unmodelled) = (0, 0, 0);
    let mut skipped = BTreeMap::<String, usize>::new();
    for (job, run) in jobs.iter().zip(Pool::new(launcher, options).run(&jobs, &|_| ())) {
        match run {
            ScriptRun::Ran(trace) => {
                let verdict = judge(&trace);
                let wrong: Vec<_> = verdict.divergences().map(ToString::to_string).collect();
                assert!(wrong.is_empty(), "{}{}", job.parsed.script, wrong.join("\n"));
                ran += 1;
                for step in verdict.steps {
                    match step {
                        StepVerdict::Unmodelled(_) => unmodelled += 1,
                        _ => judged += 1,
                    }
                }
            }
            ScriptRun::Skipped(why) => *skipped.entry(why).or_default() += 1,
            ScriptRun::Broken(why) => panic!("{}{why}", job.parsed.script),
        }
    }
    println!(
        "{ran} scripts, {judged} steps judged, {unmodelled} unmodelled, skipped: {skipped:#?}"
    );
    assert!(ran * 2 > jobs.len(), "hardly a script could be run: {skipped:#?}");
    assert!(judged > unmodelled * 8, "{judged} steps judged, {unmodelled} unmodelled");
}
