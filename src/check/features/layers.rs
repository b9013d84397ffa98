//! Layers of an encoder's stack: from states to states.

use super::*;

pub(super) fn lstm(c: &mut Checker<'_>, s: Stacked<'_>) -> Out {
    rnn(c, s, "lstm", 4, false)
}

pub(super) fn gru(c: &mut Checker<'_>, s: Stacked<'_>) -> Out {
    rnn(c, s, "gru", 3, false)
}

pub(super) fn bilstm(c: &mut Checker<'_>, s: Stacked<'_>) -> Out {
    rnn(c, s, "lstm", 4, true)
}

pub(super) fn bigru(c: &mut Checker<'_>, s: Stacked<'_>) -> Out {
    rnn(c, s, "gru", 3, true)
}

/// A recurrent layer with so many gates, in one direction or both.
fn rnn(c: &mut Checker<'_>, s: Stacked<'_>, cell: &str, gates: usize, bi: bool) -> Out {
    c.need_seq(&s.v, s.call, s.call.span)?;
    let causal = |f: Flow, dir: Flow| match f {
        Flow::Local => dir,
        f if f == dir => dir,
        _ => Flow::Full,
    };
    let (fwd, bwd) = (causal(s.v.flow, Flow::Fwd), causal(s.v.flow, Flow::Bwd));
    let (cx, d, w) = (s.call.cx, s.d, s.v.width.clone());
    let out = Val {
        width: Dim::of(if bi { 2 * d } else { d }),
        flow: if bi { Flow::Full } else { fwd },
        halves: bi.then_some((fwd, bwd)),
        ..s.out
    };
    let set = settings([
        ("cell", Setting::Text(cell.into())),
        ("hidden", Setting::Int(d as i64)),
        ("bidirectional", Setting::Bool(bi)),
    ]);
    let owner = cx.owner.clone();
    let out = c.layer(cx, s.site, "rnn", set, &[&s.v], out, &|c, name| {
        let init = InitRule::Fixed(Init::Uniform(1.0 / (d as f64).sqrt()));
        let mut ids = vec![];
        for dir in if bi { &["fwd", "bwd"][..] } else { &["fwd"][..] } {
            let mut p = |part: &str, shape: Vec<Dim>| {
                ids.push(c.param(format!("{name}.{dir}.{part}"), shape, init.clone(), &owner));
            };
            p("w_ih", vec![w.clone(), Dim::of(gates * d)]);
            p("w_hh", vec![Dim::of(d), Dim::of(gates * d)]);
            if cell == "lstm" {
                p("b", vec![Dim::of(gates * d)]);
            } else {
                p("b_ih", vec![Dim::of(gates * d)]);
                p("b_hh", vec![Dim::of(gates * d)]);
            }
        }
        ids
    })?;
    Ok(c.dropout(out, s.rate, cx))
}

