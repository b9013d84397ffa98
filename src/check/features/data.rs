//! Functions over data: nothing of them is trained.

use super::*;

/// `tfidf(q, docs)`, `bm25(q, docs)`: the texts of `docs` that share words with `q`, the best first. Where `docs` is no
/// list, those of other examples.
pub(super) fn retrieve(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let ((q, q_span), (d, d_span), rest) = c.two(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    if let Some(v) = c.opaque_of(&[&q, &d]) {
        return Ok(v);
    }
    for (v, s) in [(&q, q_span), (&d, d_span)] {
        if v.kind != VKind::Text {
            let e = Diagnostic::new("E0416", format!("`{}` compares words", call.row.name));
            return Err(c.report(e.at(s, Checker::shape_words(v)).help("name texts: `bm25(q, docs)`")));
        }
    }
    let mut out = Val { reads: q.reads.clone(), ..d.clone() };
    if d.outer.is_empty() {
        // the member's own text is not among them: nothing of this example is read
        out.outer.push(Outer::of(format!("other {}", c.axis_name(call.cx.corpus, &d.axis))));
    } else {
        out.reads.join(&d.reads);
    }
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&q, &d], out))
}

/// `dense_index(enc(wiki.p))`: a store of one vector for each text.
pub(super) fn dense_index(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (vals, rest) = c.features(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    let [(v, span)] = vals.as_slice() else { return Err(c.number_of_values(call, "stores one vector for each text")) };
    if v.is_opaque() {
        return Ok(v.clone());
    }
    c.vectors(v, *span)?;
    if v.kind == VKind::Seq {
        let d = Diagnostic::new("E0405", "a store holds one vector for each text");
        return Err(c.report(d.at(*span, Checker::shape_words(v)).help("pool it: `|> first`, `|> mean`")));
    }
    let mut out = v.clone();
    if out.outer.is_empty() {
        out.outer.push(Outer::of(format!("other {}", c.axis_name(call.cx.corpus, &v.axis))));
        out.reads = SmallSet::none();
    }
    Ok(c.plain(call.cx, "dense_index", Settings::new(), &[v], out))
}

/// `top(5)`: the best members of a list.
pub(super) fn top(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (vals, rest) = c.features(call, &[])?;
    let o = c.options(call.row, &rest, call.whole)?;
    let [(v, span)] = vals.as_slice() else { return Err(c.number_of_values(call, "picks from one list")) };
    let k = c.opt_size(call, &o, "k", 1)?;
    if v.is_opaque() {
        return Ok(v.clone());
    }
    if v.outer.is_empty() {
        let d = Diagnostic::new("E0424", "`top` picks members of a list").at(*span, Checker::shape_words(v));
        return Err(c.report(d.help("put a retrieval before it: `bm25(q, docs) |> top(5)`")));
    }
    Ok(c.plain(call.cx, "top", settings([("k", Setting::Int(k as i64))]), &[v], v.clone()))
}

/// What a task may learn (`of rouge(a, b)`) or a loss compare, and no features.
pub(super) fn target(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    c.features(call, &[])?;
    let d = Diagnostic::new("E0408", format!("`{}` makes gold, not features", call.row.name)).at(call.span, "");
    Err(c.report(d.help(format!("let a task learn it, `of {}`, or name it in a `loss`", call.row.example))))
}

pub(super) fn union(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let d = Diagnostic::new("E0408", "`union` joins data sets, not features").at(call.span, "");
    Err(c.report(d.help("write `of union(a, b).field`")))
}
