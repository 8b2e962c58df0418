//! The shortest condition that tells things from others.

use super::cover::{Literal, NumberSet};

/// The numbers of words that all hold for every wanted thing, and never all for an unwanted one: each
/// is the one that excludes the most, and none of them can be spared. None where no words do.
pub(super) fn telling(
    literals: &[Literal],
    wanted: &NumberSet,
    unwanted: &NumberSet,
) -> Option<Vec<usize>> {
    let common: Vec<usize> = (0..literals.len())
        .filter(|word| wanted.without(&literals[*word].holds).is_empty())
        .collect();
    let left_by = |words: &[usize]| {
        words.iter().fold(unwanted.clone(), |left, word| left.and(&literals[*word].holds))
    };
    let mut words = Vec::new();
    let mut left = unwanted.clone();
    while !left.is_empty() {
        let best = common.iter().min_by_key(|word| left.and(&literals[**word].holds).len())?;
        let next = left.and(&literals[*best].holds);
        if next == left {
            return None;
        }
        words.push(*best);
        left = next;
    }
    for word in words.clone() {
        let others: Vec<_> = words.iter().copied().filter(|one| *one != word).collect();
        if left_by(&others).is_empty() {
            words = others;
        }
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::{Literal, NumberSet, telling};

    fn literal(text: &str, numbers: &[usize]) -> Literal {
        Literal { text: text.into(), holds: numbers.iter().copied().collect() }
    }

    fn words(literals: &[Literal], wanted: &[usize], unwanted: &[usize]) -> Option<Vec<String>> {
        let set = |numbers: &[usize]| -> NumberSet { numbers.iter().copied().collect() };
        let found = telling(literals, &set(wanted), &set(unwanted))?;
        Some(found.into_iter().map(|word| literals[word].text.clone()).collect())
    }

    #[test]
    fn what_all_have_and_no_other_is_enough() {
        let literals =
            [literal("all", &[0, 1, 2, 9]), literal("not nine", &[0, 1, 2]), literal("some", &[0])];
        assert_eq!(words(&literals, &[0, 1, 2], &[9]).expect("words"), ["not nine"]);
        assert_eq!(words(&literals, &[0, 1, 2], &[]).expect("words"), [""; 0]);
    }

    #[test]
    fn a_word_that_a_later_one_makes_needless_is_left_out() {
        let literals = [
            literal("most", &[0, 1, 5, 6]),
            literal("left", &[0, 1, 5, 7, 8]),
            literal("right", &[0, 1, 6, 7, 9]),
        ];
        let mut found = words(&literals, &[0, 1], &[5, 6, 7, 8, 9]).expect("words");
        found.sort_unstable();
        assert_eq!(found, ["left", "most", "right"]);
        let found = words(&literals[..2], &[0, 1], &[6, 7, 8, 9]).expect("words");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn there_may_be_no_such_words() {
        assert_eq!(words(&[literal("both", &[0, 1])], &[0], &[1]), None);
        assert_eq!(words(&[literal("one", &[0, 3])], &[0, 1], &[3]), None);
    }
}