pub(super) fn cnn(c: &mut Checker<'_>, s: Stacked<'_>) -> Out {
    c.need_seq(&s.v, s.call, s.call.span)?;
    let (cx, d, w) = (s.call.cx, s.d, s.v.width.clone());
    let whole = |i: &Item| match i {
        Item::Number(n) if (1.0..=1000.0).contains(n) && n.fract() == 0.0 => Some(*n as i64),
        _ => None,
    };
    let widths: Vec<i64> = match s.o.get("widths") {
        None => vec![3],
        Some(e) => {
            let items = c.p.list(e, &cx.env).unwrap_or_default();
            let widths: Vec<i64> = items.iter().filter_map(|(i, _)| whole(i)).collect();
            if items.is_empty() || widths.len() < items.len() {
                let d = Diagnostic::new("E0207", "`widths` is a list of sizes").at(e.span, "");
                let one = c.p.constant(e, &cx.env).filter(|i| whole(i).is_some());
                return Err(c.report(match (one, &*e.value) {
                    (Some(Item::Number(n)), ExprKind::Number(_)) => {
                        let right = format!("[{n}]");
                        d.help(format!("write `widths = {right}`")).fix(e.span, right, true)
                    }
                    _ => d.help("for example `widths = [3, 4, 5]`"),
                }));
            }
            // one set of filters for each width
            if let Some(k) = (1..widths.len()).find(|k| widths[..*k].contains(&widths[*k])) {
                let d = Diagnostic::new("E0228", format!("the width {} is given twice", widths[k]));
                return Err(c.report(d.at(items[k].1, "again").help("give each width once, and a larger d")));
            }
            widths
        }
    };
    let out = Val { width: Dim::of(d * widths.len()), flow: Flow::Full, ..s.out };
    let set = settings([("width", Setting::Int(d as i64)), ("windows", Setting::Ints(widths.clone()))]);
    let owner = cx.owner.clone();
    let out = c.layer(cx, s.site, "cnn", set, &[&s.v], out, &|c, name| {
        let mut ids = vec![];
        for win in &widths {
            let fan = w.times(*win as usize);
            let rule = InitRule::FanIn(fan.clone());
            ids.push(c.param(format!("{name}.w{win}.filter"), vec![fan, Dim::of(d)], rule.clone(), &owner));
            ids.push(c.param(format!("{name}.w{win}.bias"), vec![Dim::of(d)], rule, &owner));
        }
        ids
    })?;
    Ok(c.dropout(out, s.rate, cx))
}

pub(super) fn dense(c: &mut Checker<'_>, s: Stacked<'_>) -> Out {
    let known = s.call.row.words("activation");
    let activation = match s.o.get("activation").map(|e| (&*e.value, path_words(e), e.span)) {
        None => "relu".to_string(),
        Some((ExprKind::Name(n), ..)) if known.contains(&n.as_str()) => n.clone(),
        Some((_, word, span)) => return Err(c.unknown_word("E0237", "an activation", &word, span, known)),
    };
    let out = Val { width: Dim::of(s.d), ..s.out };
    let out = c.linear(s.call.cx, s.site, &s.v, out, s.d, &activation)?;
    Ok(c.dropout(out, s.rate, s.call.cx))
}

pub(super) fn self_attend(c: &mut Checker<'_>, s: Stacked<'_>) -> Out {
    c.need_seq(&s.v, s.call, s.call.span)?;
    let (cx, w) = (s.call.cx, s.v.width.clone());
    let width = match (s.d, w.known()) {
        (0, Some(n)) => n,
        (0, None) => {
            let e = Diagnostic::new("E0236", "`self_attend` needs its width here").at(s.call.span, "");
            return Err(c.report(e.help("write `self_attend(128)`")));
        }
        (d, _) => d,
    };
    let heads = c.opt_size(s.call, &s.o, "heads", 1)?;
    c.divides(width, heads, s.o.get("heads").map_or(s.call.whole, |e| e.span))?;
    let out = Val { width: Dim::of(width), flow: Flow::Full, ..s.out };
    let set = settings([("width", Setting::Int(width as i64)), ("heads", Setting::Int(heads as i64))]);
    let owner = cx.owner.clone();
    let out = c.layer(cx, s.site, "self_attend", set, &[&s.v], out, &|c, name| {
        let mut ids = vec![];
        for part in ["q", "k", "v"] {
            let rule = InitRule::FanIn(w.clone());
            ids.push(c.param(format!("{name}.w{part}"), vec![w.clone(), Dim::of(width)], rule.clone(), &owner));
            ids.push(c.param(format!("{name}.b{part}"), vec![Dim::of(width)], rule, &owner));
        }
        ids
    })?;
    Ok(c.dropout(out, s.rate, cx))
}

