//! Some words of a text in the place of which stands one that nobody knows, for a view.

use super::{Draws, Kind, Layer};

/// Some words of a text masked.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[LAYER] };

pub(super) const LAYER: Layer = Layer {
    name: "mask_words",
    draws: Draws::Rate("p"),
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::layers::cutoff::model::{hash, key_of};
    use crate::ops::kernels::uniform;
    use crate::ops::layer::{Built, Spec, function, text};
    use crate::ops::value::{Text, Value};
    use crate::records::MASKED_FORM;
    use std::sync::Arc;

    /// Each token with the probability `p` unknown to every vocabulary, without characters, while training. The draws are those of
    /// `cutoff`.
    pub fn build(s: &Spec) -> Built {
        let p = s.real("p")?;
        let view = s.word("view").map_or(0, hash);
        function(move |inputs, cx| {
            let t = text(inputs[0]);
            if !cx.training {
                return inputs[0].clone();
            }
            let mut forms = t.forms.to_vec();
            for (i, rows) in t.axis.rows().enumerate() {
                let key = key_of(cx, view, i);
                rows.enumerate().filter(|(k, _)| uniform(key, *k) < p).for_each(|(_, r)| forms[r] = MASKED_FORM);
            }
            Value::Text(Arc::new(Text::new(t.axis.clone(), forms)))
        })
    }
}
