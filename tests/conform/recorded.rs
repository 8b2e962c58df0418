//! The runtimes that are built in, read again.

use bindproof::conform::{contract, record};
use libtest_mimic::{Failed, Trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("recorded::every_answer_still_follows_from_its_trace", answers),
        Trial::test("recorded::the_model_explains_every_call_beside_bind_sockets", explained),
        Trial::test("recorded::what_is_written_is_read", written),
        Trial::test("recorded::a_mistake_is_named_with_its_line", mistakes),
    ]
}

fn all() -> Result<Vec<record::Recorded>, Failed> {
    let all = record::embedded()?;
    if all.is_empty() {
        return Err("no runtime is recorded".into());
    }
    Ok(all)
}

fn answers() -> Result<(), Failed> {
    let outdated: Vec<_> = all()?
        .iter()
        .flat_map(|one| {
            let name = one.observation.lane.clone();
            one.outdated().into_iter().map(move |what| format!("{name}: {what}"))
        })
        .collect();
    if outdated.is_empty() { Ok(()) } else { Err(outdated.join("\n").into()) }
}

/// The calls around `bind_sockets` are the kernel's, and its model must know them.
fn explained() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for recorded in all()? {
        for proved in recorded.proved() {
            let Some(trace) = proved.run.as_ref().ok().and_then(|run| run.trace.as_ref()) else {
                continue;
            };
            judged += 1;
            let id = format!(
                "{} {}/{}",
                recorded.observation.lane, proved.environment.name, proved.asked.id
            );
            let verdict = contract::judge(trace);
            let kernel = |call: &str| !call.contains("bind_sockets");
            let others = verdict.divergences.iter().filter(|one| kernel(&one.call));
            wrong.extend(others.map(|one| format!("{id}: {one}")));
        }
    }
    if judged < 50 {
        return Err(format!("only {judged} traces").into());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn written() -> Result<(), Failed> {
    for recorded in all()? {
        let (outcomes, traits) = recorded.texts();
        let again = record::Recorded::read(&outcomes, &traits)?;
        if again != recorded {
            return Err(format!("{} reads back otherwise", recorded.observation.lane).into());
        }
    }
    Ok(())
}

fn mistakes() -> Result<(), Failed> {
    let recorded = all()?.remove(0);
    let (outcomes, traits) = recorded.texts();
    let first = recorded.answers.keys().next().ok_or("an answer")?.clone();
    let twice = format!("{traits}{first}\tagain\n");
    let cases = [
        (traits.replacen("bindproof traits 1", "bindproof traits 2", 1), "line 1: expected"),
        (traits.replacen("subject {", "subject ", 1), "line 2: expected subject"),
        (twice, "stands here twice"),
        (traits.replacen(&format!("{first}\t"), "moon/no-address\t", 1), "different questions"),
        (format!("{traits}  heard {{}}\n"), "expected seen, said or noticed"),
    ];
    for (text, wanted) in cases {
        match record::Recorded::read(&outcomes, &text) {
            Ok(_) => return Err(format!("read in spite of {wanted:?}").into()),
            Err(why) if why.contains(wanted) => {}
            Err(why) => return Err(format!("{why:?} does not say {wanted:?}").into()),
        }
    }
    Ok(())
}
