//! The type rules of functions over features: one row for each row of `builtins::FUNCTIONS`, one function per rule.
//!
//! A new function is a row in `FUNCTIONS`, a rule in a file beside this one, and a row here.

use super::*;
use super::{data, embedding, graphs, interactions, latent, layers, picks, pools, simple};
use crate::kinds::layers::Function;
use std::sync::LazyLock;

/// A call of a function.
#[derive(Clone, Copy)]
pub(in crate::check) struct Call<'a> {
    pub row: &'static Function,
    /// place of the name
    pub span: Span,
    pub args: &'a [ast::Arg],
    /// place of the whole call
    pub whole: Span,
    pub cx: &'a Cx,
}

impl<'a> Call<'a> {
    /// Where a layer of this call stands.
    pub fn site(&self) -> Site {
        Site { span: self.whole, sub: 0, word: self.row.name, numbered: false }
    }
}

/// Arguments by name: a handful.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct Arguments<'a>(Vec<(&'static str, &'a Expr)>);

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
pub(in crate::check) struct Stacked<'a> {
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

/// How a function is typed.
pub(in crate::check) enum Rule {
    /// a layer of a stack: from what flows in, `layers = n` times
    Layer(fn(&mut Checker<'_>, Stacked<'_>) -> Out),
    /// a family of distributions, for `latent`
    Family(fn(&mut Checker<'_>, &Call<'_>) -> Out),
    /// anything else
    Value(fn(&mut Checker<'_>, &Call<'_>) -> Out),
}

use Rule::{Family as F, Layer as L, Value as V};

/// The rules by name.
pub(in crate::check) const RULES: &[(&str, Rule)] = &[
    ("embed", V(embedding::embed)),
    ("chars", V(embedding::chars)),
    ("ngrams", V(embedding::ngrams)),
    ("bow", V(embedding::bow)),
    ("pretrained", V(embedding::pretrained)),
    ("lstm", L(layers::lstm)),
    ("gru", L(layers::gru)),
    ("bilstm", L(layers::bilstm)),
    ("bigru", L(layers::bigru)),
    ("cnn", L(layers::cnn)),
    ("transformer", L(layers::transformer)),
    ("self_attend", L(layers::self_attend)),
    ("dense", L(layers::dense)),
    ("norm", V(simple::norm)),
    ("dropout", V(simple::dropout)),
    ("reverse", V(simple::reverse)),
    ("stop", V(simple::stop)),
    ("shift", V(simple::shift)),
    ("softmax", V(simple::softmax)),
    ("mix_layers", V(simple::mix_layers)),
    ("last", V(pools::end)),
    ("first", V(pools::end)),
    ("mean", V(pools::whole)),
    ("max", V(pools::whole)),
    ("attend", V(pools::attend)),
    ("attention", V(pools::attention)),
    ("match", V(interactions::matched)),
    ("dot", V(interactions::dot)),
    ("cosine", V(interactions::dot)),
    ("bilinear", V(interactions::bilinear)),
    ("gate", V(interactions::gate)),
    ("add", V(interactions::add)),
    ("mix", V(interactions::mix)),
    ("concat", V(interactions::concat)),
    ("coattend", V(interactions::coattend)),
    ("bidaf", V(interactions::bidaf)),
    ("match_lstm", V(interactions::match_lstm)),
    ("triple", V(interactions::triple)),
    ("both", V(interactions::both)),
    ("graph_attend", V(graphs::graph_attend)),
    ("rgcn", V(graphs::rgcn)),
    ("over_turns", V(graphs::over_turns)),
    ("latent", V(latent::latent)),
    ("gaussian", F(latent::gaussian)),
    ("categorical", F(latent::categorical)),
    ("step", V(picks::step)),
    ("at", V(picks::at)),
    ("span_attend", V(picks::span_attend)),
    ("correlate", V(picks::correlate)),
    ("co_select", V(picks::co_select)),
    ("select", V(picks::select)),
    ("mask", V(picks::select)),
    ("append", V(picks::joined_text)),
    ("prefix", V(picks::joined_text)),
    ("sample", V(picks::sample)),
    ("weight", V(picks::weight)),
    ("query", V(picks::query)),
    ("tfidf", V(data::retrieve)),
    ("bm25", V(data::retrieve)),
    ("dense_index", V(data::dense_index)),
    ("top", V(data::top)),
    ("next_sentence", V(data::target)),
    ("rouge", V(data::target)),
    ("uniform", V(data::target)),
    ("union", V(data::union)),
];

/// The rule of a function.
pub(in crate::check) fn rule(name: &str) -> Option<&'static Rule> {
    static BY_NAME: LazyLock<HashMap<&str, &Rule>> = LazyLock::new(|| RULES.iter().map(|(n, r)| (*n, r)).collect());
    BY_NAME.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::layers::{function, functions};

    #[test]
    fn every_function_has_one_rule() {
        let mut rows: Vec<&str> = functions().map(|f| f.name).collect();
        let mut rules: Vec<&str> = RULES.iter().map(|r| r.0).collect();
        rows.sort_unstable();
        rules.sort_unstable();
        assert_eq!(rows, rules);
    }

    #[test]
    fn layers_of_a_stack_are_deep() {
        for (name, rule) in RULES {
            let deep = function(name).is_some_and(|f| f.deep);
            assert!(deep || !matches!(rule, Rule::Layer(_)), "`{name}` is a layer, and its row is not `deep`");
        }
    }
}
