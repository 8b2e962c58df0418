//! From text to scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;

use super::call::{Call, Env, Expectation, Name, Port, PortArg, Script, Step};
use super::lexis::{Token, tokens};
use super::names::{UnknownWord, decimal, hint};
use super::{parse_call, parse_env, parse_expectation};

/// The longest line, in bytes.
pub const LINE_LENGTH_MAX: usize = 16_384;
/// The most calls of one script.
pub const STEPS_MAX: usize = 10_000;

/// Why a text is not a script, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What was expected, or what is wrong.
    pub message: String,
}

impl ParseError {
    pub(super) fn new(line: usize, column: usize, message: impl Into<String>) -> Self {
        Self { line, column, message: message.into() }
    }
}

/// A script with the text it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The script.
    pub script: Script,
    /// Its own text, comments included.
    pub source: String,
    /// The line of the file on which it begins, from 1.
    pub line: usize,
}

/// Parses a file: one script, or several separated by lines `---`.
///
/// # Errors
/// The first mistake, with its line and column.
///
/// ```
/// let scripts = bindproof::script::parse("a = socket inet\nbind a 127.0.0.1:p => ok\n")?;
/// assert_eq!(scripts[0].script.steps.len(), 2);
/// let error = bindproof::script::parse("a = sokcet inet\n").unwrap_err();
/// assert_eq!((error.line, error.column), (1, 5));
/// # Ok::<(), bindproof::script::ParseError>(())
/// ```
pub fn parse(text: &str) -> Result<Vec<Parsed>, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut scripts = Vec::new();
    let mut builder = Builder::default();
    let mut source = String::new();
    let mut first = 1;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let number = index + 1;
        let bare = line.trim_end_matches('\n').trim_end_matches('\r');
        if bare.trim_end() == "---" {
            scripts.push(builder.finish(std::mem::take(&mut source), first));
            builder = Builder::default();
            first = number + 1;
            continue;
        }
        source.push_str(line);
        if bare.len() > LINE_LENGTH_MAX {
            let message = format!("expected a line of at most {LINE_LENGTH_MAX} bytes");
            return Err(ParseError::new(number, 1, message));
        }
        builder.line(bare, number)?;
    }
    scripts.push(builder.finish(source, first));
    Ok(scripts)
}

/// Parses a file's bytes.
///
/// # Errors
/// As [`parse`]; bytes that are no UTF-8 are named by line and column.
pub fn parse_bytes(bytes: &[u8]) -> Result<Vec<Parsed>, ParseError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let line = good.matches('\n').count() + 1;
            let column = good.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            Err(ParseError::new(line, column, "expected UTF-8"))
        }
    }
}

/// Parses one line that holds one call, as it stands in a trace: no expectation, and sockets
/// that other lines made. Without a script around it, `port=WORD` is a named port only if it is
/// one letter with optional digits.
///
/// # Errors
/// The mistake, on line 1.
pub fn parse_call_text(text: &str) -> Result<Call, ParseError> {
    let tokens = tokens(text, 1)?;
    let mut line = Line::new(&tokens, 1, text);
    let mut call = parse_call::call(&mut line)?;
    line.end()?;
    if let Call::BindSockets { args, .. } = &mut call
        && let Some(PortArg::Named(word)) = &args.port
        && !is_port_name(word)
    {
        args.port = Some(PortArg::Text(word.clone()));
    }
    Ok(call)
}

/// Parses what follows `env` on a line.
///
/// # Errors
/// The mistake, on line 1.
pub fn parse_env_text(text: &str) -> Result<Env, ParseError> {
    let tokens = tokens(text, 1)?;
    let mut line = Line::new(&tokens, 1, text);
    let env = parse_env::env(&mut line)?;
    line.end()?;
    Ok(env)
}

/// The tokens of a line, taken one after the other.
pub(super) struct Line<'a> {
    tokens: &'a [Token],
    next: usize,
    number: usize,
    end_column: usize,
}

