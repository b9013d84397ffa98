//! Words with arguments: samplers, weightings, schemes of sharing, views, losses, statements of a schedule. One row
//! says what may stand between the parentheses; `src/check/words.rs` holds every such call to its row.

use super::numbers::*;

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// a number in one of these ranges
    Number(&'static [Range]),
    /// `true` or `false`; the name alone means `true`
    Flag,
    /// one of these words
    Word(&'static [&'static str]),
    /// a list of numbers, each in one of these ranges: `[3, 1]`
    Numbers(&'static [Range]),
    /// a list of strings: `["size"]`
    Texts,
    /// from one whole number to another: `1..9`
    Between,
    /// one task
    Task,
    /// a dev figure: `slot.span_f1`
    Figure,
    /// an encoder
    Encoder,
    /// read where the call stands, in its own way
    Own,
}

/// An argument.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// `ratio`
    pub name: &'static str,
    /// what it may be
    pub takes: Takes,
    /// it cannot be left out
    pub needed: bool,
}

/// A word with arguments.
#[derive(Debug)]
pub struct Choice {
    /// `proportional`
    pub name: &'static str,
    /// in order; each may also be named
    pub args: &'static [Arg],
    /// the trainer obeys it
    pub runs: bool,
    /// as written
    pub example: &'static str,
}

