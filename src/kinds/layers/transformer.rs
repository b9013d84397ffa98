//! Blocks of the Transformer.

use super::dense;
use super::dropout;
use super::{Draws, Kind, Layer, Sees};
use crate::plan::{Init, Setting, Settings};
use crate::types::dim::{Dim, InitRule};
use crate::types::{Elaborate, Flow, Function, Marks, Out, Rule, Site, Stacked, Val, settings};
use crate::words::Takes::{Flag, Number};
use crate::words::numbers::{LAYERS, RATE, SIZE};
use crate::words::{may, must};

/// Blocks of the Transformer.
pub(super) const KIND: Kind = Kind { functions: &[TRANSFORMER], layers: &[TRANSFORMER_LAYER, POSITIONS] };

const TRANSFORMER: Function = Function {
    name: "transformer",
    args: &[
        must("d", Number(SIZE)),
        may("layers", Number(LAYERS)),
        may("heads", Number(SIZE)),
        may("ffn", Number(SIZE)),
        may("causal", Flag),
        may("dropout", Number(RATE)),
        may("norm_first", Flag),
    ],
    deep: true,
    runs: true,
    example: "transformer(128, layers = 2, heads = 4)",
    doc: "self-attention blocks",
    rule: Rule::Layer(transformer),
    marks: Marks::NONE,
};

const TRANSFORMER_LAYER: Layer = Layer {
    name: "transformer",
    draws: Draws::Rate("dropout"),
    sees,
    held,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

const POSITIONS: Layer = Layer {
    name: "positions",
    #[cfg(feature = "train")]
    build: Some(model::positions),
    ..Layer::NONE
};

fn sees(settings: &Settings) -> Sees {
    if settings.get("causal").and_then(Setting::as_bool) == Some(true) { Sees::Left } else { Sees::All }
}

/// Queries, keys, values, what is attended to, both sums and norms; before and after the activation.
fn held(settings: &Settings, width: usize) -> usize {
    9 * width + 3 * settings.get("ffn").and_then(Setting::as_usize).unwrap_or(0)
}

/// One block of a Transformer; the first one of a stack also brings the input to the model's width and adds positions.
fn transformer(c: &mut dyn Elaborate, s: Stacked<'_>) -> Out {
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
            v = dense::linear(c, cx, into, &v, wide, d, "none")?;
        }
        v = c.plain(cx, "positions", Settings::new(), &[&v], v.clone());
        v = dropout::apply(c, v, s.rate, cx);
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

#[cfg(feature = "train")]
mod model {
    use crate::kinds::layers::common::model::{heads, linear};
    use crate::ops::attention::{Attention, attention};
    use crate::ops::host::tensor;
    use crate::ops::layer::{Built, Spec, axis, function, like, matrix};
    use crate::ops::rows::{Activation, add_norm, dropout, layer_norm};
    use burn::tensor::Tensor;

    /// A layer of the Transformer's encoder (Vaswani et al. 2017), with GELU; `norm_first`: Xiong et al. 2020.
    pub fn build(s: &Spec) -> Built {
        let (heads, causal, norm_first) = (heads(s)?, s.flag("causal"), s.flag("norm_first"));
        let p = if s.0.settings.contains_key("dropout") { s.real("dropout")? } else { 0.0 };
        let [wq, bq, wk, bk, wv, bv, wo, bo, g1, b1, w1, c1, w2, c2, g2, b2] = s.params()?;
        function(move |inputs, cx| {
            let drop = |salt| (cx.training && p > 0.0).then(|| (p, cx.key(salt)));
            let how = Attention { heads, causal, dropout: drop(0) };
            let attend = |x: &Tensor<2>| {
                let part = |w, b| linear(x, w, b, Activation::None, None, cx);
                let y = attention(&part(wq, bq), &part(wk, bk), &part(wv, bv), axis(inputs[0]), how);
                linear(&y, wo, bo, Activation::None, None, cx)
            };
            let feed = |x: &Tensor<2>| {
                let inner = linear(x, w1, c1, Activation::Gelu, drop(2), cx);
                linear(&inner, w2, c2, Activation::None, None, cx)
            };
            let (first, second) = ((g1, b1), (g2, b2));
            let norm = |x: &Tensor<2>, (g, b)| layer_norm(x, &cx.params.get1(g), &cx.params.get1(b));
            let after = |x: &Tensor<2>, y: &Tensor<2>, salt, (g, b)| {
                add_norm(x, y, drop(salt), &cx.params.get1(g), &cx.params.get1(b))
            };
            let dropped = |y: Tensor<2>, salt| drop(salt).map_or(y.clone(), |(p, key)| dropout(&y, p, key));
            let x = matrix(inputs[0]).clone();
            let y = if norm_first {
                let x = x.clone() + dropped(attend(&norm(&x, first)), 1);
                x.clone() + dropped(feed(&norm(&x, second)), 3)
            } else {
                let x = after(&x, &attend(&x), 1, first);
                after(&x, &feed(&x), 3, second)
            };
            like(inputs[0], y)
        })
    }

    /// Adds sinusoidal positions: sin and cos of t/10000^(2i/d) in turn.
    pub fn positions(_: &Spec) -> Built {
        function(|inputs, _| {
            let (x, texts) = (matrix(inputs[0]), axis(inputs[0]));
            let [n, d] = x.dims();
            let longest = texts.rows().map(|r| r.len()).max().unwrap_or(0);
            let at = |t: usize, j: usize| {
                let angle = t as f64 / 10_000f64.powf((j - j % 2) as f64 / d as f64);
                if j.is_multiple_of(2) { angle.sin() as f32 } else { angle.cos() as f32 }
            };
            let table: Vec<f32> = (0..longest * d).map(|i| at(i / d, i % d)).collect();
            let values = texts.rows().flat_map(|r| table[..r.len() * d].iter().copied()).collect();
            like(inputs[0], x.clone() + tensor(values, [n, d], &x.device()))
        })
    }
}
