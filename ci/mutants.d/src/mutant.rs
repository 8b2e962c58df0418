//! What `cargo mutants --list --json` says of a mutant.

use serde::Deserialize;

#[derive(Deserialize, Clone, Copy)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

#[derive(Deserialize, Clone, Copy)]
pub struct Span {
    pub start: Place,
    pub end: Place,
}

#[derive(Deserialize, Clone)]
pub struct Function {
    pub function_name: String,
    pub span: Span,
}

#[derive(Deserialize, Clone)]
pub struct Mutant {
    pub file: String,
    pub name: String,
    pub genre: String,
    pub replacement: String,
    pub span: Span,
    pub function: Option<Function>,
}

impl Mutant {
    /// Of the function that it is in, without its type.
    pub fn function_name(&self) -> &str {
        let name = self.function.as_ref().map_or("", |one| &one.function_name);
        name.rsplit("::").next().unwrap_or_default()
    }
}

/// Where a line and a column are in a text, both from 1, columns in characters.
pub fn offset(text: &str, place: Place) -> usize {
    let line_start: usize = text.split_inclusive('\n').take(place.line - 1).map(str::len).sum();
    let line = &text[line_start..];
    line_start + line.char_indices().nth(place.column - 1).map_or(line.len(), |(at, _)| at)
}
