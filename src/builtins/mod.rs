//! Open sets are tables: every word that the language knows stands here once, with what the checker, `explain`,
//! completion and the reference need. A new head, layer, sampler or optimiser begins with a row.

mod choices;

pub use choices::*;

/// Whether a type of field names a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Axis {
    Needed,
    Optional,
    Never,
}

/// A type of field.
#[derive(Debug)]
pub struct FieldTypeRow {
    /// `tags`
    pub name: &'static str,
    /// whether `on x` follows
    pub axis: Axis,
    /// `on` or `in`
    pub word: &'static str,
    /// whether `<...>` follows
    pub of: bool,
    /// as written
    pub example: &'static str,
    /// one line
    pub doc: &'static str,
}

const fn ty(
    name: &'static str,
    axis: Axis,
    word: &'static str,
    of: bool,
    example: &'static str,
    doc: &'static str,
) -> FieldTypeRow {
    FieldTypeRow { name, axis, word, of, example, doc }
}

/// Types of fields.
pub const FIELD_TYPES: &[FieldTypeRow] = &[
    ty("text", Axis::Never, "on", false, "text", "raw text, split into words and punctuation"),
    ty("tokens", Axis::Never, "on", false, "tokens", "text that is split at spaces, or a list of strings"),
    ty("label", Axis::Never, "on", false, "label", "one class"),
    ty("labels", Axis::Optional, "on", false, "labels", "a set of classes; `labels on docs`: one flag per member"),
    ty("real", Axis::Never, "on", false, "real", "a number"),
    ty("id", Axis::Never, "on", false, "id", "an identifier"),
    ty("vec", Axis::Never, "on", true, "vec<300>", "a vector of numbers"),
    ty("tags", Axis::Needed, "on", false, "tags on x", "one class per token"),
    ty("layers", Axis::Needed, "on", true, "layers<tags> on x", "several layers of tags"),
    ty("heads", Axis::Needed, "on", false, "heads on x", "a dependency tree"),
    ty("span", Axis::Needed, "on", false, "span on x", "one stretch of tokens"),
    ty("spans", Axis::Needed, "on", false, "spans on x", "several stretches of tokens"),
    ty("pairs", Axis::Needed, "on", false, "pairs on x", "labelled pairs of tokens"),
    ty("spanpair", Axis::Needed, "on", false, "spanpair on x", "two stretches of tokens"),
    ty("clusters", Axis::Needed, "on", false, "clusters on x", "coreferent mentions"),
    ty("pointers", Axis::Needed, "on", false, "pointers on y", "one position per token"),
    ty("index", Axis::Needed, "in", false, "index in docs", "the chosen member of a list"),
    ty("graph", Axis::Optional, "on", false, "graph", "nodes and labelled edges"),
    ty("list", Axis::Never, "on", true, "list<tokens>", "passages, candidates, turns"),
];

/// Keywords: no name may be one of them.
pub const KEYWORDS: &[&str] = &[
    "use", "param", "let", "data", "encoder", "task", "share", "loss", "for", "train", "expect", "in", "on", "of",
    "from", "via", "by", "with", "view", "stage", "repeat",
];

/// Whether a word cannot be a name.
pub fn is_reserved(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// A function over features: a layer, a pool, an interaction.
#[derive(Debug)]
pub struct Function {
    /// `bilstm`
    pub name: &'static str,
    /// names of its arguments in order; those from `named` on must be named
    pub args: &'static [&'static str],
    /// how many arguments (besides features) are needed
    pub needed: usize,
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
    args: &'static [&'static str],
    needed: usize,
    deep: bool,
    runs: bool,
    example: &'static str,
    doc: &'static str,
) -> Function {
    Function { name, args, needed, deep, runs, example, doc }
}

