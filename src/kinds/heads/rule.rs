//! What the type of a head depends on: the features that it takes, what it answers, its parameters, its ports.

use crate::ast::{self, Expr};
use crate::columns::FieldType;
use crate::diagnostics::Diagnostic;
use crate::kinds::metrics;
use crate::plan::{Setting, Settings};
use crate::source::Span;
use crate::types::dim::{Dim, InitRule, Letter, Size, SymParam};
use crate::types::{Env, Resolve, Space, Val};

/// What features a head takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// a vector for each token of the text on which the gold stands
    Tokens,
    /// one vector for each example
    Example,
    /// states of a text, or of each text of a list
    Passages,
    /// one vector for each member of the list in which the gold picks
    Members,
    /// a vector for each token of the text that is the gold itself
    Words,
    /// as `Words`, none of which has seen what comes after it
    PastWords,
    /// vectors that a function has put side by side: those of `both` or of `triple`
    Joined(&'static str),
    /// states or vectors, of a text or of a list
    Any,
}

/// What a head gives a distribution for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// each token of its features
    Tokens,
    /// each example, or each member of a list
    Examples,
    /// each token of its gold text, from left to right
    Words,
    /// each token of the text on which its gold stands
    GoldTokens,
}

/// Which label sets a head needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Classes {
    /// none
    None,
    /// those of its gold
    Gold,
    /// those of its gold, and the names of its layers
    Layers,
    /// the words of its gold: the most frequent, so many; 0: all that occur twice
    Words(usize),
}

/// A port of a head, besides those of all heads.
pub(crate) struct PortRule {
    pub name: &'static str,
    /// what stands in its brackets: `k` of `.top(k)`
    pub arg: Option<&'static str>,
    /// the type of what leaves it; none for what only losses read
    pub value: Option<fn(&Headed<'_>, &Sent<'_>) -> Val>,
}

/// What a port's value is made of.
pub(crate) struct Sent<'a> {
    pub features: &'a Val,
    pub scores: &'a Val,
    /// the number in the port's brackets
    pub arg: Option<f64>,
}

/// A task, as far as its head needs to know it.
#[derive(Clone, Copy)]
pub(crate) struct Headed<'a> {
    pub name: &'a str,
    /// its place among the tasks that are declared
    pub def: usize,
    /// the classes of its gold
    pub labels: Option<usize>,
    pub settings: &'a Settings,
}

impl Headed<'_> {
    /// Width of the decoder of a task that writes.
    pub fn decoder_width(&self) -> Dim {
        let given = self.settings.get("width").and_then(Setting::as_usize);
        given.map_or_else(|| open(Letter::Decoder, self), Dim::of)
    }
}

/// An argument of a head.
pub(crate) struct HeadArg<'a> {
    pub word: &'a str,
    pub arg: &'a ast::Arg,
    pub env: &'a Env,
}

/// The rule of a head.
pub(crate) struct Rule {
    pub takes: fn(&Settings) -> Takes,
    pub answers: fn(&Settings) -> Answers,
    pub classes: fn(&Settings) -> Classes,
    /// numbers in one answer
    pub width: fn(&Headed<'_>) -> Dim,
    /// the space in which it chooses, in words: `label K for each token of x`
    pub space: &'static str,
    /// the same for losses that compare two distributions
    pub chooses: fn(&Headed<'_>) -> Space,
    /// its parameters, given its features and the width of its scores; a head that is not run has none
    pub params: fn(&Headed<'_>, &Val, Dim) -> Vec<SymParam>,
    /// which metrics measure what it predicts; none where its row says so
    pub measures: fn(&Settings) -> Option<metrics::Kind>,
    /// its metric by default; none for the first of its row
    pub metric: fn(&Settings) -> Option<&'static str>,
    /// its loss in words; none for that of its row
    pub loss: fn(&Settings) -> Option<&'static str>,
    /// the name of its loss by default, where a task may write it down: `loss ce`
    pub own_loss: Option<&'static str>,
    /// sets what an argument says
    pub option: fn(&mut dyn Resolve, &HeadArg<'_>, &mut Settings),
    /// sets what its features decide
    pub settle: fn(&Val, &mut Settings),
    /// what must hold between its arguments and the type of its gold
    pub gold: fn(&Expr, &Settings, &FieldType, Span) -> Option<Diagnostic>,
    pub ports: &'static [PortRule],
    /// whether its scores, probabilities and labels can leave by an arrow; its states always can
    pub sends: fn(&Settings) -> bool,
    /// its answers are each right or wrong by themselves, so that a task may name another loss of them
    pub judged: fn(&Settings) -> bool,
    /// each number of its answer is the probability of a class by itself, yes or no
    pub each: fn(&Settings) -> bool,
    /// it writes its gold word by word
    pub writes: bool,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rule({})", self.space)
    }
}

/// What most rules share.
pub(crate) const RULE: Rule = Rule {
    takes: |_| Takes::Any,
    answers: |_| Answers::Examples,
    classes: |_| Classes::None,
    width: |_| Dim::of(1),
    space: "",
    chooses: |_| Space::Unknown,
    params: |_, _, _| vec![],
    measures: |_| None,
    metric: |_| None,
    loss: |_| None,
    own_loss: None,
    option: |_, _, _| {},
    settle: |_, _| {},
    gold: |_, _, _, _| None,
    ports: &[],
    sends: |_| true,
    judged: |_| false,
    each: |_| false,
    writes: false,
};

/// Whether a task has switched an option on.
pub(super) fn on(settings: &Settings, key: &str) -> bool {
    settings.get(key).and_then(Setting::as_bool) == Some(true)
}

/// A size that no table gives yet, of a task.
pub(super) fn open(letter: Letter, t: &Headed<'_>) -> Dim {
    Dim::size(Size::Open(letter, t.def as u32))
}

/// The classes of a task's gold.
pub(super) fn classes(t: &Headed<'_>) -> Dim {
    match (t.labels, t.settings.get("bins").and_then(Setting::as_usize)) {
        (_, Some(n)) => Dim::of(n),
        (Some(l), _) => Dim::size(Size::labels(l)),
        _ => open(Letter::Classes, t),
    }
}

/// A parameter of the head of a task: `name.out.weight`.
pub(super) fn param(t: &Headed<'_>, name: &str, shape: Vec<Dim>, init: InitRule) -> SymParam {
    SymParam { name: format!("{}.{name}", t.name), shape, init, owner: t.name.into(), also: vec![] }
}

/// `out.weight`, `out.bias`: a linear layer from the features to the scores.
pub(super) fn linear(t: &Headed<'_>, h: &Val, k: Dim) -> Vec<SymParam> {
    let fan = InitRule::FanIn(h.width.clone());
    vec![param(t, "out.weight", vec![h.width.clone(), k.clone()], fan.clone()), param(t, "out.bias", vec![k], fan)]
}

/// An option that is switched on by its name.
pub(super) fn switch(_: &mut dyn Resolve, a: &HeadArg<'_>, settings: &mut Settings) {
    let off = matches!(&*a.arg.value.value, ast::ExprKind::Name(n) if n == "false" || n == "no");
    if !off {
        settings.insert(a.word.to_string(), Setting::Bool(true));
    }
}

/// E0402: the arguments of a head and the number of its gold's classes disagree.
pub(super) fn differ(head: Span, what: &str, place: &str, field: Span, gold: &str, help: &str) -> Diagnostic {
    Diagnostic::new("E0402", what).at(head, place).with(field, gold).help(help)
}
