//! Tokens as numbers, and what each number is to a vocabulary.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Distinct tokens in every vocabulary.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Forms {
    /// ids by word vocabulary
    pub words: BTreeMap<usize, Vec<i32>>,
    /// spellings by character vocabulary
    pub chars: BTreeMap<usize, Ragged>,
}

/// Rows of different lengths, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ragged {
    /// rows + 1 numbers
    pub offsets: Vec<u32>,
    /// all values
    pub values: Vec<i32>,
}

impl Default for Ragged {
    fn default() -> Self {
        Self::new()
    }
}

impl Ragged {
    /// None yet.
    pub fn new() -> Self {
        Self { offsets: vec![0], values: vec![] }
    }

    /// Adds a row.
    pub fn push(&mut self, row: impl IntoIterator<Item = i32>) {
        self.values.extend(row);
        self.offsets.push(self.values.len() as u32);
    }

    /// One row.
    pub fn row(&self, i: usize) -> &[i32] {
        match (self.offsets.get(i), self.offsets.get(i + 1)) {
            (Some(&a), Some(&b)) => &self.values[a as usize..b as usize],
            _ => &[],
        }
    }
}

/// The form of the separator between joined texts.
pub const SEPARATOR_FORM: i32 = 0;

/// A form that no vocabulary knows, and that has no characters.
pub const MASKED_FORM: i32 = i32::MAX;
