//! Draws that depend on nothing but the seed: only raw words are taken from the stream.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A seeded source of choices.
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// A new stream.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.0.next_u64() % n.max(1) as u64) as usize
    }

    /// True in `percent` of 100 draws.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// In random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// A pattern with one of each `[a|b|c]` chosen; no nesting.
    pub fn expand(&mut self, pattern: &str) -> String {
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('[') {
            let (options, tail) = after.split_once(']').unwrap_or((after, ""));
            out.push_str(before);
            out.push_str(self.pick(&options.split('|').collect::<Vec<_>>()));
            rest = tail;
        }
        out + rest
    }
}

/// Values cut into those of training (70 %), of dev (10 %) and of test (20 %).
pub struct Held<T>(pub [Vec<T>; 3]);

impl<T> Held<T> {
    /// Shuffles and cuts; the parts are disjoint if the values are.
    pub fn new(mut values: Vec<T>, chance: &mut Chance) -> Self {
        chance.shuffle(&mut values);
        let n = values.len();
        let test = values.split_off(n - (n / 5).max(1));
        let dev = values.split_off(values.len() - (n / 10).max(1));
        Self([values, dev, test])
    }
}

/// The words of a string.
pub fn words(text: &'static str) -> Vec<&'static str> {
    text.split_whitespace().collect()
}

/// The items of a list with `|` between them.
pub fn items(text: &'static str) -> Vec<&'static str> {
    text.split('|').map(str::trim).collect()
}
