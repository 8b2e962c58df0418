//! Traits as evidence: what a runtime answered, kept in `matrix/runtimes/<runtime>/` and read again.
//!
//! `outcomes.txt` has the form of a lane's, with `environment/trait` in place of behaviours;
//! `traits.txt` has the answers in words, and what they rest on beside the traces.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::bench::Run;
use super::conduct::{Cell, Conformance};
use super::environment::Environment;
use super::notice::{Notice, Oddity, Said, Seen};
use super::protocol::About;
use super::traits::Trait;
use crate::matrix::Behaviour;
use crate::matrix::observed::{EVIDENCE_FILE, Observation, fingerprint, is_lane_name, read, write};
use crate::run::ScriptRun;
use crate::script::{Parsed, Script};

/// The answers in words.
pub const TRAITS_FILE: &str = "traits.txt";
const FORMAT: &str = "bindproof traits 1";

/// What a runtime answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What its adapter says of itself.
    pub about: About,
    /// The runs.
    pub observation: Observation,
    /// The answers by `environment/trait`.
    pub answers: BTreeMap<String, Answered>,
}

/// An answer, and what it rests on beside the trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answered {
    /// In words.
    pub answer: String,
    notices: Vec<Notice>,
    seen: Vec<Seen>,
    said: Vec<Said>,
}

/// An answer with its proof.
#[derive(Debug, Clone)]
pub struct Proved<'a> {
    /// The question.
    pub asked: &'static Trait,
    /// The environment.
    pub environment: Environment,
    /// In words.
    pub answer: &'a str,
    /// The run; an error says why there is none.
    pub run: Result<Run, String>,
}

/// The name that a runtime's folder has.
#[must_use]
pub fn folder_name(about: &About) -> String {
    let words = about.name.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase);
    words.collect::<Vec<_>>().join("-")
}

impl Recorded {
    /// What a run answered, as evidence of this day.
    ///
    /// # Errors
    /// There is nothing to record.
    pub fn of(conformance: &Conformance, day: &str) -> Result<Self, String> {
        let mut about = conformance.about.clone().ok_or("the adapter has not said hello")?;
        // Some runtimes list them in another order each time.
        about.calls.sort();
        about.options.sort();
        let name = folder_name(&about);
        if !is_lane_name(&name) {
            return Err(format!("{:?} gives no name for a folder", about.name));
        }
        let (mut behaviours, mut runs) = (Vec::new(), Vec::new());
        let mut answers = BTreeMap::new();
        for cell in &conformance.cells {
            let id = format!("{}/{}", cell.environment, cell.asked.id);
            let script = script_of(cell.asked, cell.environment);
            let source = script.to_string();
            behaviours.push(Behaviour {
                id: id.clone(),
                parsed: Parsed { script, source, line: 1 },
                folder: None,
            });
            runs.push(match &cell.run {
                Ok(Run { trace: Some(trace), .. }) => ScriptRun::Ran(Box::new(trace.clone())),
                Ok(_) => ScriptRun::Skipped(cell.answer.clone()),
                Err(why) => ScriptRun::Skipped(why.clone()),
            });
            answers.insert(id, answered(cell));
        }
        for run in &mut runs {
            if let ScriptRun::Ran(trace) = run {
                plain_release(&mut trace.header.platform.release);
            }
        }
        let observation = Observation::collect(&name, day, &behaviours, &runs, None)?;
        Ok(Self { about, observation, answers })
    }

    /// The texts of both files.
    #[must_use]
    pub fn texts(&self) -> (String, String) {
        let about = serde_json::to_string(&self.about).expect("strings always serialise");
        let mut text = format!("{FORMAT}\nsubject {about}\n");
        for (id, answered) in &self.answers {
            let _ = writeln!(text, "{id}\t{}", answered.answer);
            for seen in &answered.seen {
                let _ = writeln!(text, "  seen {}", json(seen));
            }
            for said in &answered.said {
                let _ = writeln!(text, "  said {}", json(said));
            }
            for notice in &answered.notices {
                let _ = writeln!(text, "  noticed {}", json(notice));
            }
        }
        (write(&self.observation), text)
    }

