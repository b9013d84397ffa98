//! Functions over features and layers of a plan. Each kind is a room of its own, with a line in [`KINDS`]: the words by
//! which it is written, the layers that a plan holds of it, and behind the feature `train` what computes them.

mod add;
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
mod dense;
mod dense_index;
mod dropout;
mod embed;
mod gate;
mod given;
mod graph_attend;
mod joined_text;
mod latent;
mod matching;
mod mix;
mod mix_layers;
mod ngrams;
mod norm;
mod over_turns;
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
mod stop;
mod target;
#[cfg(all(test, feature = "train"))]
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
use crate::words::{Arg, Takes};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// A function over features: a layer, a pool, an interaction.
#[derive(Debug)]
pub struct Function {
    /// `bilstm`
    pub name: &'static str,
    /// its arguments besides features, in order
    pub args: &'static [Arg],
    /// counts as a layer of an encoder's stack (taps `enc@k`)
    pub deep: bool,
    /// the trainer runs it
    pub runs: bool,
    /// as written
    pub example: &'static str,
    /// one line
    pub doc: &'static str,
}

/// A kind: how it is written, and what a plan holds of it.
struct Kind {
    functions: &'static [Function],
    layers: &'static [Layer],
}

/// A layer that a plan may hold.
pub struct Layer {
    /// `rnn`
    pub name: &'static str,
    /// what computes it; `None`: the trainer does not run it
    #[cfg(feature = "train")]
    build: Option<fn(&Spec) -> Built>,
}

impl Layer {
    /// A layer that the trainer does not run.
    const NONE: Self = Self {
        name: "",
        #[cfg(feature = "train")]
        build: None,
    };
}

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

impl Function {
    /// The names of its arguments.
    pub fn names(&self) -> Vec<&'static str> {
        self.args.iter().map(|a| a.name).collect()
    }

    /// The words that an argument may be.
    pub fn words(&self, arg: &str) -> &'static [&'static str] {
        match self.arg(arg).map(|a| a.takes) {
            Some(Takes::Word(words)) => words,
            _ => &[],
        }
    }

    /// An argument by its name.
    pub fn arg(&self, name: &str) -> Option<&'static Arg> {
        self.args.iter().find(|a| a.name == name)
    }
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
