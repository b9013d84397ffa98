//! Heads: what a task may learn, and the ports of its answer.

use crate::words::Takes::{Flag, Number, Word};
use crate::words::numbers::*;
use crate::words::{Arg, may};

/// What features a head reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// a vector per token
    Seq,
    /// a vector per example
    Vec,
    /// either
    Any,
}

/// A head.
#[derive(Debug)]
pub struct Head {
    /// `tag`
    pub name: &'static str,
    /// its arguments: bare words and names
    pub args: &'static [&'static str],
    /// the features it reads
    pub reads: Reads,
    /// types of gold
    pub golds: &'static [&'static str],
    /// its metrics; the first one is the default (see `default_metric` for heads whose default depends on the gold)
    pub metrics: &'static [&'static str],
    /// ports besides `hidden logits probs labels loss logp`
    pub ports: &'static [&'static str],
    /// input slots besides the features
    pub slots: &'static [&'static str],
    /// makes its own gold
    pub self_supervised: bool,
    /// arguments that the trainer runs; `None`: the head does not run yet
    pub runs: Option<&'static [&'static str]>,
    /// its loss by default
    pub loss: &'static str,
    /// one line
    pub doc: &'static str,
}

const GEN_ARGS: &[&str] = &["attention", "layers", "copy", "fuse", "lstm", "gru", "transformer", "t5"];

/// What most rows share.
const HEAD: Head = Head {
    name: "",
    args: &[],
    reads: Reads::Any,
    golds: &[],
    metrics: &[],
    ports: &[],
    slots: &[],
    self_supervised: false,
    runs: None,
    loss: "cross-entropy",
    doc: "",
};

/// The heads.
pub const HEADS: &[Head] = &[
    Head {
        name: "tag",
        args: &["crf", "lstm", "capsule", "mixture", "em", "per", "routing"],
        reads: Reads::Seq,
        golds: &["tags", "layers"],
        metrics: &[
            "accuracy",
            "span_f1",
            "span_precision",
            "span_recall",
            "sentence_accuracy",
            "macro_f1",
            "f1",
            "f",
            "triple_f1",
        ],
        runs: Some(&["crf", "per"]),
        loss: "cross-entropy per token",
        doc: "one class per token",
        ..HEAD
    },
    Head {
        name: "classify",
        args: &["multi", "san", "capsule", "threshold", "steps", "routing"],
        reads: Reads::Vec,
        golds: &["label", "labels"],
        metrics: &[
            "accuracy",
            "f1",
            "macro_f1",
            "micro_f1",
            "matthews",
            "f",
            "jaccard",
            "exact_match",
            "hamming",
            "map",
            "mrr",
        ],
        runs: Some(&["multi", "threshold"]),
        doc: "one class, or a set of classes, per example",
        ..HEAD
    },
    Head {
        name: "regress",
        args: &["bins"],
        reads: Reads::Vec,
        golds: &["real"],
        metrics: &["mse", "pearson", "spearman", "mae", "rmse"],
        ports: &["value", "top"],
        runs: Some(&["bins"]),
        loss: "squared error",
        doc: "a number per example",
        ..HEAD
    },
    Head {
        name: "relate",
        args: &["biaffine", "multi", "sigmoid"],
        reads: Reads::Seq,
        golds: &["pairs"],
        metrics: &["f1"],
        doc: "a relation for every pair of tokens",
        ..HEAD
    },
    Head {
        name: "parse",
        reads: Reads::Seq,
        golds: &["heads"],
        metrics: &["las", "uas"],
        doc: "a dependency tree",
        ..HEAD
    },
    Head {
        name: "antecedent",
        reads: Reads::Seq,
        golds: &["clusters"],
        metrics: &["conll_f1"],
        loss: "marginal likelihood",
        doc: "coreference",
        ..HEAD
    },
    Head {
        name: "transition",
        reads: Reads::Seq,
        golds: &["graph", "heads", "pairs"],
        metrics: &["las", "f1"],
        loss: "cross-entropy over actions",
        doc: "a transition system",
        ..HEAD
    },
    Head {
        name: "span",
        args: &["iterations"],
        golds: &["span", "spans"],
        metrics: &["em", "f1"],
        ports: &["top", "sample", "gumbel", "text"],
        loss: "cross-entropy of start and end",
        doc: "a stretch of tokens",
        ..HEAD
    },
    Head {
        name: "rank",
        golds: &["labels", "list"],
        metrics: &["recall", "mrr", "map", "ndcg"],
        ports: &["top", "sample", "gumbel"],
        loss: "binary cross-entropy",
        doc: "relevance of each member of a list",
        ..HEAD
    },
    Head {
        name: "choose",
        args: &["memory"],
        golds: &["index", "spans", "list", "pairs", "tokens"],
        metrics: &["accuracy", "em", "f1", "ndcg", "mrr"],
        ports: &["top", "sample", "gumbel", "soft", "text"],
        doc: "one member of a list",
        ..HEAD
    },
    Head { name: "point", golds: &["pointers"], metrics: &["accuracy"], doc: "a position for each query", ..HEAD },
    Head {
        name: "generate",
        args: GEN_ARGS,
        golds: &["tokens", "text", "list"],
        metrics: &["ppl", "bleu", "rouge", "f1", "distinct"],
        ports: &["text", "soft", "states"],
        slots: &["init", "memory", "docs"],
        loss: "cross-entropy per token",
        doc: "a text",
        ..HEAD
    },
    Head {
        name: "lm",
        args: &["vocab"],
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["ppl"],
        self_supervised: true,
        loss: "cross-entropy per token",
        doc: "the next word",
        ..HEAD
    },
    Head {
        name: "mlm",
        args: &["p", "at"],
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["ppl", "accuracy"],
        ports: &["filled"],
        self_supervised: true,
        doc: "masked words",
        ..HEAD
    },
    Head {
        name: "denoise",
        args: &["p", "spans"],
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["ppl"],
        ports: &["text"],
        self_supervised: true,
        loss: "cross-entropy per token",
        doc: "deleted spans",
        ..HEAD
    },
    Head {
        name: "detect",
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["f1", "accuracy"],
        self_supervised: true,
        loss: "binary cross-entropy",
        doc: "replaced words",
        ..HEAD
    },
    Head {
        name: "bag",
        reads: Reads::Vec,
        golds: &["tokens", "text"],
        metrics: &["ppl"],
        ports: &["attribution"],
        self_supervised: true,
        loss: "cross-entropy over the bag of words",
        doc: "the words of a text",
        ..HEAD
    },
    Head {
        name: "contrast",
        args: &["infonce"],
        golds: &["tokens", "text"],
        metrics: &["accuracy"],
        self_supervised: true,
        loss: "InfoNCE",
        doc: "matching views",
        ..HEAD
    },
    Head {
        name: "energy",
        args: &["transe", "negatives"],
        golds: &["tokens", "id"],
        metrics: &["mrr"],
        self_supervised: true,
        loss: "margin",
        doc: "plausible triples",
        ..HEAD
    },
];