    /// From the texts of both files.
    ///
    /// # Errors
    /// The file, the line and what was expected there.
    pub fn read(outcomes: &str, traits: &str) -> Result<Self, String> {
        let observation = read(outcomes).map_err(|error| format!("{EVIDENCE_FILE}: {error}"))?;
        let (about, answers) = read_traits(traits)
            .map_err(|(line, why)| format!("{TRAITS_FILE}: line {line}: {why}"))?;
        if folder_name(&about) != observation.lane {
            let lane = observation.lane;
            return Err(format!(
                "{TRAITS_FILE} is about {}, and {EVIDENCE_FILE} about {lane}",
                about.name
            ));
        }
        let recorded = Self { about, observation, answers };
        let runs = recorded.observation.behaviours.keys();
        if !runs.eq(recorded.answers.keys()) {
            return Err(format!("{TRAITS_FILE} and {EVIDENCE_FILE} answer different questions"));
        }
        Ok(recorded)
    }

    /// Every answer to a question that is still asked.
    pub fn proved(&self) -> impl Iterator<Item = Proved<'_>> {
        self.answers.iter().filter_map(|(id, answered)| {
            let (environment, asked) = id.split_once('/')?;
            let (asked, environment) = (Trait::named(asked)?, Environment::named(environment)?);
            let script = script_of(asked, environment.name);
            let recorded = self.observation.behaviours.get(id)?;
            let run = match &recorded.run {
                Err(why) => Err(why.clone()),
                Ok(ran) => Ok(Run {
                    trace: Some(ran.trace(&script.to_string())),
                    notices: answered.notices.clone(),
                    seen: answered.seen.clone(),
                    said: answered.said.clone(),
                }),
            };
            Some(Proved { asked, environment, answer: &answered.answer, run })
        })
    }

    /// What is not as it was recorded: another answer for the same trace, or another script.
    #[must_use]
    pub fn outdated(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for proved in self.proved() {
            let id = format!("{}/{}", proved.environment.name, proved.asked.id);
            let script = script_of(proved.asked, proved.environment.name);
            if self.observation.behaviours[&id].fingerprint != fingerprint(&script) {
                wrong.push(format!("{id}: recorded with another script"));
                continue;
            }
            if let Ok(run) = &proved.run {
                let now = proved.asked.answer(run);
                if now != proved.answer {
                    wrong.push(format!(
                        "{id}: recorded {:?}, and its trace says {now:?}",
                        proved.answer
                    ));
                }
            }
        }
        let asked = |id: &&String| {
            let (environment, asked) = id.split_once('/').unwrap_or_default();
            Trait::named(asked).is_none() || Environment::named(environment).is_none()
        };
        wrong.extend(
            self.answers.keys().filter(asked).map(|id| format!("{id}: is not asked any more")),
        );
        wrong
    }
}

fn script_of(asked: &Trait, environment: &str) -> Script {
    asked.in_environment(&Environment::named(environment).map_or(Vec::new(), |one| one.lines()))
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers always serialise")
}

/// What follows the numbers is the name of a build, and tells nothing.
fn plain_release(release: &mut String) {
    let end = release.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(release.len());
    release.truncate(end);
}

/// What an answer rests on, and no more: ports and words of a run change with each run.
fn answered(cell: &Cell) -> Answered {
    let bare = Answered { answer: cell.answer.clone(), ..Answered::default() };
    let Ok(run) = &cell.run else { return bare };
    let alone = Run { trace: run.trace.clone(), ..Run::default() };
    if cell.asked.answer(&alone) == cell.answer {
        return bare;
    }
    let without_ports = |sockets: &[String]| -> Vec<String> {
        let address = |text: &String| text.rsplit_once(':').map_or(text.clone(), |(a, _)| a.into());
        sockets.iter().map(address).collect()
    };
    let notices = run.notices.iter().filter_map(|notice| {
        let oddity = match &notice.oddity {
            Oddity::Leaked(sockets) => Oddity::Leaked(without_ports(sockets)),
            Oddity::StillOpen(sockets) => Oddity::StillOpen(without_ports(sockets)),
            _ => return None,
        };
        Some(Notice { step: notice.step, oddity })
    });
    let said = run.said.iter().cloned().map(|mut said| {
        said.error.message = None;
        said
    });
    Answered { notices: notices.collect(), seen: run.seen.clone(), said: said.collect(), ..bare }
}

