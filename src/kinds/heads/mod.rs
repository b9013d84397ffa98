//! Heads: what a task may learn. Each is a folder (or file) of its own and a row of [`HEADS`]: how its gold is read,
//! what its answer says, how it is scored, its formula, its model. A new head is a folder and a line of the list.

mod antecedent;
mod bag;
mod choose;
mod classify;
mod contrast;
mod denoise;
mod detect;
mod energy;
mod generate;
mod lm;
mod mlm;
#[cfg(feature = "train")]
mod model;
mod parse;
mod point;
mod ports;
mod prelude;
mod rank;
mod regress;
mod relate;
mod row;
mod rule;
mod span;
mod tag;
#[cfg(test)]
#[cfg(feature = "train")]
mod tests;
mod transition;

#[cfg(feature = "train")]
pub use model::{Builder, GoldRows, Head, LogP, build};
pub use row::{Argument, Bare, HARD_PORTS, PORTS, Reads, Row};
pub(crate) use rule::{Answers, Classes, HeadArg, Headed, Rule, Sent, Takes};

use row::ROW;
use rule::RULE;

use crate::columns::Column;
use crate::kinds::metrics::{self, Metric};
use crate::plan::{Param, Setting, Settings, Task};
use crate::records::{LabelSet, Range, Records};
use serde_json::{Map, Value as Json, json};

/// A head: every stage's part of it.
pub struct HeadKind {
    /// its words
    pub row: Row,
    /// its type
    pub(crate) rule: Rule,
    /// metrics of its own, beside those of [`metrics::METRICS`]
    pub metrics: &'static [Metric],
    /// a column as records; none of a column that it cannot learn
    pub gold: fn(&GoldCx<'_>, &Column) -> Option<Records>,
    /// said records as wide as the gold's; the same where they always are
    pub aligned: fn(&AnswerCx<'_>, gold: &Records, said: Records) -> Records,
    /// gold and said as metrics read them; none: as they are
    pub scored: fn(&Settings, gold: &Records, said: &Records) -> Option<(Records, Records)>,
    /// whether an answer agrees with all the gold of an example; none of what is never simply right
    pub right: fn(&Settings, gold: &[i32], said: &[i32]) -> Option<bool>,
    /// the answer to one example, with the probabilities where they are one row
    pub say: fn(&AnswerCx<'_>, said: &Records, example: usize, probs: &[f32]) -> Said,
    /// whether its model draws random numbers while training, beyond those of its features
    pub draws: fn(&Settings) -> bool,
    /// how many numbers a row (settings, width of the scores, number of classes) keeps until the backward pass is over,
    /// and how many each pair of tokens of a text does
    pub held: fn(&Settings, width: usize, classes: usize) -> (usize, usize),
    /// the columns of what it says of each token, by what stands after the task's name in a heading; none of what it says of
    /// examples or layers
    pub columns: fn(&Settings) -> &'static [&'static str],
    /// what it says has a probability
    pub odds: bool,
    /// its loss is a squared error, which is the likelihood of a Gaussian but for a half (Kendall et al. 2018, eq. 7)
    pub squared: fn(&Settings) -> bool,
    /// its loss as papers write it
    pub formula: fn(&Settings) -> &'static str,
    /// sets what only the data tell: settings, sizes of parameters, the width of its scores
    pub fit: fn(&mut Fit<'_>),
    /// its model
    #[cfg(feature = "train")]
    pub build: Option<Builder>,
}

impl std::fmt::Debug for HeadKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeadKind({})", self.row.name)
    }
}

/// What most heads share: one class for each example.
const HEAD: HeadKind = HeadKind {
    row: ROW,
    rule: RULE,
    metrics: &[],
    gold: |_, _| None,
    aligned: |_, _, said| said,
    scored: |_, _, _| None,
    right: |_, gold, said| Some(same(gold, said)),
    say: |_, _, _, _| Said::default(),
    draws: |_| false,
    held: |_, width, _| (2 * width, 0),
    columns: |_| &[],
    odds: false,
    squared: |_| false,
    formula: |_| "",
    fit: |_| {},
    #[cfg(feature = "train")]
    build: None,
};

/// The heads.
pub const HEADS: &[&HeadKind] = &[
    &tag::TAG,
    &classify::CLASSIFY,
    &regress::REGRESS,
    &relate::RELATE,
    &parse::PARSE,
    &antecedent::ANTECEDENT,
    &transition::TRANSITION,
    &span::SPAN,
    &rank::RANK,
    &choose::CHOOSE,
    &point::POINT,
    &generate::GENERATE,
    &lm::LM,
    &mlm::MLM,
    &denoise::DENOISE,
    &detect::DETECT,
    &bag::BAG,
    &contrast::CONTRAST,
    &energy::ENERGY,
];

/// The head of this name; of a name without a room the empty one, which has no gold and no model.
pub fn find(name: &str) -> &'static HeadKind {
    HEADS.iter().find(|h| h.row.name == name).copied().unwrap_or(&HEAD)
}

/// Whether a loss is what a head learns by when its task names none.
pub fn is_own_loss(head: &str, loss: &str) -> bool {
    find(head).rule.own_loss == Some(loss)
}

/// The words of every head, in order.
pub fn rows() -> impl Iterator<Item = &'static Row> + Clone {
    HEADS.iter().map(|h| &h.row)
}

