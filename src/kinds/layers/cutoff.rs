//! A part of the vectors of a text erased, for a view.

use super::{Draws, Kind, Layer};

/// A part of the vectors of a text erased.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[LAYER] };

pub(super) const LAYER: Layer = Layer {
    name: "cutoff",
    draws: Draws::Rate("p"),
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
pub(super) mod model {
    use crate::ops::kernels::{mix, uniform};
    use crate::ops::layer::{Built, Cx, Spec, axis, function, like, matrix};
    use burn::tensor::{Tensor, TensorData};
    use std::ops::Range;

    /// Zeros in the place of `p` of the tokens, of the columns, or of a span of tokens of each text, while training. Of n, p·n are
    /// chosen, one more with the probability of what is left of it; which, depends on the seed, the step, the view and the place of the
    /// text in the batch, so that a text that is embedded twice loses the same tokens.
    pub fn build(s: &Spec) -> Built {
        let p = s.real("p")?;
        let view = s.word("view").map_or(0, hash);
        let what = s.get("kind", |v| v.as_str().map(String::from))?;
        function(move |inputs, cx| {
            let x = matrix(inputs[0]);
            if !cx.training {
                return inputs[0].clone();
            }
            let [n, width] = x.dims();
            let columns = if what == "feature" { width } else { 1 };
            let mut keep = vec![1.0f32; n * columns];
            for (i, rows) in axis(inputs[0]).rows().enumerate() {
                let key = key_of(cx, view, i);
                let gone: Vec<usize> = match what.as_str() {
                    "feature" => {
                        let gone = some(columns, p, key);
                        rows.flat_map(|r| gone.iter().map(move |c| r * columns + c)).collect()
                    }
                    "span" => span(rows, p, key).collect(),
                    _ => some(rows.len(), p, key).into_iter().map(|k| rows.start + k).collect(),
                };
                gone.into_iter().for_each(|k| keep[k] = 0.0);
            }
            let keep = Tensor::<2>::from_data(TensorData::new(keep, [n, columns]), &x.device());
            like(inputs[0], x.clone() * keep)
        })
    }

    /// What the draws of a view for a text of the batch depend on.
    pub fn key_of(cx: &Cx, view: u64, text: usize) -> u64 {
        mix(mix(cx.dropout_key ^ view).wrapping_add(text as u64))
    }

    /// A number for a name.
    pub fn hash(name: &str) -> u64 {
        name.bytes().fold(1, |h, b| mix(h ^ u64::from(b)))
    }

    /// How many of n are the share p: one more with the probability of the rest.
    fn count(n: usize, p: f64, key: u64) -> usize {
        ((p * n as f64 + uniform(key, 0)) as usize).min(n)
    }

    /// So many of the numbers below n.
    fn some(n: usize, p: f64, key: u64) -> Vec<usize> {
        let k = count(n, p, key);
        let mut all: Vec<usize> = (0..n).collect();
        for i in 0..k {
            let other = i + (uniform(key, i + 1) * (n - i) as f64) as usize;
            all.swap(i, other.min(n - 1));
        }
        all.truncate(k);
        all
    }

    /// A span of that share.
    fn span(rows: Range<usize>, p: f64, key: u64) -> Range<usize> {
        let k = count(rows.len(), p, key);
        let from = rows.start + (uniform(key, 1) * (rows.len() - k + 1) as f64) as usize;
        from..(from + k).min(rows.end)
    }
}
