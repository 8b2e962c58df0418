//! Every program of two sockets as one square: a row for each first socket, a column for each
//! second, and a letter for what their calls answered.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::named_error;
use crate::run::ScriptRun;
use crate::script::{Call, Port, Script, Step};
use crate::search::{KINDS, program, programs};
use crate::trace::{EndReason, Header, Outcome, Trace, Value};

/// The port that stands for `p` in the traces.
const PORT: u16 = 2_000;
/// The letter of a program in which every call succeeds.
const ALL_OK: char = '.';
/// What a call answers that the subject could not make.
const NOT_SUPPORTED: &str = "not_supported";

/// The outcomes of the programs of two sockets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lattice {
    /// What each letter stands for: the calls that did not succeed, with what they answered.
    pub(super) legend: BTreeMap<char, Vec<(String, String)>>,
    /// The letter of each program.
    pub(super) letters: Vec<char>,
}

/// Letters in the order in which they are given.
fn alphabet() -> impl Iterator<Item = char> {
    ('a'..='z').chain('A'..='Z').chain('0'..='9').chain("!#$%&*+,-/:;<=>?@^_~".chars())
}

impl Lattice {
    /// The scripts whose runs make a lattice.
    pub fn scripts() -> impl Iterator<Item = Script> {
        (0..programs(2)).map(|number| program(2, number))
    }

    /// The lattice of the runs of [`Lattice::scripts`].
    ///
    /// # Errors
    /// A program that was not run to its end, or more different answers than there are letters.
    pub fn of(runs: &[ScriptRun]) -> Result<Self, String> {
        let mut legend = BTreeMap::from([(ALL_OK, Vec::new())]);
        let mut by_answers = BTreeMap::from([(Vec::new(), ALL_OK)]);
        let mut free = alphabet();
        let mut letters = Vec::with_capacity(runs.len());
        for (number, (run, script)) in runs.iter().zip(Self::scripts()).enumerate() {
            let trace = match run {
                ScriptRun::Ran(trace) if trace.end == EndReason::Complete => trace,
                ScriptRun::Ran(_) => return Err(format!("program {number} did not end")),
                ScriptRun::Skipped(why) | ScriptRun::Broken(why) => {
                    return Err(format!("program {number} was not run: {why}"));
                }
            };
            let answers = failures(&script, trace);
            let letter = match by_answers.get(&answers) {
                Some(letter) => *letter,
                None => {
                    let letter = free.next().ok_or("more different answers than letters")?;
                    by_answers.insert(answers.clone(), letter);
                    legend.insert(letter, answers);
                    letter
                }
            };
            letters.push(letter);
        }
        Ok(Self { legend, letters })
    }

    /// The calls of a program, with what they answered on a system with this header.
    #[must_use]
    pub fn steps(&self, number: usize, header: &Header) -> Option<Vec<(&'static Call, Outcome)>> {
        let answers = self.legend.get(self.letters.get(number)?)?;
        let mut absent: Vec<&str> = Vec::new();
        let steps = calls_of(number).iter().map(|Named { call, key, socket }| {
            let failed = answers.iter().find(|(found, _)| found == key);
            let outcome = match failed {
                _ if absent.contains(&socket.as_str()) => Outcome::Absent(socket.clone()),
                None => Outcome::Ok(Value::Done),
                Some((_, word)) if word == NOT_SUPPORTED => Outcome::NotSupported(word.clone()),
                Some((_, word)) => named_error(header, word),
            };
            if matches!(call, Call::Socket { .. }) && !matches!(outcome, Outcome::Ok(_)) {
                absent.push(socket);
            }
            (call, outcome)
        });
        Some(steps.collect())
    }

