//! Figures of rankings: the examples of a group in the order in which a class is likely, as trec_eval counts them.
//!
//! A tie goes to the later example, as trec_eval prefers the higher document number: no order of the file is an advantage. A
//! group without a relevant example counts 0, in the mean as any other.

use super::{CLASSES, Given, Scored};
use std::collections::BTreeMap;

/// What examples are ranked by.
#[derive(Clone, Copy, Debug)]
pub struct Ranking<'a> {
    /// examples × classes: the probability of each
    pub odds: &'a [f32],
    /// number of classes that have a probability; those that training never showed have none
    pub classes: usize,
    /// by example its group; none: it is in no group
    pub groups: &'a [Option<u64>],
}

/// Whether each example of a group is relevant, in the order of the ranking; by group.
fn rankings(s: &Scored<'_>, names: &[String]) -> Option<Vec<Vec<bool>>> {
    let ranking = s.ranking.filter(|_| s.kind == CLASSES)?;
    let positive: Vec<usize> = (0..s.labels.len()).filter(|id| names.contains(&s.labels[*id])).collect();
    let mut groups: BTreeMap<u64, Vec<(f64, usize, bool)>> = BTreeMap::new();
    for e in s.examples() {
        let Some(Some(group)) = ranking.groups.get(e) else { continue };
        let odds = ranking.odds.get(e * ranking.classes..(e + 1) * ranking.classes).unwrap_or_default();
        let odds = positive.iter().filter_map(|id| odds.get(*id)).map(|p| f64::from(*p)).sum();
        let gold = s.gold.row(e).first().and_then(|id| usize::try_from(*id).ok());
        groups.entry(*group).or_default().push((odds, e, gold.is_some_and(|id| positive.contains(&id))));
    }
    let order = |mut group: Vec<(f64, usize, bool)>| {
        group.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        group.into_iter().map(|(.., relevant)| relevant).collect()
    };
    (!groups.is_empty()).then(|| groups.into_values().map(order).collect())
}

/// The mean over groups of a figure of each.
fn mean_of(s: &Scored<'_>, g: &Given<'_>, of: impl Fn(&[bool]) -> f64) -> Option<f64> {
    let all = rankings(s, g.names)?;
    Some(all.iter().map(|group| of(group)).sum::<f64>() / all.len() as f64)
}

/// The mean of the precisions at the ranks of the relevant examples.
pub(super) fn map(s: &Scored<'_>, g: &Given<'_>) -> Option<f64> {
    mean_of(s, g, |group| {
        let ranks = group.iter().enumerate().filter(|(_, relevant)| **relevant).map(|(rank, _)| rank + 1);
        let precisions: Vec<f64> = ranks.enumerate().map(|(n, rank)| (n + 1) as f64 / rank as f64).collect();
        precisions.iter().sum::<f64>() / precisions.len().max(1) as f64
    })
}

/// One over the rank of the first relevant example.
pub(super) fn mrr(s: &Scored<'_>, g: &Given<'_>) -> Option<f64> {
    mean_of(s, g, |group| group.iter().position(|relevant| *relevant).map_or(0.0, |rank| 1.0 / (rank + 1) as f64))
}

/// The share of relevant examples among the first k, of which a smaller group has too few.
pub(super) fn precision_at(s: &Scored<'_>, g: &Given<'_>) -> Option<f64> {
    let k = g.numbers[0].floor().max(1.0);
    mean_of(s, g, |group| group.iter().take(k as usize).filter(|relevant| **relevant).count() as f64 / k)
}
