//! A question in a platform's own numbers, and what all libraries read out of it alike.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Question, Setting};
use crate::model::machine::Ipv6;
use crate::script::{Family, FamilyArg, Flag, FlagsArg, Platform, errors};

/// A question in the numbers of its platform.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) host: Option<&'a str>,
    pub(super) service: Option<&'a str>,
    family: FamilyArg,
    /// The raw bits.
    pub(super) flags: i32,
    platform: Platform,
}

impl<'a> Asked<'a> {
    pub(super) fn new(platform: Platform, question: &'a Question) -> Self {
        let flags = match &question.flags {
            FlagsArg::Absent => 0,
            FlagsArg::Named(flags) => {
                flags.iter().fold(0, |bits, flag| bits | errors::flag_bits(platform, *flag))
            }
            FlagsArg::Bits(bits) => *bits,
        };
        Self {
            host: question.host.as_deref(),
            service: question.service.as_deref(),
            family: question.family,
            flags,
            platform,
        }
    }

    /// Is this bit set?
    pub(super) fn has(&self, flag: Flag) -> bool {
        self.flags & errors::flag_bits(self.platform, flag) != 0
    }

    /// Are there bits beyond these?
    pub(super) fn has_beyond(&self, known: i32) -> bool {
        self.flags & !known != 0
    }

    /// The family, `None` inside for both; an error is the number of another one.
    pub(super) fn family(&self) -> Result<Option<Family>, i32> {
        let inet6 = match self.platform {
            Platform::Linux => 10,
            Platform::Macos => 30,
            Platform::Freebsd => 28,
            Platform::Windows => 23,
        };
        match self.family {
            FamilyArg::Unspec | FamilyArg::Other(0) => Ok(None),
            FamilyArg::Inet | FamilyArg::Other(2) => Ok(Some(Family::Inet)),
            FamilyArg::Inet6 => Ok(Some(Family::Inet6)),
            FamilyArg::Other(number) if number == inet6 => Ok(Some(Family::Inet6)),
            FamilyArg::Other(number) => Err(number),
        }
    }
}

/// Which families have an address beyond loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Configured {
    pub(super) inet: bool,
    pub(super) inet6: bool,
}

impl Setting<'_> {
    /// Every combination that is possible.
    pub(super) fn configured(&self) -> Vec<Configured> {
        let unknown: &[bool] = if self.isolated { &[false] } else { &[true, false] };
        let unknown6 = if self.ipv6 == Ipv6::NoAddress { &[false] } else { unknown };
        unknown
            .iter()
            .flat_map(|inet| unknown6.iter().map(|inet6| Configured { inet: *inet, inet6: *inet6 }))
            .collect()
    }
}

impl Configured {
    /// `AI_ADDRCONFIG` as glibc and FreeBSD understand it: both families become the one that has
    /// addresses, if one has; `None` if the family asked for has none.
    pub(super) fn narrow(self, family: Option<Family>) -> Option<Option<Family>> {
        match (family, self.inet, self.inet6) {
            (None, true, false) => Some(Some(Family::Inet)),
            (None, false, true) => Some(Some(Family::Inet6)),
            (Some(Family::Inet), false, _) | (Some(Family::Inet6), _, false) => None,
            (family, ..) => Some(family),
        }
    }
}

/// The addresses that no host stands for: the wildcards if passive, else loopback.
pub(super) fn own_addresses(passive: bool) -> (Ipv4Addr, Ipv6Addr) {
    if passive {
        (Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED)
    } else {
        (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST)
    }
}

/// Is this an address of the family, or was none asked for?
pub(super) fn is_of(address: IpAddr, family: Option<Family>) -> bool {
    family.is_none_or(|family| address.is_ipv4() == (family == Family::Inet))
}
