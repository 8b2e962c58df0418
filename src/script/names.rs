//! The fixed words of the language, each in one table, with `Display` and `FromStr`.

use std::fmt;
use std::str::FromStr;

use super::call::{Family, FamilyArg, Flag, FlagsArg, Half, Name, Platform, SocketOption, Verb};

/// A word that the language does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected}, found {found:?}{}", suggestion(.nearest.as_deref()))]
pub struct UnknownWord {
    /// What was expected, beginning with "expected".
    pub expected: String,
    /// What stands there.
    pub found: String,
    /// The nearest known word.
    pub nearest: Option<String>,
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |word| format!(" (did you mean {word}?)"))
}

/// How much a known word must be like what stands there, from 0 to 1.
const LIKE_MIN: f64 = 0.75;
/// Below this likeness of Jaro's, Winkler's takes no account of a common beginning.
const JARO_MIN: f64 = 0.7;

/// Whether two words can be alike at all, in a fraction of the time that the likeness takes: Jaro's
/// is a third of each word's part of matching letters, and a third at most for their order. A
/// parser's mistakes are common where its input is a fuzzer's.
fn may_be_like(found: &str, known: &str) -> bool {
    let letters = |word: &str| word.bytes().fold(0_u64, |set, byte| set | 1 << (byte & 63));
    let shared =
        |word: &str, set: u64| -> u64 { word.bytes().map(|byte| set >> (byte & 63) & 1).sum() };
    let matching = shared(found, letters(known)).min(shared(known, letters(found))) as f64;
    let parts = matching / found.len() as f64 + matching / known.len() as f64;
    !(found.is_ascii() && known.is_ascii()) || (parts + 1.0) / 3.0 > JARO_MIN
}

/// The known word that is most like `found`, if one is like it at all.
#[must_use]
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .filter(|word| may_be_like(found, word))
        .map(|word| (strsim::jaro_winkler(found, word), word))
        .filter(|(likeness, _)| *likeness > LIKE_MIN)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, word)| word.to_string())
}

/// ` (did you mean WORD?)` with the nearest known word, or nothing.
pub(super) fn hint<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    suggestion(nearest(found, known).as_deref())
}

/// A number in plain decimal digits, after a minus where the type has one; no plus, which
/// Rust's own parser would take.
pub(super) fn decimal<T: FromStr>(text: &str) -> Option<T> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Looks a word up in a table.
fn look_up<T: Copy>(what: &str, table: &[(&str, T)], found: &str) -> Result<T, UnknownWord> {
    table.iter().find(|(word, _)| *word == found).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = table.iter().map(|(word, _)| *word).collect();
        UnknownWord {
            expected: format!("expected {what} ({})", words.join(", ")),
            found: found.to_string(),
            nearest: nearest(found, words.iter().copied()),
        }
    })
}

macro_rules! words {
    ($type:ty, $what:literal, $table:ident, [$($word:literal => $value:expr),+ $(,)?]) => {
        const $table: &[(&str, $type)] = &[$(($word, $value)),+];

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (word, _) = $table
                    .iter()
                    .find(|(_, value)| value == self)
                    .expect("every value stands in its table");
                f.write_str(word)
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                look_up($what, $table, text)
            }
        }

        impl $type {
            /// Every value, in the order of the language's documentation.
            pub fn all() -> impl Iterator<Item = Self> {
                $table.iter().map(|(_, value)| *value)
            }
        }
    };
}

words!(Platform, "a platform", PLATFORMS, [
    "linux" => Platform::Linux,
    "macos" => Platform::Macos,
    "freebsd" => Platform::Freebsd,
    "windows" => Platform::Windows,
]);

words!(Family, "a family", FAMILIES, ["inet" => Family::Inet, "inet6" => Family::Inet6]);

words!(SocketOption, "a socket option", OPTIONS, [
    "reuseaddr" => SocketOption::ReuseAddr,
    "reuseport" => SocketOption::ReusePort,
    "v6only" => SocketOption::V6Only,
    "exclusiveaddruse" => SocketOption::ExclusiveAddrUse,
    "nonblocking" => SocketOption::Nonblocking,
    "cloexec" => SocketOption::Cloexec,
    "accepting" => SocketOption::Accepting,
    "linger" => SocketOption::Linger,
]);

