//! The plan: what will be computed, in order, with every shape known. It is data (serde) and knows no burn.
//!
//! `check` finds out which vocabularies and label sets a program needs ([`VocabSpec`], [`LabelSpec`]); the data layer
//! builds them from the training splits (`encode::Tables`); `lower::build` then fixes every shape. The
//! network executes exactly the nodes of a [`Graph`], in order, once for training and once for inference.
//!
//! # Ragged batches
//! A batch of texts is never padded: the tokens of all its examples stand one after the other, `[N, d]`, beside the
//! offsets of the examples; `[B, d]` has one row per example. Lists of texts are one level more: a [`Shape`] names the
//! levels of its rows, from the examples down.

mod factor;
mod settings;
mod valid;

pub use factor::Factor;
pub use settings::{Setting, Settings};

use crate::columns::CorpusDecl;
use crate::util::SmallList;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format of [`Plan`]s. A plan of another one is refused, never guessed at.
pub const VERSION: u32 = 6;

/// Index of a node in its graph.
pub type NodeId = usize;

/// Everything that a run needs to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// of the format
    pub version: u32,
    /// the spec's file name
    pub name: String,
    /// the corpora; fields are named by (corpus, field) index pairs
    pub corpora: Vec<CorpusDecl>,
    /// vocabularies: which texts they are made from
    pub vocabs: Vec<VocabSpec>,
    /// label sets
    pub labels: Vec<LabelSpec>,
    /// every trainable tensor
    pub params: Vec<Param>,
    /// every layer, with or without parameters; shared layers stand here once
    pub layers: Vec<Layer>,
    /// every task
    pub tasks: Vec<Task>,
    /// views of tasks, each a head of the task's kind on other features: numbered on from the tasks in nodes
    /// ([`Plan::headed`])
    #[serde(default)]
    pub views: Vec<Task>,
    /// what the losses of the program compute, each kind of computation with its settings once
    #[serde(default)]
    pub terms: Vec<Term>,
    /// every `loss` of the program
    #[serde(default)]
    pub losses: Vec<Loss>,
    /// of the losses that read no data: what they compute
    #[serde(default)]
    pub penalties: Vec<Penalty>,
    /// for each corpus that any task reads: the training graph and the test graph
    pub graphs: Vec<Graph>,
    /// the schedule
    pub train: Train,
    /// claims to be verified after the run
    pub expects: Vec<Expect>,
    /// joint or multi-step, as classified
    pub verdict: Verdict,
    /// what the passes do
    #[serde(default)]
    pub passes: Vec<Applied>,
}

/// What a pass does in a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// row of the table of passes
    pub name: String,
    /// whether it acts; `--no-pass` turns it off
    pub on: bool,
    /// in words; empty where it finds nothing to do
    pub what: String,
    /// in numbers
    pub counts: BTreeMap<String, usize>,
}

/// The classification of the task graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// multi-step rather than joint
    pub multi_step: bool,
    /// why, one sentence per dependency
    pub reasons: Vec<String>,
    /// task names per step
    pub steps: Vec<Vec<String>>,
}

/// A vocabulary to be made from the training texts of some fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VocabSpec {
    /// for people
    pub name: String,
    /// what an item is
    pub unit: Unit,
    /// (corpus, field) pairs whose training texts count
    pub fields: Vec<(usize, usize)>,
    /// fold case
    pub lower: bool,
    /// rarer items are unknown
    pub min_count: usize,
    /// at most so many items (0: no limit), the most frequent first
    pub max_size: usize,
    /// items and initial vectors from a file in GloVe's or word2vec's text format; the file's words are added when
    /// they occur in any split of the fields
    pub vectors: Option<String>,
    /// number of ids, reserved ones included; 0 until the tables are built
    pub size: usize,
}

/// What a vocabulary counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// tokens; id 0 unknown, 1 the separator between joined texts
    Word,
    /// characters of tokens; id 0 unknown, 1 begin of word, 2 end of word
    Char,
}

/// A label set to be made from the training golds of some fields (sorted; BIO sets start with `O`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelSpec {
    /// for people
    pub name: String,
    /// (corpus, field) pairs whose training golds count; for the derived field `source` the field index is
    /// [`SOURCE_FIELD`] and the classes are the corpora's names
    pub fields: Vec<(usize, usize)>,
    /// whether these are the *names of layers* of a `layers` field, not its tags
    pub layer_names: bool,
    /// of texts, whose words are the classes: the most frequent, so many of them; 0: all that occur twice
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<usize>,
    /// the classes; empty until the tables are built
    pub classes: Vec<String>,
}

