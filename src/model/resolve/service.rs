//! The services file.

use super::answer::{Answer, error};
use super::number::is_blank;

/// Names of TCP services that every system's file has.
const USUAL: [(&str, u16); 8] = [
    ("ftp", 21),
    ("telnet", 23),
    ("smtp", 25),
    ("domain", 53),
    ("http", 80),
    ("pop3", 110),
    ("imap", 143),
    ("https", 443),
];

/// The longest name in a services file. RFC 6335 (5.1) allows 15 bytes; Debian's file breaks that
/// by one.
const NAME_MAX: usize = 16;

/// The port of a service, for TCP; else the error of a name that no services file has. Names are
/// compared by bytes.
pub(super) fn port_of_name(name: &str, refusal: &'static str) -> Result<u16, Answer> {
    if let Some((_, port)) = USUAL.iter().find(|(usual, _)| *usual == name) {
        return Ok(*port);
    }
    // RFC 6335 (5.1): a name has a letter; and no reader of the file finds blanks in one.
    let impossible = name.len() > NAME_MAX
        || !name.contains(|c: char| c.is_ascii_alphabetic())
        || name.contains(is_blank);
    Err(if impossible {
        error(refusal, "resolve.service")
    } else {
        Err("whether the services file has this name")
    })
}
