//! What follows the `%` of an IPv6 address.

use std::net::Ipv6Addr;

use super::number::number;

/// What a text means as a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The interface with this index.
    Index(u32),
    /// It is refused.
    Refused,
    /// It depends on which interfaces there are.
    Unknown,
}

/// On which addresses the name of an interface is a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// `fe80::/10` and `ff02::` (musl).
    LinkLocal,
    /// Those and `ff01::` (glibc, FreeBSD).
    NodeLocal,
}

impl Names {
    /// Is the name of an interface a scope of this address?
    pub(super) fn fit(self, address: Ipv6Addr) -> bool {
        let [first, second, ..] = address.octets();
        let unicast = first == 0xfe && second & 0xc0 == 0x80;
        let least = if self == Self::NodeLocal { 1 } else { 2 };
        unicast || (first == 0xff && (least..=2).contains(&(second & 0x0f)))
    }
}

/// The rule that glibc, musl and FreeBSD share: an interface's name, or a number of 32 bits; which
/// comes first does not matter as long as no interface is named by a number.
///
/// `lo` is Linux's loopback interface; whether others exist is known only if it is `alone`.
pub(super) fn scope(address: Ipv6Addr, text: &str, names: Names, alone: bool) -> Scope {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let number = number(text);
        if number.rest.is_empty() {
            let index = number.magnitude.and_then(|index| u32::try_from(index).ok());
            return index.map_or(Scope::Refused, Scope::Index);
        }
    }
    if !names.fit(address) || !may_be_interface(text) {
        return Scope::Refused;
    }
    match text {
        "lo" => Scope::Index(1),
        _ if alone => Scope::Refused,
        _ => Scope::Unknown,
    }
}

/// Linux's names have at most 15 bytes, none of them a slash, a colon or a blank; the BSDs' are
/// shorter than 16 bytes as well.
pub(super) fn may_be_interface(text: &str) -> bool {
    (1..=15).contains(&text.len())
        && !text.contains(|c: char| c == '/' || c == ':' || c.is_ascii_whitespace() || c == '\x0b')
}