words!(Half, "a half of the connection", HALVES, [
    "read" => Half::Read,
    "write" => Half::Write,
    "both" => Half::Both,
]);

words!(Flag, "a flag of getaddrinfo", FLAGS, [
    "passive" => Flag::Passive,
    "canonname" => Flag::Canonname,
    "numerichost" => Flag::Numerichost,
    "numericserv" => Flag::Numericserv,
    "addrconfig" => Flag::Addrconfig,
    "v4mapped" => Flag::V4mapped,
    "all" => Flag::All,
]);

words!(Verb, "a call", VERBS, [
    "socket" => Verb::Socket,
    "set" => Verb::Set,
    "get" => Verb::Get,
    "bind" => Verb::Bind,
    "listen" => Verb::Listen,
    "connect" => Verb::Connect,
    "accept" => Verb::Accept,
    "dup" => Verb::Dup,
    "inherited" => Verb::Inherited,
    "name" => Verb::Name,
    "send" => Verb::Send,
    "recv" => Verb::Recv,
    "shutdown" => Verb::Shutdown,
    "close" => Verb::Close,
    "bind_sockets" => Verb::BindSockets,
    "resolve" => Verb::Resolve,
    "serve" => Verb::Serve,
    "stop" => Verb::Stop,
]);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            None => f.write_str(&self.word),
            Some(index) => write!(f, "{}.{index}", self.word),
        }
    }
}

impl fmt::Display for FamilyArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unspec => f.write_str("unspec"),
            Self::Inet => f.write_str("inet"),
            Self::Inet6 => f.write_str("inet6"),
            Self::Other(number) => write!(f, "{number}"),
        }
    }
}

impl FromStr for FamilyArg {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "unspec" => Ok(Self::Unspec),
            "inet" => Ok(Self::Inet),
            "inet6" => Ok(Self::Inet6),
            _ => decimal(text).map(Self::Other).ok_or_else(|| UnknownWord {
                expected: "expected a family (unspec, inet, inet6 or a number)".into(),
                found: text.into(),
                nearest: nearest(text, ["unspec", "inet", "inet6"]),
            }),
        }
    }
}

impl fmt::Display for FlagsArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("none"),
            Self::Bits(bits) => write!(f, "{bits:#x}"),
            Self::Named(flags) if flags.is_empty() => f.write_str("0"),
            Self::Named(flags) => {
                for (index, flag) in flags.iter().enumerate() {
                    write!(f, "{}{flag}", if index == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

impl FromStr for FlagsArg {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text == "none" {
            return Ok(Self::Absent);
        }
        if text == "0" {
            return Ok(Self::Named(Vec::new()));
        }
        if let Some(bits) = text.strip_prefix("0x") {
            // All 32 bits can be given; the C type is signed.
            return u32::from_str_radix(bits, 16)
                .ok()
                .filter(|_| !bits.starts_with('+'))
                .map(|bits| Self::Bits(bits.cast_signed()))
                .ok_or_else(|| UnknownWord {
                    expected: "expected flags as 0x and up to eight hexadecimal digits".into(),
                    found: text.into(),
                    nearest: None,
                });
        }
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self::Named)
    }
}

/// Is this a name that a script may give: `[a-z][a-z0-9_]*`?
#[must_use]
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::{LIKE_MIN, may_be_like};
    use crate::script::Choices;

    #[test]
    fn what_is_left_out_before_is_not_alike() {
        let mut choices = Choices::of_seed(3);
        let (mut alike, mut left_out) = (0, 0);
        for _ in 0..200_000 {
            let mut word = || -> String {
                let length = 1 + choices.below(7);
                (0..length).map(|_| choices.one_of(&['a', 'b', 'c', 'd', '_'])).collect()
            };
            let (one, other) = (word(), word());
            let likeness = strsim::jaro_winkler(&one, &other);
            alike += usize::from(likeness > LIKE_MIN);
            if !may_be_like(&one, &other) {
                left_out += 1;
                assert!(likeness <= LIKE_MIN, "{one} {other}");
            }
        }
        assert!(alike > 10_000 && left_out > 10_000, "{alike} {left_out}");
    }
}
