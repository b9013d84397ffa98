//! Functions of several values.

use super::*;

pub(super) fn concat(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (vals, _) = c.features(call, &[])?;
    if vals.is_empty() {
        return Err(c.number_of_values(call, "joins several values"));
    }
    c.concat(vals, call.cx)
}

pub(super) fn add(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (a, b, rest) = c.two(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    // `via add(embed(4))`
    if let (true, Some(_), [one]) = (call.cx.arrow, &call.cx.input, call.args)
        && a.0.width != b.0.width
    {
        let d = Diagnostic::new("E0411", format!("widths {} and {} do not agree", a.0.width, b.0.width));
        let d = d.at(b.1, format!("{} numbers", b.0.width)).with(a.1, format!("{} numbers", a.0.width));
        let help = format!("to embed what comes and then add it, write `via {} |> add`", path_words(&one.value));
        return Err(c.report(d.help(help)));
    }
    c.pointwise("add", a, b, call.cx)
}

/// `mix(h, weights = p)`: the sum of h over its tokens, or over the members of a list, weighted by p.
pub(super) fn mix(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (a, b, rest) = c.two(call, &["weights"])?;
    c.options(call.row, &rest, call.whole)?;
    if let Some(v) = c.opaque_of(&[&a.0, &b.0]) {
        return Ok(v);
    }
    // `via mix(list)`: the weights are what flows in
    let named = call.args.iter().any(|a| a.name.is_some());
    let ((a, a_span), (b, b_span)) = if call.cx.input.is_some() && !named && a.0.classes { (b, a) } else { (a, b) };
    for (v, s) in [(&a, a_span), (&b, b_span)] {
        c.vectors(v, s)?;
    }
    let mut out = Checker::merged(&[&a, &b], VKind::Vec, a.width.clone());
    if a.kind == VKind::Vec && !a.outer.is_empty() {
        c.beside(&[(a.clone(), a_span), (b.clone(), b_span)], call.cx)?;
        out.outer.clone_from(&a.outer);
        out.outer.pop();
    } else {
        for (v, s) in [(&a, a_span), (&b, b_span)] {
            c.need_seq(v, call, s)?;
        }
        c.same_kind(&a, a_span, &b, b_span, call.cx)?;
    }
    let scores = b.width == Dim::of(1) || b.classes && a.outer.len() == b.outer.len() && !a.outer.is_empty();
    if !scores {
        let d = Diagnostic::new("E0411", "weights are one number for each token").at(b_span, Checker::shape_words(&b));
        return Err(c.report(d.help("write `mix(h, weights = attention(h))`")));
    }
    Ok(c.plain(call.cx, "mix", Settings::new(), &[&a, &b], out))
}

/// `gate(h, by = c)`; `gate(shared)` lets the value in through a gate of its own.
pub(super) fn gate(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (mut vals, rest) = c.features(call, &["by"])?;
    if vals.len() == 1 && call.args.len() <= 1 {
        vals.push(vals[0].clone());
    }
    let (Some((b, b_span)), Some((a, a_span)), true) = (vals.pop(), vals.pop(), vals.is_empty()) else {
        return Err(c.number_of_values(call, "joins two values"));
    };
    c.options(call.row, &rest, call.whole)?;
    if let Some(v) = c.opaque_of(&[&a, &b]) {
        return Ok(v);
    }
    c.vectors(&a, a_span)?;
    let b = c.fit(b, b_span, &a, call.cx)?;
    let out = Checker::merged(&[&a, &b], a.kind, a.width.clone());
    c.gate(call.cx, call.site(), &a, &b, out)
}

/// Two vectors, or vectors for each member of lists; `None` when nothing is known of one.
type Pair = Option<((Val, Span), (Val, Span))>;

fn vectors(c: &mut Checker<'_>, call: &Call<'_>) -> Result<(Pair, Vec<ast::Arg>), Poison> {
    let (a, b, rest) = c.two(call, &[])?;
    if c.opaque_of(&[&a.0, &b.0]).is_some() {
        return Ok((None, rest));
    }
    for (v, s) in [(&a.0, a.1), (&b.0, b.1)] {
        if v.kind == VKind::Text {
            let d = Diagnostic::new("E0404", "words are no vectors yet").at(s, "a text");
            return Err(c.report(d.help("encode and pool it: `enc(a) |> max`")));
        }
        c.vectors(v, s)?;
        if v.kind == VKind::Seq {
            let d = Diagnostic::new("E0405", format!("`{}` joins one vector with another", call.row.name));
            return Err(c.report(d.at(s, Checker::shape_words(v)).help("pool it: `enc(a) |> max`")));
        }
    }
    let mut both = c.beside(&[a, b], call.cx)?.into_iter();
    let (Some(a), Some(b)) = (both.next(), both.next()) else { return Err(Poison) };
    Ok((Some((a, b)), rest))
}

fn unknown(c: &mut Checker<'_>, call: &Call<'_>) -> Val {
    c.opaque(call.cx)
}

/// `match(u, v)` = [u; v; |u − v|; u ∘ v]
pub(super) fn matched(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (pair, rest) = vectors(c, call)?;
    c.options(call.row, &rest, call.whole)?;
    let Some((a, b)) = pair else { return Ok(unknown(c, call)) };
    c.same_width(&a, &b)?;
    let out = Checker::merged(&[&a.0, &b.0], VKind::Vec, a.0.width.times(4));
    Ok(c.plain(call.cx, "match", Settings::new(), &[&a.0, &b.0], out))
}

/// `dot`, `cosine`. Against the members of a list a wider or narrower vector is brought to their width first: a query
/// is often made of several.
pub(super) fn dot(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (pair, rest) = vectors(c, call)?;
    c.options(call.row, &rest, call.whole)?;
    let Some((mut a, b)) = pair else { return Ok(unknown(c, call)) };
    if !b.0.outer.is_empty() && a.0.width != b.0.width {
        let out = Val { width: b.0.width.clone(), ..a.0.clone() };
        a.0 = c.plain(call.cx, "project", Settings::new(), &[&a.0, &b.0], out);
    }
    c.same_width(&a, &b)?;
    let out = Checker::merged(&[&a.0, &b.0], VKind::Vec, Dim::of(1));
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&a.0, &b.0], out))
}

