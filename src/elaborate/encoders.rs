//! Encoders: their bodies, their layers and taps.

use super::*;
use crate::analysis::TOP;
use crate::kinds::layers::function;
use std::rc::Rc;

/// Most layers of a model from a file.
const MOST_OF_A_MODEL: u32 = 1000;

impl<'p> Elaborator<'p> {
    pub(super) fn encoder(&mut self, i: usize, span: Span, tap: Option<&ast::Node<Tap>>, cx: &Cx) -> Out {
        self.out.used_encoders.insert(i);
        let key = (i, cx.graph, cx.round, cx.text.clone(), cx.input.as_ref().map(|v| v.node));
        if let Some(Tap::Layer(k)) = tap.map(|t| &t.value)
            && let Some(Some(v)) = self.partial.get(&key).and_then(|taps| taps.get(*k as usize))
        {
            let mut v = Val { depth: 0, ..v.clone() };
            if v.tops.is_empty() {
                v.tops = SmallSet::one((i, 0));
            }
            return Ok(v);
        }
        let done = match self.out.encoders.get(&key) {
            Some(Err(Reported)) if self.without_text.contains(&(Kind::Encoder, key.clone())) => {
                return Err(self.no_text(span, &cx.within(span)));
            }
            Some(done) => done.clone(),
            None => {
                // a cycle through encoders that no arrow closes: `encoder a = b`, `encoder b = a`
                self.out.encoders.insert(key.clone(), Err(Reported));
                let out = self.nested(self.p.encoders[i].span, |c| {
                    c.noting_text((Kind::Encoder, key.clone()), |c| c.encoder_body(i, &cx.within(span)))
                });
                let out = out.map(Rc::new);
                self.partial.remove(&key);
                self.out.encoders.insert(key, out.clone());
                out
            }
        };
        let done = done?;
        let (value, taps) = &*done;
        if value.is_opaque() {
            return Ok(Val { depth: 0, ..value.clone() });
        }
        if value.model {
            return Ok(self.model_tap(i, Val { depth: 0, model: false, ..value.clone() }, tap, cx));
        }
        let top = taps.len() - 1;
        let name = &self.p.encoders[i].name;
        let Some(tap) = tap else { return Ok(Val { depth: 0, ..value.clone() }) };
        // how many layers it has stands in what could not be read
        if crate::hir::unreadable(&self.p.encoders[i].value) {
            return Err(Reported);
        }
        let pick = |k: usize| taps.get(k).cloned().flatten();
        let out_of_range = |k: u64| {
            Diagnostic::new("E0414", format!("`{name}` has {top} layer{}", if top == 1 { "" } else { "s" }))
                .at(tap.span, format!("there is no layer {k}"))
                .with(self.p.encoders[i].span, "declared here")
                .help(match top {
                    0 => format!("read `{name}`: embeddings are no layers"),
                    _ => format!("tap 1 to {top} (0 is the input of the first layer)"),
                })
        };
        match &tap.value {
            Tap::Layer(k) => match pick(*k as usize) {
                Some(v) => Ok(Val { depth: 0, ..v }),
                None => {
                    let d = out_of_range(*k);
                    Err(self.report(d))
                }
            },
            Tap::All | Tap::Range(..) => {
                let (a, b) = match tap.value {
                    Tap::Range(a, b) => (a as usize, b.map_or(top, |b| b as usize)),
                    _ => (1, top),
                };
                if a > b || b > top {
                    let d = out_of_range(b as u64);
                    return Err(self.report(d));
                }
                let parts: Vec<Val> = (a..=b).filter_map(pick).map(|v| Val { depth: 0, ..v }).collect();
                let Some(last) = parts.last().cloned() else { return Err(Reported) };
                let mut out = Val { star: matches!(tap.value, Tap::All), ..last };
                for v in &parts {
                    out.tops.join(&v.tops);
                }
                Ok(Val { parts, ..out })
            }
            Tap::Name(n) => {
                let d = Diagnostic::new("E0414", format!("`{n}` is not a layer of `{name}`")).at(tap.span, "");
                let d = d.help(format!("layers are numbered: `@1` to `@{top}`"));
                let _ = span;
                Err(self.report(d))
            }
        }
    }

