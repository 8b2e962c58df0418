//! The smallest conditions over two sockets that say which programs of the lattice are meant.
//!
//! Many deviations with one cause are one finding. A condition is a conjunction such as
//! `a.reuseaddr !a.listens b.wildcard`; a set of programs is the union of a few of them.

use crate::search::{KINDS, Kind, kinds, programs};

/// Words of 64 programs.
const WORDS: usize = KINDS * KINDS / 64;

/// A set of programs of two sockets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramSet([u64; WORDS]);

impl Default for ProgramSet {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl FromIterator<usize> for ProgramSet {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut set = Self::default();
        for number in numbers.into_iter().filter(|number| *number < programs(2)) {
            set.0[number / 64] |= 1 << (number % 64);
        }
        set
    }
}

impl ProgramSet {
    /// Is a program in it?
    #[must_use]
    pub fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        (0..programs(2)).filter(|number| self.contains(*number))
    }

    /// Those in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|index| self.0[index] & other.0[index]))
    }

    /// Those in this one alone.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|index| self.0[index] & !other.0[index]))
    }

    fn is_within(&self, other: &Self) -> bool {
        self.without(other).is_empty()
    }
}

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

/// A word of a condition with the programs that it holds for.
struct Literal {
    text: String,
    holds: ProgramSet,
}

fn literals() -> Vec<Literal> {
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
    let mut left = wanted.clone();
    let mut found = Vec::new();
    while !left.is_empty() {
        let best = left
            .iter()
            .map(|seed| prime(&literals, wanted, seed))
            .max_by_key(|(words, set)| (set.and(&left).len(), std::cmp::Reverse(words.len())));
        let Some((words, set)) = best else { break };
        left = left.without(&set);
        let words: Vec<_> = words.iter().map(|index| literals[*index].text.as_str()).collect();
        found.push((words.join(" "), set));
    }
    found
}

/// A conjunction that holds for a program and only for wanted ones, from which no word can go.
fn prime(literals: &[Literal], wanted: &ProgramSet, seed: usize) -> (Vec<usize>, ProgramSet) {
    let mut words: Vec<usize> =
        (0..literals.len()).filter(|index| literals[*index].holds.contains(seed)).collect();
    let holds = |words: &[usize]| {
        let all: ProgramSet = (0..programs(2)).collect();
        words.iter().fold(all, |set, index| set.and(&literals[*index].holds))
    };
    let mut index = 0;
    while index < words.len() {
        let mut shorter = words.clone();
        shorter.remove(index);
        if holds(&shorter).is_within(wanted) {
            words = shorter;
        } else {
            index += 1;
        }
    }
    let set = holds(&words);
    (words, set)
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