/// Functions over features.
pub const FUNCTIONS: &[Function] = &[
    f(
        "embed",
        &["d", "vectors", "unk", "min_count", "max_size", "lower"],
        1,
        false,
        true,
        "embed(100)",
        "a vector for each word; `vectors = \"file\"` starts from given ones",
    ),
    f(
        "chars",
        &["kind", "d", "width", "embed"],
        2,
        false,
        true,
        "chars(cnn, 50)",
        "a vector for each word from its characters: `cnn` or `lstm`",
    ),
    f("ngrams", &["n", "hash"], 1, false, false, "ngrams(3, hash = 50k)", "hashed letter n-grams"),
    f("pretrained", &["path"], 1, true, false, "pretrained(\"models/mini-bert\")", "a pretrained Transformer"),
    f("lstm", &["d", "layers", "dropout"], 1, true, true, "lstm(128)", "a recurrent layer, left to right"),
    f("gru", &["d", "layers", "dropout"], 1, true, true, "gru(128)", "a recurrent layer, left to right"),
    f("bilstm", &["d", "layers", "dropout"], 1, true, true, "bilstm(128)", "both directions; width 2d"),
    f("bigru", &["d", "layers", "dropout"], 1, true, true, "bigru(128)", "both directions; width 2d"),
    f(
        "cnn",
        &["d", "widths"],
        1,
        true,
        true,
        "cnn(100, widths = [3, 4, 5])",
        "convolutions over tokens; d for each width",
    ),
    f(
        "transformer",
        &["d", "layers", "heads", "ffn", "causal", "dropout", "norm_first"],
        1,
        true,
        true,
        "transformer(128, layers = 2, heads = 4)",
        "self-attention blocks",
    ),
    f("self_attend", &["d", "heads"], 0, true, true, "self_attend(128)", "one self-attention layer"),
    f("dense", &["d", "activation"], 1, true, true, "dense(64, tanh)", "a linear layer with an activation"),
    f("norm", &[], 0, false, true, "norm", "layer normalisation"),
    f("dropout", &["p"], 1, false, true, "dropout(30%)", "dropout, at training only"),
    f("last", &[], 0, false, true, "last", "the last state of each direction"),
    f("first", &[], 0, false, true, "first", "the first state"),
    f("mean", &[], 0, false, true, "mean", "the mean over tokens"),
    f("max", &[], 0, false, true, "max", "the maximum over tokens"),
    f("attend", &["query"], 0, false, true, "attend", "an attention-weighted mean over tokens"),
    f("match", &[], 0, false, true, "match(u, v)", "[u; v; |u - v|; u * v]"),
    f("dot", &[], 0, false, true, "dot(u, v)", "the inner product"),
    f("cosine", &[], 0, false, true, "cosine(u, v)", "the cosine"),
    f("bilinear", &["d"], 0, false, true, "bilinear(u, v)", "u W v"),
    f("gate", &["by"], 0, false, true, "gate(h, by = c)", "h with c let in through a gate"),
    f("add", &[], 0, false, true, "add(u, v)", "the sum"),
    f("mix", &["weights"], 0, false, true, "mix(h, weights = a)", "the weighted sum over tokens"),
    f("attention", &[], 0, false, true, "attention(h)", "attention weights over tokens"),
    f("mix_layers", &[], 0, false, true, "enc@* |> mix_layers", "a learned mixture of layers"),
    f("reverse", &["lambda"], 0, false, true, "reverse(0.05)", "identity whose gradient is reversed"),
    f("stop", &[], 0, false, true, "stop", "identity without gradient"),
    f("shift", &["k"], 1, false, true, "shift(1)", "moves states by k tokens"),
    f("softmax", &[], 0, false, false, "softmax(h)", "normalises"),
    f("coattend", &[], 0, true, false, "coattend(q, d)", "co-attention"),
    f("bidaf", &[], 0, true, false, "bidaf(q, d)", "bidirectional attention flow"),
    f("match_lstm", &[], 0, true, false, "match_lstm(q, d)", "match-LSTM"),
    f("graph_attend", &["heads"], 0, true, false, "graph_attend(g)", "attention over a graph"),
    f("rgcn", &["layers", "d"], 0, true, false, "rgcn(g, 2)", "relational graph convolution"),
    f("span_attend", &[], 0, false, false, "span_attend", "representations of spans"),
    f("correlate", &[], 0, false, false, "correlate", "correlation of candidates"),
    f("co_select", &[], 0, false, false, "co_select", "co-selective encoding"),
    f("over_turns", &["cell"], 1, false, false, "over_turns(gru(128))", "recurrence over turns"),
    f(
        "latent",
        &["kind", "prior", "posterior"],
        1,
        false,
        false,
        "latent(gaussian(32), prior = p, posterior = q)",
        "a latent variable",
    ),
    f("gaussian", &["d"], 1, false, false, "gaussian(32)", "a family of `latent`"),
    f("categorical", &["n"], 1, false, false, "categorical(10)", "a family of `latent`"),
    f("bow", &[], 0, false, false, "bow(x)", "counts of words"),
    f("step", &[], 0, false, false, "step(y)", "states of the decoding loop"),
    f("at", &[], 0, false, false, "at(pair)", "states at spans"),
    f("triple", &[], 0, false, false, "triple(h, r, t)", "a knowledge-graph triple"),
    f("both", &[], 0, false, false, "both(u, v)", "two views"),
    f("tfidf", &[], 0, false, false, "tfidf(q, docs)", "untrained retrieval"),
    f("bm25", &[], 0, false, false, "bm25(q, docs)", "untrained retrieval"),
    f("dense_index", &[], 0, false, false, "dense_index(f(corpus))", "a store of vectors"),
    f("top", &["k"], 1, false, false, "top(5)", "the best k"),
    f("next_sentence", &[], 0, false, false, "next_sentence(a, b)", "true and random successors"),
    f("rouge", &[], 0, false, false, "rouge(a, b)", "ROUGE between texts"),
    f("uniform", &[], 0, false, false, "uniform(y)", "a uniform distribution over gold"),
    f("union", &[], 0, false, true, "union(a, b)", "several corpora as one"),
    f("concat", &[], 0, false, true, "concat", "concatenation (as `&`)"),
    f("mask", &[], 0, false, false, "mask", "hides what was not picked"),
    f("select", &[], 0, false, false, "select", "keeps what was picked"),
    f("append", &[], 0, false, false, "append", "puts texts behind the input"),
    f("prefix", &[], 0, false, false, "prefix", "puts texts before the input"),
    f("sample", &[], 0, false, false, "sample", "draws from the distribution"),
    f("weight", &[], 0, false, false, "weight", "weights the members of a list"),
    f("query", &[], 0, false, false, "query", "queries of a pointer"),
];

