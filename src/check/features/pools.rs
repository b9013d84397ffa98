//! Pools: from the states of a text to one vector, or from the members of a list to one.

use super::*;

/// The value of a pool over `v`: the tokens go first, then the members of the innermost list.
fn pooled(c: &mut Checker<'_>, call: &Call<'_>, v: &Val) -> Out {
    let mut out = Val { kind: VKind::Vec, halves: None, latent: None, classes: false, ..v.clone() };
    if v.kind == VKind::Vec && out.outer.pop().is_none() {
        c.need_seq(v, call, call.span)?;
    }
    Ok(out)
}

/// `last`, `first`
pub(super) fn end(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let out = pooled(c, call, &v)?;
    let set = settings([("bidirectional", Setting::Bool(v.halves.is_some()))]);
    Ok(c.plain(call.cx, call.row.name, set, &[&v], out))
}

/// `mean`, `max`
pub(super) fn whole(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let out = pooled(c, call, &v)?;
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&v], out))
}

/// One score per token: a linear layer without activation.
fn scorer(c: &mut Checker<'_>, call: &Call<'_>, v: &Val, out: Val) -> Out {
    let (owner, w) = (call.cx.owner.clone(), v.width.clone());
    c.layer(call.cx, call.site(), call.row.name, Settings::new(), &[v], out, &|c, name| {
        let rule = InitRule::FanIn(w.clone());
        vec![
            c.param(format!("{name}.weight"), vec![w.clone(), Dim::of(1)], rule.clone(), &owner),
            c.param(format!("{name}.bias"), vec![Dim::of(1)], rule, &owner),
        ]
    })
}

pub(super) fn attend(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (v, o) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let out = pooled(c, call, &v)?;
    let Some(q) = o.get("query") else { return scorer(c, call, &v, out) };
    let query = c.eval(q, &call.cx.fed(None))?;
    if query.is_opaque() {
        return Ok(query);
    }
    if query.kind != VKind::Vec {
        let d = Diagnostic::new("E0405", "a query is one vector for each example");
        return Err(c.report(d.at(q.span, Checker::shape_words(&query)).help("pool it: `.last`, `|> mean`")));
    }
    let out = Val { outer: out.outer.clone(), ..Checker::merged(&[&v, &query], VKind::Vec, v.width.clone()) };
    let (owner, w, dq) = (call.cx.owner.clone(), v.width.clone(), query.width.clone());
    c.layer(call.cx, call.site(), "attend", Settings::new(), &[&v, &query], out, &|c, name| {
        let rule = InitRule::FanIn(dq.clone());
        vec![c.param(format!("{name}.weight"), vec![dq.clone(), w.clone()], rule, &owner)]
    })
}

/// Attention weights: they sum to one over the tokens, so each has seen all of them.
pub(super) fn attention(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    c.need_seq(&v, call, call.span)?;
    let out = Val { width: Dim::of(1), flow: Flow::Full, halves: None, ..v.clone() };
    scorer(c, call, &v, out)
}
