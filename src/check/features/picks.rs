//! What decisions of tasks give on their way along an arrow: picked tokens, spans, members of lists, texts.

use super::*;

/// `step(y)`: the states of the decoder that writes `y`, one for each word, each having seen those before it.
pub(super) fn step(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (vals, _) = c.features(&Call { cx: &call.cx.fed(None), ..*call }, &[])?;
    let [(v, span)] = vals.as_slice() else { return Err(c.number_of_values(call, "names one text")) };
    if v.is_opaque() {
        return Ok(v.clone());
    }
    let field = v.axis.first().copied();
    let corpus = call.cx.corpus;
    let writer = (0..c.r.tasks.len())
        .find(|t| c.r.tasks[*t].rule.writes && field.is_some_and(|f| c.r.tasks[*t].golds.contains(&(corpus, f))));
    let (Some(writer), VKind::Text) = (writer, v.kind) else {
        let (name, data) = (c.axis_name(corpus, &v.axis), c.p.data[corpus].name.clone());
        let d = Diagnostic::new("E0408", format!("no task writes `{name}`, so it has no steps")).at(*span, "");
        return Err(c.report(d.help(format!(
            "declare the task that writes it: `task write : generate(gru(256)) of {data}.{name} from enc`"
        ))));
    };
    let width = c.decoder_width(writer);
    let out = Val { kind: VKind::Seq, width, flow: Flow::Fwd, reads: SmallSet::none(), ..v.clone() };
    Ok(c.plain(call.cx, "step", settings([("task", Setting::Int(writer as i64))]), &[v], out))
}

/// `h |> at(pair)`: the states at the ends of spans that the data give.
pub(super) fn at(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (vals, _) = c.features(call, &[])?;
    let [(h, h_span), (s, s_span)] = vals.as_slice() else {
        return Err(c.number_of_values(call, "reads states, and the spans at which to take them"));
    };
    if let Some(v) = c.opaque_of(&[h, s]) {
        return Ok(v);
    }
    c.vectors(h, *h_span)?;
    c.need_seq(h, call, *h_span)?;
    if s.kind != VKind::Spans {
        let d = Diagnostic::new("E0416", "`at` takes states at spans").at(*s_span, Checker::shape_words(s));
        return Err(c.report(d.help("name a field of type `span`, `spans` or `spanpair`")));
    }
    if h.axis != s.axis {
        let (x, y) = (c.axis_name(call.cx.corpus, &h.axis), c.axis_name(call.cx.corpus, &s.axis));
        let d = Diagnostic::new("E0410", format!("`{x}` and `{y}` are different texts, token by token"))
            .at(*s_span, format!("spans of `{y}`"))
            .with(*h_span, format!("runs over `{x}`"));
        return Err(c.report(d.help(format!("encode the other text: `enc({y})`"))));
    }
    let mut out = Checker::merged(&[h, s], VKind::Vec, h.width.times(s.width.n.max(1)));
    out.outer = h.outer.iter().chain(&s.outer).cloned().collect();
    Ok(c.plain(call.cx, "at", Settings::new(), &[h, s], out))
}

/// `span_attend`: a vector for each span that a task has picked.
pub(super) fn span_attend(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = picked(c, call, "spans that a task has picked", "send them: `read.top(5) -> rerank via span_attend`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    if v.kind != VKind::Spans || !v.classes {
        let d = Diagnostic::new("E0416", "`span_attend` reads spans that a task has picked");
        let help = match v.kind {
            VKind::Spans => "for spans of the data write `h |> at(span)`",
            _ => "send them from a `span` head: `read.top(5) -> rerank via span_attend`",
        };
        return Err(c.report(d.at(call.span, Checker::shape_words(&v)).help(help)));
    }
    let out = Val { kind: VKind::Vec, classes: false, ..v.clone() };
    Ok(c.plain(call.cx, "span_attend", Settings::new(), &[&v], out))
}

/// `correlate`: each candidate in the light of the others.
pub(super) fn correlate(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = picked(c, call, "candidates", "send them: `read.top(5) -> select via span_attend & correlate`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    if !matches!(v.kind, VKind::Spans | VKind::Vec) || v.outer.is_empty() {
        let d = Diagnostic::new("E0424", "`correlate` compares the members of a list");
        return Err(c.report(d.at(call.span, Checker::shape_words(&v)).help("send several: `.top(5)`")));
    }
    let out = Val { kind: VKind::Vec, classes: false, ..v.clone() };
    Ok(c.plain(call.cx, "correlate", Settings::new(), &[&v], out))
}