    /// A layer of a model whose number of layers stands in its file: any may be tapped.
    fn model_tap(&mut self, i: usize, top: Val, tap: Option<&ast::Node<Tap>>, cx: &Cx) -> Val {
        let Some(Tap::Layer(k)) = tap.map(|t| &t.value) else {
            let all = tap.is_some();
            let parts = if all { vec![top.clone(), top.clone()] } else { vec![] };
            return Val { star: all, parts, ..top };
        };
        let k = (*k).min(u64::from(MOST_OF_A_MODEL)) as u32;
        self.out.below.entry((i, TOP)).or_default().insert((i, k));
        for l in 1..=k {
            self.out.below.entry((i, l)).or_default().insert((i, l - 1));
        }
        let out = Val { tops: SmallSet::one((i, k)), ..top.clone() };
        let v = self.plain(cx, layers::OF_MODEL, settings([("k", Setting::Int(i64::from(k)))]), &[&top], out);
        let name = format!("{}@{k}", self.p.encoders[i].name);
        self.called(v, cx, &name)
    }

    /// The value of a model from a file: arrows that end at one of its layers are looked at, and tasks that they come
    /// from may read the layers below.
    pub(super) fn model_layers(&mut self, mut v: Val, call: &Call<'_>) -> Out {
        let Some(i) = call.cx.encoder else { return Ok(v) };
        v.tops = SmallSet::one((i, TOP));
        let entered: Vec<(usize, u32)> = (0..self.r.edges.len())
            .filter(|k| self.r.edges[*k].alive && self.r.edges[*k].when.is_none_or(|w| w == call.cx.phase))
            .filter_map(|k| match self.r.edges[k].target {
                Target::Encoder(t, layer) if t == i => Some((k, layer.unwrap_or(1).clamp(1, MOST_OF_A_MODEL))),
                _ => None,
            })
            .collect();
        for (k, layer) in entered {
            let below = |l: u32| Val { tops: SmallSet::one((i, l)), model: false, ..v.clone() };
            let taps = (0..layer).map(|l| Some(below(l))).collect();
            for l in 1..layer {
                self.out.below.entry((i, l)).or_default().insert((i, l - 1));
            }
            self.partial.insert(Self::encoder_key(call.cx), taps);
            let entered = self.enter(v.clone(), k, call.cx)?;
            v = Val { width: v.width.clone(), tops: v.tops.clone(), model: true, ..entered };
        }
        Ok(v)
    }

    pub(super) fn parts_error(&mut self, v: &Val, span: Span) -> Option<Reported> {
        if v.parts.is_empty() || v.kind == VKind::Opaque {
            return None;
        }
        let d =
            Diagnostic::new("E0417", "several layers are not one value").at(span, format!("{} layers", v.parts.len()));
        Some(self.report(d.help("combine them: `enc@* |> mix_layers`, or concatenate them: `enc@1 & enc@2`")))
    }

    /// Within the body of an encoder that was named at `cx`.
    pub(super) fn inner(&self, i: usize, cx: &Cx) -> Cx {
        let named = &self.p.encoders[i];
        Cx { owner: named.name.as_str().into(), env: named.env.clone(), encoder: Some(i), ..cx.clone() }
    }

    pub(super) fn encoder_body(&mut self, i: usize, cx: &Cx) -> Result<Encoded, Reported> {
        let (named, inner) = (&self.p.encoders[i], self.inner(i, cx));
        // taps are collected by depth while the body is elaborated
        let mut taps: Vec<Option<Val>> = vec![None];
        let v = self.in_body(cx, None, |c| c.stack(&named.value, &inner, &mut taps))?;
        if let Some(p) = self.parts_error(&v, named.value.span) {
            return Err(p);
        }
        if v.kind == VKind::Text {
            let d = Diagnostic::new("E0404", format!("the encoder `{}` gives words, not vectors", named.name));
            return Err(self.report(d.at(named.span, "").help("begin with `embed(100)`")));
        }
        let mut v = v;
        if v.depth == 0 && v.kind != VKind::Opaque {
            // an encoder without layers of its own is its own floor, unless it only names others
            if v.tops.is_empty() {
                v.tops = SmallSet::one((i, 0));
            }
        }
        for (k, t) in taps.iter_mut().enumerate() {
            if let Some(t) = t
                && k > 0
            {
                t.tops = SmallSet::one((i, k as u32));
            } else if let Some(t) = t
                && t.tops.is_empty()
            {
                t.tops = SmallSet::one((i, 0));
            }
        }
        Ok((v, taps))
    }

