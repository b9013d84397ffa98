//! How calls of functions in a loss are typed: one rule for each of `terms::Rule`.

use super::*;
use crate::kinds::layers;
use crate::kinds::terms::{Rule, TermKind};

/// A call of a function, with its arguments by name.
pub(super) struct LossCall<'a, 'p> {
    pub kind: &'static TermKind,
    pub given: Given<'p>,
    pub env: &'a Env,
}

impl<'p> LossCall<'_, 'p> {
    fn arg(&self, key: &str) -> Result<&'p Expr, Reported> {
        self.given.get(key).copied().ok_or(Reported)
    }

    /// `kl`, as it stands in a finding.
    fn who(&self) -> String {
        format!("`{}`", self.kind.row.name)
    }
}

/// Types a call.
pub(super) fn typed<'p>(c: &mut Scheduler<'_, 'p>, call: &LossCall<'_, 'p>, out: &mut Reached) -> Typed {
    match call.kind.rule {
        Rule::Divergence => divergence(c, call, out),
        Rule::Similarity { one_width } => similarity(c, call, out, one_width),
        Rule::Number => number(c, call, out),
        Rule::Weights => weights(c, call, out),
        Rule::Marginal => marginal(c, call, out),
        Rule::Reinforce => reinforce(c, call, out),
        Rule::Stop => stop(c, call, out),
        Rule::Uniform => uniform(c, call, out),
        Rule::Figure => figure(c, call, out),
        // a factor was read before it was taken for a call
        Rule::Factor => Err(Reported),
    }
}

/// A number that a call computes of some values.
fn scalar(call: &LossCall<'_, '_>, args: &[(&Term, Span)]) -> Term {
    let what = What::Call(call.kind, args.iter().map(|(t, span)| t.form(*span)).collect());
    let tasks = args.iter().flat_map(|(t, _)| t.tasks.iter().copied()).collect();
    Term { ty: Ty::Scalar, trains: args.iter().any(|(t, _)| t.trains), tasks, several: false, what }
}

/// `kl(p, q)`, `js(p, q)`
fn divergence<'p>(c: &mut Scheduler<'_, 'p>, call: &LossCall<'_, 'p>, out: &mut Reached) -> Typed {
    let (p, q) = (call.arg("p")?, call.arg("q")?);
    let (a, b) = (c.term(p, call.env, out), c.term(q, call.env, out));
    let (a, b) = (a?, b?);
    let dist = |t: &Ty| matches!(t, Ty::Dist(_) | Ty::Gold(_));
    let wants = "distributions";
    let fine = [c.want(&a, p.span, &call.who(), wants, dist), c.want(&b, q.span, &call.who(), wants, dist)];
    if fine.contains(&Err(Reported)) {
        return Err(Reported);
    }
    // of several views each meets the others
    if path_words(p) == path_words(q) && !path_words(p).contains("[*]") {
        let d = Diagnostic::new("E0509", format!("`{}` of a value and itself is always 0", call.kind.row.name));
        let d = d.at(q.span, "the same again").with(p.span, "");
        return Err(c.report(d.help("compare it with another answer to the same question")));
    }
    if let (Ty::Dist(x), Ty::Dist(y)) = (&a.ty, &b.ty)
        && !x.agrees(y)
    {
        let d = match std::mem::discriminant(x) == std::mem::discriminant(y) {
            true => Diagnostic::new("E0422", "the two choose among different classes"),
            false => Diagnostic::new("E0422", "the two distributions range over different things"),
        };
        let own = |t: &Term, s: &Space| match t.tasks.as_slice() {
            [one, ..] if c.r.tasks[*one].labels.is_some() => {
                format!("over the classes of `{}`", c.r.tasks[*one].gold_text)
            }
            _ => format!("over {}", s.words()),
        };
        let (at, with) = (own(&b, y), own(&a, x));
        return Err(c.report(
            d.at(q.span, at)
                .with(p.span, with)
                .help(format!("`{}` compares two answers to one question", call.kind.row.name)),
        ));
    }
    if let (Ty::Dist(Space::Latent(i)), Ty::Dist(Space::Latent(j))) = (&a.ty, &b.ty)
        && i == j
    {
        out.latents.insert(*i);
    }
    c.one_example(out.here, (&a, p), (&b, q))?;
    // what stands behind `stop` is compared with, not trained
    for t in [&a, &b].into_iter().filter(|t| t.trains) {
        out.tasks.extend(&t.tasks);
    }
    Ok(scalar(call, &[(&a, p.span), (&b, q.span)]))
}

