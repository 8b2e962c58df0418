//! One source of choices for everything that is generated: a seed, or bytes from a fuzzer or from
//! proptest.

/// A stream of small decisions.
///
/// From a seed it never ends, and the same seed means the same decisions for ever. From bytes it
/// ends: what is left of the decisions is then 0, the simplest one, so that fewer and smaller
/// bytes make a shorter and simpler value.
///
/// ```
/// use bindproof::script::Choices;
/// let mut choices = Choices::of_bytes(&[7, 200]);
/// assert_eq!(choices.below(5), 2);
/// assert_eq!(choices.below(1_000), (200 << 8) % 1_000);
/// assert!(choices.is_empty());
/// assert_eq!(choices.below(5), 0);
/// ```
#[derive(Debug, Clone)]
pub struct Choices<'a> {
    source: Source<'a>,
}

#[derive(Debug, Clone)]
enum Source<'a> {
    Seed(u64),
    Bytes(&'a [u8]),
}

impl<'a> Choices<'a> {
    /// Decisions that follow from a seed.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        Self { source: Source::Seed(seed) }
    }

    /// Decisions that follow from bytes.
    #[must_use]
    pub fn of_bytes(bytes: &'a [u8]) -> Self {
        Self { source: Source::Bytes(bytes) }
    }

    /// Whether every further decision is 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.source, Source::Bytes([]))
    }

    /// A number below `limit`; 0 where `limit` is 0.
    pub fn below(&mut self, limit: u32) -> u32 {
        if limit <= 1 {
            return 0;
        }
        match &mut self.source {
            Source::Seed(state) => {
                let number = u32::try_from(splitmix(state) >> 32).unwrap_or(u32::MAX);
                // The high half of a product: every number is about as likely as the others.
                u32::try_from((u64::from(number) * u64::from(limit)) >> 32).unwrap_or(0)
            }
            Source::Bytes(bytes) => {
                // As few bytes as the limit needs, so that a fuzzer's bytes are worth something.
                let width = match limit {
                    0..=0x100 => 1,
                    0x101..=0x1_0000 => 2,
                    _ => 4,
                };
                let mut number = 0_u32;
                for _ in 0..width {
                    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
                    number = number << 8 | u32::from(*first);
                    *bytes = rest;
                }
                number % limit
            }
        }
    }

    /// True in `part` of `whole` cases; the simplest answer is false.
    pub fn chance(&mut self, part: u32, whole: u32) -> bool {
        self.below(whole) >= whole.saturating_sub(part)
    }

    /// One of some values; the first is the simplest.
    ///
    /// # Panics
    /// If there is none.
    pub fn one_of<T: Clone>(&mut self, values: &[T]) -> T {
        let limit = u32::try_from(values.len()).unwrap_or(u32::MAX);
        values[self.below(limit) as usize].clone()
    }

    /// The index of one of some weights.
    ///
    /// # Panics
    /// If their sum is 0.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        unreachable!("the number is below the sum of the weights")
    }
}

/// `SplitMix64` (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::Choices;

    #[test]
    fn a_seed_means_the_same_for_ever() {
        let mut choices = Choices::of_seed(1);
        let numbers: Vec<_> = (0..6).map(|_| choices.below(100)).collect();
        assert_eq!(numbers, [56, 74, 97, 44, 44, 76]);
        assert!(!choices.is_empty());
    }

    #[test]
    fn every_value_comes_up_and_none_beyond() {
        let mut choices = Choices::of_seed(7);
        let mut seen = [0_u32; 5];
        for _ in 0..5_000 {
            seen[choices.weighted(&[1, 1, 1, 0, 2])] += 1;
        }
        assert_eq!(seen[3], 0);
        assert!(seen[0] > 800 && seen[1] > 800 && seen[2] > 800, "{seen:?}");
        assert!(seen[4] > 1_800, "{seen:?}");
        let chances = (0..5_000).filter(|_| choices.chance(1, 10)).count();
        assert!((400..600).contains(&chances), "{chances}");
    }

    #[test]
    fn bytes_end_in_the_simplest_decisions() {
        let mut choices = Choices::of_bytes(&[0xff, 0xff]);
        assert!(choices.chance(1, 2));
        assert_eq!(choices.below(0), 0, "no byte is spent where there is nothing to decide");
        assert_eq!(choices.below(1), 0);
        assert_eq!(choices.below(0x1_0001), 0xff00_0000 % 0x1_0001);
        assert!(choices.is_empty());
        assert_eq!(choices.weighted(&[0, 3]), 1);
        assert_eq!(choices.one_of(&["simple", "other"]), "simple");
        assert!(!choices.chance(1, 2));
    }
}
