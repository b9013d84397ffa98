//! What flows between nodes: ragged batches.

use burn::tensor::{Int, Tensor};
use std::collections::HashMap;
use std::sync::Arc;

/// Where each example's tokens begin: `offsets[i]..offsets[i + 1]` are the rows of example `i`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// B + 1 numbers, from 0 to N
    pub offsets: Vec<usize>,
}

impl Layout {
    /// From lengths.
    pub fn from_lengths(lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut offsets = vec![0];
        let mut n = 0;
        for l in lengths {
            n += l;
            offsets.push(n);
        }
        Self { offsets }
    }
    /// Number of examples B.
    pub fn examples(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }
    /// Number of tokens N.
    pub fn tokens(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }
    /// The rows of each example.
    pub fn rows(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.offsets.windows(2).map(|w| w[0]..w[1])
    }
    /// For each token, the index of its example.
    pub fn owners(&self) -> Arc<Vec<i32>> {
        Arc::new(self.rows().enumerate().flat_map(|(i, r)| r.map(move |_| i as i32)).collect())
    }
}

/// The texts of a batch (one field, or several joined), as ids.
#[derive(Clone, Debug)]
pub struct TextBatch {
    /// tokens per example
    pub layout: Arc<Layout>,
    /// ids of the tokens by word vocabulary, N each
    pub words: HashMap<usize, Arc<Vec<i32>>>,
    /// characters of the tokens by character vocabulary
    pub chars: HashMap<usize, Arc<CharBatch>>,
}

/// The characters of the tokens of a batch, each distinct token once.
#[derive(Clone, Debug)]
pub struct CharBatch {
    /// characters per distinct token (begin and end marks included)
    pub layout: Layout,
    /// character ids
    pub ids: Vec<i32>,
    /// for each of the N tokens, its row among the distinct ones
    pub index: Vec<i32>,
}

/// The value of a node.
#[derive(Clone, Debug)]
pub enum Value {
    /// token ids
    Text(Arc<TextBatch>),
    /// `[N, d]`: a vector for each token
    Seq(Tensor<2>, Arc<Layout>),
    /// `[B, d]`: a vector for each example
    Vec(Tensor<2>),
}

/// Integer ids as a device tensor.
pub type Ids = Tensor<1, Int>;
