//! A line as tokens.

use super::parse::ParseError;

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// The text, with quotes resolved.
    pub(super) text: String,
    /// Where it begins, in characters from 1.
    pub(super) column: usize,
    /// Some part of it was quoted.
    pub(super) quoted: bool,
}

/// Splits a line at blanks; `"…"` quotes, `#` after a blank starts a comment.
pub(super) fn tokens(line: &str, number: usize) -> Result<Vec<Token>, ParseError> {
    let mut tokens = Vec::new();
    let mut characters = line.chars().enumerate().map(|(i, c)| (i + 1, c)).peekable();
    while let Some(&(column, first)) = characters.peek() {
        if first == ' ' || first == '\t' {
            characters.next();
            continue;
        }
        if first == '#' {
            break;
        }
        let mut token = Token { text: String::new(), column, quoted: false };
        while let Some(&(at, c)) = characters.peek() {
            match c {
                ' ' | '\t' => break,
                '"' => {
                    characters.next();
                    token.quoted = true;
                    quoted(&mut characters, &mut token.text, number, at)?;
                }
                _ => {
                    token.text.push(c);
                    characters.next();
                }
            }
        }
        tokens.push(token);
    }
    Ok(tokens)
}

/// Reads up to the closing quote.
fn quoted(
    characters: &mut impl Iterator<Item = (usize, char)>,
    text: &mut String,
    line: usize,
    opened: usize,
) -> Result<(), ParseError> {
    while let Some((column, c)) = characters.next() {
        match c {
            '"' => return Ok(()),
            '\\' => match characters.next().map(|(_, escape)| escape) {
                Some(same @ ('"' | '\\')) => text.push(same),
                Some('n') => text.push('\n'),
                Some('x') => {
                    let digits: String = characters.take(2).map(|(_, digit)| digit).collect();
                    let number = u8::from_str_radix(&digits, 16)
                        .ok()
                        .filter(|_| digits.len() == 2 && !digits.starts_with('+'))
                        .ok_or_else(|| {
                            ParseError::new(
                                line,
                                column,
                                "expected two hexadecimal digits after \\x",
                            )
                        })?;
                    text.push(char::from(number));
                }
                _ => {
                    let what = "expected \\\", \\\\, \\n or \\xHH after a backslash";
                    return Err(ParseError::new(line, column, what));
                }
            },
            _ => text.push(c),
        }
    }
    Err(ParseError::new(line, opened, "expected a closing quote for the one that opens here"))
}

/// The text as one token, quoted where it has to be.
pub(super) fn quote(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '#' && c != '\\')
        && !text.starts_with("=>");
    if plain {
        return text.to_string();
    }
    always_quote(text)
}

/// The text in quotes.
pub(super) fn always_quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            // \xHH stands for U+00HH, and a bare CR or control character would not survive.
            c if c.is_control() && u32::from(c) < 0x100 => {
                quoted.push_str(&format!("\\x{:02x}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