pub(super) fn bilinear(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (pair, rest) = vectors(c, call)?;
    let o = c.options(call.row, &rest, call.whole)?;
    let Some(((a, _), (b, b_span))) = pair else { return Ok(unknown(c, call)) };
    let d = c.opt_size(call, &o, "d", 1)?;
    let out = Checker::merged(&[&a, &b], VKind::Vec, Dim::of(d));
    if b.width.sizes.iter().any(|(s, _)| matches!(s, Size::Open(..))) {
        let set = settings([("width", Setting::Int(d as i64))]);
        return Ok(c.plain(call.cx, "bilinear", set, &[&a, &b], out));
    }
    let Some(wb) = b.width.known() else {
        let e = Diagnostic::new("E0411", "`bilinear` needs widths that do not depend on labels");
        return Err(c.report(e.at(b_span, Checker::shape_words(&b)).help("put `|> dense(64)` before it")));
    };
    let (owner, wa) = (call.cx.owner.clone(), a.width.clone());
    let set = settings([("width", Setting::Int(d as i64))]);
    c.layer(call.cx, call.site(), "bilinear", set, &[&a, &b], out, &|c, name| {
        let shape = vec![wa.clone(), Dim::of(wb * d)];
        vec![c.param(format!("{name}.weight"), shape, InitRule::FanIn(wa.clone()), &owner)]
    })
}

/// `coattend(q, d)` (Xiong et al. 2017): for each token of d the question and the co-attended context.
pub(super) fn coattend(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    attention_between(c, call, 2)
}

/// `bidaf(q, d)` (Seo et al. 2017): [h; u; h ∘ u; h ∘ q] for each token of d.
pub(super) fn bidaf(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    attention_between(c, call, 4)
}

/// `match_lstm(q, d)` (Wang and Jiang 2017): states over d that have read q.
pub(super) fn match_lstm(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    attention_between(c, call, 1)
}

