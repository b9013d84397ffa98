//! Word embeddings.

use super::{Cx, Layer, Spec, function, text};
use crate::model::ops::kernels::uniform;
use crate::model::ops::rows::gather;
use crate::model::value::Value;
use std::sync::Arc;

/// Rows of a table by word. While training, a word that occurs once in the training data becomes unknown with a given
/// probability, so that the unknown word learns something (Lample et al. 2016).
pub(super) fn build(s: &Spec) -> Result<Box<dyn Layer>, String> {
    let vocab = s.size("vocab")?;
    let unknown = if s.0.settings.contains_key("unk") { s.real("unk")? } else { 0.0 };
    let [weight] = s.params()?;
    function(move |inputs, cx| {
        let batch = text(inputs[0]);
        let Some(ids) = batch.words.get(&vocab) else { unreachable!("the batch has ids of every vocabulary read") };
        let ids = drop_rare(ids, vocab, unknown, cx).map_or_else(|| ids.clone(), Arc::new);
        Value::Seq(gather(&cx.params.get2(weight), ids), batch.layout.clone())
    })
}

fn drop_rare(ids: &[i32], vocab: usize, p: f64, cx: &Cx) -> Option<Vec<i32>> {
    let counts = cx.vocab_counts.get(&vocab).filter(|_| cx.training && p > 0.0)?;
    let key = cx.key(0);
    let once = |id: i32| usize::try_from(id).ok().and_then(|i| counts.get(i)) == Some(&1);
    Some(ids.iter().enumerate().map(|(i, &id)| if once(id) && uniform(key, i) < p { 0 } else { id }).collect())
}
