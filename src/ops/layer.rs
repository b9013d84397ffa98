//! What a layer's model is made of: its surroundings, its declaration, and access to its inputs.

use super::kernels::mix;
use super::params::Params;
use super::value::{Axis, Text, Value};
use crate::plan;
use crate::records::Forms;
use burn::tensor::Tensor;
use std::collections::HashMap;
use std::sync::Arc;

/// What a layer or head knows besides its inputs.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// the parameters; [`Params::valid`] when evaluating
    pub params: &'a Params,
    /// whether dropout and the like act
    pub training: bool,
    /// from the run's seed and the step
    pub dropout_key: u64,
    /// index of the node that is computed
    pub node: usize,
    /// how much of training is over, from 0 to 1
    pub progress: f64,
    /// what the tokens' numbers are to each vocabulary
    pub forms: &'a Forms,
    /// optimiser steps of the run so far
    pub step: u64,
    /// how often each id of a word vocabulary occurs in the training data
    pub vocab_counts: &'a HashMap<usize, Arc<Vec<u32>>>,
    /// where several batches are computed as one: whose rows follow each other; empty: all rows are of one
    pub pieces: &'a [Piece],
}

/// The rows of one batch among those of several.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// [`Cx::base`] of the batch's own node
    pub key: u64,
    /// how many
    pub rows: usize,
}

impl Cx<'_> {
    /// What random decisions of this node at this step depend on.
    pub fn base(&self) -> u64 {
        mix(self.dropout_key ^ mix(self.node as u64))
    }

    /// The key of a random decision of this node at this step.
    pub fn key(&self, salt: u64) -> u64 {
        mix(self.base().wrapping_add(salt))
    }

    /// The keys of the batches whose rows follow each other, with their numbers of rows; `rows` in all.
    pub fn keys(&self, salt: u64, rows: usize) -> Vec<(u64, usize)> {
        match self.pieces {
            [] => vec![(self.key(salt), rows)],
            pieces => pieces.iter().map(|p| (mix(p.key.wrapping_add(salt)), p.rows)).collect(),
        }
    }
}

/// A layer.
pub trait Layer: Send + Sync {
    /// The value of a node.
    fn forward(&self, inputs: &[&Value], cx: &Cx) -> Value;
}

/// What builds a layer from its declaration.
pub type Built = Result<Box<dyn Layer>, String>;

/// A layer's declaration, with typed access.
pub struct Spec<'a>(pub &'a plan::Layer);

impl Spec<'_> {
    /// A setting.
    ///
    /// # Errors
    /// It is missing, or of another type.
    pub fn get<T>(&self, name: &str, f: impl Fn(&plan::Setting) -> Option<T>) -> Result<T, String> {
        let setting = self.0.settings.get(name).ok_or_else(|| format!("`{}` needs `{name}`", self.0.kind))?;
        f(setting).ok_or_else(|| format!("`{name}` cannot be {setting:?}"))
    }
    /// A whole number.
    ///
    /// # Errors
    /// As [`Spec::get`].
    pub fn size(&self, name: &str) -> Result<usize, String> {
        self.get(name, plan::Setting::as_usize)
    }
    /// A number.
    ///
    /// # Errors
    /// As [`Spec::get`].
    pub fn real(&self, name: &str) -> Result<f64, String> {
        self.get(name, plan::Setting::as_f64)
    }
    /// A flag; `false` where it is not set.
    pub fn flag(&self, name: &str) -> bool {
        self.0.settings.get(name).and_then(plan::Setting::as_bool).unwrap_or(false)
    }
    /// A word.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.0.settings.get(name).and_then(plan::Setting::as_str)
    }
    /// The parameters: exactly `N`.
    ///
    /// # Errors
    /// There are more or fewer.
    pub fn params<const N: usize>(&self) -> Result<[usize; N], String> {
        let have = self.0.params.len();
        self.0.params.clone().try_into().map_err(|_| format!("`{}` has {N} parameters, not {have}", self.0.kind))
    }
}

/// A layer without state of its own.
struct Function<F>(F);

impl<F: Fn(&[&Value], &Cx) -> Value + Send + Sync> Layer for Function<F> {
    fn forward(&self, inputs: &[&Value], cx: &Cx) -> Value {
        (self.0)(inputs, cx)
    }
}

/// A layer that is a function of its inputs.
pub(crate) fn function(f: impl Fn(&[&Value], &Cx) -> Value + Send + Sync + 'static) -> Result<Box<dyn Layer>, String> {
    Ok(Box::new(Function(f)))
}

/// The text of an input. The checker has fixed the kinds of all inputs.
pub(crate) fn text(v: &Value) -> &Arc<Text> {
    match v {
        Value::Text(t) => t,
        other => unreachable!("a text, not {other:?}"),
    }
}

/// The matrix of an input.
pub(crate) fn matrix(v: &Value) -> &Tensor<2> {
    match v {
        Value::Rows(t, _) => t,
        Value::Text(_) => unreachable!("a text has no matrix"),
    }
}

/// The axis over which an input runs.
pub(crate) fn axis(v: &Value) -> &Arc<Axis> {
    match v {
        Value::Rows(_, a) => a,
        Value::Text(t) => &t.axis,
    }
}

/// One row for each group of an input, as a pool gives it: a value over the axis above.
pub(crate) fn above(v: &Value, t: Tensor<2>) -> Value {
    match &axis(v).up {
        Some(up) => Value::Rows(t, up.clone()),
        None => unreachable!("above the examples there is nothing"),
    }
}

/// A matrix over the axis of an input.
pub(crate) fn like(v: &Value, t: Tensor<2>) -> Value {
    Value::Rows(t, axis(v).clone())
}
