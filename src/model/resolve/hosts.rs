//! The hosts file: lines of an address and names.

use super::number::is_blank;

/// A line of the hosts file, without its comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    text: &'a str,
}

/// The lines that have something to say.
pub(super) fn lines(hosts: &[String]) -> impl Iterator<Item = Line<'_>> {
    hosts
        .iter()
        .flat_map(|line| line.split('\n'))
        .map(|line| Line { text: line.split('#').next().unwrap_or_default() })
        .filter(|line| !line.text.trim_matches(is_blank).is_empty())
}

impl<'a> Line<'a> {
    fn words(self) -> impl Iterator<Item = &'a str> {
        self.text.split(is_blank).filter(|word| !word.is_empty())
    }

    /// The address.
    pub(super) fn address(self) -> &'a str {
        self.words().next().unwrap_or_default()
    }

    /// A blank comes before the address. musl and FreeBSD then find no address.
    pub(super) fn indented(self) -> bool {
        self.text.starts_with(is_blank)
    }

    /// Has this name, in upper or lower case.
    pub(super) fn names(self, name: &str) -> bool {
        self.words().skip(1).any(|word| word.eq_ignore_ascii_case(name))
    }

    /// Has this text between two blanks, as musl looks for a name.
    pub(super) fn contains(self, name: &str) -> bool {
        let text = self.text;
        let blank_or_end = |rest: &str| rest.is_empty() || rest.starts_with(is_blank);
        text.match_indices(is_blank).any(|(at, blank)| {
            text[at + blank.len()..].strip_prefix(name).is_some_and(blank_or_end)
        })
    }
}
