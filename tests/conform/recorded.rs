//! The runtimes that are built in, read again.

use std::process::Command;

use bindproof::conform::{contract, record};
use libtest_mimic::{Failed, Trial};

use crate::support::PROGRAM;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("recorded::every_answer_still_follows_from_its_trace", answers),
        Trial::test("recorded::the_model_explains_every_call_beside_bind_sockets", explained),
        Trial::test("recorded::what_is_written_is_read", written),
        Trial::test("recorded::the_page_and_the_tables_hold_every_answer", shown),
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
            // What a program inherits is the doing of the runtime that starts it: Java's closes all.
            let kernel =
                |call: &str| !call.contains("bind_sockets") && !call.starts_with("inherited");
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

/// Each form of the table has every runtime, every question and every answer.
fn shown() -> Result<(), Failed> {
    let matrix = |words: &[&str]| -> Result<String, Failed> {
        let output = Command::new(PROGRAM).args(["matrix", "--runtimes"]).args(words).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8(output.stdout)?)
    };
    let (html, table) = (matrix(&["--format", "html"])?, matrix(&[])?);
    let json: serde_json::Value = serde_json::from_str(&matrix(&["--format", "json"])?)?;
    let listed = json["runtimes"].as_array().map_or(0, Vec::len);
    let all = all()?;
    if listed != all.len() {
        return Err(format!("{listed} of {} runtimes in JSON", all.len()).into());
    }
    for recorded in &all {
        let lane = &recorded.observation.lane;
        if !table.contains(lane.as_str()) || !html.contains(&format!(">{lane}<")) {
            return Err(format!("{lane} is not shown").into());
        }
        let traits = json["runtimes"].as_array().into_iter().flatten();
        let answers: usize = traits
            .filter(|one| one["name"] == recorded.about.name.as_str())
            .map(|one| one["traits"].as_array().map_or(0, Vec::len))
            .sum();
        if answers != recorded.answers.len() {
            return Err(format!("{lane}: {answers} of {} answers", recorded.answers.len()).into());
        }
    }
    let cells = html.matches("<td class=").count();
    let answers: usize = all.iter().map(|one| one.answers.len()).sum();
    if cells < answers || html.matches("<details>").count() < answers {
        return Err(format!("{cells} cells for {answers} answers").into());
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
