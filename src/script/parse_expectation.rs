//! What follows `=>`.

use super::call::{Answer, Expectation, Platform};
use super::errors;
use super::lexis::Token;
use super::names::{hint, is_name};
use super::parse::{Line, ParseError};

pub(super) fn expectation(line: &mut Line<'_>) -> Result<Expectation, ParseError> {
    let first = line.take("an answer, or PLATFORM:ANSWER")?;
    // A value (`ok=[::1]:p`) has colons too, but no bare word before the first of them.
    if first.text.split_once(':').is_none_or(|(word, _)| !is_name(word)) {
        let answers = alternatives(&first.text).map_err(|message| line.wrong(first, message))?;
        return Ok(Expectation::All(answers));
    }
    let mut platforms: Vec<(Platform, Vec<Answer>)> = Vec::new();
    let mut next = Some(first);
    while let Some(token) = next {
        let (platform, answers) =
            platform_prefix(&token.text).ok_or_else(|| unknown_platform(line, token))?;
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

fn unknown_platform(line: &Line<'_>, token: &Token) -> ParseError {
    match token.text.split_once(':').map(|(word, _)| word.parse::<Platform>()) {
        Some(Err(error)) => line.wrong(token, error.to_string()),
        _ => line.expected(token, "PLATFORM:ANSWER"),
    }
}

fn platform_prefix(text: &str) -> Option<(Platform, &str)> {
    let (platform, answers) = text.split_once(':')?;
    Some((platform.parse().ok()?, answers))
}

fn alternatives(text: &str) -> Result<Vec<Answer>, String> {
    text.split('|').map(parse_answer).collect()
}

/// One answer as expectations write it.
pub(crate) fn parse_answer(text: &str) -> Result<Answer, String> {
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
    let like = hint(text, errors::all().chain(others));
    Err(format!("expected an answer or the name of an error, found {text:?}{like}"))
}
