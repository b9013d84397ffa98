//! Functions over features: layers, pools, interactions.

use crate::words::Takes::{Flag, Number, Own, Word};
use crate::words::numbers::{FACTOR, LAYERS, PSEUDO_COUNT, RATE, SIZE, STEPS};
use crate::words::{Arg, may, must};
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

const fn f(
    name: &'static str,
    args: &'static [Arg],
    deep: bool,
    runs: bool,
    example: &'static str,
    doc: &'static str,
) -> Function {
    Function { name, args, deep, runs, example, doc }
}

/// Functions over features.
pub const FUNCTIONS: &[Function] = &[
    f(
        "embed",
        &[
            must("d", Number(SIZE)),
            may("vectors", Own),
            may("unk", Number(PSEUDO_COUNT)),
            may("min_count", Number(SIZE)),
            may("max_size", Number(SIZE)),
            may("lower", Flag),
        ],
        false,
        true,
        "embed(100)",
        "a vector for each word; `vectors = \"file\"` starts from given ones",
    ),
    f(
        "chars",
        &[
            must("kind", Word(&["cnn", "lstm", "ngram"])),
            must("d", Number(SIZE)),
            may("width", Number(SIZE)),
            may("embed", Number(SIZE)),
        ],
        false,
        true,
        "chars(cnn, 50)",
        "a vector for each word from its characters: `cnn` or `lstm`",
    ),
    f(
        "ngrams",
        &[must("n", Number(SIZE)), may("hash", Number(SIZE))],
        false,
        false,
        "ngrams(3, hash = 50k)",
        "hashed letter n-grams",
    ),
    f("pretrained", &[must("path", Own)], true, false, "pretrained(\"models/mini-bert\")", "a pretrained Transformer"),
    f(
        "lstm",
        &[must("d", Number(SIZE)), may("layers", Number(LAYERS)), may("dropout", Number(RATE))],
        true,
        true,
        "lstm(128)",
        "a recurrent layer, left to right",
    ),
    f(
        "gru",
        &[must("d", Number(SIZE)), may("layers", Number(LAYERS)), may("dropout", Number(RATE))],
        true,
        true,
        "gru(128)",
        "a recurrent layer, left to right",
    ),
    f(
        "bilstm",
        &[must("d", Number(SIZE)), may("layers", Number(LAYERS)), may("dropout", Number(RATE))],
        true,
        true,
        "bilstm(128)",
        "both directions; width 2d",
    ),
    f(
        "bigru",
        &[must("d", Number(SIZE)), may("layers", Number(LAYERS)), may("dropout", Number(RATE))],
        true,
        true,
        "bigru(128)",
        "both directions; width 2d",
    ),
    f(
        "cnn",
        &[must("d", Number(SIZE)), may("widths", Own)],
        true,
        true,
        "cnn(100, widths = [3, 4, 5])",
        "convolutions over tokens; d for each width",
    ),
    f(
        "transformer",
        &[
            must("d", Number(SIZE)),
            may("layers", Number(LAYERS)),
            may("heads", Number(SIZE)),
            may("ffn", Number(SIZE)),
            may("causal", Flag),
            may("dropout", Number(RATE)),
            may("norm_first", Flag),
        ],
        true,
        true,
        "transformer(128, layers = 2, heads = 4)",
        "self-attention blocks",
    ),
    f(
        "self_attend",
        &[may("d", Number(SIZE)), may("heads", Number(SIZE))],
        true,
        true,
        "self_attend(128)",
        "one self-attention layer",
    ),
    f(
        "dense",
        &[must("d", Number(SIZE)), may("activation", Word(&["relu", "tanh", "gelu", "sigmoid", "none"]))],
        true,
        true,
        "dense(64, tanh)",
        "a linear layer with an activation",
    ),
    f("norm", &[], false, true, "norm", "layer normalisation"),
    f("dropout", &[must("p", Number(RATE))], false, true, "dropout(30%)", "dropout, at training only"),
    f("last", &[], false, true, "last", "the last state of each direction"),
    f("first", &[], false, true, "first", "the first state"),
    f("mean", &[], false, true, "mean", "the mean over tokens"),
    f("max", &[], false, true, "max", "the maximum over tokens"),
    f("attend", &[may("query", Own)], false, true, "attend", "an attention-weighted mean over tokens"),
    f("match", &[], false, true, "match(u, v)", "[u; v; |u - v|; u * v]"),
    f("dot", &[], false, true, "dot(u, v)", "the inner product"),
    f("cosine", &[], false, true, "cosine(u, v)", "the cosine"),
    f("bilinear", &[may("d", Number(SIZE))], false, true, "bilinear(u, v)", "u W v"),
    f("gate", &[may("by", Own)], false, true, "gate(h, by = c)", "h with c let in through a gate"),
    f("add", &[], false, true, "add(u, v)", "the sum"),
    f("mix", &[may("weights", Own)], false, true, "mix(h, weights = a)", "the weighted sum over tokens"),
    f("attention", &[], false, true, "attention(h)", "attention weights over tokens"),
    f("mix_layers", &[], false, true, "enc@* |> mix_layers", "a learned mixture of layers"),
    f("reverse", &[may("lambda", Number(FACTOR))], false, true, "reverse(0.05)", "identity whose gradient is reversed"),
    f("stop", &[], false, true, "stop", "identity without gradient"),
    f("shift", &[must("k", Number(STEPS))], false, true, "shift(1)", "moves states by k tokens"),
    f("softmax", &[], false, false, "softmax(h)", "normalises"),
    f("coattend", &[], true, false, "coattend(q, d)", "co-attention"),
    f("bidaf", &[], true, false, "bidaf(q, d)", "bidirectional attention flow"),
    f("match_lstm", &[], true, false, "match_lstm(q, d)", "match-LSTM"),
    f("graph_attend", &[may("heads", Number(SIZE))], true, false, "graph_attend(g)", "attention over a graph"),
    f(
        "rgcn",
        &[may("layers", Number(LAYERS)), may("d", Number(SIZE))],
        true,
        false,
        "rgcn(g, 2)",
        "relational graph convolution",
    ),
    f("span_attend", &[], false, false, "span_attend", "representations of spans"),
    f("correlate", &[], false, false, "correlate", "correlation of candidates"),
    f("co_select", &[], false, false, "co_select", "co-selective encoding"),
    f("over_turns", &[must("cell", Own)], false, false, "over_turns(gru(128))", "recurrence over turns"),
    f(
        "latent",
        &[must("kind", Own), may("prior", Own), may("posterior", Own)],
        false,
        false,
        "latent(gaussian(32), prior = p, posterior = q)",
        "a latent variable",
    ),
    f("gaussian", &[must("d", Number(SIZE))], false, false, "gaussian(32)", "a family of `latent`"),
    f("categorical", &[must("n", Number(SIZE))], false, false, "categorical(10)", "a family of `latent`"),
    f("bow", &[], false, false, "bow(x)", "counts of words"),
    f("step", &[], false, false, "step(y)", "states of the decoding loop"),
    f("at", &[], false, false, "at(pair)", "states at spans"),
    f("triple", &[], false, false, "triple(h, r, t)", "a knowledge-graph triple"),
    f("both", &[], false, false, "both(u, v)", "two views"),
    f("tfidf", &[], false, false, "tfidf(q, docs)", "untrained retrieval"),
    f("bm25", &[], false, false, "bm25(q, docs)", "untrained retrieval"),
    f("dense_index", &[], false, false, "dense_index(f(corpus))", "a store of vectors"),
    f("top", &[must("k", Number(SIZE))], false, false, "top(5)", "the best k"),
    f("next_sentence", &[], false, false, "next_sentence(a, b)", "true and random successors"),
    f("rouge", &[], false, false, "rouge(a, b)", "ROUGE between texts"),
    f("uniform", &[], false, false, "uniform(y)", "a uniform distribution over gold"),
    f("union", &[], false, true, "union(a, b)", "several corpora as one"),
    f("concat", &[], false, true, "concat", "concatenation (as `&`)"),
    f("mask", &[], false, false, "mask", "hides what was not picked"),
    f("select", &[], false, false, "select", "keeps what was picked"),
    f("append", &[], false, false, "append", "puts texts behind the input"),
    f("prefix", &[], false, false, "prefix", "puts texts before the input"),
    f("sample", &[], false, false, "sample", "draws from the distribution"),
    f("weight", &[], false, false, "weight", "weights the members of a list"),
    f("query", &[], false, false, "query", "queries of a pointer"),
];

/// The row of a function.
pub fn function(name: &str) -> Option<&'static Function> {
    static BY_NAME: LazyLock<FxHashMap<&str, &Function>> =
        LazyLock::new(|| FUNCTIONS.iter().map(|f| (f.name, f)).collect());
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
            Some(Word(words)) => words,
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