/// The row of a word.
pub fn choice(table: &'static [Choice], name: &str) -> Option<&'static Choice> {
    table.iter().find(|c| c.name == name)
}

pub(super) const fn c(name: &'static str, args: &'static [Arg], runs: bool, example: &'static str) -> Choice {
    Choice { name, args, runs, example }
}

pub(super) const fn may(name: &'static str, takes: Takes) -> Arg {
    Arg { name, takes, needed: false }
}

pub(super) const fn must(name: &'static str, takes: Takes) -> Arg {
    Arg { name, takes, needed: true }
}

use Takes::*;

/// Samplers.
pub const SAMPLERS: &[Choice] = &[
    c("joint", &[], true, "joint"),
    c("alternate", &[may("ratio", Numbers(SIZE)), may("every", Number(SIZE))], true, "alternate(ratio = [3, 1])"),
    c("random", &[], true, "random"),
    c(
        "proportional",
        &[may("cap", Number(SIZE)), may("temperature", Number(POSITIVE))],
        true,
        "proportional(cap = 300k)",
    ),
    c("smoothed", &[may("alpha", Number(SHARE))], true, "smoothed(0.5)"),
    c("mix", &[], true, "mix(a = 2, b = 1)"),
    c(
        "bandit",
        &[
            must("kind", Word(&["beta_thompson"])),
            must("main", Task),
            may("reward", Word(&["dev_gain"])),
            may("decay", Number(SHARE)),
        ],
        false,
        "bandit(beta_thompson, main = a, reward = dev_gain)",
    ),
    c(
        "episodes",
        &[must("tasks", Number(SIZE)), must("shots", Number(SIZE)), may("queries", Number(SIZE))],
        false,
        "episodes(tasks = 3, shots = 5, queries = 15)",
    ),
    c(
        "policy",
        &[must("features", Own), must("reward", Own)],
        false,
        "policy(features = a.hidden, reward = dev(a.f1))",
    ),
];

/// Weightings of losses.
pub const WEIGHTINGS: &[Choice] = &[
    c("fixed", &[], true, "fixed(slot = 1, intent = 0.5)"),
    c("uncertainty", &[], true, "uncertainty"),
    c("dwa", &[may("temperature", Number(POSITIVE))], false, "dwa(2)"),
    c("gradnorm", &[may("alpha", Number(NOT_NEGATIVE))], false, "gradnorm(1.5)"),
    c("random", &[], false, "random"),
    c("log_classes", &[], false, "log_classes"),
    c("relatedness", &[], false, "relatedness"),
];

/// How the gradients of several tasks become one.
pub const GRADIENTS: &[Choice] = &[
    c("sum", &[], false, "sum"),
    c("pcgrad", &[], false, "pcgrad"),
    c("mgda", &[], false, "mgda"),
    c("cagrad", &[may("c", Number(SHARE))], false, "cagrad(0.4)"),
    c("nash", &[], false, "nash"),
];

/// Schemes of `share`.
pub const SHARES: &[Choice] = &[
    c("tie", &[], false, "tie"),
    c("l2", &[must("weight", Number(POSITIVE))], false, "l2(1e-3)"),
    c("cross_stitch", &[may("init", Number(SHARE))], false, "cross_stitch(init = 0.9)"),
    c(
        "sluice",
        &[may("subspaces", Number(SIZE)), may("orthogonal", Number(NOT_NEGATIVE))],
        false,
        "sluice(subspaces = 2)",
    ),
    c("gate", &[], false, "gate"),
    c(
        "layer_choice",
        &[may("tau", Number(POSITIVE)), may("sparsity", Number(NOT_NEGATIVE)), may("curriculum", Flag)],
        false,
        "layer_choice(tau = 5, sparsity = 1e-3)",
    ),
    c("adapter", &[must("d", Number(SIZE))], false, "adapter(64)"),
];

/// What a `view ... with` does to the input.
pub const VIEWS: &[Choice] = &[
    c(
        "cutoff",
        &[must("kind", Word(&["token", "feature", "span"])), must("p", Number(PART))],
        false,
        "cutoff(token, 5%)",
    ),
    c("mask", &[may("p", Number(PART))], false, "mask(15%)"),
    c("perturb", &[must("embedding", Encoder), must("eps", Number(POSITIVE))], false, "perturb(words, eps = 0.01)"),
];

/// Losses that a task may name: `loss distant + mse`. `heads`: which heads have it (none: all).
pub const TASK_LOSSES: &[(Choice, &[&str])] = &[
    (c("none", &[], false, "none"), &[]),
    (
        c("ce", &[may("negatives", Number(SHARE))], false, "ce"),
        &["tag", "classify", "relate", "parse", "span", "rank", "choose", "point", "generate", "transition"],
    ),
    (
        c("margin", &[may("positive", Number(SHARE)), may("negative", Number(SHARE))], false, "margin(0.9, 0.1)"),
        &["classify", "rank", "choose", "energy", "relate"],
    ),
    (c("distant", &[], false, "distant"), &["span", "choose"]),
    (c("mse", &[], false, "mse"), &["regress", "rank", "choose"]),
];

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

/// How a stage is tied to the weights before it.
pub const ANCHORS: &[Choice] = &[c("l2", &[must("weight", Number(POSITIVE))], false, "l2(1e-2)")];

/// What a stage may keep of tasks or of made examples.
pub const KEEPS: &[Choice] = &[
    c("tasks", &[must("utility", Own)], false, "tasks(utility > 0.5)"),
    c("confidence", &[must("top", Number(SOME))], false, "confidence(top = 20%)"),
];

/// Searches over schedules.
pub const SEARCHES: &[Choice] = &[c(
    "gaussian_process",
    &[must("ratio", Between), must("trials", Number(SIZE)), must("objective", Figure)],
    false,
    "gaussian_process(ratio = 1..9, trials = 12, objective = a.accuracy)",
)];

/// Weights of single examples.
pub const REWEIGHTS: &[Choice] =
    &[c("cross_entropy_difference", &[must("main", Task)], false, "cross_entropy_difference(main = a)")];

/// How a constraint is kept.
pub const CONSTRAINTS: &[Choice] =
    &[c("augmented_lagrangian", &[must("rho", Number(POSITIVE))], false, "augmented_lagrangian(0.1)")];

/// Reports while training.
pub const PROBES: &[Choice] = &[
    c("affinity", &[may("every", Number(SIZE))], false, "affinity(every = 10)"),
    c("groups", &[must("networks", Number(SIZE)), may("size", Number(SIZE))], false, "groups(networks = 2, size = 3)"),
    c("transfer", &[must("main", Task), may("features", Texts)], false, "transfer(main = a, features = [\"size\"])"),
];

/// Optimisers of an inner loop.
pub const INNERS: &[Choice] = &[c(
    "sgd",
    &[must("lr", Number(LEARNING_RATE)), must("steps", Number(SIZE)), may("only", Word(&["heads", "encoders"]))],
    false,
    "sgd(lr = 0.1, steps = 5, only = heads)",
)];

/// A factor that changes over training.
pub const ANNEAL: Choice = c(
    "anneal",
    &[must("from", Number(FACTOR)), must("to", Number(FACTOR)), must("over", Number(SIZE))],
    false,
    "anneal(0, 1, over = 5k)",
);

/// Functions of `loss` lines; their values are typed in `src/check/losses/`.
pub const LOSS_FUNCTIONS: &[Choice] = &[
    c("kl", &[must("p", Own), must("q", Own)], false, "kl(a.probs, b.probs)"),
    c("js", &[must("p", Own), must("q", Own)], false, "js(a.probs, b.probs)"),
    c("cosine", &[must("u", Own), must("v", Own)], false, "cosine(u, v)"),
    c("orthogonal", &[must("u", Own), must("v", Own)], false, "orthogonal(shared, private)"),
    c("square", &[must("x", Own)], false, "square(a.logp - b.logp)"),
    c("covariance", &[must("weights", Own), may("more", Own)], false, "covariance(a[*].weights)"),
    c("tensor_normal", &[must("weights", Own), may("more", Own)], false, "tensor_normal(a[*].weights)"),
    c("marginal", &[must("task", Own), must("over", Own)], false, "marginal(speak, over = find)"),
    c(
        "reinforce",
        &[must("task", Own), must("reward", Own), may("baseline", Word(&["mean", "greedy", "none"]))],
        false,
        "reinforce(read, reward = f1(read.text, qa.answer), baseline = mean)",
    ),
    c("stop", &[must("x", Own)], false, "stop(a.probs)"),
    c("uniform", &[must("gold", Own)], false, "uniform(qa.relevant)"),
    ANNEAL,
    c("f1", &[must("said", Own), must("gold", Own)], false, "f1(read.text, qa.answer)"),
    c("em", &[must("said", Own), must("gold", Own)], false, "em(read.text, qa.answer)"),
    c("rouge", &[must("said", Own), must("gold", Own)], false, "rouge(write.text, giga.y)"),
    c("bleu", &[must("said", Own), must("gold", Own)], false, "bleu(write.text, mt.tgt)"),
];

/// What `loss` lines know of a task besides its ports.
pub const LOSS_PORTS: &[&str] = &["weights", "view"];