/// The field index of `corpus.source`: which member of a family or union an example comes from.
pub const SOURCE_FIELD: usize = usize::MAX;

/// A trainable tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// `enc.bilstm1.fwd.w_ih`: its name in the checkpoint
    pub name: String,
    /// one to three dimensions
    pub shape: Vec<usize>,
    /// initial values, drawn from a generator seeded by (seed, name), so that adding a task moves no other weight
    pub init: Init,
    /// the encoder, task or edge to which it belongs (learning-rate groups, freezing)
    pub owner: String,
    /// others to which it belongs, too: those that are tied
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

impl Param {
    /// All to which it belongs.
    pub fn owners(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.owner.as_str()).chain(self.also.iter().map(String::as_str))
    }
}

/// Initial values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// zeros
    Zeros,
    /// one value
    Constant(f64),
    /// U(-a, a)
    Uniform(f64),
    /// N(0, s²)
    Normal(f64),
    /// U(±√(6/(in+out))) over the last two dimensions (Glorot and Bengio 2010)
    Xavier,
    /// each row a mixture: this share in column `from` + its number, the rest in equal shares in the others
    Blend {
        /// the share
        own: f64,
        /// the column of the first row
        from: usize,
    },
    /// rows from a vectors file by vocabulary item, N(0, s²) for the others; index of the vocabulary, s
    Vectors(usize, f64),
}

/// A layer. `kind` is a row of the layer table; see `docs/architecture.md` for inputs, settings and parameters of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// `rnn`, `dense`, `concat`, ...
    pub kind: String,
    /// for people: `enc.bilstm1`
    pub name: String,
    /// by name
    pub settings: Settings,
    /// indices into [`Plan::params`], in the kind's order
    pub params: Vec<usize>,
}

/// A computation of a loss: a row of the table of terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// `kl`, `square`, ...
    pub kind: String,
    /// by name
    #[serde(default)]
    pub settings: Settings,
    /// indices into [`Plan::params`], of terms over weights: those of one member after those of another
    #[serde(default)]
    pub params: Vec<usize>,
}

/// A `loss`: a number beside the losses of tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// its name
    pub name: String,
    /// how much it counts
    pub weight: Factor,
    /// the tasks that it trains
    pub tasks: Vec<usize>,
}

/// A loss that reads weights alone: computed once in every step in which it counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Penalty {
    /// index into [`Plan::losses`]
    pub loss: usize,
    /// terms and layers in order, the last of which is its value
    pub nodes: Vec<Node>,
}

/// The dataflow of one corpus in one phase. Nodes stand in an order in which every input comes before its reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// index of the corpus
    pub corpus: usize,
    /// training or test
    pub phase: Phase,
    /// in order; equal sub-expressions stand once
    pub nodes: Vec<Node>,
    /// the tasks computed here
    pub tasks: Vec<GraphTask>,
    /// the losses computed here, in training
    #[serde(default)]
    pub losses: Vec<GraphLoss>,
    /// nodes that a view computes anew, ascending
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub twins: Vec<Twin>,
}

/// A node that computes another once more, on a changed input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// it
    pub node: NodeId,
    /// the other: both draw the same at random, so that they differ by what was changed alone
    pub of: NodeId,
}

impl Graph {
    /// The node whose random draws a node makes: itself, unless it is a twin.
    pub fn drawn_as(&self, node: NodeId) -> NodeId {
        self.twins.binary_search_by_key(&node, |t| t.node).map_or(node, |i| self.twins[i].of)
    }
}

/// Training or test (dev, test, prediction).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Phase {
    Train,
    Test,
}

/// A task as computed on one corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphTask {
    /// index into [`Plan::tasks`]
    pub task: usize,
    /// its head's node, whose value are the scores (logits)
    pub head: NodeId,
    /// the field that holds its gold in this corpus; `None`: only computed because another task reads it
    pub gold: Option<usize>,
}

