//! What the type rule of a function sees: its call, where that stands, and what it may ask of whoever elaborates.

use super::dim::{Dim, InitRule};
use super::{Env, Flow, Item, VKind, Val};
use crate::ast::{self, Expr, ExprKind};
use crate::diagnostics::{Diagnostic, Reported};
use crate::plan::{Phase, Setting, Settings, VocabSpec};
use crate::source::Span;
use crate::util::SmallList;
use crate::words::{Arg, Takes};
use std::sync::Arc;

/// What a rule gives.
pub(crate) type Out = Result<Val, Reported>;

/// A value and the place of its expression.
pub(crate) type Placed = (Val, Span);

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
    /// how it is typed
    pub(crate) rule: Rule,
    /// what else is asked of it
    pub(crate) marks: Marks,
}

/// What engines ask of a function besides its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    /// it begins with the words of a text
    pub reads_words: bool,
    /// it makes one vector of a sequence
    pub pools: bool,
    /// its states have read both ways
    pub both_ways: bool,
    /// its value is as wide as what it reads
    pub keeps_width: bool,
    /// its first argument is a file, in which stands how many layers it has
    pub open_depth: bool,
    /// it has a prior and a posterior
    pub latent: bool,
    /// what it gives in a loss
    pub gives: Gives,
    /// where it stands last in `via`: how what an arrow carries joins its destination
    pub joins: Option<Join>,
    /// it makes gold and no features: the field that a task may learn, and its type
    pub gold: Option<(&'static str, &'static str)>,
    /// whether an argument is no features but something that it reads itself, and says what is wrong with it
    pub reads: fn(&mut dyn Resolve, &str, &Expr, &Env) -> bool,
}

impl Marks {
    /// Nothing.
    pub const NONE: Self = Self {
        reads_words: false,
        pools: false,
        both_ways: false,
        keeps_width: false,
        open_depth: false,
        latent: false,
        gives: Gives::Features,
        joins: None,
        gold: None,
        reads: |_, _, _, _| false,
    };
}

/// What the value of a function is in a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    /// features
    Features,
    /// a distribution over the tokens of a text
    Weights,
    /// a distribution over something else
    Distribution,
    /// scores that make a distribution where they stand in a loss itself
    Scores,
}

/// How what an arrow carries joins its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    Concat,
    Gate,
    Add,
    /// a weight for each member of a list, or for each token
    Weight,
    /// which tokens or members are left
    Mask,
    /// what a pointer is asked with
    Query,
}

impl Join {
    /// As written, and said to users.
    pub fn word(self) -> &'static str {
        match self {
            Join::Concat => "concat",
            Join::Gate => "gate",
            Join::Add => "add",
            Join::Weight => "weight",
            Join::Mask => "mask",
            Join::Query => "query",
        }
    }

    /// Whether the function also computes something on the way.
    pub fn computes(self) -> bool {
        matches!(self, Join::Weight | Join::Mask | Join::Query)
    }
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

    /// Whether it is a layer of a stack.
    pub(crate) fn is_layer(&self) -> bool {
        matches!(self.rule, Rule::Layer(_))
    }
}

