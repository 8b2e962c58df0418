//! What is predicted is what happens, and everything that may happen is predicted.

use bindproof::judge::{StepVerdict, judge, predict};
use bindproof::matrix::{Behaviour, embedded};
use bindproof::model::{Confidence, Release};
use bindproof::run::{ScriptJob, ScriptRun, simulate};
use bindproof::script::{Env, Platform, parse};
use bindproof::trace::{Outcome, Trace};

fn simulated(behaviour: &Behaviour, platform: Platform) -> Trace {
    let job = ScriptJob { parsed: behaviour.parsed.clone(), seed: None };
    match simulate(platform, &job, 30_000) {
        ScriptRun::Ran(trace) => *trace,
        other => panic!("{}: {other:?}", behaviour.id),
    }
}

/// The allowed answers of each step.
fn allowed(text: &str, platform: Platform, release: Option<Release>) -> Vec<Vec<String>> {
    let script = &parse(text).expect("it parses")[0].script;
    let allowed = predict(script, platform, release).into_iter().map(|one| one.allowed);
    allowed.map(|one| one.unwrap_or_else(|why| vec![format!("unmodelled: {why}")])).collect()
}

fn last(text: &str, platform: Platform, release: Option<Release>) -> Vec<String> {
    allowed(text, platform, release).pop().expect("a step")
}

#[test]
fn what_a_simulated_platform_does_is_predicted_for_it() {
    let mut compared = 0;
    for mut behaviour in embedded().expect("the behaviours parse") {
        // A prediction supposes a user without privilege.
        if !behaviour.parsed.script.env.contains(&Env::Unprivileged) {
            behaviour.parsed.script.env.push(Env::Unprivileged);
        }
        for platform in Platform::all() {
            let trace = simulated(&behaviour, platform);
            let predictions = predict(&behaviour.parsed.script, platform, None);
            assert_eq!(trace.steps.len(), predictions.len(), "{} {platform}", behaviour.id);
            for (made, predicted) in trace.steps.iter().zip(predictions) {
                let place = format!("{} {platform}: {}", behaviour.id, made.call);
                let Ok(allowed) = predicted.allowed else { continue };
                let got = made.outcome.to_string();
                let fits = |answer: &String| {
                    *answer == got
                        // A port that the script does not name.
                        || (answer == "ok" && got.starts_with("ok="))
                        // A named one, which the run gave a number.
                        || (answer.contains(':') && got.starts_with("ok=") && got.contains(':'))
                        || (answer == "error" && matches!(made.outcome, Outcome::Error { .. }))
                };
                assert!(allowed.iter().any(fits), "{place}: {got}, predicted {allowed:?}");
                assert!(predicted.confidence.is_some() && !predicted.rules.is_empty(), "{place}");
                compared += 1;
            }
        }
    }
    assert!(compared > 5_000, "only {compared} steps were compared");
}

#[test]
fn a_simulated_trace_is_allowed_by_what_its_header_says_alone() {
    for behaviour in embedded().expect("the behaviours parse") {
        for platform in Platform::all() {
            let trace = simulated(&behaviour, platform);
            assert_eq!(trace.header.platform.os, platform.to_string());
            assert_eq!(trace.header.platform.kernel, "simulated");
            assert_eq!(trace.header.subject.name, format!("simulated:{platform}"));
            let verdict = judge(&trace);
            let diverged: Vec<_> = verdict.divergences().map(ToString::to_string).collect();
            assert!(diverged.is_empty(), "{} {platform}: {diverged:?}", behaviour.id);
        }
    }
}

#[test]
fn the_environment_that_a_script_asks_for_stands_in_the_header() {
    let text = "env ipv6 off\nenv bindv6only on\nenv hosts \"127.0.0.1 x\"\nenv ephemeral 4000-4001\n\
                env somaxconn 7\nenv user unprivileged\nenv fail listen EIO\na = socket inet6\n";
    let parsed = parse(text).expect("it parses").remove(0);
    let job = ScriptJob { parsed, seed: Some(7) };
    let ScriptRun::Ran(trace) = simulate(Platform::Macos, &job, 1_000) else { panic!() };
    let environment = &trace.header.environment;
    assert_eq!(environment.ipv6.as_deref(), Some("off"));
    assert_eq!(environment.bindv6only, Some(true));
    assert_eq!(environment.hosts, Some(vec!["127.0.0.1 x".to_string()]));
    assert_eq!(environment.ephemeral, Some((4000, 4001)));
    assert_eq!((environment.somaxconn, environment.privileged), (Some(7), Some(false)));
    assert_eq!(environment.fail, ["listen EIO"]);
    assert_eq!(trace.header.seed, Some(7));
    assert_eq!(trace.steps[0].outcome.word(), "EAFNOSUPPORT");
}

