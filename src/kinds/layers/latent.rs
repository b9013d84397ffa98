//! Latent variables.

use super::{Kind, Layer};
use crate::ast::{Expr, ExprKind};
use crate::diagnostics::{Diagnostic, Reported};
use crate::plan::{Phase, Setting, Settings};
use crate::types::dim::Dim;
use crate::types::{Call, Cx, Elaborate, Env, Function, Latent, Marks, Out, Resolve, Rule, VKind, Val, settings};
use crate::util::SmallList;
use crate::words::Takes::{Number, Own};
use crate::words::numbers::SIZE;
use crate::words::{may, must};

/// Latent variables.
pub(super) const KIND: Kind = Kind {
    functions: &[LATENT, GAUSSIAN, CATEGORICAL],
    layers: &[LATENT_LAYER, GAUSSIAN_LAYER, CATEGORICAL_LAYER, PRIOR, POSTERIOR],
};

const LATENT: Function = Function {
    name: "latent",
    args: &[must("kind", Own), may("prior", Own), may("posterior", Own)],
    deep: false,
    runs: false,
    example: "latent(gaussian(32), prior = p, posterior = q)",
    doc: "a latent variable",
    rule: Rule::Value(latent),
    marks: Marks { latent: true, reads, ..Marks::NONE },
};

const GAUSSIAN: Function = Function {
    name: "gaussian",
    args: &[must("d", Number(SIZE))],
    deep: false,
    runs: false,
    example: "gaussian(32)",
    doc: "a family of `latent`",
    rule: Rule::Family(gaussian),
    marks: Marks::NONE,
};

const CATEGORICAL: Function = Function {
    name: "categorical",
    args: &[must("n", Number(SIZE))],
    deep: false,
    runs: false,
    example: "categorical(10)",
    doc: "a family of `latent`",
    rule: Rule::Family(categorical),
    marks: Marks::NONE,
};

const LATENT_LAYER: Layer = Layer { name: "latent", ..Layer::NONE };

const GAUSSIAN_LAYER: Layer = Layer { name: "gaussian", ..Layer::NONE };

const CATEGORICAL_LAYER: Layer = Layer { name: "categorical", ..Layer::NONE };

const PRIOR: Layer = Layer { name: "prior", weights_to_come: true, ..Layer::NONE };

const POSTERIOR: Layer = Layer { name: "posterior", weights_to_come: true, ..Layer::NONE };

/// A distribution that reads nothing: the prior that a `latent` has when none is given.
fn family(c: &mut dyn Elaborate, call: &Call<'_>, key: &'static str) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let d = c.opt_size(call, &o, key, 1)?;
    let free = Cx { input: None, text: SmallList::none(), ..call.cx.clone() };
    let out = Val { kind: VKind::Vec, width: Dim::of(d), depth: 0, ..c.opaque(&free) };
    Ok(c.plain(call.cx, call.row.name, settings([("width", Setting::Int(d as i64))]), &[], out))
}

/// `gaussian(32)`
fn gaussian(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    family(c, call, "d")
}

/// `categorical(10)`
fn categorical(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    family(c, call, "n")
}

/// `latent(gaussian(32), prior = p, posterior = q)`: drawn from the posterior in training and, where there is a prior,
/// from the prior at test.
fn latent(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let free = call.cx.fed(None);
    let Some(kind) = o.get("kind") else { return Err(Reported) };
    family_of(c, kind)?;
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
            return Err(c.report(d.at(e.span, v.words()).help("pool it: `|> last`, `|> mean`")));
        }
        Ok(v)
    };
    let q = of(posterior)?;
    let p = match o.get("prior") {
        Some(e) => of(e)?,
        None => family.clone(),
    };
    let (task, corpus) = (call.cx.task, call.cx.corpus);
    let unknown = q.reads.iter().copied().find(|f| c.learns(task, corpus, *f));
    if let Some(f) = unknown
        && call.cx.phase == Phase::Test
        && !o.contains_key("prior")
        && !c.self_supervised(task)
    {
        let field = c.field_name(corpus, f).to_string();
        let name = c.task_name(task).to_string();
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

/// E0237: a `latent` that begins with no family of distributions.
fn family_of(c: &mut dyn Resolve, kind: &Expr) -> Result<(), Reported> {
    let known = match &*kind.value {
        ExprKind::Error => return Err(Reported),
        ExprKind::Call(f, _) => match &*f.value {
            ExprKind::Name(n) => super::function(n).is_some_and(|f| matches!(f.rule, Rule::Family(_))),
            _ => false,
        },
        _ => false,
    };
    if known {
        return Ok(());
    }
    let d = Diagnostic::new("E0237", "`latent` begins with the family of its distribution").at(kind.span, "");
    Err(c.report(d.help("write `latent(gaussian(32), ...)` or `latent(categorical(10), ...)`")))
}

fn reads(c: &mut dyn Resolve, arg: &str, e: &Expr, _: &Env) -> bool {
    arg == "kind" && family_of(c, e).is_err()
}
