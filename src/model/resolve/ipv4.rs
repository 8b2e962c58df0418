//! The spellings of an IPv4 address: `inet_aton`, with one to four numbers, each in C's notation.

use std::net::Ipv4Addr;

/// glibc's (2.29 and later, where nothing may follow) and musl's `inet_aton`. They accept the same
/// texts, though they read them differently.
pub(super) fn gnu(text: &str) -> Option<Ipv4Addr> {
    let parts = parts(text, |part| {
        let (base, digits) = match part.as_bytes() {
            [b'0', b'x' | b'X', ..] => (16, &part[2..]),
            [b'0', ..] => (8, part),
            _ => (10, part),
        };
        // A sign would be accepted here.
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        u64::from_str_radix(digits, base).ok()
    })?;
    let (last, before) = parts.split_last()?;
    (*last <= last_max(before.len())).then(|| join(before, *last))
}

/// FreeBSD's and Apple's `inet_aton`: they do not notice an overflow, so that a single number
/// counts modulo 2^32, and `0x` is 0 except at the end.
pub(super) fn bsd(text: &str) -> Option<Ipv4Addr> {
    let parts = parts(text, |part| {
        let (base, digits) = match part.as_bytes() {
            [b'0', b'x' | b'X', ..] => (16, &part[2..]),
            [b'0', ..] => (8, part),
            _ => (10, part),
        };
        digits.chars().try_fold(0_u64, |value, c| {
            Some(value.wrapping_mul(u64::from(base)).wrapping_add(u64::from(c.to_digit(base)?)))
        })
    })?;
    let ends_in_prefix = text.to_ascii_lowercase().ends_with('x');
    let (last, before) = parts.split_last()?;
    let fits = before.is_empty() || *last <= last_max(before.len());
    (fits && !ends_in_prefix).then(|| join(before, *last))
}

/// Up to four numbers between dots, each beginning with a digit; all but the last are bytes.
fn parts(text: &str, number: impl Fn(&str) -> Option<u64>) -> Option<Vec<u64>> {
    let parts = text
        .split('.')
        .map(|part| part.starts_with(|c: char| c.is_ascii_digit()).then(|| number(part)).flatten())
        .collect::<Option<Vec<u64>>>()?;
    let (_, before) = parts.split_last()?;
    (before.len() <= 3 && before.iter().all(|part| *part <= 0xff)).then_some(parts)
}

/// The last number fills what the `before` bytes leave.
fn last_max(before: usize) -> u64 {
    u64::from(u32::MAX) >> (8 * before)
}

fn join(before: &[u64], last: u64) -> Ipv4Addr {
    let mut bits = last as u32;
    for (index, byte) in before.iter().enumerate() {
        bits |= (*byte as u32) << (24 - 8 * index);
    }
    Ipv4Addr::from_bits(bits)
}
