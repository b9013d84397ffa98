//! Functions over features and layers of a plan. Each kind is a room of its own, with a line in [`KINDS`]: the words by
//! which it is written, the layers that a plan holds of it, and behind the feature `train` what computes them.

pub(crate) mod adapter;
pub(crate) mod add;
mod at;
mod attend;
mod attention;
mod between;
mod bilinear;
mod both;
mod bow;
mod broadcast;
mod chars;
mod cnn;
mod co_select;
mod common;
mod concat;
mod correlate;
mod cutoff;
mod dense;
mod dense_index;
pub(crate) mod dropout;
mod embed;
mod experts;
pub(crate) mod gate;
mod given;
mod graph_attend;
mod joined_text;
mod latent;
mod mask_words;
mod matching;
mod mix;
mod mix_layers;
mod ngrams;
mod norm;
mod over_turns;
mod perturb;
mod pools;
mod pretrained;
mod query;
mod retrieve;
mod reverse;
mod rgcn;
mod rnn;
mod sample;
mod scale;
mod select;
mod self_attend;
mod shift;
mod similarity;
mod slice;
mod softmax;
mod span_attend;
mod step;
pub(crate) mod stitch;
mod stop;
mod target;
#[cfg(test)]
#[cfg(feature = "train")]
mod tests;
mod top;
mod transformer;
mod triple;
mod union;
mod weight;
mod zeros;

#[cfg(feature = "train")]
use crate::ops::layer::{Built, Spec};
#[cfg(feature = "train")]
use crate::plan;
use crate::plan::{Setting, Settings};
use crate::types::Function;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// A kind: how it is written, and what a plan holds of it.
struct Kind {
    functions: &'static [Function],
    layers: &'static [Layer],
}

/// A layer that a plan may hold, with what those who walk over a plan ask of it.
pub struct Layer {
    /// `rnn`
    pub name: &'static str,
    /// when it draws random numbers
    draws: Draws,
    /// where several batches are computed as one, what it draws for each is what it would draw for it alone
    pub in_parts: bool,
    /// what becomes of the gradient of its value
    pub gradient: Gradient,
    /// its matrix is a table from which rows are taken: nothing is multiplied
    pub lookup: bool,
    /// the trainer does not run it, and it will have weights: those of two places are two, as those of layers with
    /// parameters are
    pub weights_to_come: bool,
    /// it joins what an arrow brings to what is there
    pub joins: bool,
    /// the setting that says how long what is added to its value is, which a pass of its own finds while training
    pub shifted: Option<&'static str>,
    /// which tokens a token's row has seen after it, besides those that it had seen before
    pub sees: fn(&Settings) -> Sees,
    /// numbers for each token that are held until the backward pass is over, given the width of its value
    pub held: fn(&Settings, usize) -> usize,
    /// what computes it; `None`: the trainer does not run it
    #[cfg(feature = "train")]
    build: Option<fn(&Spec) -> Built>,
}

/// When a layer draws random numbers while training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Draws {
    Never,
    /// where this setting is above 0
    Rate(&'static str),
    /// where this setting is above 0 and its weights learn: what it draws is there for them
    Learning(&'static str),
}

/// What becomes of the gradient of a layer's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gradient {
    /// it goes to the inputs
    Through,
    /// it goes to the inputs with the other sign
    Reversed,
    /// it goes nowhere
    Stopped,
    /// there is none: of its inputs only the layout counts
    Constant,
}

impl Gradient {
    /// Whether something of it arrives at the inputs.
    pub fn passes(self) -> bool {
        matches!(self, Self::Through | Self::Reversed)
    }
}

/// Which tokens of its text a token's row has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sees {
    /// itself
    Own,
    /// itself and those before it
    Left,
    /// every one
    All,
}

impl Layer {
    /// What most layers are, and nothing that the trainer runs.
    const NONE: Self = Self {
        name: "",
        draws: Draws::Never,
        in_parts: false,
        gradient: Gradient::Through,
        lookup: false,
        weights_to_come: false,
        joins: false,
        shifted: None,
        sees: |_| Sees::Own,
        held: |_, width| 3 * width,
        #[cfg(feature = "train")]
        build: None,
    };

    /// Whether it draws random numbers while training, with these settings and with weights that learn or do not.
    pub fn draws(&self, settings: &Settings, learns: bool) -> bool {
        let above = |rate: &str| settings.get(rate).and_then(Setting::as_f64).is_some_and(|r| r > 0.0);
        match self.draws {
            Draws::Never => false,
            Draws::Rate(rate) => above(rate),
            Draws::Learning(rate) => learns && above(rate),
        }
    }
}

/// The function that joins data sets.
pub const UNION: &str = union::UNION.name;