type Line = (usize, String);

fn read_traits(text: &str) -> Result<(About, BTreeMap<String, Answered>), Line> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let expect = |number: usize, what: &str| (number, format!("expected {what}"));
    match lines.next() {
        Some((_, FORMAT)) => {}
        _ => return Err(expect(1, &format!("{FORMAT:?}"))),
    }
    let about = lines.next().and_then(|(_, line)| line.strip_prefix("subject "));
    let about = about.and_then(|about| serde_json::from_str(about).ok());
    let about = about.ok_or_else(|| expect(2, "subject and what it says of itself"))?;
    let mut answers: BTreeMap<String, Answered> = BTreeMap::new();
    let mut last: Option<String> = None;
    for (number, line) in lines {
        let wrong = |error: serde_json::Error| (number, error.to_string());
        let Some(note) = line.strip_prefix("  ") else {
            let (id, answer) = line
                .split_once('\t')
                .ok_or_else(|| expect(number, "environment/trait, a tab, an answer"))?;
            let answered = Answered { answer: answer.to_string(), ..Answered::default() };
            if answers.insert(id.to_string(), answered).is_some() {
                return Err((number, format!("{id} stands here twice")));
            }
            last = Some(id.to_string());
            continue;
        };
        let answered = last.as_ref().and_then(|id| answers.get_mut(id));
        let answered = answered.ok_or_else(|| expect(number, "an answer first"))?;
        match note.split_once(' ') {
            Some(("seen", text)) => answered.seen.push(serde_json::from_str(text).map_err(wrong)?),
            Some(("said", text)) => answered.said.push(serde_json::from_str(text).map_err(wrong)?),
            Some(("noticed", text)) => {
                answered.notices.push(serde_json::from_str(text).map_err(wrong)?);
            }
            _ => return Err(expect(number, "seen, said or noticed")),
        }
    }
    Ok((about, answers))
}

/// The runtimes that are built in, by the names of their folders.
///
/// # Errors
/// The first one that is not as it must be; a test keeps that from being released.
pub fn embedded() -> Result<Vec<Recorded>, String> {
    const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/runtimes.rs"));
    let mut folders: BTreeMap<&str, [&str; 2]> = BTreeMap::new();
    for (id, text) in FILES {
        let (folder, file) = id.split_once('/').unwrap_or((id, ""));
        let place = usize::from(file == "traits");
        folders.entry(folder).or_default()[place] = text;
    }
    let read = |(folder, [outcomes, traits]): (&str, [&str; 2])| {
        Recorded::read(outcomes, traits).map_err(|why| format!("{folder}/{why}"))
    };
    folders.into_iter().map(read).collect()
}

/// The runtimes of a folder, by the names of theirs.
///
/// # Errors
/// The first file that cannot be read, or is not as it must be.
pub fn read_folder(folder: &Path) -> Result<Vec<Recorded>, String> {
    let shown = |path: &Path| path.display().to_string();
    let failed = |path: &Path| {
        let path = shown(path);
        move |error: std::io::Error| format!("cannot read {path}: {error}")
    };
    let mut folders = std::fs::read_dir(folder)
        .map_err(failed(folder))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(failed(folder))?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    let mut all = Vec::new();
    for folder in folders {
        let text = |file: &str| {
            let path = folder.join(file);
            std::fs::read_to_string(&path).map_err(failed(&path))
        };
        let recorded = Recorded::read(&text(EVIDENCE_FILE)?, &text(TRAITS_FILE)?);
        all.push(recorded.map_err(|why| format!("{}/{why}", shown(&folder)))?);
    }
    Ok(all)
}
