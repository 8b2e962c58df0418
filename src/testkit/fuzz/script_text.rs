//! The parser of scripts, and that printing is its inverse.

use super::Found;
use crate::script::{ParseError, Parsed, parse, parse_bytes};

pub(super) fn body(data: &[u8]) -> Found {
    match parse_bytes(data) {
        Ok(scripts) => scripts.iter().try_for_each(|one| same_again(data, one)),
        Err(error) => points_into(data, &error),
    }
}

/// What a script prints is the same script, and so is its own part of the text.
fn same_again(data: &[u8], parsed: &Parsed) -> Found {
    let printed = parsed.script.to_string();
    let again = parse(&printed).map_err(|error| format!("it prints as\n{printed}{error}"))?;
    let [again] = again.as_slice() else {
        return Err(format!("it prints as {} scripts:\n{printed}", again.len()));
    };
    if again.script != parsed.script {
        return Err(format!("it prints as another script:\n{printed}"));
    }
    if parsed.source.as_bytes() == data {
        return Ok(());
    }
    let source = parse(&parsed.source).map_err(|error| format!("its own source: {error}"))?;
    if source.len() != 1 || source[0].script != parsed.script {
        return Err(format!("its own source is another script:\n{}", parsed.source));
    }
    Ok(())
}

/// A mistake has a place that an editor can go to.
fn points_into(data: &[u8], error: &ParseError) -> Found {
    let lines: Vec<_> = data.split(|byte| *byte == b'\n').collect();
    let line = error.line.checked_sub(1).and_then(|index| lines.get(index));
    // One behind the last byte is where something is missing.
    let inside = line.is_some_and(|line| (1..=line.len() + 1).contains(&error.column));
    if !inside || error.message.is_empty() {
        return Err(format!("a mistake without a place in {} lines: {error:?}", lines.len()));
    }
    Ok(())
}