/// Layers that engines apply by themselves, where no function is written.
pub const BROADCAST: &str = broadcast::LAYER.name;
/// Candidates of an arrow in place of the members that a head reads.
pub const CANDIDATES: &str = given::CANDIDATES.name;
/// Values side by side.
pub const CONCAT: &str = concat::LAYER.name;
/// A part of the vectors of a text erased.
pub const CUTOFF: &str = cutoff::LAYER.name;
/// A value of another data set.
pub const ELSEWHERE: &str = given::ELSEWHERE.name;
/// A field that is no text.
pub const FIELD: &str = given::FIELD.name;
/// What was picked by an arrow into a pointer.
pub const MASK: &str = select::MASK_LAYER.name;
/// Some words of a text masked.
pub const MASK_WORDS: &str = mask_words::LAYER.name;
/// The mean over tokens.
pub const MEAN: &str = pools::MEAN_LAYER.name;
/// A layer of a model from a file.
pub const OF_MODEL: &str = pretrained::LAYER.name;
/// The worst small change of a value.
pub const PERTURB: &str = perturb::LAYER.name;
/// A port of a head that the trainer does not run.
pub const PORT: &str = given::PORT.name;
/// What a pointer is asked with.
pub const QUERY: &str = query::LAYER.name;
/// A reversed gradient; also the function.
pub const REVERSE: &str = reverse::LAYER.name;
/// A value times a number.
pub const SCALE: &str = scale::LAYER.name;
/// Some columns.
pub const SLICE: &str = slice::LAYER.name;
/// What an arrow brings to a slot of a head.
pub const SLOT: &str = given::SLOT.name;
/// A value without its gradient.
pub const STOP: &str = stop::LAYER.name;
/// Zeros in the place of what has not come back yet.
pub const ZEROS: &str = zeros::LAYER.name;

/// Every kind, in the order of the reference.
const KINDS: &[Kind] = &[
    embed::KIND,
    chars::KIND,
    ngrams::KIND,
    pretrained::KIND,
    rnn::KIND,
    cnn::KIND,
    transformer::KIND,
    self_attend::KIND,
    dense::KIND,
    norm::KIND,
    dropout::KIND,
    pools::KIND,
    attend::KIND,
    matching::KIND,
    similarity::KIND,
    bilinear::KIND,
    gate::KIND,
    experts::KIND,
    add::KIND,
    mix::KIND,
    attention::KIND,
    mix_layers::KIND,
    reverse::KIND,
    stop::KIND,
    shift::KIND,
    softmax::KIND,
    between::KIND,
    graph_attend::KIND,
    rgcn::KIND,
    span_attend::KIND,
    correlate::KIND,
    co_select::KIND,
    over_turns::KIND,
    latent::KIND,
    bow::KIND,
    step::KIND,
    stitch::KIND,
    at::KIND,
    triple::KIND,
    both::KIND,
    retrieve::KIND,
    dense_index::KIND,
    top::KIND,
    target::KIND,
    union::KIND,
    concat::KIND,
    select::KIND,
    joined_text::KIND,
    sample::KIND,
    weight::KIND,
    query::KIND,
    scale::KIND,
    slice::KIND,
    broadcast::KIND,
    zeros::KIND,
    cutoff::KIND,
    mask_words::KIND,
    perturb::KIND,
    adapter::KIND,
    given::KIND,
];

/// Functions over features.
pub fn functions() -> impl Iterator<Item = &'static Function> + Clone {
    KINDS.iter().flat_map(|k| k.functions)
}

/// The function of a name.
pub fn function(name: &str) -> Option<&'static Function> {
    static BY_NAME: LazyLock<FxHashMap<&str, &Function>> = LazyLock::new(|| functions().map(|f| (f.name, f)).collect());
    BY_NAME.get(name).copied()
}

/// Bare words that are arguments of functions and not names.
pub const ARGUMENT_WORDS: &[&str] = &[
    "cnn", "lstm", "gru", "ngram", "tanh", "relu", "gelu", "sigmoid", "none", "causal", "true", "false", "yes", "no",
    "token", "feature", "span", "nms", "mean", "greedy", "hard", "soft",
];

/// Layers that a plan may hold, with those that the trainer does not run.
pub fn layers() -> impl Iterator<Item = &'static Layer> + Clone {
    KINDS.iter().flat_map(|k| k.layers)
}

/// The layer of a name.
pub fn layer(name: &str) -> Option<&'static Layer> {
    static BY_NAME: LazyLock<FxHashMap<&str, &Layer>> = LazyLock::new(|| layers().map(|l| (l.name, l)).collect());
    BY_NAME.get(name).copied()
}

/// Layers that the trainer runs.
#[cfg(feature = "train")]
pub fn built() -> impl Iterator<Item = &'static Layer> {
    layers().filter(|l| l.build.is_some())
}

/// Builds a layer from the plan.
///
/// # Errors
/// A layer that is not in the table, or a setting or parameter that is missing.
#[cfg(feature = "train")]
pub fn build(l: &plan::Layer) -> Built {
    let build = layer(&l.kind).and_then(|row| row.build).ok_or_else(|| format!("there is no layer `{}`", l.kind))?;
    build(&Spec(l)).map_err(|e| format!("`{}`: {e}", l.name))
}
