//! `relatedness(by)`: weights by how alike tasks are to their discriminator (Mao et al. 2020). `by` is a task that tells the data sets
//! apart; what it says of the examples of data set t, p̄ₜ on average, gives Rₜₖ = min(p̄ₜ[k] / p̄ₜ[t], 1), and the task on data set k counts
//! w·K·Σₜ Rₜₖ / Σₜ Σᵢ Rₜᵢ, over the K data sets met so far: what is taken for many others counts more. p̄ is a running mean over the
//! batches of a data set, which keeps nine tenths of itself. `by` and tasks on several data sets keep their own weight.

use super::{WEIGHTING, Weighting};
use crate::words::Takes::Task;
use crate::words::{c, must};

/// The argument that names the discriminator.
const BY: &str = "by";

pub(super) const RELATEDNESS: Weighting = Weighting {
    row: c("relatedness", &[must(BY, Task)], true, "relatedness(by = domain)"),
    moves: true,
    asks: Some(BY),
    #[cfg(feature = "train")]
    weigh: Some(&model::Relatedness),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{Loss, Memory, Step, Weigh};

    #[derive(Debug)]
    pub struct Relatedness;

    /// So much of the mean stays at each batch.
    const STAYS: f64 = 0.9;
    /// The least probability that one is divided by.
    const SMALLEST: f64 = 1e-6;

    impl Weigh for Relatedness {
        fn factors(&self, step: &Step<'_>, memory: &mut Memory) -> Vec<f64> {
            for told in &step.told {
                memory.insert(format!("class of {}", told.corpus), vec![told.class as f64]);
                let mean = memory.entry(format!("said of {}", told.class)).or_insert_with(|| told.said.clone());
                mean.iter_mut().zip(&told.said).for_each(|(m, p)| *m = STAYS * *m + (1.0 - STAYS) * p);
            }
            let said: Vec<(usize, &Vec<f64>)> = memory
                .iter()
                .filter_map(|(name, mean)| Some((name.strip_prefix("said of ")?.parse().ok()?, mean)))
                .collect();
            let alike = |mean: &[f64], t: usize, k: usize| (mean[k] / mean[t].max(SMALLEST)).min(1.0);
            let column = |k: usize| said.iter().map(|(t, mean)| alike(mean, *t, k)).sum::<f64>();
            let all: f64 = said.iter().map(|(k, _)| column(*k)).sum();
            let class = |l: &Loss| match l.corpora.as_slice() {
                [one] => memory.get(&format!("class of {one}")).map(|k| k[0] as usize),
                _ => None,
            };
            step.times(|l| class(l).map_or(1.0, |k| said.len() as f64 * column(k) / all))
        }
    }
}
