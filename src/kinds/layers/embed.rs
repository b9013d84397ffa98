//! Word vectors, and vectors of classes.

use super::common::{reads_words, vocab_of};
use super::dropout;
use super::{Draws, Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::{Init, Setting, Unit, VocabSpec};
use crate::types::dim::{Dim, InitRule, Size};
use crate::types::{Arguments, Call, Elaborate, Flow, Function, Item, Marks, Out, Rule, VKind, Val, settings};
use crate::words::Takes::{Flag, Number, Own};
use crate::words::numbers::{PSEUDO_COUNT, SIZE};
use crate::words::{may, must};

/// Word vectors, and vectors of classes.
pub(super) const KIND: Kind = Kind { functions: &[EMBED], layers: &[EMBED_LAYER, EMBED_CLASS] };

const EMBED: Function = Function {
    name: "embed",
    args: &[
        must("d", Number(SIZE)),
        may("vectors", Own),
        may("unk", Number(PSEUDO_COUNT)),
        may("min_count", Number(SIZE)),
        may("max_size", Number(SIZE)),
        may("lower", Flag),
    ],
    deep: false,
    runs: true,
    example: "embed(100)",
    doc: "a vector for each word; `vectors = \"file\"` starts from given ones",
    rule: Rule::Value(embed),
    marks: Marks { reads_words: true, ..Marks::NONE },
};

const EMBED_LAYER: Layer = Layer {
    name: "embed",
    draws: Draws::Learning("unk"),
    in_parts: true,
    lookup: true,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

const EMBED_CLASS: Layer = Layer { name: "embed_class", weights_to_come: true, ..Layer::NONE };

/// `embed(100)` of words; of classes that an arrow brings, one vector for each; of a class that the data give, too.
fn embed(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let v = match &call.cx.input {
        Some(v) => v.clone(),
        None => c.implicit_text(call.span, call.cx)?,
    };
    let d = c.opt_size(call, &o, "d", 0)?;
    if v.kind == VKind::Label || v.classes {
        let more = o.iter().filter(|(key, _)| *key != "d").min_by_key(|(_, e)| e.span.start);
        if let Some((key, e)) = more {
            let x = Diagnostic::new("E0223", format!("`{key}` is about words, and this embeds classes"));
            return Err(c.report(x.at(e.span, "changes nothing").help(format!("write `embed({d})`"))));
        }
    }
    match v.kind {
        VKind::Opaque => Ok(v),
        VKind::Text => words(c, call, &o, v, d),
        VKind::Label => {
            let kind = if v.axis.is_empty() { VKind::Vec } else { VKind::Seq };
            let out = Val { kind, width: Dim::of(d), ..v.clone() };
            Ok(c.plain(call.cx, "embed_class", settings([("width", Setting::Int(d as i64))]), &[&v], out))
        }
        _ if v.classes => {
            let out = Val { width: Dim::of(d), halves: None, classes: false, ..v.clone() };
            let set = settings([
                ("width", Setting::Int(d as i64)),
                ("activation", Setting::Text("none".into())),
                ("bias", Setting::Bool(false)),
            ]);
            let (w, owner) = (v.width.clone(), call.cx.owner.clone());
            c.layer(call.cx, call.site(), "dense", set, &[&v], out, &|c, name| {
                let rule = InitRule::Fixed(Init::Normal(0.5));
                vec![c.param(format!("{name}.weight"), vec![w.clone(), Dim::of(d)], rule, &owner)]
            })
        }
        _ => Err(reads_words(c, call, &v)),
    }
}

fn words(c: &mut dyn Elaborate, call: &Call<'_>, o: &Arguments<'_>, v: Val, d: usize) -> Out {
    let (cx, owner, rate) = (call.cx, call.cx.owner.clone(), c.rate());
    let vectors = match o.get("vectors").map(|e| (c.constant(e, &cx.env), e.span)) {
        None => Ok(None),
        Some((Some(Item::Text(t)), _)) if !t.trim().is_empty() => Ok(Some(t)),
        Some((value, s)) => {
            let empty = if matches!(value, Some(Item::Text(_))) { "an empty path" } else { "" };
            let d = Diagnostic::new("E0207", "`vectors` names a file").at(s, empty);
            Err(c.report(d.help("write `vectors = \"glove.6B.100d.txt\"`")))
        }
    };
    let lower = c.opt_flag(o, "lower");
    let (min_count, max_size) = (c.opt_size(call, o, "min_count", 1), c.opt_size(call, o, "max_size", 0));
    let unk = c.opt_number(call, o, "unk", 1.0);
    // all that is wrong is said before the first fault ends it
    let (vectors, lower, min_count, max_size, unk) = (vectors?, lower?, min_count?, max_size?, unk?);
    let spec = VocabSpec { lower, min_count, max_size, vectors: vectors.clone(), ..vocab_of(cx, "words", Unit::Word) };
    let vocab = c.vocab(call, spec, &v.axis);
    let out = Val { kind: VKind::Seq, width: Dim::of(d), flow: Flow::Local, ..v.clone() };
    let set = settings([
        ("vocab", Setting::Int(vocab as i64)),
        ("width", Setting::Int(d as i64)),
        ("unk", Setting::Real(unk)),
    ]);
    let out = c.layer(cx, call.site(), "embed", set, &[&v], out, &|c, name| {
        let init = match &vectors {
            Some(_) => Init::Vectors(vocab, 0.1),
            None => Init::Normal(1.0),
        };
        let shape = vec![Dim::size(Size::vocab(vocab)), Dim::of(d)];
        vec![c.param(format!("{name}.weight"), shape, InitRule::Fixed(init), &owner)]
    })?;
    Ok(dropout::apply(c, out, rate, cx))
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::kernels::uniform;
    use crate::ops::layer::{Built, Cx, Spec, function, text};
    use crate::ops::value::Value;
    use std::sync::Arc;

    /// Rows of a table by word. While training, a word with n occurrences in the training data becomes unknown with
    /// probability a/(a + n), so that the unknown word learns what rare words are like (Kiperwasser and Goldberg 2016,
    /// with a = 0.25; here 1 unless `unk` says otherwise). A frozen table, which cannot learn that, draws none.
    pub fn build(s: &Spec) -> Built {
        let vocab = s.size("vocab")?;
        let unknown = if s.0.settings.contains_key("unk") { s.real("unk")? } else { 0.0 };
        let [weight] = s.params()?;
        function(move |inputs, cx| {
            let text = text(inputs[0]);
            let ids = text.words(cx.forms, vocab);
            let unknown = if cx.params.is_frozen(weight) { 0.0 } else { unknown };
            let ids = Arc::new(drop_rare(&ids, vocab, unknown, cx).unwrap_or(ids));
            Value::Rows(cx.params.rows(weight, &ids), text.axis.clone())
        })
    }

    fn drop_rare(ids: &[i32], vocab: usize, p: f64, cx: &Cx) -> Option<Vec<i32>> {
        let counts = cx.vocab_counts.get(&vocab).filter(|_| cx.training && p > 0.0)?;
        let share = |id: i32| match usize::try_from(id).ok().and_then(|i| counts.get(i)) {
            Some(&n) if n > 0 => p / (p + f64::from(n)),
            _ => 0.0,
        };
        let mut out = Vec::with_capacity(ids.len());
        for (key, rows) in cx.keys(0, ids.len()) {
            let own = &ids[out.len()..out.len() + rows];
            out.extend(own.iter().enumerate().map(|(i, &id)| if uniform(key, i) < share(id) { 0 } else { id }));
        }
        Some(out)
    }
}