/// A loss as computed on one corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphLoss {
    /// index into [`Plan::losses`]
    pub loss: usize,
    /// its node: a number for each token, for each example, or one for the batch. What counts is the mean
    pub node: NodeId,
    /// (task, field) whose gold it reads: examples without are not counted
    pub golds: Vec<(usize, usize)>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// what is done
    pub op: Op,
    /// with what
    pub inputs: Vec<NodeId>,
    /// the shape of its value
    pub shape: Shape,
    /// for people: `enc.bilstm1(x)`
    pub name: String,
}

/// The shape of a node's value: rows over the axis that its levels name, from the examples down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// empty: a row for each example
    pub over: SmallList<Level>,
    /// numbers a row; `None`: tokens, which have no vectors yet
    pub width: Option<usize>,
}

/// What the rows of an axis are to the rows above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// members of a list
    Members,
    /// tokens of a text
    Tokens,
}

impl Shape {
    /// The tokens of a text of each example.
    pub const TEXT: Self = Self { over: SmallList::one(Level::Tokens), width: None };

    /// `[N, width]` over the tokens of a text of each example.
    pub const fn tokens(width: usize) -> Self {
        Self { over: SmallList::one(Level::Tokens), width: Some(width) }
    }

    /// `[B, width]`: a row for each example.
    pub const fn example(width: usize) -> Self {
        Self { over: SmallList::none(), width: Some(width) }
    }

    /// Whether it is a text, without vectors.
    pub fn is_text(&self) -> bool {
        self.width.is_none()
    }

    /// Whether its rows are vectors of tokens.
    pub fn per_token(&self) -> bool {
        self.width.is_some() && self.over.last() == Some(&Level::Tokens)
    }

    /// Numbers a row, 0 of a text.
    pub fn width(&self) -> usize {
        self.width.unwrap_or(0)
    }

    /// The same with rows of another width; a text stays one.
    #[must_use]
    pub fn with_width(&self, width: usize) -> Self {
        Self { over: self.over.clone(), width: self.width.map(|_| width) }
    }
}

/// Kinds of operation. Only `Layer` is an open set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// texts of the example: one field, or several joined by a separator token. No inputs.
    Text {
        /// field indices of the graph's corpus
        fields: Vec<usize>,
    },
    /// `plan.layers[layer]` applied to the inputs
    Layer {
        /// index
        layer: usize,
    },
    /// the head of a task: features → scores
    Head {
        /// index of the task
        task: usize,
    },
    /// `plan.terms[term]` applied to the inputs
    Term {
        /// index
        term: usize,
    },
    /// what leaves a head. Input: the head's node.
    Port {
        /// index of the task
        task: usize,
        /// which
        port: Port,
    },
    /// gold instead of prediction while training. Input: a `labels` port, whose value (one-hot rows) is used wherever
    /// the example carries no gold, and with probability 1 − share elsewhere.
    Gold {
        /// index of the task whose gold it is
        task: usize,
        /// field of the graph's corpus
        field: usize,
        /// share of examples that see gold at the start and at the end of training (1, 1: always gold; drawn per
        /// example; linear in between: scheduled sampling, Bengio et al. 2015)
        share: (f64, f64),
    },
}

/// Ports of a head as dataflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Port {
    /// raw scores: `[·, K]`
    Logits,
    /// probabilities: `[·, K]` (softmax; marginals of a CRF; sigmoids of a multi-label head; bins of a regression)
    Probs,
    /// hard decision as one-hot (multi-hot) rows, without gradient
    Labels,
    /// hard decision forwards, gradient of the probabilities backwards (straight-through)
    Straight,
    /// the log-probability of the gold of each example: `[B, 1]`; zero where it has none
    Logp,
    /// the task's own loss on the batch: `[1, 1]`; zero without gold
    Loss,
    /// the number that a regression says of each example: `[B, 1]`
    Value,
}

/// A task: head, target, figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// `slot`, `sent["books"]`
    pub name: String,
    /// row of the head table: `tag`, `classify`, `regress`
    pub head: String,
    /// its settings: `tag`: crf (bool), bio (bool), per_layer (bool); `classify`: multi (bool), threshold;
    /// `regress`: bins (int), low, high (real; range of the training golds)
    pub settings: Settings,
    /// indices of its parameters. All heads: out.weight [d, C], out.bias [C] (C classes; `regress` 1 or bins; with
    /// per_layer R·K); `tag` with crf also transitions [K, K], start [K], end [K]
    pub params: Vec<usize>,
    /// label set of its classes
    pub labels: Option<usize>,
    /// label set of layer names (`tag(per = relation)`)
    pub layers: Option<usize>,
    /// weight of its loss
    pub weight: Factor,
    /// the parts of its loss, where it names them: none for a task that others train; absent: its head's own
    #[serde(default)]
    pub loss: Option<Vec<OwnLoss>>,
    /// how much each class counts in it
    #[serde(default)]
    pub class_weights: Option<ClassWeights>,
    /// (corpus, field) pairs that hold its gold
    pub golds: Vec<(usize, usize)>,
    /// its figures; the first is the one that stands for the task
    pub metrics: Vec<Metric>,
    /// step of the longest-path order, from 0
    pub step: usize,
}

