//! Widths that may still depend on data: a number plus sizes of label sets and vocabularies.

use crate::util::SmallList;
use std::sync::Arc;

/// What a width may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Size {
    /// number of classes of a label set
    Labels(u32),
    /// number of ids of a vocabulary
    Vocab(u32),
    /// a size that stands in no table of this version: its letter, and which of its kind
    Open(Letter, u32),
}

/// What a size is called that stands in no table.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Letter {
    Actions,
    Model,
    Decoder,
    Classes,
    Relations,
    Words,
    Tokens,
}

impl Letter {
    /// As shown.
    pub fn word(self) -> &'static str {
        match self {
            Letter::Actions => "A",
            Letter::Model => "D",
            Letter::Decoder => "D'",
            Letter::Classes => "K",
            Letter::Relations => "R",
            Letter::Words => "V",
            Letter::Tokens => "n",
        }
    }
}

impl Size {
    /// The size of a label set.
    pub fn labels(i: usize) -> Self {
        Size::Labels(i as u32)
    }
    /// The size of a vocabulary.
    pub fn vocab(i: usize) -> Self {
        Size::Vocab(i as u32)
    }
}

/// n + Σ multiples of sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dim {
    /// the known part
    pub n: usize,
    /// size → how often, ascending
    pub sizes: SmallList<(Size, u32)>,
}

impl Dim {
    /// A known width.
    pub fn of(n: usize) -> Self {
        Self { n, sizes: SmallList::none() }
    }
    /// The size of a label set or vocabulary.
    pub fn size(s: Size) -> Self {
        Self { n: 0, sizes: SmallList::one((s, 1)) }
    }
    /// Sum.
    #[must_use]
    pub fn plus(&self, other: &Dim) -> Self {
        let n = self.n.saturating_add(other.n);
        let sizes = match (self.sizes.is_empty(), other.sizes.is_empty()) {
            (_, true) => self.sizes.clone(),
            (true, false) => other.sizes.clone(),
            (false, false) => {
                let mut all: Vec<(Size, u32)> = self.sizes.iter().chain(&other.sizes).copied().collect();
                all.sort_unstable();
                all.dedup_by(|b, a| {
                    let same = a.0 == b.0;
                    if same {
                        a.1 = a.1.saturating_add(b.1);
                    }
                    same
                });
                all.into()
            }
        };
        Self { n, sizes }
    }
    /// Multiple.
    #[must_use]
    pub fn times(&self, k: usize) -> Self {
        let often = u32::try_from(k).unwrap_or(u32::MAX);
        let sizes = self.sizes.iter().map(|(s, m)| (*s, m.saturating_mul(often))).collect();
        Self { n: self.n.saturating_mul(k), sizes }
    }
    /// The width, given the sizes.
    pub fn resolve(&self, size: &dyn Fn(Size) -> usize) -> usize {
        self.n + self.sizes.iter().map(|(s, k)| *k as usize * size(*s)).sum::<usize>()
    }
    /// The same with the number of each size left out: what is shown of it.
    pub(crate) fn lettered(&self) -> Self {
        let letter = |s: Size| match s {
            Size::Labels(_) => Size::Labels(0),
            Size::Vocab(_) => Size::Vocab(0),
            Size::Open(letter, _) => Size::Open(letter, 0),
        };
        Self { n: self.n, sizes: self.sizes.iter().map(|(s, k)| (letter(*s), *k)).collect() }
    }
    /// The width if it depends on no data.
    pub fn known(&self) -> Option<usize> {
        self.sizes.is_empty().then_some(self.n)
    }
}

impl std::fmt::Display for Dim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.sizes.is_empty() {
            return write!(f, "{}", self.n);
        }
        let mut parts = vec![];
        if self.n > 0 {
            parts.push(self.n.to_string());
        }
        for (s, k) in &self.sizes {
            let name = match s {
                Size::Labels(_) => "K",
                Size::Vocab(_) => "V",
                Size::Open(letter, _) => letter.word(),
            };
            parts.push(if *k == 1 { name.to_string() } else { format!("{k}{name}") });
        }
        write!(f, "{}", parts.join(" + "))
    }
}

/// Initial values whose scale may depend on a width.
#[derive(Clone, Debug, PartialEq)]
pub enum InitRule {
    /// as in the plan
    Fixed(crate::plan::Init),
    /// U(±1/√in), as PyTorch's linear layers
    FanIn(Dim),
}

/// A parameter whose shape may wait for data.
#[derive(Clone, Debug, PartialEq)]
pub struct SymParam {
    /// name in the checkpoint
    pub name: String,
    /// shape
    pub shape: Vec<Dim>,
    /// initial values
    pub init: InitRule,
    /// encoder, task or arrow
    pub owner: Arc<str>,
    /// others to which it belongs, with which it is tied
    pub also: Vec<Arc<str>>,
}
