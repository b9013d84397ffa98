//! Word vectors, and vectors of classes.

use super::{Draws, Function, Kind, Layer};
use crate::words::Takes::{Flag, Number, Own};
use crate::words::numbers::{PSEUDO_COUNT, SIZE};
use crate::words::{may, must};

/// Word vectors, and vectors of classes.
pub(super) const KIND: Kind = Kind { functions: &[EMBED], layers: &[EMBED_LAYER, EMBED_CLASS] };

const EMBED: Function = Function {
    name: "embed",
    args: &[
        must("d", Number(SIZE)),
        may("vectors", Own),
        may("unk", Number(PSEUDO_COUNT)),
        may("min_count", Number(SIZE)),
        may("max_size", Number(SIZE)),
        may("lower", Flag),
    ],
    deep: false,
    runs: true,
    example: "embed(100)",
    doc: "a vector for each word; `vectors = \"file\"` starts from given ones",
};

const EMBED_LAYER: Layer = Layer {
    name: "embed",
    draws: Draws::Learning("unk"),
    in_parts: true,
    lookup: true,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

const EMBED_CLASS: Layer = Layer { name: "embed_class", ..Layer::NONE };

#[cfg(feature = "train")]
mod model {
    use crate::ops::kernels::uniform;
    use crate::ops::layer::{Built, Cx, Spec, function, text};
    use crate::ops::value::Value;
    use std::sync::Arc;

    /// Rows of a table by word. While training, a word with n occurrences in the training data becomes unknown with
    /// probability a/(a + n), so that the unknown word learns what rare words are like (Kiperwasser and Goldberg 2016,
    /// with a = 0.25; here 1 unless `unk` says otherwise). A frozen table, which cannot learn that, draws none.
    pub fn build(s: &Spec) -> Built {
        let vocab = s.size("vocab")?;
        let unknown = if s.0.settings.contains_key("unk") { s.real("unk")? } else { 0.0 };
        let [weight] = s.params()?;
        function(move |inputs, cx| {
            let batch = text(inputs[0]);
            let Some(ids) = batch.words.get(&vocab) else { unreachable!("the batch has ids of every vocabulary read") };
            let ids = drop_rare(ids, vocab, if cx.params.is_frozen(weight) { 0.0 } else { unknown }, cx)
                .map_or_else(|| ids.clone(), Arc::new);
            Value::Seq(cx.params.rows(weight, &ids), batch.layout.clone())
        })
    }

    fn drop_rare(ids: &[i32], vocab: usize, p: f64, cx: &Cx) -> Option<Vec<i32>> {
        let counts = cx.vocab_counts.get(&vocab).filter(|_| cx.training && p > 0.0)?;
        let share = |id: i32| match usize::try_from(id).ok().and_then(|i| counts.get(i)) {
            Some(&n) if n > 0 => p / (p + f64::from(n)),
            _ => 0.0,
        };
        let mut out = Vec::with_capacity(ids.len());
        for (key, rows) in cx.keys(0, ids.len()) {
            let own = &ids[out.len()..out.len() + rows];
            out.extend(own.iter().enumerate().map(|(i, &id)| if uniform(key, i) < share(id) { 0 } else { id }));
        }
        Some(out)
    }
}
