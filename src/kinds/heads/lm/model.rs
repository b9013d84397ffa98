//! The next word, the previous one, or both.

use super::super::model::{Head, LogP, Output, classes};
use super::{DIRECTION, direction};
use crate::ops::host::tensor;
use crate::ops::layer::{Cx, axis, matrix};
use crate::ops::loss::one_hot;
use crate::ops::rows::{Activation, dense, gather};
use crate::ops::value::{Axis, Value};
use crate::ops::words::{linear_argmax, linear_cross_entropy, linear_logp};
use crate::plan::{LabelSpec, Setting, Task};
use crate::records::{EDGE, Records};
use crate::types::Flow;
use burn::tensor::{Tensor, activation};
use std::sync::Arc;

pub(super) fn build(task: &Task, labels: &[LabelSpec]) -> Result<Box<dyn Head>, String> {
    let classes = classes(task, task.labels, labels)?;
    let beyond = classes.iter().position(|c| c == EDGE).ok_or("its words have no class beyond the ends")?;
    let word = task.settings.get(DIRECTION).and_then(Setting::as_str);
    let flow = [Flow::Fwd, Flow::Bwd, Flow::Sides].into_iter().find(|f| Some(direction(*f)) == word);
    let sides = match (flow, task.params.as_slice()) {
        (Some(Flow::Sides), [a, b, c, d]) => vec![(1, Output::new(*a, *b)), (-1, Output::new(*c, *d))],
        (Some(Flow::Fwd), [a, b]) => vec![(1, Output::new(*a, *b))],
        (Some(Flow::Bwd), [a, b]) => vec![(-1, Output::new(*a, *b))],
        _ => return Err("a language model needs a weight and a bias for each direction".to_string()),
    };
    Ok(Box::new(Words { sides, beyond: beyond as i32 }))
}

/// A prediction for each token from states that have not seen it. Its scores are the states: of words there are too many.
struct Words {
    /// how far the word stands from the token, and its output layer
    sides: Vec<(i64, Output)>,
    /// the class of what stands beyond either end of a text
    beyond: i32,
}

/// Predictions of one direction that have gold.
struct Asked {
    /// their rows
    rows: Vec<i32>,
    /// their words
    targets: Vec<i32>,
    /// `[M, d]`
    states: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<1>,
}

impl Words {
    /// The states of each direction: columns side by side. `[N, d]`
    fn states(&self, scores: &Value) -> Vec<Tensor<2>> {
        let x = matrix(scores);
        let d = x.dims()[1] / self.sides.len();
        match self.sides.len() {
            1 => vec![x.clone()],
            n => (0..n).map(|k| x.clone().narrow(1, k * d, d)).collect(),
        }
    }

    /// The word that stands so far from each token of the texts; −1 where there is no gold.
    fn targets(&self, gold: &Records, texts: &Axis, by: i64) -> Vec<i32> {
        let mut out = Vec::with_capacity(texts.total());
        for (e, r) in texts.rows().enumerate() {
            let words = gold.row(e);
            let known = gold.present(e) && words.len() == r.len();
            let word = |t: usize| usize::try_from(t as i64 + by).ok().and_then(|t| words.get(t)).copied();
            out.extend((0..r.len()).map(|t| if known { word(t).unwrap_or(self.beyond) } else { -1 }));
        }
        out
    }

    /// What has gold, direction by direction.
    fn asked(&self, scores: &Value, gold: &Records, cx: &Cx) -> Vec<Asked> {
        let one = |((by, out), x): (&(i64, Output), Tensor<2>)| {
            let all = self.targets(gold, axis(scores), *by);
            let rows: Vec<i32> = (0..all.len()).filter(|t| all[*t] >= 0).map(|t| t as i32).collect();
            let targets: Vec<i32> = all.iter().copied().filter(|t| *t >= 0).collect();
            let states = if rows.len() == all.len() { x } else { gather(&x, Arc::new(rows.clone())) };
            let (weight, bias) = out.tensors(cx);
            Asked { rows, targets, states, weight, bias }
        };
        self.sides.iter().zip(self.states(scores)).map(one).collect()
    }
}

impl Head for Words {
    fn scores(&self, inputs: &[&Value], _: &Cx) -> Value {
        inputs[0].clone()
    }

    fn loss(&self, scores: &Value, gold: &Records, cx: &Cx) -> Option<(Tensor<1>, usize)> {
        let asked = self.asked(scores, gold, cx);
        let count = asked.first()?.targets.len();
        if count == 0 {
            return None;
        }
        let each = asked.iter().map(|a| linear_cross_entropy(&a.states, &a.weight, &a.bias, &a.targets));
        let sum = each.reduce(|a, b| a + b)?;
        Some((if self.sides.len() > 1 { sum.div_scalar(self.sides.len() as f64) } else { sum }, count))
    }

    fn logp(&self, scores: &Value, gold: &Records, cx: &Cx) -> LogP {
        let n = axis(scores).total();
        let device = matrix(scores).device();
        let mut has = vec![false; n];
        let mut sum: Option<Tensor<2>> = None;
        for a in self.asked(scores, gold, cx) {
            a.rows.iter().for_each(|t| has[*t as usize] = true);
            let v = a.bias.dims()[0];
            let each: Tensor<2> = match a.states.is_autodiff() && !a.rows.is_empty() {
                // with the gradient, where a loss reads it
                true => {
                    let all = activation::log_softmax(dense(&a.states, &a.weight, Some(&a.bias), Activation::None), 1);
                    (all * tensor(one_hot(&a.targets, v), [a.targets.len(), v], &device)).sum_dim(1)
                }
                false => {
                    let each = linear_logp(&a.states, &a.weight, &a.bias, &a.targets);
                    tensor(each.iter().map(|p| *p as f32).collect(), [a.targets.len(), 1], &device)
                }
            };
            // back to the rows of all tokens, zero where there is no gold
            let mut place = vec![-1; n];
            a.rows.iter().enumerate().for_each(|(i, t)| place[*t as usize] = i as i32);
            let wide = gather(&each, Arc::new(place));
            sum = Some(sum.map_or(wide.clone(), |s| s + wide));
        }
        let values = sum.unwrap_or_else(|| Tensor::zeros([n, 1], &device));
        LogP { values, has, weight: self.sides.len() }
    }

    fn decide(&self, scores: &Value, cx: &Cx) -> Records {
        let each = self.sides.iter().zip(self.states(scores)).map(|((_, out), x)| {
            let (w, b) = out.tensors(cx);
            linear_argmax(&x, &w, &b)
        });
        let each: Vec<Vec<u32>> = each.collect();
        let mut said = Records::new(each.len());
        for r in axis(scores).rows() {
            said.push(true, r.flat_map(|t| each.iter().map(move |side| side[t] as i32)));
        }
        said
    }
}