/// One block of a Transformer; the first one of a stack also brings the input to the model's width and adds positions.
pub(super) fn transformer(c: &mut Checker<'_>, s: Stacked<'_>) -> Out {
    c.need_seq(&s.v, s.call, s.call.span)?;
    let (cx, d) = (s.call.cx, s.d);
    let heads = c.opt_size(s.call, &s.o, "heads", if d.is_multiple_of(64) { (d / 64).max(1) } else { 1 });
    let divides = heads.and_then(|h| c.divides(d, h, s.o.get("heads").map_or(s.site.span, |e| e.span)));
    let ffn = c.opt_size(s.call, &s.o, "ffn", 4 * d);
    let (causal, norm_first) = (c.opt_flag(&s.o, "causal"), c.opt_flag(&s.o, "norm_first"));
    divides?;
    let (heads, ffn, causal, norm_first) = (heads?, ffn?, causal?, norm_first?);
    let mut v = s.v.clone();
    if s.k == 0 {
        if v.width != Dim::of(d) {
            let into = Site { span: s.site.span, sub: 900, word: "into", numbered: false };
            let wide = Val { width: Dim::of(d), ..v.clone() };
            v = c.linear(cx, into, &v, wide, d, "none")?;
        }
        v = c.plain(cx, "positions", Settings::new(), &[&v], v.clone());
        v = c.dropout(v, s.rate, cx);
    }
    let set = settings([
        ("heads", Setting::Int(heads as i64)),
        ("ffn", Setting::Int(ffn as i64)),
        ("causal", Setting::Bool(causal)),
        ("norm_first", Setting::Bool(norm_first)),
        ("dropout", Setting::Real(s.rate)),
    ]);
    let flow = match (causal, v.flow) {
        (true, Flow::Local | Flow::Fwd) => Flow::Fwd,
        _ => Flow::Full,
    };
    let out = Val { width: Dim::of(d), flow, ..s.out };
    let owner = cx.owner.clone();
    c.layer(cx, s.site, "transformer", set, &[&v], out, &|c, name| {
        let mut ids = vec![];
        let mut p = |part: &str, shape: &[usize], init: Init| {
            let shape = shape.iter().copied().map(Dim::of).collect();
            ids.push(c.param(format!("{name}.{part}"), shape, InitRule::Fixed(init), &owner));
        };
        // as PyTorch's layer begins: what is added to the residual stream is small beside it, so that six layers which
        // have learnt nothing yet still tell words apart
        let within = |fans: usize| Init::Uniform(1.0 / (fans.max(1) as f64).sqrt());
        for n in ["q", "k", "v"] {
            // Xavier's bound for the three maps as one matrix
            p(&format!("w{n}"), &[d, d], Init::Uniform((6.0 / (4 * d).max(1) as f64).sqrt()));
            p(&format!("b{n}"), &[d], Init::Zeros);
        }
        p("wo", &[d, d], within(d));
        p("bo", &[d], Init::Zeros);
        p("ln1.g", &[d], Init::Constant(1.0));
        p("ln1.b", &[d], Init::Zeros);
        p("w1", &[d, ffn], within(d));
        p("b1", &[ffn], within(d));
        p("w2", &[ffn, d], within(ffn));
        p("b2", &[d], within(ffn));
        p("ln2.g", &[d], Init::Constant(1.0));
        p("ln2.b", &[d], Init::Zeros);
        ids
    })
}

impl Checker<'_> {
    /// A linear layer with a bias and an activation.
    pub(super) fn linear(&mut self, cx: &Cx, site: Site, v: &Val, out: Val, d: usize, activation: &str) -> Out {
        let set = settings([
            ("width", Setting::Int(d as i64)),
            ("activation", Setting::Text(activation.into())),
            ("bias", Setting::Bool(true)),
        ]);
        let (owner, w) = (cx.owner.clone(), v.width.clone());
        self.layer(cx, site, "dense", set, &[v], out, &|c, name| {
            let rule = InitRule::FanIn(w.clone());
            vec![
                c.param(format!("{name}.weight"), vec![w.clone(), Dim::of(d)], rule.clone(), &owner),
                c.param(format!("{name}.bias"), vec![Dim::of(d)], rule, &owner),
            ]
        })
    }
}
