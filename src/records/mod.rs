//! Records: gold, decisions, answers and what is scored, in one form; the label sets that give their ids names.
//!
//! A record is a row of `width` ids; an example holds any number of them. What an id means is known to the head alone:
//!
//! | answer | width | records of an example |
//! |---|---|---|
//! | a class | 1 | one |
//! | tags | 1 | one a token |
//! | a set of classes | 1 | one a class |
//! | layers of tags | one a layer | one a token |
//! | a number | 0 | one, whose value stands in `reals` |
//!
//! An id of −1 is none: masked, or unknown everywhere. Ids from K on are classes that training never showed.

mod forms;
mod labels;

pub use forms::{Forms, MASKED_FORM, Ragged, SEPARATOR_FORM};
pub use labels::{ABSENT, EDGE, LabelSet, OUTSIDE, Range, UNKNOWN, is_bio};

use serde::{Deserialize, Serialize};

/// Records of the examples of a split or a batch, one example after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Records {
    /// ids of a record
    pub width: usize,
    /// by example, whether it carries any
    pub present: Vec<bool>,
    /// where the records of each example begin: examples + 1 numbers, in records
    pub offsets: Vec<u32>,
    /// records · width ids
    pub ids: Vec<i32>,
    /// a number for each record, or none at all
    pub reals: Vec<f64>,
}

impl Default for Records {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Records {
    /// None yet, of so many ids each.
    pub fn new(width: usize) -> Self {
        Self { width, present: vec![], offsets: vec![0], ids: vec![], reals: vec![] }
    }

    /// One id for each example, −1: none.
    pub fn classes(ids: impl IntoIterator<Item = i32>) -> Self {
        let mut r = Self::new(1);
        ids.into_iter().for_each(|c| r.push(c >= 0, [c]));
        r
    }

    /// One id a record; an example is present where any of its ids is one.
    pub fn rows<R: IntoIterator<Item = i32>>(width: usize, rows: impl IntoIterator<Item = R>) -> Self {
        let mut r = Self::new(width);
        for row in rows {
            let start = r.ids.len();
            r.ids.extend(row);
            let present = r.ids[start..].iter().any(|c| *c >= 0);
            r.close(present);
        }
        r
    }

    /// A set of ids for each example.
    pub fn sets<R: IntoIterator<Item = i32>>(rows: impl IntoIterator<Item = Option<R>>) -> Self {
        let mut r = Self::new(1);
        for row in rows {
            match row {
                Some(row) => r.push(true, row),
                None => r.push(false, []),
            }
        }
        r
    }

    /// A number for each example, not-a-number: none.
    pub fn numbers(values: impl IntoIterator<Item = f64>) -> Self {
        let mut r = Self::new(0);
        for v in values {
            r.reals.push(v);
            r.close(!v.is_nan());
        }
        r
    }

    /// Adds an example of ids.
    pub fn push(&mut self, present: bool, ids: impl IntoIterator<Item = i32>) {
        self.ids.extend(ids);
        self.close(present);
    }

    fn close(&mut self, present: bool) {
        self.present.push(present);
        let records = self.ids.len().checked_div(self.width).unwrap_or(self.reals.len());
        self.offsets.push(records as u32);
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.present.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// Whether an example carries any.
    pub fn present(&self, example: usize) -> bool {
        self.present.get(example).copied().unwrap_or(false)
    }

    /// The records of an example.
    pub fn range(&self, example: usize) -> std::ops::Range<usize> {
        match (self.offsets.get(example), self.offsets.get(example + 1)) {
            (Some(&a), Some(&b)) => a as usize..b as usize,
            _ => 0..0,
        }
    }

    /// The ids of an example, record by record.
    pub fn row(&self, example: usize) -> &[i32] {
        let r = self.range(example);
        self.ids.get(r.start * self.width..r.end * self.width).unwrap_or_default()
    }

    /// The number of an example, not-a-number where it has none.
    pub fn real(&self, example: usize) -> f64 {
        self.reals.get(self.range(example).start).copied().filter(|_| self.present(example)).unwrap_or(f64::NAN)
    }

    /// Adds an example of others of the same width.
    pub fn push_from(&mut self, other: &Records, example: usize) {
        self.ids.extend_from_slice(other.row(example));
        self.reals.extend_from_slice(other.reals.get(other.range(example)).unwrap_or_default());
        self.close(other.present(example));
    }

    /// Some examples, in this order.
    pub fn select(&self, examples: impl IntoIterator<Item = usize>) -> Records {
        let mut r = Records::new(self.width);
        examples.into_iter().for_each(|e| r.push_from(self, e));
        r
    }

    /// All ids, those from `k` on as none: what a head with `k` classes can learn.
    pub fn below(&self, k: usize) -> Vec<i32> {
        self.ids.iter().map(|&c| if (c as usize) < k { c } else { -1 }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_come_back_as_they_went_in() {
        let tags = Records::rows(1, [vec![0, 2], vec![], vec![-1, -1]]);
        assert_eq!((tags.row(0), tags.row(1), tags.row(2)), (&[0, 2][..], &[][..], &[-1, -1][..]));
        assert_eq!(tags.present, [true, false, false]);
        let layers = Records::rows(2, [vec![0, 1, 2, 3], vec![4, 5]]);
        assert_eq!((layers.range(0), layers.range(1), layers.row(1)), (0..2, 2..3, &[4, 5][..]));
        let sets = Records::sets([Some(vec![]), None, Some(vec![3, 1])]);
        assert_eq!((sets.present(0), sets.present(1), sets.row(2)), (true, false, &[3, 1][..]));
        let numbers = Records::numbers([0.5, f64::NAN]);
        assert_eq!((numbers.real(0), numbers.present(1), numbers.len()), (0.5, false, 2));
        assert!(numbers.real(1).is_nan() && numbers.real(2).is_nan());
    }

    #[test]
    fn a_selection_is_its_examples() {
        let layers = Records::rows(2, [vec![0, 1, 2, 3], vec![4, 5], vec![]]);
        let some = layers.select([1, 0, 1]);
        assert_eq!((some.row(0), some.row(1), some.row(2)), (&[4, 5][..], &[0, 1, 2, 3][..], &[4, 5][..]));
        assert_eq!(Records::numbers([1.0, f64::NAN, 3.0]).select([2, 1]).reals[0], 3.0);
        assert_eq!(Records::classes([3, 0, -1]).below(3), [-1, 0, -1]);
    }
}