/// The second text read in the light of the first: a state for each of its tokens, `factor` times as wide.
fn attention_between(c: &mut Checker<'_>, call: &Call<'_>, factor: usize) -> Out {
    let ((q, q_span), (d, d_span), rest) = c.two(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    if let Some(v) = c.opaque_of(&[&q, &d]) {
        return Ok(v);
    }
    for (v, s) in [(&q, q_span), (&d, d_span)] {
        c.vectors(v, s)?;
        if v.kind == VKind::Vec {
            let e = Diagnostic::new("E0405", format!("`{}` joins two sequences", call.row.name));
            return Err(c.report(e.at(s, Checker::shape_words(v)).help("remove the pooling: `enc(q)`, `enc(d)`")));
        }
    }
    let mut both = c.beside(&[(q, q_span), (d, d_span)], call.cx)?.into_iter();
    let (Some(q), Some(d)) = (both.next(), both.next()) else { return Err(Poison) };
    c.same_width(&q, &d)?;
    let (q, d) = (q.0, d.0);
    let mut out = Checker::merged(&[&q, &d], VKind::Seq, d.width.times(factor));
    out.axis.clone_from(&d.axis);
    out.flow = Flow::Full;
    out.depth += 1;
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&q, &d], out))
}

/// `triple(h, r, t)`: head, relation and tail of a knowledge graph; a relation that the data name gets a vector.
pub(super) fn triple(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (vals, rest) = c.features(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    let Ok([h, r, t]) = <[(Val, Span); 3]>::try_from(vals) else {
        return Err(c.number_of_values(call, "joins head, relation and tail"));
    };
    if let Some(v) = c.opaque_of(&[&h.0, &r.0, &t.0]) {
        return Ok(v);
    }
    let r = match r.0.kind {
        VKind::Label => {
            let out = Val { kind: VKind::Vec, width: h.0.width.clone(), ..r.0.clone() };
            (c.plain(call.cx, "embed_class", Settings::new(), &[&r.0], out), r.1)
        }
        _ => r,
    };
    for (v, s) in [&h, &r, &t] {
        c.vectors(v, *s)?;
        if v.kind == VKind::Seq {
            let d = Diagnostic::new("E0405", "`triple` joins single vectors");
            return Err(c.report(d.at(*s, Checker::shape_words(v)).help("pool it: `enc(h) |> first`")));
        }
    }
    for other in [&r, &t] {
        c.same_width(&h, other)?;
    }
    let all = [&h.0, &r.0, &t.0];
    let mut out = Checker::merged(&all, VKind::Vec, h.0.width.clone());
    out.outer.push(Outer::of(TRIPLE));
    Ok(c.plain(call.cx, "triple", Settings::new(), &all, out))
}

/// `both(u, v)`: two views of one example.
pub(super) fn both(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (pair, rest) = vectors(c, call)?;
    c.options(call.row, &rest, call.whole)?;
    let Some((a, b)) = pair else { return Ok(unknown(c, call)) };
    c.same_width(&a, &b)?;
    let mut out = Checker::merged(&[&a.0, &b.0], VKind::Vec, a.0.width.clone());
    out.outer.push(Outer::of(VIEWS));
    Ok(c.plain(call.cx, "both", Settings::new(), &[&a.0, &b.0], out))
}

impl Checker<'_> {
    pub(super) fn gate(&mut self, cx: &Cx, site: Site, h: &Val, c: &Val, out: Val) -> Out {
        let (owner, dh, dc) = (cx.owner.clone(), h.width.clone(), c.width.clone());
        self.layer(cx, site, "gate", Settings::new(), &[h, c], out, &|s, name| {
            let both = dh.plus(&dc);
            vec![
                s.param(format!("{name}.w"), vec![both.clone(), dh.clone()], InitRule::FanIn(both.clone()), &owner),
                s.param(format!("{name}.b"), vec![dh.clone()], InitRule::FanIn(both), &owner),
                s.param(format!("{name}.u"), vec![dc.clone(), dh.clone()], InitRule::FanIn(dc.clone()), &owner),
            ]
        })
    }
}