/// The row of a function.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|f| f.name == name)
}

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

/// Options in the braces of a task.
pub const TASK_OPTIONS: &[&str] = &["metric", "weight", "loss", "when", "also", "dropout"];

/// Options in the braces of an arrow.
pub const EDGE_OPTIONS: &[&str] = &["train", "test", "when", "grad", "dropout", "rounds"];

/// A word of `train` or of a stage.
#[derive(Debug)]
pub struct SettingRow {
    /// `epochs`
    pub name: &'static str,
    /// the trainer obeys it
    pub runs: bool,
    /// only in a stage
    pub stage_only: bool,
    /// as written
    pub example: &'static str,
    /// one line
    pub doc: &'static str,
}

const fn s(name: &'static str, runs: bool, stage_only: bool, example: &'static str, doc: &'static str) -> SettingRow {
    SettingRow { name, runs, stage_only, example, doc }
}

/// Settings of `train` and of its stages.
pub const SETTINGS: &[SettingRow] = &[
    s("batch", true, false, "batch 32", "examples per step (default 32)"),
    s("epochs", true, false, "epochs 20", "passes over every example (default 10)"),
    s("steps", true, false, "steps 20k", "optimiser steps, instead of epochs"),
    s("minutes", true, false, "minutes 10", "training time, instead of epochs"),
    s(
        "optimizer",
        true,
        false,
        "optimizer adam(lr = 1e-3, warmup = 10%)",
        "sgd, adam, adamw, adamax, adadelta (default adam)",
    ),
    s("sample", true, false, "sample proportional", "joint, alternate, random, proportional, smoothed, mix"),
    s("weights", true, false, "weights uncertainty", "fixed or uncertainty"),
    s("gradients", false, false, "gradients pcgrad", "how gradients of tasks are combined"),
    s("clip", true, false, "clip 5", "largest global norm of the gradients"),
    s("dropout", true, false, "dropout 30%", "after embeddings and after each layer of an encoder"),
    s("objective", true, false, "objective slot.span_f1", "what chooses the model that is kept"),
    s("early_stop", true, false, "early_stop 5", "evaluations without progress before stopping"),
    s("eval", true, false, "eval every 500", "steps between evaluations (default: each epoch)"),
    s("seed", true, false, "seed 1", "of everything random"),
    s("tasks", true, false, "tasks pos, chunk", "which tasks learn"),
    s("freeze", true, false, "freeze enc", "what does not learn"),
    s("anchor", false, true, "anchor l2(1e-2)", "pull towards the weights before the stage"),
    s("fork", false, true, "fork", "one copy of the model per member"),
    s("keep", false, true, "keep tasks(utility > 0.5)", "what survives the stage"),
    s("restart", false, true, "restart", "fresh weights"),
    s("search", false, true, "search gaussian_process(trials = 12)", "search over schedules"),
    s("pseudo", false, true, "pseudo squad(q = ask(raw))", "examples made by the model"),
    s("then", false, true, "then freeze", "after the stage"),
    s("shots", false, true, "shots 5", "examples per class"),
    s("inner", false, false, "inner sgd(lr = 0.1, steps = 5)", "the inner loop of meta-learning"),
    s("reweight", false, false, "reweight t, cross_entropy_difference(main = m)", "weights of examples"),
    s("constrain", false, false, "constrain domain.loss >= 0.69", "a constraint on losses"),
    s("probe", false, false, "probe affinity(every = 10)", "a report while training"),
];