/// `co_select`: the tokens that one text and a selection of them agree on.
pub(super) fn co_select(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = picked(c, call, "what a task has selected", "send it: `key.labels -> write via select |> co_select`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    c.vectors(&v, call.span)?;
    c.need_seq(&v, call, call.span)?;
    let out = Val { classes: false, flow: Flow::Full, halves: None, ..v.clone() };
    Ok(c.plain(call.cx, "co_select", Settings::new(), &[&v], out))
}

/// `select`, `mask`: for each token, or each member of a list, whether it was picked.
pub(super) fn select(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = picked(c, call, "decisions of a task", "send them: `key.labels -> write via select`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    let several = v.kind == VKind::Seq || v.kind == VKind::Vec && !v.outer.is_empty();
    if !several || !v.classes {
        let d = Diagnostic::new("E0405", format!("`{}` needs a decision for each token", call.row.name));
        return Err(c.report(
            d.at(call.span, Checker::shape_words(&v)).help("send the labels of a `tag`, a `rank` or a `choose`"),
        ));
    }
    let out = Val { width: Dim::of(1), classes: false, halves: None, ..v.clone() };
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&v], out))
}

/// `append`, `prefix`: texts beside the input that an arrow replaces.
pub(super) fn joined_text(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = picked(c, call, "a text", "send one: `find.top(5) -> speak.q via prefix`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    if v.kind != VKind::Text {
        let d = Diagnostic::new("E0416", format!("`{}` joins texts", call.row.name));
        let d = d.at(call.span, Checker::shape_words(&v));
        return Err(c.report(d.help("send a text: `.text`, `.filled`, or `.top(k)` of a list of texts")));
    }
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&v], v.clone()))
}

/// `sample`: draws from the distribution instead of taking the best.
pub(super) fn sample(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = picked(c, call, "a distribution", "send one: `gen.filled -> disc.x via sample`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    if v.kind != VKind::Text && !v.classes {
        let d = Diagnostic::new("E0416", "`sample` draws from a distribution");
        let d = d.at(call.span, Checker::shape_words(&v));
        return Err(c.report(d.help("send `.probs`, `.filled` or `.text`")));
    }
    Ok(c.plain(call.cx, "sample", Settings::new(), &[&v], v.clone()))
}

/// `weight`: one weight for each member of a list.
pub(super) fn weight(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = picked(c, call, "scores of a list", "send them: `pick.probs -> read via weight`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    if v.kind != VKind::Vec || v.outer.is_empty() || !v.classes {
        let d = Diagnostic::new("E0424", "`weight` needs a score for each member of a list");
        let d = d.at(call.span, Checker::shape_words(&v));
        return Err(c.report(d.help("send `.probs` of a `rank` or `choose`")));
    }
    Ok(c.plain(call.cx, "weight", Settings::new(), &[&v], v.clone()))
}

/// `query`: one query of a pointer for each token.
pub(super) fn query(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = picked(c, call, "states", "send them: `write.states -> mention via query`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    c.vectors(&v, call.span)?;
    c.need_seq(&v, call, call.span)?;
    Ok(c.plain(call.cx, "query", Settings::new(), &[&v], v.clone()))
}

/// The one value of a function that stands behind `via`.
fn picked(c: &mut Checker<'_>, call: &Call<'_>, what: &str, help: &str) -> Out {
    let (mut vals, rest) = c.features(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    match (vals.pop(), vals.is_empty()) {
        (Some((v, _)), true) => Ok(v),
        _ => {
            // `enc(query)`: a text is meant
            let fields = c.p.data[call.cx.corpus].fields.iter().filter(|f| is_texty(&f.ty));
            let texts: Vec<String> = fields.map(|f| format!("`{}`", f.name)).collect();
            if !call.cx.arrow && call.args.is_empty() && !texts.is_empty() {
                let d = Diagnostic::new("E0244", format!("`{}` is a function of arrows, not a text", call.row.name));
                return Err(c.report(d.at(call.whole, "no text").help(format!("its texts are {}", texts.join(", ")))));
            }
            let d = Diagnostic::new("E0236", format!("`{}` reads {what}", call.row.name)).at(call.whole, "");
            Err(c.report(d.help(help)))
        }
    }
}
