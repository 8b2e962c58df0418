//! This machine's `getaddrinfo`, in the words of the model.

use std::net::SocketAddr;

use crate::model::resolve::{Possible, Question, Resolved};
use crate::reference::{Os, Query, RealOs};
use crate::script::{FamilyArg, FlagsArg, Platform, errors};
use crate::sys;

/// The addresses, or the error by its name.
pub type Answered = Result<Vec<SocketAddr>, String>;

/// What this machine answers, and its error by name.
///
/// # Errors
/// The error of `getaddrinfo`, named as on the platform.
pub fn asked(platform: Platform, question: &Question) -> Answered {
    let query = Query {
        host: question.host.clone(),
        service: question.service.clone(),
        family: match question.family {
            FamilyArg::Unspec => sys::AF_UNSPEC,
            FamilyArg::Inet => sys::AF_INET,
            FamilyArg::Inet6 => sys::AF_INET6,
            FamilyArg::Other(number) => number,
        },
        flags: match question.flags {
            FlagsArg::Bits(bits) => bits,
            _ => 0,
        },
    };
    match RealOs::new().resolve(&query) {
        Ok(records) => Ok(records.into_iter().map(|record| record.address).collect()),
        Err(failure) => Err(errors::resolver_name(platform, failure.code)),
    }
}

/// Whether an answer is this possible one.
#[must_use]
pub fn fits(possible: &Possible, real: &Answered) -> bool {
    match (&possible.answer, real) {
        (Resolved::Records { addresses, any_order: false }, Ok(found)) => addresses == found,
        (Resolved::Records { addresses, any_order: true }, Ok(found)) => {
            let (mut addresses, mut found) = (addresses.clone(), found.clone());
            addresses.sort();
            found.sort();
            addresses == found
        }
        (Resolved::Error(name), Err(found)) => name == found,
        (Resolved::SomeRecords, Ok(_)) | (Resolved::SomeError, Err(_)) => true,
        _ => false,
    }
}
