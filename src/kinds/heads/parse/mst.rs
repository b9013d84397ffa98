//! The maximum spanning tree with one token under the root (Chu and Liu 1965, Edmonds 1967).

/// Scores beyond are taken for this: sums of them are still exact enough.
const MOST: f64 = 1e6;

/// The governor of each of n tokens, counted from 1, 0 being the root. `scores` is `[n, n + 1]`: row j holds the scores of
/// all governors of token j + 1. Exactly one token stands under the root: of all trees with one, the best.
///
/// The scores of the root are lowered by more than any two trees can differ, so that a best tree uses it once; this is
/// exact, since every token can stand under every other. What a token scores as its own governor is not looked at.
pub(super) fn tree(scores: &[f32], n: usize) -> Vec<u32> {
    if n == 0 {
        return vec![];
    }
    let width = n + 1;
    let mut weights = vec![f64::NEG_INFINITY; width * width];
    let mut greatest = 1f64;
    for token in 1..=n {
        for head in (0..=n).filter(|h| *h != token) {
            let score = f64::from(scores[(token - 1) * width + head]);
            let score = if score.is_nan() { -MOST } else { score.clamp(-MOST, MOST) };
            weights[head * width + token] = score;
            greatest = greatest.max(score.abs());
        }
    }
    let penalty = 2.0 * greatest * (n as f64 + 1.0);
    weights[1..width].iter_mut().for_each(|w| *w -= penalty);
    best(&weights, width)[1..].iter().map(|h| *h as u32).collect()
}

/// The best arborescence from node 0 of a complete graph: by node, its governor. `weights[head·n + node]`.
fn best(weights: &[f64], n: usize) -> Vec<usize> {
    let mut heads = vec![0; n];
    for node in 1..n {
        for head in (0..n).filter(|h| *h != node) {
            if weights[head * n + node] > weights[heads[node] * n + node] || heads[node] == node {
                heads[node] = head;
            }
        }
    }
    let Some(cycle) = cycle(&heads) else { return heads };
    let inside: Vec<bool> = (0..n).map(|v| cycle.contains(&v)).collect();
    // the cycle becomes one node, the last of the smaller graph
    let outer: Vec<usize> = (0..n).filter(|v| !inside[*v]).collect();
    let m = outer.len() + 1;
    let mut small = vec![f64::NEG_INFINITY; m * m];
    let (mut enters, mut leaves) = (vec![0; m], vec![0; m]);
    for (i, &a) in outer.iter().enumerate() {
        for (j, &b) in outer.iter().enumerate().filter(|(_, b)| **b != a) {
            small[i * m + j] = weights[a * n + b];
        }
        for &v in &cycle {
            // to enter at v is to give up v's own governor
            let gain = weights[a * n + v] - weights[heads[v] * n + v];
            if gain > small[i * m + m - 1] {
                (small[i * m + m - 1], enters[i]) = (gain, v);
            }
            if weights[v * n + a] > small[(m - 1) * m + i] {
                (small[(m - 1) * m + i], leaves[i]) = (weights[v * n + a], v);
            }
        }
    }
    let found = best(&small, m);
    let mut all = heads;
    for (i, &v) in outer.iter().enumerate().skip(1) {
        all[v] = if found[i] == m - 1 { leaves[i] } else { outer[found[i]] };
    }
    let from = found[m - 1];
    all[enters[from]] = outer[from];
    all
}

/// The nodes of one cycle of governors, if there is any. Node 0 has none.
fn cycle(heads: &[usize]) -> Option<Vec<usize>> {
    let mut seen = vec![0; heads.len()];
    for start in 1..heads.len() {
        let mut v = start;
        while v != 0 && seen[v] == 0 {
            seen[v] = start;
            v = heads[v];
        }
        if v != 0 && seen[v] == start {
            let mut nodes = vec![v];
            let mut next = heads[v];
            while next != v {
                nodes.push(next);
                next = heads[next];
            }
            return Some(nodes);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The best score of all trees with one token under the root.
    fn brute(scores: &[f32], n: usize) -> f64 {
        let width = n + 1;
        let mut best = f64::NEG_INFINITY;
        for code in 0..width.pow(n as u32) {
            let heads: Vec<usize> = (0..n).map(|t| code / width.pow(t as u32) % width).collect();
            let rooted = (0..n).all(|t| {
                let mut v = t + 1;
                (0..=n).any(|_| {
                    v = if v == 0 { 0 } else { heads[v - 1] };
                    v == 0
                })
            });
            if rooted && heads.iter().filter(|h| **h == 0).count() == 1 {
                best = best.max(total(scores, &heads, n));
            }
        }
        best
    }

    fn total(scores: &[f32], heads: &[usize], n: usize) -> f64 {
        heads.iter().enumerate().map(|(t, h)| f64::from(scores[t * (n + 1) + h])).sum()
    }

    proptest! {
        #[test]
        fn trees_as_by_trying_all(n in 1usize..6, seed in prop::collection::vec(-8i8..8, 36)) {
            let mut scores: Vec<f32> = seed[..n * (n + 1)].iter().map(|s| f32::from(*s)).collect();
            // as they come: no token governs itself
            (0..n).for_each(|t| scores[t * (n + 1) + t + 1] = f32::NEG_INFINITY);
            let heads: Vec<usize> = tree(&scores, n).iter().map(|h| *h as usize).collect();
            prop_assert_eq!(heads.iter().filter(|h| **h == 0).count(), 1);
            prop_assert!(cycle(&[&[0][..], &heads].concat()).is_none());
            prop_assert_eq!(total(&scores, &heads, n), brute(&scores, n));
        }
    }

    #[test]
    fn odd_scores_still_give_a_tree() {
        assert_eq!(tree(&[], 0), Vec::<u32>::new());
        for odd in [f32::NAN, f32::NEG_INFINITY, f32::INFINITY, f32::MAX, 0.0] {
            let heads = tree(&[odd; 12], 3);
            assert_eq!(heads.iter().filter(|h| **h == 0).count(), 1, "{odd}: {heads:?}");
        }
    }
}
