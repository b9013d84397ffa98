//! Attention between two texts.

use super::{Function, Kind, Layer};

/// Attention between two texts.
pub(super) const KIND: Kind =
    Kind { functions: &[COATTEND, BIDAF, MATCH_LSTM], layers: &[COATTEND_LAYER, BIDAF_LAYER, MATCH_LSTM_LAYER] };

const COATTEND: Function =
    Function { name: "coattend", args: &[], deep: true, runs: false, example: "coattend(q, d)", doc: "co-attention" };

const BIDAF: Function = Function {
    name: "bidaf",
    args: &[],
    deep: true,
    runs: false,
    example: "bidaf(q, d)",
    doc: "bidirectional attention flow",
};

const MATCH_LSTM: Function =
    Function { name: "match_lstm", args: &[], deep: true, runs: false, example: "match_lstm(q, d)", doc: "match-LSTM" };

const COATTEND_LAYER: Layer = Layer { name: "coattend", ..Layer::NONE };

const BIDAF_LAYER: Layer = Layer { name: "bidaf", ..Layer::NONE };

const MATCH_LSTM_LAYER: Layer = Layer { name: "match_lstm", ..Layer::NONE };
