//! How fast scripts are run, recorded and judged on this kernel, and the model alone.
//!
//! Rates on one core, the median of some rounds: reported, never asserted.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bindproof::judge::{Judge, machines};
use bindproof::run::{
    Faults, KernelSubject, Limits, Ports, SubjectName, drive, environment_facts, local_platform,
    platform_facts,
};
use bindproof::sandbox::{self, Wanted};
use bindproof::script::{Call, Platform, Script};
use bindproof::search::{program, programs};
use bindproof::trace::{EndReason, Header, Outcome, Trace, TraceStep, write};

const ROUNDS: usize = 15;
const PORT: u16 = 2_000;

fn main() {
    // Before there is a second thread: a namespace is entered alone.
    let wanted = Wanted { private_network: true, ..Wanted::default() };
    if let Err(refusal) = sandbox::enter(&wanted) {
        eprintln!("SKIPPED: {}", refusal.reason);
        return;
    }
    let Some(platform) = local_platform() else {
        eprintln!("SKIPPED: there is no model of this system");
        return;
    };
    let mut header = Header {
        platform: platform_facts(),
        environment: environment_facts(&[]),
        ..Header::default()
    };
    header.environment.network = Some("private".into());
    let (machines, fails) = machines(&header).expect("there is a model of this system");
    let judge = Judge::new(machines, fails);
    let scripts: Vec<Script> = (0..programs(2)).map(|number| program(2, number)).collect();

    let whole = rate(scripts.len(), || {
        for script in &scripts {
            black_box(recorded(platform, script, &judge, &header));
        }
    });
    println!("run, record and judge: {whole:.0} two-socket scripts a second on one core");

    let made: Vec<Vec<(Call, Outcome)>> =
        scripts.iter().map(|script| on_the_kernel(platform, script)).collect();
    let calls = made.iter().map(Vec::len).sum();
    let alone = rate(calls, || {
        for steps in &made {
            let mut judge = judge.clone();
            for (call, outcome) in steps {
                black_box(judge.step(call, outcome));
            }
        }
    });
    println!("the model alone: {alone:.0} calls a second on one core");
}

/// Things a second: the median of some rounds.
fn rate(things: usize, mut round: impl FnMut()) -> f64 {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let things = things as f64;
    things / times[ROUNDS / 2].as_secs_f64()
}

fn on_the_kernel(platform: Platform, script: &Script) -> Vec<(Call, Outcome)> {
    let faults = Faults::new(platform, &[]);
    let mut subject = KernelSubject::new(SubjectName::Kernel, platform, faults, None);
    let (mut steps, limits) = (Vec::new(), Limits::default());
    drive(script, &mut subject, &mut Ports::Always(PORT), None, &limits, &mut |made| {
        steps.push((made.call, made.outcome));
    })
    .expect("there is always the same port");
    steps
}

/// A trace as text, and how many of its steps were allowed.
fn recorded(
    platform: Platform,
    script: &Script,
    judge: &Judge,
    header: &Header,
) -> (String, usize) {
    let mut judge = judge.clone();
    let steps = on_the_kernel(platform, script);
    let allowed = steps.iter().filter(|(call, outcome)| {
        matches!(judge.step(call, outcome), bindproof::judge::StepVerdict::Allowed(_))
    });
    let allowed = allowed.count();
    let steps = steps.into_iter().enumerate().map(|(index, (call, outcome))| TraceStep {
        step: index + 1,
        call: call.to_string(),
        outcome,
    });
    let header = Header { script: script.to_string(), ..header.clone() };
    (write(&Trace { header, steps: steps.collect(), end: EndReason::Complete }), allowed)
}