/// The row of a head.
pub fn head(name: &str) -> Option<&'static Head> {
    HEADS.iter().find(|h| h.name == name)
}

/// Ports of every head.
pub const PORTS: &[&str] = &["hidden", "logits", "probs", "labels", "loss", "logp"];

/// Ports whose value is a decision: no gradient flows back through them.
pub const HARD_PORTS: &[&str] = &["labels", "top", "sample", "text", "filled"];

/// Metrics that the checker knows and the trainer cannot compute yet.
pub const METRICS_LATER: &[&str] =
    &["ppl", "bleu", "rouge", "distinct", "em", "recall", "mrr", "map", "ndcg", "las", "uas", "conll_f1", "triple_f1"];

/// What follows an argument of a head: `attention = additive`. Heads name their arguments in their rows.
pub const HEAD_ARGUMENTS: &[(Arg, &str)] = &[
    (may("crf", Flag), "crf"),
    (may("capsule", Flag), "capsule"),
    (may("mixture", Number(SIZE)), "mixture = 3"),
    (may("em", Word(&["hard", "soft"])), "em = hard"),
    (may("per", Word(&["relation"])), "per = relation"),
    (may("routing", Number(SIZE)), "routing = 2"),
    (may("multi", Flag), "multi"),
    (may("san", Flag), "san"),
    (may("threshold", Number(PART)), "threshold = 0.5"),
    (may("steps", Number(SIZE)), "steps = 5"),
    (may("bins", Number(SEVERAL)), "bins = 5"),
    (may("biaffine", Flag), "biaffine"),
    (may("sigmoid", Flag), "sigmoid"),
    (may("iterations", Number(SIZE)), "iterations = 4"),
    (may("memory", Number(SIZE)), "memory = 5k"),
    (may("attention", Word(&["additive", "dot", "dual"])), "attention = additive"),
    (may("layers", Number(LAYERS)), "layers = 2"),
    (may("copy", Flag), "copy = true"),
    (may("fuse", Word(&["gate", "in_decoder"])), "fuse = gate"),
    (may("t5", Flag), "t5"),
    (may("vocab", Number(SIZE)), "vocab = 10k"),
    (may("p", Number(PART)), "p = 15%"),
    (may("spans", Number(SIZE)), "spans = 3"),
    (may("infonce", Flag), "infonce"),
    (may("transe", Flag), "transe"),
    (may("negatives", Number(SIZE)), "negatives = 16"),
];
