//! Numbers as C's `strtoul` and `strtol` read them.

/// A number at the beginning of a text: blanks, a sign, decimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number<'a> {
    /// There was a minus.
    pub(super) negative: bool,
    /// Without the sign; `None` is beyond 64 bits.
    pub(super) magnitude: Option<u64>,
    /// What follows; everything if there are no digits.
    pub(super) rest: &'a str,
}

/// What `isspace` accepts in the C locale.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r')
}

/// Reads a number in base 10.
pub(super) fn number(text: &str) -> Number<'_> {
    let unsigned = text.trim_start_matches(is_blank);
    let digits = unsigned.strip_prefix(['+', '-']).unwrap_or(unsigned);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    if end == 0 {
        return Number { negative: false, magnitude: Some(0), rest: text };
    }
    Number {
        negative: unsigned.starts_with('-'),
        magnitude: digits[..end].parse().ok(),
        rest: &digits[end..],
    }
}

impl Number<'_> {
    /// `strtoul` with a `long` of 64 bits: a minus wraps around, too large is the largest.
    pub(super) fn unsigned(&self) -> u64 {
        match self.magnitude {
            None => u64::MAX,
            Some(magnitude) if self.negative => magnitude.wrapping_neg(),
            Some(magnitude) => magnitude,
        }
    }
}