    /// An encoder's body: as `eval`, with the value after each stage of the pipe kept as a tap.
    pub(super) fn stack(&mut self, e: &Expr, cx: &Cx, taps: &mut Vec<Option<Val>>) -> Out {
        let v = match &*e.value {
            ExprKind::Pipe(a, b) => {
                let Ok(v) = self.stack(a, cx, taps) else {
                    let input = Some(self.opaque(cx));
                    let _ = self.eval(b, &cx.fed(input));
                    return Err(Reported);
                };
                if self.ends_at(&v) {
                    return Ok(v);
                }
                let inner = cx.fed(Some(v.clone()));
                if let (ExprKind::Call(f, args), VKind::Seq) = (&*b.value, v.kind)
                    && let ExprKind::Name(n) = &*f.value
                    && let Some(row) = function(n).filter(|f| f.is_layer())
                    && let Some(count) = self.repeated(row, args, cx)
                {
                    let mut v = v;
                    for k in 0..count {
                        let inner = cx.fed(Some(v));
                        let call = Call { row, span: f.span, args, whole: b.span, cx: &inner };
                        v = self.at_place(b.span, |c| c.one_layer(&call, k, count))?;
                        self.keep(taps, &v, cx);
                        if self.ends_at(&v) {
                            break;
                        }
                    }
                    return Ok(v);
                }
                self.eval(b, &inner)?
            }
            ExprKind::Paren(inner) => return self.stack(inner, cx, taps),
            _ => self.eval(e, cx)?,
        };
        self.keep(taps, &v, cx);
        Ok(v)
    }

    /// Keeps what stands after a layer, for taps; for tasks that read the encoder while it is elaborated, too.
    fn keep(&mut self, taps: &mut Vec<Option<Val>>, v: &Val, cx: &Cx) {
        keep(taps, v);
        if self.whole() {
            keep(self.partial.entry(Self::encoder_key(cx)).or_default(), v);
        }
    }

    pub(super) fn encoder_key(cx: &Cx) -> EncoderKey {
        let input = cx.input.as_ref().map(|v| v.node);
        (cx.encoder.unwrap_or(usize::MAX), cx.graph, cx.round, cx.text.clone(), input)
    }

    /// The number of layers of a repeated layer function (`bilstm(100, layers = 3)`), if it is one.
    pub(super) fn repeated(&mut self, row: &'static Function, args: &[ast::Arg], cx: &Cx) -> Option<usize> {
        let layers = row.arg("layers")?;
        let at = args.iter().position(|a| a.name.as_ref().is_some_and(|n| n.value == "layers"));
        let at = at.or_else(|| (args.len() > 1 && args[1].name.is_none()).then_some(1));
        match at {
            Some(i) => {
                let n = self.r.argument_in_range(row, layers, &args[i].value, &cx.env).ok()?;
                Some(n as usize)
            }
            None => Some(1),
        }
    }

    /// What enters a layer of an encoder: arrows that end there are joined in.
    pub(super) fn layer_input(&mut self, v: Val, cx: &Cx) -> Out {
        let Some(i) = cx.encoder else { return Ok(v) };
        let depth = v.depth + 1;
        let mut v = v;
        for k in self.r.into_layer.get(&(i, depth)).cloned().unwrap_or_default() {
            let e = &self.r.edges[k];
            if e.alive && e.when.is_none_or(|w| w == cx.phase) {
                let text = if v.kind == VKind::Seq { v.axis.clone() } else { cx.text.clone() };
                v = self.enter(v, k, &Cx { text, ..cx.clone() })?;
            }
        }
        Ok(v)
    }
}

fn keep(taps: &mut Vec<Option<Val>>, v: &Val) {
    if v.kind == VKind::Seq || v.kind == VKind::Vec && v.depth as usize >= taps.len() {
        let d = v.depth as usize;
        if taps.len() <= d {
            taps.resize(d + 1, None);
        }
        taps[d] = Some(v.clone());
    }
}
