//! The smallest conditions over two sockets that say which programs of the lattice are meant.
//!
//! Many deviations with one cause are one finding. A condition is a conjunction such as
//! `a.reuseaddr !a.listens b.wildcard`; a set of programs is the union of a few of them.

use std::sync::OnceLock;

use super::cover::{Literal, NumberSet, cover};
use crate::search::{KINDS, Kind, kinds, programs};

/// A set of programs of two sockets.
pub type ProgramSet = NumberSet;

/// What can be said of one socket.
type Property = (&'static str, fn(Kind) -> bool);

/// The general ones come last: they are kept where a special one can be left out.
const PROPERTIES: [Property; 15] = [
    ("address=0.0.0.0", |kind| kind.address == 0),
    ("address=127.0.0.1", |kind| kind.address == 1),
    ("address=127.0.0.2", |kind| kind.address == 2),
    ("address=::(v6only)", |kind| kind.address == 3),
    ("address=::", |kind| kind.address == 4),
    ("address=::1", |kind| kind.address == 5),
    ("address=::ffff:0.0.0.0", |kind| kind.address == 6),
    ("address=::ffff:127.0.0.1", |kind| kind.address == 7),
    ("inet", |kind| kind.address <= 2),
    ("mapped", |kind| matches!(kind.address, 6 | 7)),
    ("serves-ipv4", |kind| !matches!(kind.address, 3 | 5)),
    ("wildcard", |kind| matches!(kind.address, 0 | 3 | 4 | 6)),
    ("listens", |kind| kind.listens),
    ("reuseport", |kind| kind.reuseport),
    ("reuseaddr", |kind| kind.reuseaddr),
];

fn literals() -> &'static [Literal] {
    static LITERALS: OnceLock<Vec<Literal>> = OnceLock::new();
    LITERALS.get_or_init(all_literals)
}

fn all_literals() -> Vec<Literal> {
    let kinds: Vec<Kind> = kinds().collect();
    let of = |wanted: &dyn Fn(Kind, Kind) -> bool| -> ProgramSet {
        (0..programs(2))
            .filter(|number| wanted(kinds[number / KINDS], kinds[number % KINDS]))
            .collect()
    };
    let mut all = Vec::new();
    for negated in [true, false] {
        for (name, property) in PROPERTIES {
            for first in [true, false] {
                let socket = if first { "a" } else { "b" };
                let mark = if negated { "!" } else { "" };
                let text = format!("{mark}{socket}.{name}");
                let holds = of(&|a, b| property(if first { a } else { b }) != negated);
                all.push(Literal { text, holds });
            }
        }
    }
    all.push(Literal { text: "!overlap".into(), holds: of(&|a, b| !overlap(a, b)) });
    all.push(Literal { text: "overlap".into(), holds: of(&overlap) });
    let wildcards =
        |a: Kind, b: Kind| [a, b].iter().all(|kind| matches!(kind.address, 0 | 3 | 4 | 6));
    all.push(Literal { text: "both-wildcard".into(), holds: of(&wildcards) });
    all.push(Literal { text: "!both-wildcard".into(), holds: of(&|a, b| !wildcards(a, b)) });
    let both_reuseport = |a: Kind, b: Kind| a.reuseport && b.reuseport;
    all.push(Literal { text: "both-reuseport".into(), holds: of(&both_reuseport) });
    let not_both = |a: Kind, b: Kind| !both_reuseport(a, b);
    all.push(Literal { text: "!both-reuseport".into(), holds: of(&not_both) });
    all.push(Literal { text: "!same-addresses".into(), holds: of(&|a, b| served(a) != served(b)) });
    all.push(Literal { text: "same-addresses".into(), holds: of(&|a, b| served(a) == served(b)) });
    all
}

/// The IPv4 and the IPv6 addresses that a kind serves: 0 is all of them.
fn served(kind: Kind) -> (Option<u8>, Option<u8>) {
    match kind.address {
        0 | 6 => (Some(0), None),
        1 | 7 => (Some(1), None),
        2 => (Some(2), None),
        3 => (None, Some(0)),
        4 => (Some(0), Some(0)),
        _ => (None, Some(1)),
    }
}

/// Would both sockets serve a connection to one and the same address?
fn overlap(a: Kind, b: Kind) -> bool {
    let meet =
        |a: Option<u8>, b: Option<u8>| a.zip(b).is_some_and(|(a, b)| a == b || a == 0 || b == 0);
    let ((a4, a6), (b4, b6)) = (served(a), served(b));
    meet(a4, b4) || meet(a6, b6)
}

/// The programs for which a condition holds.
///
/// # Errors
/// The word that says nothing of a socket.
///
/// ```
/// use bindproof::matrix::programs_where;
/// let set = programs_where("a.address=0.0.0.0 b.address=127.0.0.1 a.listens")?;
/// assert_eq!(set.len(), 4 * 8);
/// assert!(programs_where("a.reuseadr").is_err());
/// # Ok::<(), String>(())
/// ```
pub fn programs_where(condition: &str) -> Result<ProgramSet, String> {
    let literals = literals();
    let mut set: ProgramSet = (0..programs(2)).collect();
    for word in condition.split_ascii_whitespace() {
        let literal = literals.iter().find(|literal| literal.text == word);
        let literal = literal.ok_or_else(|| {
            format!("expected a property such as a.reuseaddr or !b.wildcard, found {word:?}")
        })?;
        set = set.and(&literal.holds);
    }
    Ok(set)
}

/// Conditions that hold for these programs and no others, each as short as it can be.
#[must_use]
pub fn conditions(wanted: &ProgramSet) -> Vec<(String, ProgramSet)> {
    let literals = literals();
    let all: ProgramSet = (0..programs(2)).collect();
    cover(literals, &all, wanted)
        .into_iter()
        .map(|(words, set)| {
            let words: Vec<_> = words.iter().map(|index| literals[*index].text.as_str()).collect();
            (words.join(" "), set)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{ProgramSet, conditions, programs_where};

    #[test]
    fn conditions_hold_for_the_wanted_programs_and_no_others() {
        let wanted: ProgramSet = programs_where("a.wildcard a.listens b.reuseaddr !b.wildcard")
            .expect("it parses")
            .iter()
            .chain(
                programs_where("same-addresses !a.listens a.reuseport").expect("it parses").iter(),
            )
            .collect();
        let found = conditions(&wanted);
        let covered: ProgramSet = found.iter().flat_map(|(_, set)| set.iter()).collect();
        assert_eq!(covered, wanted);
        for (text, set) in &found {
            assert_eq!(programs_where(text).as_ref(), Ok(set));
        }
        assert!(found.len() <= 2, "{found:?}");
    }

    #[test]
    fn nothing_needs_no_condition() {
        assert!(conditions(&ProgramSet::default()).is_empty());
    }
}