impl<'a> Line<'a> {
    fn new(tokens: &'a [Token], number: usize, text: &str) -> Self {
        Self { tokens, next: 0, number, end_column: text.chars().count() + 1 }
    }

    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    pub(super) fn peek_second(&self) -> Option<&'a Token> {
        self.tokens.get(self.next + 1)
    }

    pub(super) fn take(&mut self, expected: &str) -> Result<&'a Token, ParseError> {
        let token = self.peek().ok_or_else(|| {
            ParseError::new(self.number, self.end_column, format!("expected {expected}"))
        })?;
        self.next += 1;
        Ok(token)
    }

    /// Takes a word and turns it into a value of the language.
    pub(super) fn word<T>(&mut self, expected: &str) -> Result<T, ParseError>
    where
        T: std::str::FromStr<Err = UnknownWord>,
    {
        let token = self.take(expected)?;
        token.text.parse().map_err(|error: UnknownWord| self.wrong(token, error.to_string()))
    }

    /// Takes a number.
    pub(super) fn number<T: std::str::FromStr>(&mut self, expected: &str) -> Result<T, ParseError> {
        let token = self.take(expected)?;
        decimal(&token.text).ok_or_else(|| self.expected(token, expected))
    }

    pub(super) fn wrong(&self, token: &Token, message: impl Into<String>) -> ParseError {
        ParseError::new(self.number, token.column, message)
    }

    /// A word that is none of `words`.
    pub(super) fn unknown(&self, token: &Token, words: &[&str]) -> ParseError {
        let like = hint(&token.text, words.iter().copied());
        let words = words.join(", ");
        self.wrong(token, format!("expected one of {words}, found {:?}{like}", token.text))
    }

    /// Where a call says `name`, itself or as `@NAME`; what stands before the verb assigns.
    fn mention(&self, name: &Name) -> Option<&'a Token> {
        let assigns = self.tokens.get(1).is_some_and(|token| token.text == "=");
        let name = name.to_string();
        self.tokens.iter().skip(if assigns { 3 } else { 1 }).find(|token| {
            token.text == name || token.text.rsplit_once(":@").is_some_and(|(_, of)| of == name)
        })
    }

    pub(super) fn expected(&self, token: &Token, what: &str) -> ParseError {
        self.wrong(token, format!("expected {what}, found {:?}", token.text))
    }

    fn end(&self) -> Result<(), ParseError> {
        self.peek().map_or(Ok(()), |token| Err(self.expected(token, "the end of the line")))
    }
}

/// One letter with optional digits: a named port wherever a port can stand.
fn is_port_name(word: &str) -> bool {
    word.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Socket,
    /// The sockets of a `bind_sockets`.
    List,
    Server,
}

/// A script that is being read, and what its names stand for.
#[derive(Default)]
struct Builder {
    script: Script,
    assigned: BTreeMap<String, Kind>,
    /// Where `port=WORD` stands that may be a named port.
    ports: BTreeSet<String>,
    words: Vec<(usize, String)>,
}

impl Builder {
    fn line(&mut self, text: &str, number: usize) -> Result<(), ParseError> {
        let tokens = tokens(text, number)?;
        let Some(first) = tokens.first() else { return Ok(()) };
        let mut line = Line::new(&tokens, number, text);
        match first.text.as_str() {
            "title" if !first.quoted => self.title(&mut line, &tokens),
            "env" if !first.quoted => self.env(&mut line),
            _ => self.step(&mut line),
        }
    }

    fn title(&mut self, line: &mut Line<'_>, tokens: &[Token]) -> Result<(), ParseError> {
        let word = line.take("title")?;
        if self.script.title.is_some() {
            return Err(line.wrong(word, "expected one title, found a second"));
        }
        if !self.script.env.is_empty() || !self.script.steps.is_empty() {
            return Err(line.wrong(word, "expected the title before env lines and calls"));
        }
        line.take("the words of the title")?;
        let words: Vec<_> = tokens[1..].iter().map(|token| token.text.as_str()).collect();
        self.script.title = Some(words.join(" "));
        Ok(())
    }

    fn env(&mut self, line: &mut Line<'_>) -> Result<(), ParseError> {
        let word = line.take("env")?;
        if let Some(sign) = line.peek().filter(|token| token.text == "=") {
            let message = "env begins a line about the environment: expected another name";
            return Err(line.wrong(sign, message));
        }
        if !self.script.steps.is_empty() {
            return Err(line.wrong(word, "expected env lines before the first call"));
        }
        let env = parse_env::env(line)?;
        line.end()?;
        let repeated = !matches!(env, Env::Fail(_))
            && self.script.env.iter().any(|earlier| same_kind(earlier, &env));
        if repeated {
            return Err(line.wrong(word, format!("expected `env {env}` once, found a second")));
        }
        self.script.env.push(env);
        Ok(())
    }

