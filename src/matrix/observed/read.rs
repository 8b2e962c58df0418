//! An observation from its text.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::lattice::Lattice;
use super::steps::read_step;
use super::write::{FORMAT, environment};
use super::{Observation, Ran, Recorded, is_lane_name};
use crate::trace::{self, EndReason, Header, ReadError, TraceLine, read_line, write_header};

/// Reads the text of an observation.
///
/// # Errors
/// The first line that is not as it must be; a text that was cut off is named by the line after
/// its last.
pub fn read(text: &str) -> Result<Observation, ReadError> {
    let mut reader = Reader { lines: text.lines().collect(), at: 0 };
    reader.exactly(FORMAT)?;
    let lane = reader.field("lane")?.to_string();
    if !is_lane_name(&lane) {
        return Err(reader.before("expected the name of a lane: lower case letters and digits"));
    }
    let recorded = reader.field("recorded")?.to_string();
    if !is_date(&recorded) {
        return Err(reader.before("expected a date such as 2026-11-25"));
    }
    let header = match read_line(reader.field("header")?) {
        Ok(TraceLine::Header(header)) => *header,
        Ok(_) => return Err(reader.before("expected a header")),
        Err(why) => return Err(reader.before(why)),
    };
    let mut observation =
        Observation { lane, recorded, header, behaviours: BTreeMap::new(), lattice: None };
    loop {
        reader.exactly("")?;
        let line = reader.next()?;
        if let Some(count) = line.strip_prefix("end ") {
            let found = observation.behaviours.len();
            if count != format!("{found} behaviours") {
                return Err(reader.before(format!("expected {found} behaviours, found {count}")));
            }
            return match reader.lines.get(reader.at) {
                None => Ok(observation),
                Some(_) => Err(reader.here("expected nothing after the end")),
            };
        }
        let Some(head) = line.strip_prefix("@ ") else {
            return Err(reader.before("expected @ and the name of a behaviour, or the end"));
        };
        if head == "lattice" {
            observation.lattice = Some(reader.lattice()?);
            continue;
        }
        let (id, recorded) = reader.behaviour(head, &observation.header)?;
        if observation.behaviours.insert(id.clone(), recorded).is_some() {
            return Err(reader.before(format!("{id} stands here twice")));
        }
    }
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn here(&self, message: impl Into<String>) -> ReadError {
        ReadError { line: self.at + 1, message: message.into() }
    }

    /// A mistake on the line that was read last.
    fn before(&self, message: impl Into<String>) -> ReadError {
        ReadError { line: self.at, message: message.into() }
    }

    fn next(&mut self) -> Result<&'a str, ReadError> {
        let line = self.lines.get(self.at).copied();
        let line = line.ok_or_else(|| self.here("the evidence was cut off: it has no end"))?;
        self.at += 1;
        Ok(line)
    }

    fn exactly(&mut self, wanted: &str) -> Result<(), ReadError> {
        match self.next()? {
            line if line == wanted => Ok(()),
            line => Err(self.before(format!("expected {wanted:?}, found {line:?}"))),
        }
    }

    fn field(&mut self, key: &str) -> Result<&'a str, ReadError> {
        let line = self.next()?;
        line.strip_prefix(key)
            .and_then(|rest| rest.strip_prefix(' '))
            .ok_or_else(|| self.before(format!("expected {key}, found {line:?}")))
    }

    /// The lines up to the next empty one.
    fn paragraph(&mut self) -> Result<&[&'a str], ReadError> {
        let first = self.at;
        while let Some(line) = self.lines.get(self.at) {
            if line.is_empty() {
                return Ok(&self.lines[first..self.at]);
            }
            self.at += 1;
        }
        Err(self.here("the evidence was cut off: it has no end"))
    }

    fn lattice(&mut self) -> Result<Lattice, ReadError> {
        let first = self.at;
        Lattice::read(self.paragraph()?)
            .map_err(|(index, message)| ReadError { line: first + index + 1, message })
    }

    fn behaviour(&mut self, head: &str, base: &Header) -> Result<(String, Recorded), ReadError> {
        let mut words = head.splitn(3, ' ');
        let (Some(id), Some(fingerprint)) = (words.next(), words.next()) else {
            return Err(self.before("expected a behaviour and the fingerprint of its script"));
        };
        let hexadecimal =
            fingerprint.len() == 16 && fingerprint.chars().all(|c| c.is_ascii_hexdigit());
        if !id.contains('/') || !hexadecimal {
            return Err(self.before("expected group/name and 16 hexadecimal digits"));
        }
        let rest = words.next().unwrap_or("");
        let run = match rest.strip_prefix("skipped ") {
            Some(why) => Err(why.to_string()),
            None => {
                let header = with_difference(base, rest).map_err(|why| self.before(why))?;
                Ok(self.steps(header)?)
            }
        };
        let recorded = Recorded { fingerprint: fingerprint.to_string(), run };
        Ok((id.to_string(), recorded))
    }

    fn steps(&mut self, header: Header) -> Result<Ran, ReadError> {
        let first = self.at;
        let (mut steps, mut end) = (Vec::new(), EndReason::Complete);
        for (index, line) in self.paragraph()?.iter().enumerate() {
            let wrong = |message| ReadError { line: first + index + 1, message };
            match *line {
                _ if end != EndReason::Complete => {
                    return Err(wrong("expected nothing after the end of a run".into()));
                }
                "! limit" => end = EndReason::Limit,
                "! died" => end = EndReason::Died,
                line => steps.push(read_step(&header, line, steps.len() + 1).map_err(wrong)?),
            }
        }
        Ok(Ran { header, steps, end })
    }
}

/// The lane's header with what is different for one behaviour.
fn with_difference(base: &Header, text: &str) -> Result<Header, String> {
    if text.is_empty() {
        return Ok(base.clone());
    }
    let wrong = |error| format!("expected what is different in the environment: {error}");
    let difference = trace::json(text).map_err(wrong)?;
    let difference = difference.as_object().ok_or_else(|| wrong("not an object".into()))?;
    let mut whole = environment(base);
    whole.extend(difference.clone());
    let mut line: Json = serde_json::from_str(&write_header(base)).expect("it was just written");
    line["environment"] = Json::Object(whole);
    match read_line(&line.to_string())? {
        TraceLine::Header(header) => Ok(*header),
        _ => unreachable!("a line with a format is a header"),
    }
}

fn is_date(text: &str) -> bool {
    let shape = |(index, c): (usize, char)| match index {
        4 | 7 => c == '-',
        _ => c.is_ascii_digit(),
    };
    text.len() == 10 && text.chars().enumerate().all(shape)
}
