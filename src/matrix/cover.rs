//! The smallest conditions that hold for some of many things and for no others.

/// A set of small numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberSet(Vec<u64>);

impl FromIterator<usize> for NumberSet {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut set = Self::default();
        for number in numbers {
            if set.0.len() <= number / 64 {
                set.0.resize(number / 64 + 1, 0);
            }
            set.0[number / 64] |= 1 << (number % 64);
        }
        set
    }
}

impl NumberSet {
    /// Is a number in it?
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
        (0..self.0.len() * 64).filter(|number| self.contains(*number))
    }

    /// Those in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self::trimmed(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }

    /// Is what both hold in `wanted`?
    fn and_is_within(&self, other: &Self, wanted: &Self) -> bool {
        let wanted = wanted.0.iter().copied().chain(std::iter::repeat(0));
        self.0
            .iter()
            .zip(&other.0)
            .zip(wanted)
            .all(|((one, other), wanted)| one & other & !wanted == 0)
    }

    /// Those in this one alone.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        Self::trimmed(self.0.iter().zip(others).map(|(one, other)| one & !other).collect())
    }

    /// Equal sets have equal words: none follows the last number.
    fn trimmed(mut words: Vec<u64>) -> Self {
        words.truncate(words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1));
        Self(words)
    }
}

/// A word of a condition with the things that it holds for.
pub(super) struct Literal {
    pub(super) text: String,
    pub(super) holds: NumberSet,
}

/// Conjunctions of literals that together hold for the wanted things and no others, each as short
/// as it can be: the literals' numbers, and what they hold for. Where a literal can be spared, the
/// earlier one is. A thing that no conjunction tells from an unwanted one is left out.
pub(super) fn cover(
    literals: &[Literal],
    all: &NumberSet,
    wanted: &NumberSet,
) -> Vec<(Vec<usize>, NumberSet)> {
    let mut primes: Vec<_> =
        wanted.iter().filter_map(|seed| prime(literals, all, wanted, seed)).collect();
    primes.dedup();
    let mut left = wanted.clone();
    let mut found = Vec::new();
    while !left.is_empty() {
        let best = primes
            .iter()
            .max_by_key(|(words, set)| (set.and(&left).len(), std::cmp::Reverse(words.len())));
        let Some((words, set)) = best.filter(|(_, set)| !set.and(&left).is_empty()) else { break };
        left = left.without(set);
        found.push((words.clone(), set.clone()));
    }
    found
}

/// A conjunction that holds for a thing and only for wanted ones, from which no word can go.
fn prime(
    literals: &[Literal],
    all: &NumberSet,
    wanted: &NumberSet,
    seed: usize,
) -> Option<(Vec<usize>, NumberSet)> {
    let words: Vec<usize> =
        (0..literals.len()).filter(|index| literals[*index].holds.contains(seed)).collect();
    // What all words from a place on hold for.
    let mut from = vec![all.clone()];
    for word in words.iter().rev() {
        from.push(from[from.len() - 1].and(&literals[*word].holds));
    }
    from.reverse();
    if !all.and_is_within(&from[0], wanted) {
        return None;
    }
    let (mut kept, mut set) = (Vec::new(), all.clone());
    for (place, word) in words.iter().enumerate() {
        if !set.and_is_within(&from[place + 1], wanted) {
            kept.push(*word);
            set = set.and(&literals[*word].holds);
        }
    }
    Some((kept, set))
}