/// `cosine(u, v)`, `orthogonal(u, v)`
/// Of two features, or distributions; `wide` where both have the same width.
fn similarity<'p>(c: &mut Scheduler<'_, 'p>, call: &LossCall<'_, 'p>, out: &mut Reached, wide: bool) -> Typed {
    let (u, v) = (call.arg("u")?, call.arg("v")?);
    let (a, b) = (c.term(u, call.env, out), c.term(v, call.env, out));
    let (a, b) = (a?, b?);
    for (t, at) in [(&a, u), (&b, v)] {
        c.want(t, at.span, &call.who(), "features", |t| matches!(t, Ty::Features | Ty::Dist(_)))?;
    }
    c.one_example(out.here, (&a, u), (&b, v))?;
    if wide
        && let (Some(x), Some(y)) = (c.width_in_loss(u, call.env), c.width_in_loss(v, call.env))
        && x != y
    {
        let d = Diagnostic::new("E0411", format!("widths {x} and {y} do not agree"));
        let d = d.at(v.span, format!("{y} numbers")).with(u.span, format!("{x} numbers"));
        return Err(c.report(d.help(format!("bring them together: `|> dense({x})`"))));
    }
    Ok(scalar(call, &[(&a, u.span), (&b, v.span)]))
}

impl Scheduler<'_, '_> {
    /// The width of features in a loss, where an encoder, perhaps pooled, or a task says it.
    fn width_in_loss(&self, e: &Expr, env: &Env) -> Option<Dim> {
        match &*e.value {
            ExprKind::Paren(e) => self.width_in_loss(e, env),
            ExprKind::Pipe(a, b) => {
                let keeps = |w: &str| layers::function(w).is_some_and(|f| f.marks.keeps_width);
                word_of(b).filter(|(w, ..)| keeps(w)).and_then(|_| self.width_in_loss(a, env))
            }
            ExprKind::Dot(base, port) if port.value == "hidden" => match self.p.lookup(path(base)?.name, env)? {
                Meaning::One(Kind::Task, t) => self.e.inputs[t].width.as_ref().map(|w| w.0.clone()),
                _ => None,
            },
            ExprKind::Call(f, _) => self.width_in_loss(f, env),
            ExprKind::Name(_) | ExprKind::Tap(..) => {
                let p = path(e)?;
                let Some(Meaning::One(Kind::Encoder, i)) = self.p.lookup(p.name, env) else { return None };
                match p.tap.map(|t| &t.value) {
                    None => self.e.width_after(i, None),
                    Some(ast::Tap::Layer(k)) => self.e.width_after(i, Some(*k as usize)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// `square(x)`
fn number<'p>(c: &mut Scheduler<'_, 'p>, call: &LossCall<'_, 'p>, out: &mut Reached) -> Typed {
    let x = call.arg("x")?;
    let t = c.term(x, call.env, out)?;
    c.want(&t, x.span, &call.who(), "a number", |t| matches!(t, Ty::Scalar))?;
    Ok(scalar(call, &[(&t, x.span)]))
}

/// `covariance(t[*].weights)`, `tensor_normal(...)`
fn weights<'p>(c: &mut Scheduler<'_, 'p>, call: &LossCall<'_, 'p>, out: &mut Reached) -> Typed {
    let mut all = vec![];
    for w in [Ok(call.arg("weights")?), call.arg("more")].into_iter().flatten() {
        let t = c.term(w, call.env, out)?;
        let several = |t: &Ty| matches!(t, Ty::Weights(n) if *n > 1);
        c.want(&t, w.span, &call.who(), "the weights of several heads or encoders", several)?;
        all.push((t, w.span));
    }
    let all: Vec<(&Term, Span)> = all.iter().map(|(t, span)| (t, *span)).collect();
    Ok(scalar(call, &all))
}

/// `marginal(speak, over = find)`
fn marginal<'p>(c: &mut Scheduler<'_, 'p>, call: &LossCall<'_, 'p>, out: &mut Reached) -> Typed {
    let (t, z) = (call.arg("task")?, call.arg("over")?);
    let (t, z) = (
        c.r.one_task(t, call.env, "what is marginalised"),
        c.r.one_task(z, call.env, "`over` of `marginal`").map(|i| (i, z)),
    );
    let (t, (z, at)) = (t?, z?);
    if !c.r.tasks[z].poisoned
        && !matches!(
            (c.r.tasks[z].rule.chooses)(&c.r.tasks[z].headed()),
            Space::Members | Space::Spans | Space::Classes(_)
        )
    {
        let head = c.r.tasks[z].head.name;
        let d = Diagnostic::new("E0421", format!("`marginal` sums over choices, and `{head}` makes none"));
        return Err(c.report(d.at(at.span, format!("the head `{head}`")).help("name a task with `choose` or `rank`")));
    }
    out.tasks.extend([t, z]);
    Ok(Term { tasks: vec![t, z], ..Term::new(Ty::Scalar, true) })
}

/// `reinforce(read, reward = ...)`
fn reinforce<'p>(c: &mut Scheduler<'_, 'p>, call: &LossCall<'_, 'p>, out: &mut Reached) -> Typed {
    let (t, r) = (call.arg("task")?, call.arg("reward")?);
    let (t, reward) = (c.r.one_task(t, call.env, "what is reinforced"), c.term(r, call.env, out));
    let (t, reward) = (t?, reward?);
    c.want(&reward, r.span, "a reward", "a figure", |t| matches!(t, Ty::Figure | Ty::Scalar))?;
    out.tasks.insert(t);
    Ok(Term { tasks: vec![t], ..Term::new(Ty::Scalar, true) })
}

/// `stop(x)`
fn stop<'p>(c: &mut Scheduler<'_, 'p>, call: &LossCall<'_, 'p>, out: &mut Reached) -> Typed {
    // what stands behind `stop` is not trained by it
    let mut apart = Reached { here: out.here, ..Reached::default() };
    let x = call.arg("x")?;
    let t = c.term(x, call.env, &mut apart)?;
    let what = match &t.what {
        What::Later | What::Elsewhere => t.what.clone(),
        _ => What::Call(call.kind, vec![t.form(x.span)]),
    };
    Ok(Term { trains: false, what, ..t })
}

/// `uniform(gold)`
fn uniform<'p>(c: &mut Scheduler<'_, 'p>, call: &LossCall<'_, 'p>, out: &mut Reached) -> Typed {
    let g = call.arg("gold")?;
    let t = c.term(g, call.env, out)?;
    c.want(&t, g.span, &call.who(), "gold", |t| matches!(t, Ty::Gold(_)))?;
    let space = match &t.ty {
        Ty::Gold(w) if w == "labels on" || w == "index" => Space::Members,
        Ty::Gold(w) if w == "label" || w == "labels" => Space::Classes(None),
        Ty::Gold(w) if w == "tags" => Space::Tags(None),
        Ty::Gold(w) if w == "span" || w == "spans" => Space::Spans,
        _ => Space::Unknown,
    };
    let what = What::Call(call.kind, vec![t.form(g.span)]);
    Ok(Term::new(Ty::Dist(space), false).as_(what))
}

/// `f1(said, gold)` and its like
fn figure<'p>(c: &mut Scheduler<'_, 'p>, call: &LossCall<'_, 'p>, out: &mut Reached) -> Typed {
    let (said, gold) = (call.arg("said")?, call.arg("gold")?);
    let (a, b) = (c.term(said, call.env, out), c.term(gold, call.env, out));
    let (a, b) = (a?, b?);
    let texty = |t: &Ty| matches!(t, Ty::Text | Ty::Gold(_));
    c.want(&a, said.span, &call.who(), "texts", texty)?;
    c.want(&b, gold.span, &call.who(), "texts", texty)?;
    let tasks = a.tasks.into_iter().chain(b.tasks).collect();
    Ok(Term { tasks, ..Term::new(Ty::Figure, false) })
}