/// A part of the loss that a task names: a row of the table of such losses, times a factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnLoss {
    /// `ce`, `focal`, ...
    pub kind: String,
    /// by name
    #[serde(default)]
    pub settings: Settings,
    /// by how much
    pub factor: f64,
}

/// How much the classes of a task count in its loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeights {
    /// n / (K n_k): of K classes over n training golds, n_k of which are k
    Balanced,
    /// those that are named; the others count 1
    Named(Vec<(String, f64)>),
}

/// A metric with arguments, e.g. `f(0.5)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// row of the metric table
    pub name: String,
    /// its arguments
    pub args: Vec<f64>,
    /// the classes named by `f1("yes")`
    pub classes: Vec<String>,
    /// of a metric of rankings, the field whose values group examples
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// as shown and as written in objectives: `f(0.5)`
    pub label: String,
}

impl Metric {
    /// One without arguments.
    pub fn plain(name: &str) -> Self {
        Self { name: name.into(), args: vec![], classes: vec![], by: None, label: name.into() }
    }
}

/// The schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Train {
    /// in order, repeats unrolled; without `stage` there is one, named `train`
    pub stages: Vec<Stage>,
    /// what chooses the model that is kept; `None`: the last weights are kept
    pub objective: Option<Score>,
    /// seed of everything random
    pub seed: u64,
}

/// One stage of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// for people
    pub name: String,
    /// tasks whose losses count
    pub tasks: Vec<usize>,
    /// indices into [`Plan::losses`] of those that count
    #[serde(default)]
    pub losses: Vec<usize>,
    /// when it ends
    pub length: Length,
    /// examples per batch
    pub batch: usize,
    /// which corpus the next batch comes from
    pub sampler: Sampler,
    /// how losses are weighted against each other
    pub weights: Weighting,
    /// how the gradients of several tasks become one; `None`: by their sum
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradients: Option<Combining>,
    /// how parameters move
    pub optimizer: Optimizer,
    /// global norm above which gradients are scaled down
    pub clip: Option<f64>,
    /// owners (encoders, tasks, edges) whose parameters do not move
    pub freeze: Vec<String>,
    /// it trains a copy of the weights, which its tasks have from then on
    #[serde(default)]
    pub fork: bool,
    /// it begins with the initial weights
    #[serde(default)]
    pub restart: bool,
    /// δ of δ‖θ − θ′‖² over the weights θ that move, which were θ′ before (Hashimoto et al. 2017)
    #[serde(default)]
    pub anchor: Option<f64>,
    /// what it trained does not move in later stages
    #[serde(default)]
    pub then_freeze: bool,
    /// which of its tasks remain for stages that train those which are kept
    #[serde(default)]
    pub keep: Option<Keep>,
    /// of its tasks only those that an earlier stage kept
    #[serde(default)]
    pub kept: bool,
    /// what is measured along
    #[serde(default)]
    pub probe: Option<Probe>,
    /// it is a trial of a search
    #[serde(default)]
    pub search: Option<Search>,
    /// dev evaluation after so many steps or minutes; `None`: after each epoch
    pub eval_every: Option<Length>,
    /// stop after so many evaluations without a better objective
    pub early_stop: Option<usize>,
}

/// A report that a stage makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// how a step for each task changes the loss of each other (Fifty et al. 2021)
    Affinity {
        /// steps between two measurements
        every: u64,
    },
    /// the other tasks of the stage as sources for one, by features of their data (Lin et al. 2019)
    Transfer {
        /// the task
        main: usize,
        /// rows of the table of features
        features: Vec<String>,
    },
}

/// Tasks that remain: those that were of use, and the one for which they were.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keep {
    /// more use than this
    pub above: f64,
    /// or as much
    pub or_equal: bool,
}

