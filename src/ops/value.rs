//! What flows between nodes: rows of numbers, and texts, over axes of any depth.

use crate::records::Forms;
use burn::tensor::{Int, Tensor};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The rows of a value in groups: each group belongs to one row of the axis above, and the topmost one holds the
/// examples of a batch, in one group. Below them stand tokens, or the members of a list with their tokens, and so on:
/// row partitions, as in the ragged tensors of TensorFlow and k2. Nothing is ever padded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// the axis above; `None`: the rows are the examples
    pub up: Option<Arc<Axis>>,
    /// `offsets[i]..offsets[i + 1]` are the rows of group i, from 0 to the number of all rows
    pub offsets: Vec<usize>,
}

impl Axis {
    /// The examples of a batch.
    pub fn examples(count: usize) -> Arc<Self> {
        Arc::new(Self { up: None, offsets: vec![0, count] })
    }

    /// So many rows below each row of another axis.
    pub fn below(up: Arc<Self>, lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut offsets = vec![0];
        let mut n = 0;
        for l in lengths {
            n += l;
            offsets.push(n);
        }
        debug_assert_eq!(up.total(), offsets.len() - 1, "one length for each row above");
        Self { up: Some(up), offsets }
    }

    /// So many rows, e.g. tokens, below each example.
    pub fn from_lengths(lengths: impl IntoIterator<Item = usize>) -> Self {
        let lengths: Vec<usize> = lengths.into_iter().collect();
        Self::below(Self::examples(lengths.len()), lengths)
    }

    /// Number of groups: of rows of the axis above (1 for the examples).
    pub fn groups(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Number of rows in all groups.
    pub fn total(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// The rows of each group.
    pub fn rows(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.offsets.windows(2).map(|w| w[0]..w[1])
    }

    /// How many axes stand above: 0 for the examples, 1 for the tokens of a text of an example.
    pub fn depth(&self) -> usize {
        self.up.as_ref().map_or(0, |up| up.depth() + 1)
    }

    /// For each row, the index of its group.
    pub fn owners(&self) -> Arc<Vec<i32>> {
        Arc::new(self.rows().enumerate().flat_map(|(i, r)| r.map(move |_| i as i32)).collect())
    }

    /// For each row, the row to which it belongs on the axis of a depth above: its example for depth 0.
    pub fn owners_at(&self, depth: usize) -> Arc<Vec<i32>> {
        let owners = self.owners();
        match &self.up {
            Some(up) if up.depth() > depth => {
                let above = up.owners_at(depth);
                Arc::new(owners.iter().map(|o| above[*o as usize]).collect())
            }
            _ => owners,
        }
    }

    /// The rows of some examples that follow each other, and the axis that holds them alone.
    pub fn cut(&self, examples: Range<usize>) -> (Range<usize>, Self) {
        let Some(up) = &self.up else {
            let count = examples.len();
            return (examples, Self { up: None, offsets: vec![0, count] });
        };
        let (above, up) = up.cut(examples);
        let offsets = &self.offsets[above.start..=above.end];
        let (from, to) = (offsets[0], offsets[offsets.len() - 1]);
        (from..to, Self { up: Some(Arc::new(up)), offsets: offsets.iter().map(|o| o - from).collect() })
    }

    /// Axes of the same depth one after the other; `None` without any.
    pub fn join(parts: &[Self]) -> Option<Self> {
        let first = parts.first()?;
        if first.up.is_none() {
            return Some(Self { up: None, offsets: vec![0, parts.iter().map(Self::total).sum()] });
        }
        let above: Option<Vec<Self>> = parts.iter().map(|p| p.up.as_deref().cloned()).collect();
        let lengths = parts.iter().flat_map(|p| p.rows().map(|r| r.len()));
        Some(Self::below(Arc::new(Self::join(&above?)?), lengths))
    }
}

/// Texts as numbers of distinct tokens. A layer looks up in [`Forms`] what a form is to it: a word, characters, or a
/// token to be masked.
#[derive(Clone, Debug)]
pub struct Text {
    /// the tokens of each text
    pub axis: Arc<Axis>,
    /// the form of each token, N in all
    pub forms: Arc<Vec<i32>>,
    distinct: OnceLock<Distinct>,
}

/// The distinct forms of a text.
#[derive(Clone, Debug)]
pub struct Distinct {
    /// in the order of their first occurrence
    pub forms: Vec<i32>,
    /// for each token, its place among them
    pub index: Arc<Vec<i32>>,
}

impl Text {
    /// From the form of each token.
    pub fn new(axis: Arc<Axis>, forms: Vec<i32>) -> Self {
        Self { axis, forms: Arc::new(forms), distinct: OnceLock::new() }
    }

    /// The ids of the tokens in a word vocabulary.
    pub fn words(&self, forms: &Forms, vocab: usize) -> Vec<i32> {
        let ids = forms.words.get(&vocab).map_or(&[][..], Vec::as_slice);
        self.forms.iter().map(|f| ids.get(*f as usize).copied().unwrap_or(0)).collect()
    }

    /// Each form once, so that what depends on the form alone is computed once.
    pub fn distinct(&self) -> &Distinct {
        self.distinct.get_or_init(|| {
            let (mut rows, mut places) = (vec![], rustc_hash::FxHashMap::default());
            let index = self.forms.iter().map(|f| {
                *places.entry(*f).or_insert_with(|| {
                    rows.push(*f);
                    rows.len() as i32 - 1
                })
            });
            let index = Arc::new(index.collect());
            Distinct { forms: rows, index }
        })
    }
}

/// The value of a node.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every value is rows")]
pub enum Value {
    /// tokens
    Text(Arc<Text>),
    /// `[rows, d]`: a vector for each row of an axis
    Rows(Tensor<2>, Arc<Axis>),
}

/// Integer ids as a device tensor.
pub type Ids = Tensor<1, Int>;
