//! Latent variables.

use super::*;

/// A distribution that reads nothing: the prior that a `latent` has when none is given.
fn family(c: &mut Checker<'_>, call: &Call<'_>, key: &'static str) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let d = c.opt_size(call, &o, key, 1)?;
    let free = Cx { input: None, text: SmallList::none(), ..call.cx.clone() };
    let out = Val { kind: VKind::Vec, width: Dim::of(d), depth: 0, ..c.opaque(&free) };
    Ok(c.plain(call.cx, call.row.name, settings([("width", Setting::Int(d as i64))]), &[], out))
}

/// `gaussian(32)`
pub(super) fn gaussian(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    family(c, call, "d")
}

/// `categorical(10)`
pub(super) fn categorical(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    family(c, call, "n")
}

impl Resolver<'_> {
    /// E0237: a `latent` that begins with no family of distributions.
    pub(in crate::check) fn family_of(&mut self, kind: &Expr) -> Result<(), Poison> {
        let known = match &*kind.value {
            ExprKind::Error => return Err(Poison),
            ExprKind::Call(f, _) => match &*f.value {
                ExprKind::Name(n) => matches!(rules::rule(n), Some(Rule::Family(_))),
                _ => false,
            },
            _ => false,
        };
        if known {
            return Ok(());
        }
        let d = Diagnostic::new("E0237", "`latent` begins with the family of its distribution").at(kind.span, "");
        Err(self.report(d.help("write `latent(gaussian(32), ...)` or `latent(categorical(10), ...)`")))
    }
}

/// `latent(gaussian(32), prior = p, posterior = q)`: drawn from the posterior in training and, where there is a prior,
/// from the prior at test.
pub(super) fn latent(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let free = call.cx.fed(None);
    let Some(kind) = o.get("kind") else { return Err(Poison) };
    c.r.family_of(kind)?;
    let family = c.eval(kind, &free)?;
    let Some(posterior) = o.get("posterior") else {
        let d = Diagnostic::new("E0236", "`latent` needs its posterior: nothing else trains it").at(call.whole, "");
        return Err(c.report(d.help(format!("for example `{}`", call.row.example))));
    };
    let mut of = |e: &Expr| -> Out {
        let v = c.eval(e, &free)?;
        if v.is_opaque() {
            return Ok(v);
        }
        c.vectors(&v, e.span)?;
        if v.kind == VKind::Seq {
            let d = Diagnostic::new("E0405", "a latent variable is drawn from one vector for each example");
            return Err(c.report(d.at(e.span, Checker::shape_words(&v)).help("pool it: `|> last`, `|> mean`")));
        }
        Ok(v)
    };
    let q = of(posterior)?;
    let p = match o.get("prior") {
        Some(e) => of(e)?,
        None => family.clone(),
    };
    let (task, corpus) = (call.cx.task, call.cx.corpus);
    let unknown = q.reads.iter().copied().find(|f| c.r.tasks[task].golds.contains(&(corpus, *f)));
    if let Some(f) = unknown
        && call.cx.phase == Phase::Test
        && !o.contains_key("prior")
        && !c.r.tasks[task].head.self_supervised
    {
        let field = c.p.data[corpus].fields[f].name.clone();
        let name = c.r.tasks[task].name.clone();
        let d = Diagnostic::new(
            "E0503",
            "a latent variable has a posterior and no prior: at test nothing gives it a value",
        )
        .at(call.whole, format!("at test `{field}` is not known"))
        .with(posterior.span, format!("reads `{field}`, which `{name}` predicts"));
        return Err(c.report(d.help("add `prior = ...` over what is known at test")));
    }
    let side = |v: &Val| Val {
        kind: VKind::Vec,
        width: family.width.clone(),
        axis: SmallList::none(),
        classes: false,
        latent: None,
        halves: None,
        ..v.clone()
    };
    let (prior, posterior) = (side(&p), side(&q));
    let of_prior = c.plain(call.cx, "prior", Settings::new(), &[&family, &p], prior);
    let of_posterior = c.plain(call.cx, "posterior", Settings::new(), &[&family, &q], posterior);
    let at_test = call.cx.phase == Phase::Test && o.contains_key("prior");
    let drawn = if at_test { of_prior.clone() } else { of_posterior.clone() };
    let out = Val {
        latent: Some(Box::new(Latent { prior: of_prior, posterior: of_posterior })),
        depth: p.depth.max(q.depth),
        ..drawn.clone()
    };
    Ok(c.plain(call.cx, "latent", Settings::new(), &[&drawn], out))
}