#[test]
fn every_world_is_carried_on() {
    let text = "env ephemeral 4000-4001\na = socket inet\nbind a 127.0.0.1:0\nname a\n\
                b = socket inet\nbind b 127.0.0.1:4000\n";
    for platform in Platform::all() {
        let allowed = allowed(text, platform, None);
        assert_eq!(allowed[2], ["ok=127.0.0.1:4000", "ok=127.0.0.1:4001"], "{platform}");
        assert_eq!(allowed[4], ["EADDRINUSE", "ok"], "{platform}");
    }
}

#[test]
fn ports_are_called_as_the_script_calls_them() {
    let text = "a = socket inet\nbind a 127.0.0.1:p\nname a\nb = socket inet6\nbind b [::1]:0\n\
                name b\nlisten b 1\nc = connect [::1]:@b\nd = accept b\nname d\n";
    let allowed = allowed(text, Platform::Linux, None);
    assert_eq!(allowed[2], ["ok=127.0.0.1:p"]);
    assert_eq!(allowed[5], ["ok"], "nobody has called this port yet");
    assert_eq!(allowed[7], ["ok"]);
    assert_eq!(allowed[9], ["ok=[::1]:@b"]);
}

#[test]
fn a_call_on_a_socket_that_is_not_there_is_absent() {
    let text = "a = socket inet\nclose a\nbind a 127.0.0.1:p\nb = socket inet\n\
                bind b 127.0.0.1:@b\nc = connect 127.0.0.1:@a\n";
    let allowed = allowed(text, Platform::Linux, None);
    assert_eq!(allowed[2], ["absent"]);
    assert_eq!(allowed[4], ["absent"], "a socket without a port");
    assert_eq!(allowed[5], ["absent"]);
}

/// A restart on a specific address over `TIME_WAIT`.
const RESTART: &str = "a = socket inet\nbind a 127.0.0.1:p\nlisten a 1\nc = connect 127.0.0.1:p\n\
                       d = accept a\nclose d\nrecv c\nclose c\nclose a\nb = socket inet\n\
                       bind b 127.0.0.1:p\n";

#[test]
fn releases_differ_and_a_gap_allows_both() {
    let of = |release| last(RESTART, Platform::Linux, release);
    assert_eq!(of(None), ["EADDRINUSE"]);
    assert_eq!(of(Some(Release(6, 1, 166))), ["EADDRINUSE"]);
    let mut gap = of(Some(Release(6, 1, 50)));
    gap.sort();
    assert_eq!(gap, ["EADDRINUSE", "ok"]);
}

#[test]
fn confidence_is_the_weakest_of_the_rules_a_fact_and_the_release() {
    let confidence = |text: &str, platform, release| {
        let script = &parse(text).expect("it parses")[0].script;
        predict(script, platform, release).pop().expect("a step").confidence
    };
    let restart = |platform, release| confidence(RESTART, platform, release);
    assert_eq!(restart(Platform::Linux, None), Some(Confidence::Measured));
    assert_eq!(restart(Platform::Linux, Some(Release(6, 18, 3))), Some(Confidence::Measured));
    assert_eq!(restart(Platform::Linux, Some(Release(6, 1, 166))), Some(Confidence::Source));
    assert_eq!(restart(Platform::Linux, Some(Release(6, 1, 50))), Some(Confidence::Inferred));
    assert_eq!(restart(Platform::Macos, None), Some(Confidence::Tested));
    // The law is documented; that TIME_WAIT does not block is only told.
    assert_eq!(restart(Platform::Windows, None), Some(Confidence::Inferred));
    // One fact is weaker than the rule of scopes.
    let scope = |scope| format!("a = socket inet6\nbind a [fe80::1%{scope}]:p\n");
    assert_eq!(confidence(&scope("77"), Platform::Macos, None), Some(Confidence::Source));
    assert_eq!(confidence(&scope("lo"), Platform::Macos, None), Some(Confidence::Recalled));
}

#[test]
fn a_step_that_is_not_modelled_leaves_both_open() {
    let text = "a = socket inet6\nbind a [::1]:p\nset a v6only off\nset a v6only on\nlisten a 1\n\
                c = connect 192.0.2.1:80\nname a\n";
    let allowed = allowed(text, Platform::Windows, None);
    assert!(allowed[3][0].starts_with("unmodelled"), "{allowed:?}");
    assert_eq!(allowed[4], ["ok"], "whatever that set did, listen works");
    assert!(allowed[5][0].starts_with("unmodelled"), "{allowed:?}");
    assert!(allowed[6][0].contains("step 6 is not modelled"), "{allowed:?}");
}

#[test]
fn a_gap_in_the_model_is_no_verdict() {
    let parsed = parse("c = connect 192.0.2.1:80\n").expect("it parses").remove(0);
    let behaviour = Behaviour { id: "group/name".into(), parsed, folder: None };
    let trace = simulated(&behaviour, Platform::Freebsd);
    assert!(matches!(trace.steps[0].outcome, Outcome::NotSupported(_)));
    assert!(matches!(judge(&trace).steps[0], StepVerdict::Unmodelled(_)));
}
