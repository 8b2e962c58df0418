//! The model of the resolver against this machine's `getaddrinfo`, on numeric hosts and services.
//!
//! An input is three bytes of family and flags, then the host, a line feed, the service. In a
//! private network, whose hosts file is known and whose name servers nobody answers, also names
//! may be asked; elsewhere `AI_NUMERICHOST` is always set, so that no question leaves the machine.

use super::place::{self, Place};
use super::{Found, as_text};
use crate::judge::machines;
use crate::model::resolve::{Question, Setting, resolve};
use crate::run::local_platform;
use crate::script::{Call, Choices, FamilyArg, Flag, FlagsArg, Platform, ResolveArgs, errors};
use crate::testkit::resolver::{asked, fits};

/// Family and flags.
const HEAD: usize = 3;

fn question(data: &[u8], platform: Platform, isolated: bool) -> Question {
    let (head, text) = data.split_at(data.len().min(HEAD));
    let mut choices = Choices::of_bytes(head);
    let family = match choices.below(16) {
        0..=5 => FamilyArg::Unspec,
        6..=9 => FamilyArg::Inet,
        10..=14 => FamilyArg::Inet6,
        _ => FamilyArg::Other(7),
    };
    let bits = choices.below(0x1_0000);
    // The flags with a meaning are few bits, and every one that is set is a risk of EAI_BADFLAGS.
    let known = Flag::all().map(|flag| errors::flag_bits(platform, flag));
    let mut flags = known
        .enumerate()
        .filter(|(index, _)| bits >> index & 1 == 1)
        .fold(0, |all, bit| all | bit.1);
    if bits >> 12 == 15 {
        flags |= 1 << (bits >> 8 & 15);
    }
    if !isolated || bits >> 15 == 0 {
        flags |= errors::flag_bits(platform, Flag::Numerichost);
    }
    let text = as_text(text);
    let (host, service) = text.split_once('\n').unwrap_or((&text, ""));
    let some = |text: &str| (text != "-").then(|| text.to_string());
    let service = if service.is_empty() { None } else { some(service) };
    Question { host: some(host), service, family, flags: FlagsArg::Bits(flags) }
}

pub(super) fn body(data: &[u8]) -> Found {
    place::with(|place| compare(data, place))?
}

fn compare(data: &[u8], place: &Place) -> Found {
    let (machines, _) = machines(&place.header)?;
    let isolated = place::is_private();
    let question = question(data, place.platform, isolated);
    if question.host.is_none() && question.service.is_none() {
        // `dns-lookup` does not hand this on.
        return Ok(());
    }
    let mut allowed = Vec::new();
    for machine in &machines {
        let setting = Setting {
            platform: place.platform,
            libc: machine.libc,
            hosts: machine.hosts.as_deref(),
            ipv6: machine.ipv6,
            isolated,
        };
        // Where one of them is not modelled, anything may come.
        let Ok(possible) = resolve(&setting, &question) else { return Ok(()) };
        allowed.extend(possible);
    }
    let real = asked(place.platform, &question);
    if allowed.iter().any(|possible| fits(possible, &real)) {
        return Ok(());
    }
    Err(format!("{} answers {real:?}, which is none of {allowed:?}", shown(&question)))
}

fn shown(question: &Question) -> String {
    let Question { host, service, family, flags } = question.clone();
    let args = ResolveArgs { host, service, family: Some(family), flags: Some(flags) };
    Call::Resolve { args }.to_string()
}

/// The question as a call of a script, as it is asked where this is printed.
pub(super) fn print(data: &[u8]) -> String {
    match local_platform() {
        Some(platform) => shown(&question(data, platform, place::is_private())),
        None => "# there is no model of this system".into(),
    }
}
