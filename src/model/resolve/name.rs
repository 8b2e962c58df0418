//! What may be asked of a name server.

/// A query can be made of it: labels of 1 to 63 bytes, 253 in all, and perhaps a dot at the end.
pub(super) fn is_askable(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()))
}

/// It is a host's (glibc's `res_hnok`): letters, digits, `-` and `_`, and no `-` at the beginning.
pub(super) fn is_of_host(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.chars().all(allowed) && !text.starts_with('-')
}

/// It looks like an IPv4 address: digits and dots, a digit last.
pub(super) fn is_digits_and_dots(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}