    fn step(&mut self, line: &mut Line<'_>) -> Result<(), ParseError> {
        let start = line.peek().expect("a line with a token").clone();
        if self.script.steps.len() >= STEPS_MAX {
            return Err(line.wrong(&start, format!("expected at most {STEPS_MAX} calls")));
        }
        let call = parse_call::call(line)?;
        self.check_names(line, &start, &call)?;
        let expectation = match line.peek() {
            None => Expectation::Unwritten,
            Some(arrow) if arrow.text == "=>" && !arrow.quoted => {
                line.take("=>")?;
                parse_expectation::expectation(line)?
            }
            Some(other) => return Err(line.expected(other, "`=>` or the end of the line")),
        };
        line.end()?;
        self.note_ports(&call);
        self.script.steps.push(Step { call, expectation });
        Ok(())
    }

    fn check_names(
        &mut self,
        line: &Line<'_>,
        start: &Token,
        call: &Call,
    ) -> Result<(), ParseError> {
        for name in call.names_mentioned() {
            let as_server = call.server_used() == Some(name);
            self.check_use(line, start, name, as_server)?;
        }
        let Some(name) = call.socket_assigned() else { return Ok(()) };
        let kind = match call {
            Call::BindSockets { .. } => Kind::List,
            Call::Serve { .. } => Kind::Server,
            _ => Kind::Socket,
        };
        if self.assigned.insert(name.word.clone(), kind).is_some() {
            let message = format!("expected a new name: {name} was assigned before");
            return Err(line.wrong(start, message));
        }
        Ok(())
    }

    fn check_use(
        &self,
        line: &Line<'_>,
        start: &Token,
        name: &Name,
        as_server: bool,
    ) -> Result<(), ParseError> {
        let message = match (self.assigned.get(&name.word), name.index) {
            (Some(Kind::Server), None) if as_server => return Ok(()),
            (Some(Kind::Server), _) => {
                format!("{} is a server: expected a socket", name.word)
            }
            (Some(_), _) if as_server => format!("{name} is no server: expected one"),
            (Some(Kind::Socket), None) | (Some(Kind::List), Some(_)) => return Ok(()),
            (Some(Kind::List), None) => {
                format!("{name} is a list of sockets: expected one of them, such as {name}.0")
            }
            (Some(Kind::Socket), Some(_)) => {
                format!("{} is one socket: expected its name without a number", name.word)
            }
            (None, _) => {
                let like = hint(&name.word, self.assigned.keys().map(String::as_str));
                format!("expected a name assigned before, found {name}{like}")
            }
        };
        Err(line.wrong(line.mention(name).unwrap_or(start), message))
    }

    /// Collects the named ports, and the words after `port=` that may turn out to be one.
    fn note_ports(&mut self, call: &Call) {
        match call {
            Call::Bind { address, .. }
            | Call::ConnectNew { address, .. }
            | Call::Connect { address, .. } => {
                if let Port::Named(name) = &address.port {
                    self.ports.insert(name.clone());
                }
            }
            Call::BindSockets { args, .. } => {
                if let Some(PortArg::Named(word)) = &args.port {
                    self.words.push((self.script.steps.len(), word.clone()));
                }
            }
            _ => {}
        }
    }

    fn finish(mut self, source: String, line: usize) -> Parsed {
        for (step, word) in std::mem::take(&mut self.words) {
            if is_port_name(&word) || self.ports.contains(&word) {
                continue;
            }
            if let Call::BindSockets { args, .. } = &mut self.script.steps[step].call {
                args.port = Some(PortArg::Text(word));
            }
        }
        Parsed { script: self.script, source, line }
    }
}

fn same_kind(left: &Env, right: &Env) -> bool {
    let ipv6 = |env: &Env| matches!(env, Env::Ipv6Off | Env::Ipv6NoAddress);
    discriminant(left) == discriminant(right) || (ipv6(left) && ipv6(right))
}
