//! What follows `=>`.

use super::call::{Answer, Expectation, Platform};
use super::errors;
use super::names::nearest;
use super::parse::{Line, ParseError};

pub(super) fn expectation(line: &mut Line<'_>) -> Result<Expectation, ParseError> {
    let first = line.take("an answer, or PLATFORM:ANSWER")?;
    if platform_prefix(&first.text).is_none() {
        let answers = alternatives(&first.text).map_err(|message| line.wrong(first, message))?;
        return Ok(Expectation::All(answers));
    }
    let mut platforms: Vec<(Platform, Vec<Answer>)> = Vec::new();
    let mut next = Some(first);
    while let Some(token) = next {
        let (platform, answers) =
            platform_prefix(&token.text).ok_or_else(|| line.expected(token, "PLATFORM:ANSWER"))?;
        if platforms.iter().any(|(earlier, _)| *earlier == platform) {
            return Err(line.wrong(token, format!("expected {platform} once, found it twice")));
        }
        let answers = alternatives(answers).map_err(|message| line.wrong(token, message))?;
        platforms.push((platform, answers));
        next = match line.peek() {
            Some(_) => Some(line.take("PLATFORM:ANSWER")?),
            None => None,
        };
    }
    Ok(Expectation::Some(platforms))
}

fn platform_prefix(text: &str) -> Option<(Platform, &str)> {
    let (platform, answers) = text.split_once(':')?;
    Some((platform.parse().ok()?, answers))
}

fn alternatives(text: &str) -> Result<Vec<Answer>, String> {
    text.split('|').map(answer).collect()
}

fn answer(text: &str) -> Result<Answer, String> {
    if let Some(value) = text.strip_prefix("ok=") {
        if value.is_empty() {
            return Err("expected a value after ok=".into());
        }
        return Ok(Answer::OkValue(value.to_string()));
    }
    match text {
        "ok" => Ok(Answer::Ok),
        "error" => Ok(Answer::AnyError),
        "blocks" => Ok(Answer::Blocks),
        "absent" => Ok(Answer::Absent),
        "?" => Ok(Answer::Unknown),
        _ => known_error(text).map(|()| Answer::Error(text.to_string())),
    }
}

/// Is this the name of an error that a trace can hold?
pub(super) fn known_error(text: &str) -> Result<(), String> {
    if errors::is_known(text) {
        return Ok(());
    }
    let others = ["ok", "error", "blocks", "absent"];
    let like = nearest(text, errors::all().chain(others));
    let like = like.map_or_else(String::new, |like| format!(" (did you mean {like}?)"));
    Err(format!("expected an answer or the name of an error, found {text:?}{like}"))
}
