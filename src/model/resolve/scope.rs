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

/// The most bytes that an interface's name has, on every system.
const NAME_MAX: usize = 15;

/// The rule that glibc and musl share: an interface's name, or a number of 32 bits; which
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
    // Linux looks at what stands before a colon alone (`dev_ioctl` in net/core/dev_ioctl.c), for
    // the label of a second address was an interface of its own once. glibc's `if_nametoindex`
    // refuses what is too long with its label, musl's hands on as much as fits.
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    let too_long = names == Names::NodeLocal && text.len() > NAME_MAX;
    if !names.fit(address) || too_long || !may_be_interface(name) {
        return Scope::Refused;
    }
    match name {
        "lo" => Scope::Index(1),
        _ if alone => Scope::Refused,
        _ => Scope::Unknown,
    }
}

/// Linux's names have at most 15 bytes, none of them a slash, a colon or a blank; the BSDs' are
/// shorter than 16 bytes as well.
pub(super) fn may_be_interface(text: &str) -> bool {
    (1..=NAME_MAX).contains(&text.len())
        && !text.contains(|c: char| c == '/' || c == ':' || c.is_ascii_whitespace() || c == '\x0b')
}