/// The words of a head.
pub fn row(name: &str) -> Option<&'static Row> {
    rows().find(|h| h.name == name)
}

/// The metric of this name or alias, be it a head's own.
pub fn metric(name: &str) -> Option<&'static Metric> {
    metrics::find(name).or_else(|| HEADS.iter().flat_map(|h| h.metrics).find(|m| m.is(name)))
}

/// Every metric that can be computed.
pub fn all_metrics() -> impl Iterator<Item = &'static Metric> {
    metrics::METRICS.iter().chain(HEADS.iter().flat_map(|h| h.metrics))
}

/// Whether a word is a metric, be it one that cannot be computed yet.
pub fn is_metric(word: &str) -> bool {
    metric(word).is_some() || rows().any(|h| h.later.contains(&word))
}

/// What turns a column into records.
pub struct GoldCx<'a> {
    /// ids of classes
    pub labels: &'a LabelSet,
    /// names of layers
    pub layers: &'a LabelSet,
    /// number of tokens of an example's text, where it is known
    pub lengths: &'a dyn Fn(usize) -> Option<usize>,
}

/// What turns records into words.
#[derive(Clone, Copy, Debug)]
pub struct AnswerCx<'a> {
    /// of the task
    pub settings: &'a Settings,
    /// its classes
    pub labels: &'a LabelSet,
    /// the names of its layers
    pub layers: &'a LabelSet,
    /// what is said beside the decisions
    pub shown: Shown,
    /// what stands between several classes in one cell, and what stands for no class
    pub sets: (&'a str, &'a str),
}

/// What is said beside decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// the probability of each
    pub probs: bool,
    /// so many of the most probable classes
    pub top: Option<usize>,
}

impl Shown {
    /// Whether probabilities of tags are wanted, which are many.
    pub fn any(self) -> bool {
        self.probs || self.top.is_some()
    }
}

impl AnswerCx<'_> {
    /// The name of a class.
    pub fn name(&self, id: i32) -> String {
        let name = usize::try_from(id).ok().and_then(|id| self.labels.name_of(id));
        name.unwrap_or("?").to_string()
    }

    /// A probability for each class; of the most probable ones only, in their order, if so many are wanted.
    fn table(&self, probs: &[f32]) -> Json {
        let round = |p: f32| json!((f64::from(p) * 1e6).round() / 1e6);
        let of = |(id, p): (usize, f32)| (self.name(id as i32), round(p));
        match self.shown.top {
            Some(_) => self.ranked(probs).map(of).collect::<Map<_, _>>().into(),
            None => probs.iter().copied().enumerate().map(of).collect::<Map<_, _>>().into(),
        }
    }

    /// The most probable classes, as many as are wanted; of equal ones the first.
    fn ranked(&self, probs: &[f32]) -> impl Iterator<Item = (usize, f32)> {
        let mut all: Vec<(usize, f32)> = probs.iter().copied().enumerate().collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.into_iter().take(self.shown.top.unwrap_or(usize::MAX))
    }

    /// The probabilities of a decision, as cells hold them.
    fn odds(&self, probs: &[f32], said: &[i32]) -> Odds {
        let said = said.iter().filter_map(|id| probs.get(usize::try_from(*id).ok()?));
        let said: Vec<String> = said.map(|p| format!("{p:.4}")).collect();
        let top: Vec<String> = self.ranked(probs).map(|(id, p)| format!("{}:{p:.4}", self.name(id as i32))).collect();
        Odds { said: said.join(","), top: top.join(",") }
    }
}

/// Probabilities as cells hold them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Odds {
    /// of what is said
    pub said: String,
    /// `A:0.9123,B:0.0512`, the most probable first
    pub top: String,
}

/// What a task says of one example.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// as JSON: a string, a list, a number or an object
    pub json: Json,
    /// columns of one cell for each token, where it says something of each token
    pub cells: Vec<Vec<String>>,
    /// named layers of tags
    pub layers: Vec<(String, Vec<String>)>,
    /// in short
    pub text: String,
    /// probabilities, where they are wanted: of each token, or of the one answer
    pub odds: Vec<Odds>,
}

impl Said {
    /// An answer that is no row of cells.
    pub fn of(json: Json, text: impl Into<String>) -> Self {
        Self { json, text: text.into(), ..Self::default() }
    }
}

/// A task whose data are known.
pub struct Fit<'a> {
    /// its settings may change
    pub task: &'a mut Task,
    /// shapes and initial values of its parameters may change
    pub params: &'a mut [Param],
    /// its classes
    pub labels: &'a LabelSet,
    /// the names of its layers
    pub layers: &'a LabelSet,
    /// of the training golds, where they are numbers
    pub range: Option<Range>,
    /// numbers in a row of scores, where the checker could not know them
    pub width: Option<usize>,
}

/// Whether a setting is switched on.
fn flag(settings: &Settings, name: &str) -> bool {
    settings.get(name).and_then(Setting::as_bool).unwrap_or(false)
}

/// Whether every id of the gold that is one stands in the answer, too.
fn same(gold: &[i32], said: &[i32]) -> bool {
    gold.iter().zip(said).all(|(g, p)| *g < 0 || g == p)
}