/// One of several trials of a stage, each with rates of its tasks that follow from the trials before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// row of the table of searches
    pub kind: String,
    /// its place among the trials
    pub trial: usize,
    /// how many there are
    pub trials: usize,
    /// least and greatest rate
    pub bounds: (f64, f64),
    /// which trial counts
    pub objective: Score,
}

/// A length of training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// passes over every example of every task of the stage
    Epochs(f64),
    /// optimiser steps
    Steps(u64),
    /// wall-clock seconds
    Seconds(f64),
}

/// Which examples the next step sees: a row of the table of samplers, with its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampler {
    /// `joint`, `alternate`, `proportional`, ...
    pub kind: String,
    /// by name: cap, temperature, alpha
    #[serde(default)]
    pub settings: Settings,
    /// what it draws, in its order, each with its number (batches in a row, a rate): tasks, and by numbers from that of
    /// the tasks on ([`Plan::unit`]) losses; empty: it names none
    #[serde(default)]
    pub tasks: Vec<(usize, f64)>,
}

impl Sampler {
    /// Without settings.
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), settings: Settings::new(), tasks: vec![] }
    }

    /// The tasks that it names, if it draws only what it names; `tasks`: how many there are.
    pub fn drawn(&self, tasks: usize) -> Option<Vec<usize>> {
        let named: Vec<usize> = self.tasks.iter().filter(|(_, n)| *n > 0.0).map(|(t, _)| *t).collect();
        (!named.is_empty()).then(|| named.into_iter().filter(|t| *t < tasks).collect())
    }
}

/// How losses are weighted: a row of the table of weightings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weighting {
    /// `fixed`, `uncertainty`, ...
    pub kind: String,
    /// by name; a task is named by its index
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// (task, number): weights that the stage gives
    #[serde(default)]
    pub tasks: Vec<(usize, f64)>,
    /// index of the parameter that is learned for a task
    #[serde(default)]
    pub params: Vec<(usize, usize)>,
}

impl Weighting {
    /// Of a kind, with nothing else said.
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), settings: Settings::new(), tasks: vec![], params: vec![] }
    }
}

/// How the gradients of several tasks become one: a row of the table of gradient methods, with its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Combining {
    /// `pcgrad`, `mgda`, ...
    pub kind: String,
    /// by name
    #[serde(default)]
    pub settings: Settings,
}

/// An optimiser with its schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimizer {
    /// `sgd`, `adam`, `adamw`, `adamax`, `adadelta`
    pub kind: String,
    /// by name: lr, beta1, beta2, epsilon, weight_decay, momentum, rho, nesterov — all present, defaults filled in
    pub settings: Settings,
    /// learning rates by owner: (owner prefix, lr)
    pub groups: Vec<(String, f64)>,
    /// linear warm-up: a share of the stage (below 1) or a number of steps
    pub warmup: f64,
    /// after the warm-up
    pub decay: Decay,
}

/// Learning-rate decay after the warm-up, over the rest of the stage: a row of the table of decays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decay {
    /// `none`, `linear`, ...
    pub kind: String,
    /// by name: factor, rate
    #[serde(default)]
    pub settings: Settings,
}

/// An expression over dev metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Score {
    /// a task's metric (index into its `metrics`)
    Metric {
        task: usize,
        metric: usize,
    },
    /// a figure over all tasks of a corpus: `frame_accuracy` (every task of the example right)
    Frame {
        corpus: usize,
    },
    Number(f64),
    Mean(Vec<Score>),
    Add(Box<Score>, Box<Score>),
    Sub(Box<Score>, Box<Score>),
    Mul(Box<Score>, Box<Score>),
    Div(Box<Score>, Box<Score>),
}

impl Score {
    /// The figures that it reads: (task, metric), and the corpora of frames.
    pub fn reads(&self) -> (Vec<(usize, usize)>, Vec<usize>) {
        let (mut metrics, mut frames) = (vec![], vec![]);
        self.read(&mut metrics, &mut frames);
        (metrics, frames)
    }

    fn read(&self, metrics: &mut Vec<(usize, usize)>, frames: &mut Vec<usize>) {
        match self {
            Self::Metric { task, metric } => metrics.push((*task, *metric)),
            Self::Frame { corpus } => frames.push(*corpus),
            Self::Number(_) => {}
            Self::Mean(xs) => xs.iter().for_each(|x| x.read(metrics, frames)),
            Self::Add(a, b) | Self::Sub(a, b) | Self::Mul(a, b) | Self::Div(a, b) => {
                a.read(metrics, frames);
                b.read(metrics, frames);
            }
        }
    }

