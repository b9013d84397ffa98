//! Classes and their ids; the range of numbers.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The class outside every span of a BIO set.
pub const OUTSIDE: &str = "O";
/// The class of a token in a layer that it does not have.
pub const ABSENT: &str = "_";

/// The class of rare words, where words are classes.
pub const UNKNOWN: &str = "<unknown>";
/// The class of what stands beyond either end of a text, where words are classes.
pub const EDGE: &str = "<end>";

/// Mean and range of the training golds of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// arithmetic mean
    pub mean: f64,
    /// smallest
    pub low: f64,
    /// greatest
    pub high: f64,
}

/// A label set: class ↔ id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelSet {
    /// of the spec
    pub name: String,
    /// classes of the training golds: what a head can say
    pub classes: Vec<String>,
    /// classes seen in dev or test only, with the ids that follow: always errors in metrics, never in the loss
    pub extra: Vec<String>,
    #[serde(skip)]
    index: HashMap<String, i32>,
}

impl LabelSet {
    /// From classes and further ones.
    pub fn new(name: &str, classes: Vec<String>, extra: Vec<String>) -> Self {
        let index = classes.iter().chain(&extra).enumerate().map(|(i, c)| (c.clone(), i as i32)).collect();
        Self { name: name.to_string(), classes, extra, index }
    }

    /// The set without a class.
    pub fn none() -> &'static Self {
        static NONE: LazyLock<LabelSet> = LazyLock::new(LabelSet::default);
        &NONE
    }

    /// Number of classes a head can say.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether training showed no class at all.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The id of a class, `len()` or above for one that training never showed; −1 for one never seen anywhere.
    pub fn id(&self, class: &str) -> i32 {
        self.index.get(class).copied().unwrap_or(-1)
    }

    /// The name of a class or extra class.
    pub fn name_of(&self, id: usize) -> Option<&str> {
        self.classes.get(id).or_else(|| self.extra.get(id.checked_sub(self.classes.len())?)).map(String::as_str)
    }

    /// The class of a token on which a layer holds nothing: `O`, or `_` where tags mark no spans; −1 if there is neither.
    pub fn nothing(&self) -> i32 {
        match self.id(OUTSIDE) {
            -1 => self.id(ABSENT),
            outside => outside,
        }
    }

    /// Whether these are BIO tags.
    pub fn is_bio(&self) -> bool {
        is_bio(self.classes.iter().map(String::as_str))
    }

    /// Classes, then extra ones.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().chain(&self.extra).map(String::as_str)
    }
}

/// Whether classes are BIO tags: every one `O`, `B-…` or `I-…`, and not all `O`.
pub fn is_bio<'a>(classes: impl IntoIterator<Item = &'a str>) -> bool {
    let mut spans = false;
    classes.into_iter().all(|c| {
        let span = c.starts_with("B-") || c.starts_with("I-");
        spans |= span;
        span || c == OUTSIDE
    }) && spans
}
