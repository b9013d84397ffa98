//! Inner products of gradients, and the small problems that methods solve with them.

/// The inner products of the gradients of T ≥ 1 tasks, divided by their mean square: gᵢ·gⱼ / (Σ ‖gₖ‖² / T), `T × T`. None of
/// the gradients is zero. What every method makes of them stays the same when all gradients grow alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Gram {
    n: usize,
    products: Vec<f64>,
}

impl Gram {
    /// Of the inner products, row by row.
    pub fn new(n: usize, products: &[f64]) -> Self {
        let mean = (0..n).map(|i| products[i * n + i]).sum::<f64>() / n.max(1) as f64;
        Self { n, products: products.iter().map(|p| p / mean).collect() }
    }

    /// How many gradients.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// gᵢ·gⱼ
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.products[i * self.n + j]
    }

    /// ‖gᵢ‖
    pub fn norm(&self, i: usize) -> f64 {
        self.at(i, i).sqrt()
    }

    /// The inner product of each gradient with Σ cⱼ gⱼ.
    pub fn times(&self, c: &[f64]) -> Vec<f64> {
        (0..self.n).map(|i| c.iter().enumerate().map(|(j, c)| self.at(i, j) * c).sum()).collect()
    }

    /// ‖Σ cᵢ gᵢ‖²
    pub fn square(&self, c: &[f64]) -> f64 {
        self.times(c).iter().zip(c).map(|(g, c)| g * c).sum::<f64>().max(0.0)
    }

    /// Pairs of gradients that point against each other, and all pairs.
    pub fn conflicts(&self) -> (usize, usize) {
        let pairs = (0..self.n).flat_map(|i| (0..i).map(move |j| (i, j)));
        (pairs.filter(|(i, j)| self.at(*i, *j) < 0.0).count(), self.n * self.n.saturating_sub(1) / 2)
    }

    /// The inner products of the gradients brought to length 1.
    pub fn cosines(&self) -> Self {
        let cosine = |k: usize| self.products[k] / (self.norm(k / self.n) * self.norm(k % self.n));
        Self { n: self.n, products: (0..self.n * self.n).map(cosine).collect() }
    }

    /// Eigenvalues from the greatest on, each with its vector of length 1 (Jacobi's rotations).
    pub fn eigen(&self) -> Vec<(f64, Vec<f64>)> {
        let n = self.n;
        let mut a = self.products.clone();
        let mut v: Vec<f64> = (0..n * n).map(|k| if k / n == k % n { 1.0 } else { 0.0 }).collect();
        for _ in 0..100 {
            let outside: f64 = (0..n * n).filter(|k| k / n != k % n).map(|k| a[k] * a[k]).sum();
            if outside < 1e-30 {
                break;
            }
            for p in 0..n {
                for q in p + 1..n {
                    if a[p * n + q] == 0.0 {
                        continue;
                    }
                    let half = (a[q * n + q] - a[p * n + p]) / (2.0 * a[p * n + q]);
                    let t = half.signum() / (half.abs() + half.hypot(1.0));
                    let c = 1.0 / t.hypot(1.0);
                    let s = t * c;
                    let turn = |m: &mut [f64], x: usize, y: usize| {
                        let (old_x, old_y) = (m[x], m[y]);
                        (m[x], m[y]) = (c * old_x - s * old_y, s * old_x + c * old_y);
                    };
                    (0..n).for_each(|k| turn(&mut a, k * n + p, k * n + q));
                    (0..n).for_each(|k| turn(&mut a, p * n + k, q * n + k));
                    (0..n).for_each(|k| turn(&mut v, k * n + p, k * n + q));
                }
            }
        }
        let pair = |i: usize| (a[i * n + i], (0..n).map(|k| v[k * n + i]).collect());
        let mut out: Vec<(f64, Vec<f64>)> = (0..n).map(pair).collect();
        out.sort_by(|x, y| y.0.total_cmp(&x.0));
        out
    }

    /// Those of [`Gram::eigen`] that are not zero but for rounding.
    pub fn spectrum(&self) -> Vec<(f64, Vec<f64>)> {
        let all = self.eigen();
        let least = all.first().map_or(0.0, |(l, _)| l * self.n as f64 * f64::from(f32::EPSILON));
        all.into_iter().filter(|(l, _)| *l > least).collect()
    }

    /// The shortest c for which G·c is nearest to b.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.n];
        for (value, vector) in self.spectrum() {
            let part = vector.iter().zip(b).map(|(v, b)| v * b).sum::<f64>() / value;
            out.iter_mut().zip(&vector).for_each(|(o, v)| *o += part * v);
        }
        out
    }

    /// The c ≥ `least` with the shortest Σ cᵢ gᵢ, by descent along one coordinate after the other: Σ cᵢ gᵢ is then the projection of
    /// Σ leastᵢ gᵢ on the directions that are against no gradient.
    pub fn shortest_above(&self, least: &[f64]) -> Vec<f64> {
        let mut c = least.to_vec();
        for _ in 0..10_000 {
            let mut change = 0f64;
            for i in 0..self.n {
                let slope: f64 = (0..self.n).map(|j| self.at(i, j) * c[j]).sum();
                let new = (c[i] - slope / self.at(i, i)).max(least[i]);
                change = change.max((new - c[i]).abs());
                c[i] = new;
            }
            if change < 1e-12 {
                break;
            }
        }
        c
    }
}

/// The w ≥ 0 with Σ w = 1 at which a convex function is least; `slope` gives its gradient. Weight is moved from where it costs
/// most to where it costs least, each time as far as is of use.
pub(super) fn on_simplex(n: usize, slope: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let mut w = vec![1.0 / n as f64; n];
    for _ in 0..2000 {
        let s = slope(&w);
        let from = (0..n).filter(|i| w[*i] > 0.0).max_by(|a, b| s[*a].total_cmp(&s[*b]));
        let to = (0..n).min_by(|a, b| s[*a].total_cmp(&s[*b]));
        let (Some(from), Some(to)) = (from, to) else { break };
        if s[from] - s[to] < 1e-12 {
            break;
        }
        let moved = |t: f64| {
            let mut w = w.clone();
            w[from] -= t;
            w[to] += t;
            w
        };
        let rises = |t: f64| {
            let s = slope(&moved(t));
            s[to] > s[from]
        };
        let (mut low, mut high) = (0.0, w[from]);
        if rises(high) {
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                if rises(middle) { high = middle } else { low = middle }
            }
        } else {
            low = high;
        }
        let all = low == w[from];
        w = moved(low);
        if all {
            w[from] = 0.0;
        }
    }
    w
}