    /// Gives tasks other indices; those without a new one stay.
    pub(crate) fn renumber(&mut self, new: &impl Fn(usize) -> Option<usize>) {
        match self {
            Self::Metric { task, .. } => *task = new(*task).unwrap_or(*task),
            Self::Mean(all) => all.iter_mut().for_each(|s| s.renumber(new)),
            Self::Add(a, b) | Self::Sub(a, b) | Self::Mul(a, b) | Self::Div(a, b) => {
                a.renumber(new);
                b.renumber(new);
            }
            Self::Frame { .. } | Self::Number(_) => {}
        }
    }
}

/// A claim and how it is verified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// as written
    pub text: String,
    /// what must hold
    pub claim: Claim,
}

/// What must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// `joint` / `multi_step`: held at check time
    Verdict,
    /// a test figure against a number
    Figure {
        /// over test metrics
        score: Score,
        /// `>=`, `<=`, `>`, `<`, `==`
        op: String,
        /// the threshold
        value: f64,
    },
    /// `gain(m, over = single) >= x`: test figure minus that of another program
    Gain {
        /// over test metrics
        score: Score,
        /// the other program
        over: Over,
        /// `>=` ...
        op: String,
        /// the threshold
        value: f64,
    },
    /// `probe(enc, corpus.field) <= x`: the test figure of a fresh head that reads a field off the trained encoder, through which
    /// no gradient goes
    Probe {
        /// the encoder, as it is written in the spec
        encoder: String,
        /// the field, as it is written in the spec
        field: String,
        /// the head, as it is written in a spec
        head: String,
        /// `>=` ...
        op: String,
        /// the threshold
        value: f64,
    },
    /// `drop(m, without = a -> b) >= x`: test figure minus that of the program without the arrow
    Drop {
        /// over test metrics
        score: Score,
        /// the arrow, as written
        arrow: String,
        /// `>=` ...
        op: String,
        /// the threshold
        value: f64,
    },
}

/// With what a program is compared; tasks by their index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Over {
    /// each of these tasks alone
    Single(Vec<usize>),
    /// everything but these tasks or losses
    Without(Vec<String>),
}

/// What a sampler draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drawn {
    /// a task
    Task(usize),
    /// a loss
    Loss(usize),
}

impl Plan {
    /// What stands behind the number of a unit: losses follow the tasks.
    pub fn unit(&self, number: usize) -> Drawn {
        number.checked_sub(self.tasks.len()).map_or(Drawn::Task(number), Drawn::Loss)
    }

    /// The task, or the view of one, whose head has this number.
    pub fn headed(&self, number: usize) -> Option<&Task> {
        self.tasks.iter().chain(&self.views).nth(number)
    }

    /// The name of a task or a loss.
    pub fn name_of(&self, drawn: Drawn) -> &str {
        match drawn {
            Drawn::Task(t) => self.tasks.get(t).map_or("?", |t| &t.name),
            Drawn::Loss(l) => self.losses.get(l).map_or("?", |l| &l.name),
        }
    }

    /// The graph of a corpus in a phase.
    pub fn graph(&self, corpus: usize, phase: Phase) -> Option<&Graph> {
        self.graphs.iter().find(|g| g.corpus == corpus && g.phase == phase)
    }

    /// Whether a pass acts: unless it was turned off.
    pub fn pass(&self, name: &str) -> bool {
        self.passes.iter().all(|p| p.name != name || p.on)
    }

    /// Whether another plan is of the same program; how long the last stage lasts may differ, since a finished run can go on.
    pub fn is_same_program(&self, other: &Self) -> bool {
        let timeless = |plan: &Self| {
            let mut plan = plan.clone();
            // a stored plan has no places
            plan.corpora.iter_mut().for_each(CorpusDecl::forget_places);
            if let Some(last) = plan.train.stages.last_mut() {
                last.length = Length::Steps(0);
            }
            plan
        };
        timeless(self) == timeless(other)
    }

    /// Number of trainable values.
    pub fn num_params(&self) -> usize {
        self.params.iter().map(|p| p.shape.iter().product::<usize>()).sum()
    }
}