/// How a function is typed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// a layer of a stack: from what flows in, `layers = n` times
    Layer(fn(&mut dyn Elaborate, Stacked<'_>) -> Out),
    /// a family of distributions, for `latent`
    Family(fn(&mut dyn Elaborate, &Call<'_>) -> Out),
    /// anything else
    Value(fn(&mut dyn Elaborate, &Call<'_>) -> Out),
}

/// Where an expression is elaborated.
#[derive(Clone)]
pub(crate) struct Cx {
    pub graph: usize,
    pub corpus: usize,
    pub phase: Phase,
    /// round of feedback
    pub round: u32,
    /// the text that is meant when none is named
    pub text: SmallList<usize>,
    /// what flows in from the left of `|>`
    pub input: Option<Val>,
    /// to whom parameters belong: `enc`, `slot`, `pos.probs -> chunk`
    pub owner: Arc<str>,
    pub env: Env,
    /// the encoder whose body this is
    pub encoder: Option<usize>,
    /// the task for which this is elaborated
    pub task: usize,
    /// between the port of an arrow and its end
    pub arrow: bool,
    /// where the declaration whose body this is was named
    pub named: Option<Named>,
}

/// Where a declaration was named, and what flowed into it there.
#[derive(Clone, Copy)]
pub(crate) struct Named {
    pub at: Span,
    pub input: Option<usize>,
}

impl Cx {
    /// The same place, with another value flowing in.
    pub fn fed(&self, input: Option<Val>) -> Cx {
        Cx { input, text: self.text.clone(), owner: self.owner.clone(), env: self.env.clone(), ..*self }
    }

    /// The same place, within what is named at `at`: the outermost such place into which the same value flows.
    pub fn within(&self, at: Span) -> Cx {
        let input = self.input.as_ref().map(|v| v.node);
        let named = self.named.filter(|n| input.is_none() || n.input == input);
        Cx { named: named.or(Some(Named { at, input })), ..self.clone() }
    }

    /// Where a value flowed into the declaration whose body this is.
    pub fn place(&self, v: &Val) -> Option<Span> {
        self.named.filter(|n| n.input == Some(v.node)).map(|n| n.at)
    }
}

/// A place in the text where a layer stands.
#[derive(Clone, Copy)]
pub(crate) struct Site {
    pub span: Span,
    /// which of several layers that stand at one place
    pub sub: usize,
    pub word: &'static str,
    /// named `bilstm1` even when it is the first
    pub numbered: bool,
}

/// A call of a function.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub row: &'static Function,
    /// place of the name
    pub span: Span,
    pub args: &'a [ast::Arg],
    /// place of the whole call
    pub whole: Span,
    pub cx: &'a Cx,
}

impl Call<'_> {
    /// Where a layer of this call stands.
    pub fn site(&self) -> Site {
        Site { span: self.whole, sub: 0, word: self.row.name, numbered: false }
    }
}

/// Arguments by name: a handful.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments<'a>(Vec<(&'static str, &'a Expr)>);

impl<'a> Arguments<'a> {
    pub fn get(&self, name: &str) -> Option<&'a Expr> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, e)| *e)
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds one; what stood under its name before, if anything did.
    pub fn insert(&mut self, name: &'static str, value: &'a Expr) -> Option<&'a Expr> {
        let before = self.get(name);
        self.0.push((name, value));
        before
    }

    /// As given, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'a Expr)> {
        self.0.iter().copied()
    }
}

/// One layer of an encoder's stack, with what enters it.
pub(crate) struct Stacked<'a> {
    pub call: &'a Call<'a>,
    pub o: Arguments<'a>,
    pub v: Val,
    /// the value that it gives, as far as all layers agree
    pub out: Val,
    pub site: Site,
    /// its argument `d`; 0 when not given
    pub d: usize,
    /// position in a repeated layer
    pub k: usize,
    /// dropout after it
    pub rate: f64,
}

/// What makes the parameters of a layer that is new, given its name.
pub(crate) type MakeParams<'a> = dyn Fn(&mut dyn Elaborate, &str) -> Vec<usize> + 'a;

/// What constants, words and arguments mean.
pub(crate) trait Resolve {
    /// Reports a finding, once for each place.
    fn report(&mut self, d: Diagnostic) -> Reported;
    /// Notes that the trainer cannot run something yet.
    fn unsupported(&mut self, span: Span, what: &str);
    /// Reports a word that is none of the known ones, with what may be meant.
    fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Reported;
    /// The constant that an expression is, if it is one.
    fn constant(&self, e: &Expr, env: &Env) -> Option<Item>;
    /// The members of a list, if an expression is one.
    fn list(&self, e: &Expr, env: &Env) -> Option<Vec<(Item, Span)>>;
    /// A number in the range that the function's row gives its argument.
    fn number(&mut self, row: &'static Function, arg: &Arg, e: &Expr, env: &Env) -> Result<f64, Reported>;
    /// Arguments by the names of the function's row.
    fn options<'a>(
        &mut self,
        row: &'static Function,
        args: &'a [ast::Arg],
        span: Span,
    ) -> Result<Arguments<'a>, Reported>;
    /// A whole number of at least 1.
    fn size(&mut self, e: &Expr, env: &Env, what: &str) -> Result<usize, Reported>;
}

