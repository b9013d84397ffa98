//! Functions of one value that keep its kind.

use super::*;

pub(super) fn dropout(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (v, o) = c.one(call)?;
    let p = c.opt_number(call, &o, "p", 0.0)?;
    Ok(c.dropout(v, p, call.cx))
}

pub(super) fn norm(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let (owner, w) = (call.cx.owner.clone(), v.width.clone());
    c.layer(call.cx, call.site(), "norm", Settings::new(), &[&v], v.clone(), &|c, name| {
        let one = InitRule::Fixed(Init::Constant(1.0));
        vec![
            c.param(format!("{name}.g"), vec![w.clone()], one, &owner),
            c.param(format!("{name}.b"), vec![w.clone()], InitRule::Fixed(Init::Zeros), &owner),
        ]
    })
}

pub(super) fn reverse(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (v, o) = c.one(call)?;
    let l = c.opt_number(call, &o, "lambda", 1.0)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let out = Val { reversed: true, ..v.clone() };
    Ok(c.plain(call.cx, "reverse", settings([("lambda", Setting::Real(l))]), &[&v], out))
}

pub(super) fn stop(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    Ok(c.plain(call.cx, "stop", Settings::new(), &[&v], v.clone()))
}

pub(super) fn softmax(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let out = Val { halves: None, latent: None, ..v.clone() };
    Ok(c.plain(call.cx, "softmax", Settings::new(), &[&v], out))
}

pub(super) fn shift(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (v, o) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    c.need_seq(&v, call, call.span)?;
    let k = c.opt_number(call, &o, "k", 1.0)?;
    Ok(c.plain(call.cx, "shift", settings([("by", Setting::Int(k as i64))]), &[&v], v.clone()))
}

pub(super) fn mix_layers(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = match &call.cx.input {
        Some(v) => v.clone(),
        None => c.input(call.row, call.span, call.cx)?,
    };
    if v.is_opaque() {
        return Ok(v);
    }
    let parts = v.parts.clone();
    if parts.len() < 2 {
        let d = Diagnostic::new("E0417", "`mix_layers` mixes several layers").at(call.span, "one value only");
        return Err(c.report(d.help("write `enc@* |> mix_layers`")));
    }
    let pairs: Vec<(Val, Span)> = parts.iter().map(|p| (p.clone(), call.span)).collect();
    for p in &pairs[1..] {
        c.same_width(&pairs[0], p)?;
    }
    let refs: Vec<&Val> = parts.iter().collect();
    let mut out = Checker::merged(&refs, parts[0].kind, parts[0].width.clone());
    out.star = v.star;
    let (owner, n) = (call.cx.owner.clone(), parts.len());
    c.layer(call.cx, call.site(), "mix_layers", Settings::new(), &refs, out, &|c, name| {
        let one = InitRule::Fixed(Init::Constant(1.0));
        vec![
            c.param(format!("{name}.weights"), vec![Dim::of(n)], InitRule::Fixed(Init::Zeros), &owner),
            c.param(format!("{name}.gamma"), vec![Dim::of(1)], one, &owner),
        ]
    })
}
