//! Heads: what a task may learn, and the ports of its answer.

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
        ports: &[],
        slots: &[],
        self_supervised: false,
        runs: Some(&["crf", "per"]),
        loss: "cross-entropy per token",
        doc: "one class per token",
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
        ports: &[],
        slots: &[],
        self_supervised: false,
        runs: Some(&["multi", "threshold"]),
        loss: "cross-entropy",
        doc: "one class, or a set of classes, per example",
    },
    Head {
        name: "regress",
        args: &["bins"],
        reads: Reads::Vec,
        golds: &["real"],
        metrics: &["mse", "pearson", "spearman", "mae", "rmse"],
        ports: &["value", "top"],
        slots: &[],
        self_supervised: false,
        runs: Some(&["bins"]),
        loss: "squared error",
        doc: "a number per example",
    },
    Head {
        name: "relate",
        args: &["biaffine", "multi", "sigmoid"],
        reads: Reads::Seq,
        golds: &["pairs"],
        metrics: &["f1"],
        ports: &[],
        slots: &[],
        self_supervised: false,
        runs: None,
        loss: "cross-entropy",
        doc: "a relation for every pair of tokens",
    },
    Head {
        name: "parse",
        args: &[],
        reads: Reads::Seq,
        golds: &["heads"],
        metrics: &["las", "uas"],
        ports: &[],
        slots: &[],
        self_supervised: false,
        runs: None,
        loss: "cross-entropy",
        doc: "a dependency tree",
    },
    Head {
        name: "antecedent",
        args: &[],
        reads: Reads::Seq,
        golds: &["clusters"],
        metrics: &["conll_f1"],
        ports: &[],
        slots: &[],
        self_supervised: false,
        runs: None,
        loss: "marginal likelihood",
        doc: "coreference",
    },
    Head {
        name: "transition",
        args: &[],
        reads: Reads::Seq,
        golds: &["graph", "heads", "pairs"],
        metrics: &["las", "f1"],
        ports: &[],
        slots: &[],
        self_supervised: false,
        runs: None,
        loss: "cross-entropy over actions",
        doc: "a transition system",
    },
    Head {
        name: "span",
        args: &["iterations"],
        reads: Reads::Any,
        golds: &["span", "spans"],
        metrics: &["em", "f1"],
        ports: &["top", "sample", "gumbel", "text"],
        slots: &[],
        self_supervised: false,
        runs: None,
        loss: "cross-entropy of start and end",
        doc: "a stretch of tokens",
    },
    Head {
        name: "rank",
        args: &[],
        reads: Reads::Any,
        golds: &["labels", "list"],
        metrics: &["recall", "mrr", "map", "ndcg"],
        ports: &["top", "sample", "gumbel"],
        slots: &[],
        self_supervised: false,
        runs: None,
        loss: "binary cross-entropy",
        doc: "relevance of each member of a list",
    },
    Head {
        name: "choose",
        args: &["memory"],
        reads: Reads::Any,
        golds: &["index", "spans", "list", "pairs", "tokens"],
        metrics: &["accuracy", "em", "f1", "ndcg", "mrr"],
        ports: &["top", "sample", "gumbel", "soft", "text"],
        slots: &[],
        self_supervised: false,
        runs: None,
        loss: "cross-entropy",
        doc: "one member of a list",
    },
    Head {
        name: "point",
        args: &[],
        reads: Reads::Any,
        golds: &["pointers"],
        metrics: &["accuracy"],
        ports: &[],
        slots: &[],
        self_supervised: false,
        runs: None,
        loss: "cross-entropy",
        doc: "a position for each query",
    },
    Head {
        name: "generate",
        args: GEN_ARGS,
        reads: Reads::Any,
        golds: &["tokens", "text", "list"],
        metrics: &["ppl", "bleu", "rouge", "f1", "distinct"],
        ports: &["text", "soft", "states"],
        slots: &["init", "memory", "docs"],
        self_supervised: false,
        runs: None,
        loss: "cross-entropy per token",
        doc: "a text",
    },
    Head {
        name: "lm",
        args: &["vocab"],
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["ppl"],
        ports: &[],
        slots: &[],
        self_supervised: true,
        runs: None,
        loss: "cross-entropy per token",
        doc: "the next word",
    },
    Head {
        name: "mlm",
        args: &["p", "at"],
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["ppl", "accuracy"],
        ports: &["filled"],
        slots: &[],
        self_supervised: true,
        runs: None,
        loss: "cross-entropy",
        doc: "masked words",
    },
    Head {
        name: "denoise",
        args: &["p", "spans"],
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["ppl"],
        ports: &["text"],
        slots: &[],
        self_supervised: true,
        runs: None,
        loss: "cross-entropy per token",
        doc: "deleted spans",
    },
    Head {
        name: "detect",
        args: &[],
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["f1", "accuracy"],
        ports: &[],
        slots: &[],
        self_supervised: true,
        runs: None,
        loss: "binary cross-entropy",
        doc: "replaced words",
    },
    Head {
        name: "bag",
        args: &[],
        reads: Reads::Vec,
        golds: &["tokens", "text"],
        metrics: &["ppl"],
        ports: &["attribution"],
        slots: &[],
        self_supervised: true,
        runs: None,
        loss: "cross-entropy over the bag of words",
        doc: "the words of a text",
    },
    Head {
        name: "contrast",
        args: &["infonce"],
        reads: Reads::Any,
        golds: &["tokens", "text"],
        metrics: &["accuracy"],
        ports: &[],
        slots: &[],
        self_supervised: true,
        runs: None,
        loss: "InfoNCE",
        doc: "matching views",
    },
    Head {
        name: "energy",
        args: &["transe", "negatives"],
        reads: Reads::Any,
        golds: &["tokens", "id"],
        metrics: &["mrr"],
        ports: &[],
        slots: &[],
        self_supervised: true,
        runs: None,
        loss: "margin",
        doc: "plausible triples",
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