/// What a rule may ask of whoever elaborates.
pub(crate) trait Elaborate: Resolve {
    /// The value of an expression.
    fn eval(&mut self, e: &Expr, cx: &Cx) -> Out;
    /// The features of a call in order: what flows in, then the arguments that are no numbers, strings or words, then
    /// those called one of `named`; and the arguments that are left.
    fn features(&mut self, call: &Call<'_>, named: &[&str]) -> Result<(Vec<Placed>, Vec<ast::Arg>), Reported>;
    /// The one input of a function, and its other arguments.
    fn one<'a>(&mut self, call: &Call<'a>) -> Result<(Val, Arguments<'a>), Reported>;
    /// What a function reads from the left of `|>`: else the text that is meant.
    fn input(&mut self, row: &'static Function, span: Span, cx: &Cx) -> Out;
    /// The text that is meant when none is named.
    fn implicit_text(&mut self, span: Span, cx: &Cx) -> Out;
    /// A value of which nothing is known.
    fn opaque(&self, cx: &Cx) -> Val;

    /// E0404: only vectors stand beside vectors.
    fn vectors(&mut self, v: &Val, span: Span) -> Result<(), Reported>;
    /// E0405: a vector for each token is needed.
    fn need_seq(&mut self, v: &Val, call: &Call<'_>, span: Span) -> Result<(), Reported>;
    /// Both for each token of one text, or both for each example; else an axis error that shows both.
    fn same_kind(&mut self, a: &Val, a_span: Span, b: &Val, b_span: Span, cx: &Cx) -> Result<(), Reported>;
    /// Brings values to the same lists.
    fn beside(&mut self, vals: &[Placed], cx: &Cx) -> Result<Vec<Placed>, Reported>;
    /// Values side by side.
    fn concat(&mut self, vals: Vec<Placed>, cx: &Cx) -> Out;
    /// Brings `v` to the kind and axis of `like`.
    fn fit(&mut self, v: Val, span: Span, like: &Val, cx: &Cx) -> Out;

    /// Applies a layer that stands at a place. The same place on another text, data set or phase is the same layer.
    #[expect(clippy::too_many_arguments, reason = "a layer has this many independent facets")]
    fn layer(
        &mut self,
        cx: &Cx,
        site: Site,
        kind: &'static str,
        settings: Settings,
        inputs: &[&Val],
        out: Val,
        params: &MakeParams<'_>,
    ) -> Out;
    /// Applies a layer without parameters: equal settings are the same layer wherever they stand, unless its row says
    /// that it will have weights.
    fn plain(&mut self, cx: &Cx, kind: &'static str, settings: Settings, inputs: &[&Val], out: Val) -> Val;
    /// A new parameter.
    fn param(&mut self, name: String, shape: Vec<Dim>, init: InitRule, owner: &Arc<str>) -> usize;
    /// The vocabulary of an embedding; the texts it is applied to are added as they are met.
    fn vocab(&mut self, call: &Call<'_>, spec: VocabSpec, axis: &[usize]) -> usize;
    /// One layer of an encoder's stack, with what arrows bring to it.
    fn one_layer(&mut self, call: &Call<'_>, k: usize, count: usize) -> Out;
    /// The number by which a pretrained model is known.
    fn model(&mut self, path: &str) -> usize;
    /// The value of a pretrained model, with what arrows bring to its layers.
    fn model_layers(&mut self, v: Val, call: &Call<'_>) -> Out;

    /// Dropout after embeddings and layers, unless they say otherwise.
    fn rate(&self) -> f64;
    /// The name of the texts over which a value runs.
    fn axis_name(&self, corpus: usize, axis: &SmallList<usize>) -> Arc<str>;
    /// The name of a data set.
    fn corpus_name(&self, corpus: usize) -> &str;
    /// The name of a field.
    fn field_name(&self, corpus: usize, field: usize) -> &str;
    /// The names of a data set's texts, and lists of texts.
    fn texts(&self, corpus: usize) -> Vec<&str>;
    /// The name of a task.
    fn task_name(&self, task: usize) -> &str;
    /// Whether a task learns a field.
    fn learns(&self, task: usize, corpus: usize, field: usize) -> bool;
    /// Whether a task makes its own gold of the text that it reads.
    fn self_supervised(&self, task: usize) -> bool;
    /// The task that writes a field, and the width of its decoder's states.
    fn writer(&mut self, corpus: usize, field: usize) -> Option<(usize, Dim)>;
}

impl dyn Elaborate + '_ {
    /// A number among the arguments, in the range that the function's row gives it.
    pub fn opt_number(
        &mut self,
        call: &Call<'_>,
        o: &Arguments<'_>,
        key: &'static str,
        default: f64,
    ) -> Result<f64, Reported> {
        match (o.get(key), call.row.arg(key)) {
            (Some(e), Some(arg)) => self.number(call.row, arg, e, &call.cx.env),
            _ => Ok(default),
        }
    }

    /// The same, of a whole number.
    pub fn opt_size(
        &mut self,
        call: &Call<'_>,
        o: &Arguments<'_>,
        key: &'static str,
        default: usize,
    ) -> Result<usize, Reported> {
        Ok(self.opt_number(call, o, key, default as f64)? as usize)
    }

    /// A flag among the arguments.
    pub fn opt_flag(&mut self, o: &Arguments<'_>, key: &'static str) -> Result<bool, Reported> {
        match o.get(key).map(|e| (&*e.value, e.span)) {
            None => Ok(false),
            Some((ExprKind::Name(n), _)) if n == key || n == "true" || n == "yes" => Ok(true),
            Some((ExprKind::Name(n), _)) if n == "false" || n == "no" => Ok(false),
            Some((_, span)) => {
                let d = Diagnostic::new("E0207", format!("`{key}` is `true` or `false`")).at(span, "");
                Err(self.report(d.help(format!("write `{key} = true`"))))
            }
        }
    }

    /// As [`Elaborate::features`], of a function that joins two values.
    pub fn two(&mut self, call: &Call<'_>, named: &[&str]) -> Result<(Placed, Placed, Vec<ast::Arg>), Reported> {
        let (mut vals, rest) = self.features(call, named)?;
        let (Some(b), Some(a), true) = (vals.pop(), vals.pop(), vals.is_empty()) else {
            return Err(self.number_of_values(call, "joins two values"));
        };
        Ok((a, b, rest))
    }

    /// E0236: a function is given too few or too many values.
    pub fn number_of_values(&mut self, call: &Call<'_>, what: &str) -> Reported {
        // an option that is not known has its finding, and may be the value
        if call.args.iter().any(|a| a.name.as_ref().is_some_and(|n| call.row.arg(&n.value).is_none())) {
            return Reported;
        }
        let given = call.args.len() + usize::from(call.cx.input.is_some());
        let d =
            Diagnostic::new("E0236", format!("`{}` {what}", call.row.name)).at(call.whole, format!("{given} given"));
        self.report(d.help(format!("write `{}`", call.row.example)))
    }

    /// E0411: two widths that do not agree.
    pub fn same_width(&mut self, a: &Placed, b: &Placed) -> Result<(), Reported> {
        if a.0.width == b.0.width {
            return Ok(());
        }
        let d = Diagnostic::new("E0411", format!("widths {} and {} do not agree", a.0.width, b.0.width))
            .at(b.1, format!("{} numbers", b.0.width))
            .with(a.1, format!("{} numbers", a.0.width));
        Err(self.report(d.help(format!("bring them together: `|> dense({})`", a.0.width))))
    }

    /// E0418: heads that do not divide a width.
    pub fn divides(&mut self, d: usize, heads: usize, span: Span) -> Result<(), Reported> {
        if !d.is_multiple_of(heads) {
            let x = Diagnostic::new("E0418", format!("{heads} heads do not divide a width of {d}")).at(span, "");
            let best = (1..=heads).rev().find(|h| d.is_multiple_of(*h)).unwrap_or(1);
            return Err(self.report(x.help(format!("write `heads = {best}`"))));
        }
        Ok(())
    }
}

/// Settings by name.
pub(crate) fn settings<const N: usize>(items: [(&'static str, Setting); N]) -> Settings {
    items.into()
}

impl Val {
    /// Merges what is known of several inputs.
    pub fn merged(inputs: &[&Val], kind: VKind, width: Dim) -> Val {
        let first = inputs[0];
        let mut out = Val { kind, width, halves: None, classes: false, latent: None, parts: vec![], ..first.clone() };
        for v in inputs {
            out.flow = out.flow.join(v.flow);
            // beside another value two directions are no halves any more
            if out.flow == Flow::Sides && inputs.len() > 1 {
                out.flow = Flow::Full;
            }
            out.model |= v.model;
            if v.outer.len() > out.outer.len() {
                out.outer.clone_from(&v.outer);
            }
            out.depth = out.depth.max(v.depth);
            out.tops.join(&v.tops);
            out.star |= v.star;
            out.reversed |= v.reversed;
            out.reads.join(&v.reads);
            if v.kind == VKind::Seq || out.axis.is_empty() {
                out.axis.clone_from(&v.axis);
            }
        }
        out
    }

    /// A value of which nothing is known makes one of which nothing is known.
    pub fn opaque_of(vals: &[&Val]) -> Option<Val> {
        let any = vals.iter().any(|v| v.is_opaque());
        any.then(|| Val { kind: VKind::Opaque, ..Self::merged(vals, VKind::Opaque, Dim::of(0)) })
    }

    /// Words of its shape for messages.
    pub fn words(&self) -> String {
        let one = match self.kind {
            VKind::Text => "a text".into(),
            VKind::Seq => format!("a vector of {} for each token", self.width),
            VKind::Vec if self.outer.is_empty() => format!("one vector of {} for each example", self.width),
            VKind::Vec => format!("a vector of {}", self.width),
            VKind::Label => "a class".into(),
            VKind::Spans => "spans".into(),
            VKind::Graph => "a graph".into(),
            VKind::Opaque => "a value".into(),
        };
        match self.outer.as_slice() {
            [] => one,
            lists => {
                let names: Vec<String> = lists.iter().map(|o| format!("`{}`", o.name)).collect();
                format!("{one}, for each of {}", names.join(" and of "))
            }
        }
    }
}