/// Optimisers with their settings' defaults (PyTorch's).
pub const OPTIMIZERS: &[(&str, &[(&str, f64)])] = &[
    ("sgd", &[("lr", 0.1), ("momentum", 0.0), ("weight_decay", 0.0), ("nesterov", 0.0)]),
    ("adam", &[("lr", 1e-3), ("beta1", 0.9), ("beta2", 0.999), ("epsilon", 1e-8), ("weight_decay", 0.0)]),
    ("adamw", &[("lr", 1e-3), ("beta1", 0.9), ("beta2", 0.999), ("epsilon", 1e-8), ("weight_decay", 0.01)]),
    ("adamax", &[("lr", 2e-3), ("beta1", 0.9), ("beta2", 0.999), ("epsilon", 1e-8), ("weight_decay", 0.0)]),
    ("adadelta", &[("lr", 1.0), ("rho", 0.9), ("epsilon", 1e-6), ("weight_decay", 0.0)]),
];

/// Settings of every optimiser besides its own: schedule and groups.
pub const OPTIMIZER_COMMON: &[&str] = &["warmup", "decay", "groups"];

/// Metrics that the checker knows and the trainer cannot compute yet.
pub const METRICS_LATER: &[&str] =
    &["ppl", "bleu", "rouge", "distinct", "em", "recall", "mrr", "map", "ndcg", "las", "uas", "conll_f1", "triple_f1"];

/// Arguments that are words of a fixed set: function, position, name. They are no names of the program.
pub const WORD_ARGUMENTS: &[(&str, usize, &str)] = &[("chars", 0, "kind"), ("dense", 1, "activation")];

/// Bare words that are arguments of functions and not names.
pub const ARGUMENT_WORDS: &[&str] = &[
    "cnn", "lstm", "gru", "ngram", "tanh", "relu", "gelu", "sigmoid", "none", "causal", "true", "false", "yes", "no",
    "token", "feature", "span", "nms", "mean", "greedy", "hard", "soft",
];
