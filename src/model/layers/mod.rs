//! Layers: what the nodes of a plan's graph compute. Each kind is a row of [`LAYERS`] and a file.

mod chars;
mod cnn;
mod combine;
mod dense;
mod embed;
mod pool;
mod rnn;
mod shape;
#[cfg(test)]
mod tests;
mod transformer;

use crate::ops::layer::{Built, Layer, Spec};
use crate::plan;

/// A row of the table.
type Builder = fn(&Spec) -> Built;

/// Every kind of layer.
pub const LAYERS: &[(&str, Builder)] = &[
    ("embed", embed::build),
    ("chars_cnn", chars::cnn),
    ("chars_lstm", chars::lstm),
    ("rnn", rnn::build),
    ("cnn", cnn::build),
    ("transformer", transformer::build),
    ("positions", transformer::positions),
    ("self_attend", transformer::self_attend),
    ("dense", dense::build),
    ("norm", dense::norm),
    ("dropout", dense::dropout),
    ("last", pool::ends),
    ("first", pool::ends),
    ("mean", pool::mean),
    ("max", pool::max),
    ("attend", pool::attend),
    ("attention", pool::attention),
    ("mix", pool::mix),
    ("match", combine::matching),
    ("dot", combine::dot),
    ("cosine", combine::cosine),
    ("bilinear", combine::bilinear),
    ("concat", combine::concat),
    ("add", combine::add),
    ("sub", combine::sub),
    ("mul", combine::mul),
    ("mix_layers", combine::mix_layers),
    ("gate", combine::gate),
    ("add_projected", combine::add_projected),
    ("scale", shape::scale),
    ("zeros", shape::zeros),
    ("broadcast", shape::broadcast),
    ("reverse", shape::reverse),
    ("stop", shape::stop),
    ("shift", shape::shift),
    ("slice", shape::slice),
];

/// Builds a layer from the plan.
///
/// # Errors
/// A kind that is not in the table, or a setting or parameter that is missing.
pub fn build(layer: &plan::Layer) -> Built {
    let (_, builder) = LAYERS
        .iter()
        .find(|(kind, _)| *kind == layer.kind)
        .ok_or_else(|| format!("there is no layer `{}`", layer.kind))?;
    builder(&Spec(layer)).map_err(|e| format!("`{}`: {e}", layer.name))
}