    /// How many programs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.letters.len()
    }

    /// Never, for a lattice that was read or recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// The lines of the text form: the legend, then the square.
    pub(super) fn lines(&self) -> Vec<String> {
        let meaning = |answers: &[(String, String)]| match answers {
            [] => "ok".to_string(),
            answers => {
                let parts: Vec<_> =
                    answers.iter().map(|(call, word)| format!("{call}={word}")).collect();
                parts.join(", ")
            }
        };
        let legend =
            self.legend.iter().map(|(letter, answers)| format!("{letter} {}", meaning(answers)));
        let square = self.letters.chunks(KINDS).map(|row| row.iter().collect());
        legend.chain(square).collect()
    }

    /// Reads the lines of the text form; an error names the line, from 0.
    pub(super) fn read(lines: &[&str]) -> Result<Self, (usize, String)> {
        let mut legend = BTreeMap::new();
        let first = lines.len().saturating_sub(KINDS);
        for (index, line) in lines[..first].iter().enumerate() {
            let wrong = || (index, format!("expected a letter and what it stands for: {line:?}"));
            let (letter, text) = line.split_once(' ').ok_or_else(wrong)?;
            let mut letters = letter.chars();
            let (Some(letter), None) = (letters.next(), letters.next()) else {
                return Err(wrong());
            };
            let answers = match text {
                "ok" => Vec::new(),
                text => text
                    .split(", ")
                    .map(|part| {
                        let (call, word) = part.rsplit_once('=').ok_or_else(wrong)?;
                        Ok((call.to_string(), word.to_string()))
                    })
                    .collect::<Result<_, _>>()?,
            };
            if legend.insert(letter, answers).is_some() {
                return Err((index, format!("{letter:?} stands for two things")));
            }
        }
        let mut letters = Vec::new();
        for (index, line) in lines.iter().enumerate().skip(first) {
            let row: Vec<char> = line.chars().collect();
            if row.len() != KINDS {
                return Err((index, format!("expected {KINDS} letters, found {}", row.len())));
            }
            if let Some(unknown) = row.iter().find(|letter| !legend.contains_key(letter)) {
                return Err((index, format!("{unknown:?} stands for nothing")));
            }
            letters.extend(row);
        }
        if letters.len() != programs(2) {
            let found = lines.len() - first;
            return Err((lines.len(), format!("expected {KINDS} rows, found {found}")));
        }
        Ok(Self { legend, letters })
    }
}

/// A call of a program, with its name there and its socket's.
struct Named {
    call: Call,
    key: String,
    socket: String,
}

/// The calls of a program. All lanes have the same ones, so they are made once.
fn calls_of(number: usize) -> &'static [Named] {
    static PROGRAMS: OnceLock<Vec<Vec<Named>>> = OnceLock::new();
    let named = |Step { call, .. }: Step| Named {
        key: key(&call),
        socket: name(&call),
        call: concrete(call),
    };
    let of = |script: Script| script.steps.into_iter().map(named).collect();
    &PROGRAMS.get_or_init(|| Lattice::scripts().map(of).collect())[number]
}

/// The calls that did not succeed; calls on a socket that is not there follow from that.
fn failures(script: &Script, trace: &Trace) -> Vec<(String, String)> {
    script
        .steps
        .iter()
        .zip(&trace.steps)
        .filter(|(_, made)| !matches!(made.outcome, Outcome::Ok(_) | Outcome::Absent(_)))
        .map(|(step, made)| (key(&step.call), made.outcome.word().to_string()))
        .collect()
}

/// Names a call in its program.
fn key(call: &Call) -> String {
    let name = name(call);
    match call {
        Call::Set { option, .. } => format!("set {name} {option}"),
        other => format!("{} {name}", other.verb()),
    }
}

fn name(call: &Call) -> String {
    let used = call.sockets_used().first().map(ToString::to_string);
    used.or_else(|| call.socket_assigned().map(ToString::to_string)).unwrap_or_default()
}

fn concrete(mut call: Call) -> Call {
    if let Call::Bind { address, .. } = &mut call {
        address.port = Port::Number(PORT);
    }
    call
}
