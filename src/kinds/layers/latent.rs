//! Latent variables.

use super::{Function, Kind, Layer};
use crate::words::Takes::{Number, Own};
use crate::words::numbers::SIZE;
use crate::words::{may, must};

/// Latent variables.
pub(super) const KIND: Kind = Kind {
    functions: &[LATENT, GAUSSIAN, CATEGORICAL],
    layers: &[LATENT_LAYER, GAUSSIAN_LAYER, CATEGORICAL_LAYER, PRIOR, POSTERIOR],
};

const LATENT: Function = Function {
    name: "latent",
    args: &[must("kind", Own), may("prior", Own), may("posterior", Own)],
    deep: false,
    runs: false,
    example: "latent(gaussian(32), prior = p, posterior = q)",
    doc: "a latent variable",
};

const GAUSSIAN: Function = Function {
    name: "gaussian",
    args: &[must("d", Number(SIZE))],
    deep: false,
    runs: false,
    example: "gaussian(32)",
    doc: "a family of `latent`",
};

const CATEGORICAL: Function = Function {
    name: "categorical",
    args: &[must("n", Number(SIZE))],
    deep: false,
    runs: false,
    example: "categorical(10)",
    doc: "a family of `latent`",
};

const LATENT_LAYER: Layer = Layer { name: "latent", ..Layer::NONE };

const GAUSSIAN_LAYER: Layer = Layer { name: "gaussian", ..Layer::NONE };

const CATEGORICAL_LAYER: Layer = Layer { name: "categorical", ..Layer::NONE };

const PRIOR: Layer = Layer { name: "prior", ..Layer::NONE };

const POSTERIOR: Layer = Layer { name: "posterior", ..Layer::NONE };
